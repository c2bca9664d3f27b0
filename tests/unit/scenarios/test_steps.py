"""How a scenario goes on, ends and tells of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.errors import ServiceUnavailableError
from cosell.scenarios.steps import LeftOutError, Outcome, Step, StepFailedError, Verdict, play

if TYPE_CHECKING:
    from cosell.core.errors import CosellError


@dataclass
class Story:
    """A scenario whose steps do what is said: None passes, an error is raised."""

    said: dict[str, CosellError | None]
    afterwards: CosellError | None = None
    title: str = "A story"
    taken: list[str] = field(default_factory=list)

    def will_create(self) -> list[str]:
        """Name nothing."""
        return []

    def steps(self) -> list[Step]:
        """Give a step for each word."""
        return [self._step(seed, error) for seed, error in self.said.items()]

    def closing(self) -> list[Step]:
        """Give the one step that closes."""
        return [self._step("after", self.afterwards)]

    def _step(self, seed: str, error: CosellError | None) -> Step:
        async def act() -> str:
            self.taken.append(seed)
            if error is not None:
                raise error
            return "seen"

        return Step(seed, f"Step {seed}", act)


def played(story: Story) -> tuple[bool, list[tuple[str, Verdict]]]:
    """Play a story and give its end and its verdicts."""
    told: list[Outcome] = []
    good = asyncio.run(play(story, tell=told.append))
    return good, [(one.step.seed, one.verdict) for one in told]


def test_a_step_that_is_left_out_is_no_failure() -> None:
    """What cannot be done here is said, and the story goes on."""
    story = Story({"S-1": None, "S-2": LeftOutError("not here"), "S-3": None})
    assert played(story) == (
        True,
        [
            ("S-1", Verdict.PASSED),
            ("S-2", Verdict.LEFT_OUT),
            ("S-3", Verdict.PASSED),
            ("after", Verdict.PASSED),
        ],
    )


def test_after_a_failure_only_the_closing_is_done() -> None:
    """The steps behind it would stand on nothing; what was made is closed all the same."""
    for error in (StepFailedError("no"), ServiceUnavailableError("down")):
        story = Story({"S-1": error, "S-2": None})
        assert played(story) == (
            False,
            [("S-1", Verdict.FAILED), ("S-2", Verdict.NOT_REACHED), ("after", Verdict.PASSED)],
        )
        assert story.taken == ["S-1", "after"]


def test_a_deal_that_stays_open_is_a_failure_too() -> None:
    """A scenario that cannot clean up after itself has not passed."""
    assert played(Story({"S-1": None}, afterwards=StepFailedError("still open")))[0] is False
