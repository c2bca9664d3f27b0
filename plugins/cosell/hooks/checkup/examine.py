"""Goes through the checks: one that fails never stops the others, only those that stand on it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from cosell.core.checkup.finding import Finding, Verdict, unchecked, wrong
from cosell.core.errors import CosellError, RetryLaterError, SignInNeededError
from cosell.hooks.checkup.checks import CHECKS
from cosell.hooks.checkup.ground import Ground

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.hooks.checkup.checks import Check
    from cosell.hooks.environment import Environment

_BARS = frozenset({Verdict.WRONG, Verdict.NOT_CHECKED})


async def examine(environment: Environment) -> AsyncIterator[tuple[Check, Finding]]:
    """Give the checks of an environment one after the other, each with what came of it."""
    known: dict[str, Verdict] = {}
    async with AsyncExitStack() as stack:
        ground = Ground(environment, stack)
        for check in CHECKS:
            barred = next((name for name in check.needs if known[name] in _BARS), None)
            finding = unchecked(f"because of: {barred}") if barred else await _looked(check, ground)
            known[check.name] = finding.verdict
            yield check, finding.of(option=environment.option, suffix=environment.own(""))


async def _looked(check: Check, ground: Ground) -> Finding:
    try:
        return await check.look(ground)
    except CosellError as error:
        return wrong(str(error), _way_out(error))


def _way_out(error: CosellError) -> str:
    """Give what helps against an error; most name it themselves."""
    if isinstance(error, SignInNeededError):
        return "Sign in to Partner Center: airflow cosell sign-in{--env}."
    if isinstance(error, RetryLaterError):
        return f"Try again in a few minutes; if it stays, see {type(error).__name__} in docs/troubleshooting.md."
    return f"Do as it says; more under {type(error).__name__} in docs/troubleshooting.md."
