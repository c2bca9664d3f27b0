"""`airflow cosell mapping check|explain|doc|try`: what the mapping in force says, and whether it can work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from cosell.commands.opened import console, done, environment_of, sentences
from cosell.commands.words import field_in_words, plain_json
from cosell.core.checkup import crm
from cosell.core.checkup.finding import Verdict
from cosell.core.sentences import SIDE_NAMES

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping as Wire

    from cosell.hooks.environment import Environment
    from cosell.hooks.mapping_check import Held
    from cosell.mapping import Mapping
    from cosell.sync.trial import Trial


def check_mapping(args: Namespace) -> None:
    """Hold the mappings against the CRM's columns as they are now; exit code 1 where something cannot work."""
    held, out = done(_held(environment_of(args))), console()
    unfilled = crm.filled(held.unfilled or {})
    if held.about_leads:
        out.print("Leads are left out, since the setting leads is not set and the CRM lacks something for them:")
    for each in (*held.about_leads, *held.problems):
        out.print(each.sentence, soft_wrap=True)
    if unfilled.fix:
        out.print(f"{unfilled.verdict}: {unfilled.seen}. {unfilled.fix}", soft_wrap=True)
    if held.problems or unfilled.verdict is Verdict.WRONG:
        raise SystemExit(1)
    out.print("The mapping fits the columns of the CRM.")


def explain_field(args: Namespace) -> None:
    """Print what holds for a field, in every mapping that has it."""
    from cosell.mapping.page import explained

    environment = environment_of(args)
    with sentences():
        mappings = _mappings(environment)
    having = [each for each in mappings if args.field in each.file.fields]
    if not having:
        raise SystemExit(f"The mapping has no field {args.field!r}; {_hint(args.field, mappings, environment)}")
    out = console()
    for mapping in having:
        for word, told in explained(mapping, args.field):
            out.print(f"{word:<15} {told}", soft_wrap=True)
        out.print("")


def _hint(written: str, mappings: list[Mapping], environment: Environment) -> str:
    """Give what may be meant by what is no field: a column or path is told with the fields that lie there."""
    from cosell.mapping.page import fields_at
    from cosell.mapping.wording import meant

    lying = sorted({name for each in mappings for name in fields_at(each, written)})
    if not lying:
        return meant(written, {name for each in mappings for name in each.file.fields})
    verb = "lies" if len(lying) == 1 else "lie"
    return f"it is where {', '.join(lying)} {verb}: airflow cosell mapping explain {lying[0]}{environment.option}"


def print_page(args: Namespace) -> None:
    """Print the mappings in force as a Markdown page."""
    from cosell.mapping.page import page

    environment = environment_of(args)
    with sentences():
        mappings = _mappings(environment)
    for line in (line for mapping in mappings for line in (*page(mapping), "")):
        print(line)  # noqa: T201 - a page for a file, never folded


def try_record(args: Namespace) -> None:
    """Show a real record as the mapping reads it, and what the other side would be told; write nothing."""
    trial = done(_tried(environment_of(args), args.record))
    out = console()
    out.print(f"{trial.key} in {SIDE_NAMES[trial.side]} ({trial.table}). Nothing was written.")
    if trial.unreadable:
        raise SystemExit(f"It cannot be read: {trial.unreadable}")
    out.print(_shown(trial))


def _shown(trial: Trial) -> Table:
    table = Table("field", f"in {SIDE_NAMES[trial.side]}", f"{SIDE_NAMES[trial.side.other]} would hold", "written as")
    for each in trial.fields:
        there = field_in_words(each.name, each.fitted) if each.wire else ""
        table.add_row(each.name, field_in_words(each.name, each.value), there, _wire(each.name, each.wire))
    return table


def _wire(name: str, wire: Wire[str, object]) -> str:
    return "\n".join(f"{path} = {plain_json(name, value)}" for path, value in wire.items())


def _mappings(environment: Environment) -> list[Mapping]:
    """Give the mappings of the tables that may be kept in step."""
    from cosell.hooks.settings import read_wishes
    from cosell.hooks.world import mappings_in_force

    return mappings_in_force(read_wishes(environment), environment)


async def _held(environment: Environment) -> Held:
    """Give what does not fit the CRM."""
    from cosell.hooks.mapping_check import hold_against_crm

    return await hold_against_crm(environment)


async def _tried(environment: Environment, record: str) -> Trial:
    from cosell.hooks.world import open_worlds
    from cosell.sync import trial

    async with open_worlds(environment, run_id="mapping-try") as worlds:
        return await trial.try_record(worlds, record)
