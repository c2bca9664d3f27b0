"""Rows that several batches want: created once, answered to all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.dataverse.making import Making
from cosell.sync.ports import NoAnswer, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.sync.ports import Outcome

REFUSED = Rejected("400", "no")


class Table:
    """A table that takes its time, and what it was asked to create."""

    def __init__(self, *, failing: tuple[str, ...] = (), dies: bool = False) -> None:
        self.asked: list[list[str]] = []
        self._failing, self._dies = failing, dies

    async def insert(self, new: Mapping[str, Any]) -> dict[str, Outcome]:
        """Create rows."""
        self.asked.append(sorted(new))
        await asyncio.sleep(0.01)
        if self._dies and "a" in new:
            raise RuntimeError
        return {key: REFUSED for key in new if key in self._failing}


async def both(making: Making) -> list[Any]:
    """Let two batches want rows, one of them the same."""
    first = making.create({"a": {}, "b": {}}, wanted=["a", "b"])
    second = making.create({"b": {}, "c": {}}, wanted=["b", "c"])
    return await asyncio.gather(first, second, return_exceptions=True)


def test_a_row_that_another_batch_creates_is_not_created_again() -> None:
    """Nor is it later, when it stands."""
    table = Table()
    making = Making(table.insert)
    assert asyncio.run(both(making)) == [{}, {}]
    assert table.asked == [["a", "b"], ["c"]]


def test_a_failure_is_answered_to_all_who_wanted_the_row() -> None:
    """Whoever asks later has it tried again."""
    table = Table(failing=("b",))
    making = Making(table.insert)
    assert asyncio.run(both(making)) == [{"b": REFUSED}, {"b": REFUSED}]
    asyncio.run(making.create({"b": {}}, wanted=["b"]))
    assert table.asked[-1] == ["b"]


def test_nobody_waits_for_ever_for_a_batch_that_died() -> None:
    """Those who waited hear that there was no answer."""
    died, waited = asyncio.run(both(Making(Table(dies=True).insert)))
    assert isinstance(died, RuntimeError)
    assert isinstance(waited["b"], NoAnswer)


@pytest.mark.parametrize("wanted", [["a"], []])
def test_rows_planned_by_others_may_be_waited_for(wanted: list[str]) -> None:
    """A batch that found a planned row of another's learns whether it came to stand."""
    making = Making(Table(failing=("a",)).insert)

    async def ask() -> list[dict[str, Outcome]]:
        return await asyncio.gather(making.create({"a": {}}, wanted=["a"]), making.create({}, wanted=wanted))

    _, heard = asyncio.run(ask())
    assert heard == ({"a": REFUSED} if wanted else {})
