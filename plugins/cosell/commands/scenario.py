"""`airflow cosell scenario 1|2`: a test deal from end to end on this deployment's own connections."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of
from cosell.core.errors import ConfigurationError
from cosell.core.record import SolutionLine

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from rich.console import Console

    from cosell.hooks.environment import Environment
    from cosell.scenarios.deal import Setting
    from cosell.scenarios.people import People
    from cosell.scenarios.steps import Outcome, Scenario

FROM_PARTNER_CENTER = 2
_LOOK_EVERY = 15.0
_COLOURS = {"passed": "green", "FAILED": "red", "left out": "yellow", "not reached": "yellow"}


def run_scenario(args: Namespace) -> None:
    """Show what would be made, ask, play the scenario; exit code 1 where a step fails or nobody agreed."""
    if not done(_played(args, environment_of(args))):
        raise SystemExit(1)


async def _played(args: Namespace, environment: Environment) -> bool:
    from cosell.hooks.world import open_worlds
    from cosell.scenarios.people import People, with_every_field_open
    from cosell.scenarios.steps import play
    from cosell.sync.tables import main_of

    setting = _setting(args, environment)
    _confirm_permission(args.number, environment)
    async with open_worlds(environment, run_id=f"scenario-{setting.began:%Y%m%dT%H%M%S}") as worlds:
        world = main_of(worlds)
        people = People(world, with_every_field_open(world.mapper), carry=_wait, patience=args.minutes * 60)
        scenario, out = _scenario(args.number, people, setting), console()
        if not _agreed(scenario, out, yes=args.yes):
            return False
        return await play(scenario, tell=teller(out))


def _confirm_permission(number: int, environment: Environment) -> None:
    """Raise ConfigurationError where the environment may not make the deals of the scenario in Partner Center."""
    from cosell.core.scope import Permission
    from cosell.hooks.settings import SETTINGS, read_wishes

    enough = {Permission.EVERYTHING} if number == FROM_PARTNER_CENTER else {Permission.EVERYTHING, Permission.OWN}
    if read_wishes(environment).scope(environment).permission not in enough:
        raise ConfigurationError(
            f"The environment {environment.name} may not make such deals in Partner Center; set partner_center to "
            f"{' or '.join(sorted(enough))} in the Variable {environment.own(SETTINGS)}."
        )


def _setting(args: Namespace, environment: Environment) -> Setting:
    from cosell.hooks.settings import read_wishes
    from cosell.scenarios.deal import Setting

    seller = args.seller or read_wishes(environment).default_owner
    if not seller:
        raise ConfigurationError("Say who owns the test deals: --seller with the e-mail address of a user of the CRM.")
    solution = SolutionLine(args.solution, "Test of the co-sell sync", None, Decimal(1))
    where = {"currency": args.currency, "country": args.country}
    return Setting(solution=solution, seller=seller, colleague=args.colleague, **where)


def _scenario(number: int, people: People, setting: Setting) -> Scenario:
    from cosell.scenarios.from_partner_center import FromPartnerCenter
    from cosell.scenarios.from_the_crm import FromTheCrm

    return FromTheCrm(people, setting) if number == 1 else FromPartnerCenter(people, setting)


def _agreed(scenario: Scenario, out: Console, *, yes: bool) -> bool:
    """Show what will be made, and tell whether the operator wants it."""
    out.print(f"{scenario.title}. On the real connections of this deployment it makes:")
    for line in scenario.will_create():
        out.print(f"  - {line}")
    if yes:
        return True
    if not sys.stdin.isatty():
        out.print("Nothing was made. Run it again with --yes to agree.")
        return False
    return input("Go on? [y/N] ").strip().lower() in {"y", "yes"}


def teller(out: Console) -> Callable[[Outcome], None]:
    """Give what prints a step, its number and its verdict."""
    from rich.text import Text

    def tell(outcome: Outcome) -> None:
        step, word = outcome.step, str(outcome.verdict)
        line = Text(f"{step.seed:<6} ")
        line.append(f"{word:<12}", style=_COLOURS[word])
        line.append(step.text + (f": {outcome.seen}" if outcome.seen else ""))
        out.print(line)

    return tell


async def _wait() -> None:
    """Let the deployment's own runs do the work."""
    await asyncio.sleep(_LOOK_EVERY)
