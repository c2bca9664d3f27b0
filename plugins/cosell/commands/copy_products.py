"""`airflow cosell solutions copy COLUMN`: another connector's text on opportunities becomes solution rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of, opened_state

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.adapters.dataverse.old_products import Copying
    from cosell.hooks.environment import Environment

_SHOWN = 40


def copy_products(args: Namespace) -> None:
    """List what would be copied, or with --yes copy it; exit code 1 where something cannot be."""
    copying = done(_copied(environment_of(args), args.column, write=args.yes))
    out = console()
    lines = [f"{deal}  {entry.id}  {entry.name}" for deal, entry in copying.new]
    lines += [f"{deal}  not in the catalogue: {piece}" for deal, piece in copying.unknown]
    lines += [f"{deal}  refused by the CRM: {reason}" for deal, reason in copying.refused]
    for line in lines[:_SHOWN]:
        out.print(line, soft_wrap=True)
    if len(lines) > _SHOWN:
        out.print(f"... and {len(lines) - _SHOWN} more")
    made = len(copying.new) - len(copying.refused)
    out.print(
        f"{made} rows {'made' if args.yes else 'to make'}, {copying.standing} there already, "
        f"{len(copying.unknown)} not in the catalogue, {len(copying.refused)} refused."
    )
    if not args.yes:
        out.print("Nothing was written. Say --yes to make the rows.")
    if copying.unknown or copying.refused:
        raise SystemExit(1)


async def _copied(environment: Environment, column: str, *, write: bool) -> Copying:
    from cosell.hooks.dataverse import DataverseHook
    from cosell.hooks.neighbours import refuse_contradictions

    refuse_contradictions(environment)
    hook = DataverseHook.of(environment)
    with opened_state(environment) as state:
        async with hook.open_transport() as transport:
            products = hook.old_products(transport, column=column, memory=state)
            return await (products.copy() if write else products.look())
