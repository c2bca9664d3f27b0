"""A scenario as numbered steps: each is taken, and has its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from cosell.core.errors import CosellError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    Act = Callable[[], Awaitable[str]]
    """Takes a step and gives what was seen; raises StepFailedError or LeftOutError."""


class Verdict(StrEnum):
    """What became of a step."""

    PASSED = "passed"
    FAILED = "FAILED"
    LEFT_OUT = "left out"
    NOT_REACHED = "not reached"


class StepFailedError(CosellError):
    """What a step promises did not come true; says what was seen instead."""


class LeftOutError(CosellError):
    """A step is not taken here; says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, by its number in the guide."""

    seed: str
    text: str
    act: Act


@dataclass(frozen=True, slots=True)
class Outcome:
    """A step and what became of it."""

    step: Step
    verdict: Verdict
    seen: str = ""


class Scenario(Protocol):
    """A story told in steps, which cleans up after itself."""

    title: str

    def will_create(self) -> Sequence[str]:
        """Name what the story makes in either system, a line each."""
        ...

    def steps(self) -> Iterable[Step]:
        """Give the steps in order."""
        ...

    def closing(self) -> Iterable[Step]:
        """Give the steps that close what was made, whatever became of the others."""
        ...


async def play(scenario: Scenario, *, tell: Callable[[Outcome], None]) -> bool:
    """Take the steps up to the first that fails, then those that close; tell whether none failed."""
    good = True
    for step in scenario.steps():
        outcome = await _taken(step) if good else Outcome(step, Verdict.NOT_REACHED)
        good = good and outcome.verdict is not Verdict.FAILED
        tell(outcome)
    for step in scenario.closing():
        outcome = await _taken(step)
        good = good and outcome.verdict is not Verdict.FAILED
        tell(outcome)
    return good


async def _taken(step: Step) -> Outcome:
    try:
        return Outcome(step, Verdict.PASSED, await step.act())
    except LeftOutError as error:
        return Outcome(step, Verdict.LEFT_OUT, str(error))
    except CosellError as error:
        return Outcome(step, Verdict.FAILED, str(error))
