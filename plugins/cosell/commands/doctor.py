"""`airflow cosell doctor`: a checklist of all that the sync stands on, with the fix of each thing that is not right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from cosell.commands.opened import console, done, environment_of
from cosell.core.checkup.finding import Verdict, is_content

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.core.checkup.finding import Finding
    from cosell.hooks.checkup.checks import Check
    from cosell.hooks.environment import Environment

_STYLES = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "bold red", Verdict.NOT_CHECKED: "dim"}


def examine_all(args: Namespace) -> None:
    """Print a line for each check; exit code 1 where anything is wrong."""
    if not is_content(shown(environment_of(args)).values()):
        raise SystemExit(1)


def shown(environment: Environment) -> dict[str, Finding]:
    """Examine everything and print it; give what came of each check by its name."""
    found = done(_found(environment))
    out, table = console(), Table("check", "verdict", show_lines=True)
    for heading in ("seen", "what to do"):
        table.add_column(heading, overflow="fold")
    for check, finding in found:
        more = f" [{check.anchor}]" if finding.fix else ""
        verdict = Text(finding.verdict, style=_STYLES[finding.verdict])
        table.add_row(check.name, verdict, finding.seen, finding.fix + more)
    out.print(table)
    counts = Counter(finding.verdict for _, finding in found)
    out.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict) + ".")
    return {check.name: finding for check, finding in found}


async def _found(environment: Environment) -> list[tuple[Check, Finding]]:
    from cosell.hooks.checkup.examine import examine

    return [each async for each in examine(environment)]
