"""`airflow cosell solutions import FILE` and `seen`: the catalogue that sellers pick from, brought in line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of, opened_state, sentences
from cosell.core.errors import FileRefusedError

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.core.offers import Offer
    from cosell.hooks.environment import Environment
    from cosell.sync.offers import Brought, Scope

_SHOWN = 40
_WORDS = {"add": "added", "update": "updated", "retire": "retired", "restore": "offered again"}
_REFERRALS = "What stands on the referrals"


def import_file(args: Namespace) -> None:
    """Make the catalogue hold what a file says, all of it or nothing."""
    from cosell.adapters.table_file import read_table
    from cosell.core.offer_lines import read_offers

    path = Path(args.file).expanduser()
    with sentences():
        read = read_offers(read_table(path, sheet=args.sheet))
        if read.wrong:
            raise FileRefusedError(path.name, read.wrong)
    scope: Scope = "whole" if args.retire_others else "listed"
    brought = done(_brought(environment_of(args), read.offers, source=path.name, scope=scope, dry_run=args.dry_run))
    _tell(brought, dry_run=args.dry_run)


def take_seen(args: Namespace) -> None:
    """Add the solutions of all referrals that the catalogue does not hold."""
    _tell(done(_taken(environment_of(args), dry_run=args.dry_run)), dry_run=args.dry_run)


async def _taken(environment: Environment, *, dry_run: bool) -> Brought:
    from cosell.hooks.world import open_worlds
    from cosell.sync.offers import seen_on_referrals
    from cosell.sync.tables import main_of

    async with open_worlds(environment, run_id="solutions") as worlds:
        offers = await seen_on_referrals(main_of(worlds))
    return await _brought(environment, offers, source=_REFERRALS, scope="new", dry_run=dry_run)


async def _brought(
    environment: Environment, offers: list[Offer], *, source: str, scope: Scope, dry_run: bool
) -> Brought:
    from cosell.hooks.dataverse import DataverseHook
    from cosell.hooks.neighbours import refuse_contradictions
    from cosell.sync.offers import bring, compare

    refuse_contradictions(environment)
    hook = DataverseHook.of(environment)
    with opened_state(environment) as state:
        async with hook.open_transport() as transport:
            catalogue = hook.catalogue(transport, memory=state)
            return await (compare if dry_run else bring)(catalogue, offers, source=source, scope=scope)


def _tell(brought: Brought, *, dry_run: bool) -> None:
    out = console()
    for change in brought.changes[:_SHOWN]:
        out.print(f"{change.kind:<8} {change.offer.id}  {change.offer.name}")
    if len(brought.changes) > _SHOWN:
        out.print(f"... and {len(brought.changes) - _SHOWN} more")
    for offer in brought.left_out:
        out.print(f"left out {offer.id}  it is retired, and the catalogue never had it")
    counts = brought.counts
    numbers = ", ".join(f"{counts[kind]} {word}" for kind, word in _WORDS.items())
    out.print(f"{numbers}, {brought.same} already so." + (" Nothing was written." if dry_run else ""))
