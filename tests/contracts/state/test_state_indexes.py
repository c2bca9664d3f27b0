"""Records are found by their keys through an index, however many pairs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.state import open_state
from cosell.sync.ports import Settlement
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Example
    from cosell.adapters.state import SqlState
    from sqlalchemy import Connection

LISTS = ("json_each", "ANY (")
"""How a statement takes a list of keys."""


@pytest.fixture
def ways() -> Iterator[list[str]]:
    """Collect how the database would go about each statement that takes a list of keys."""
    found: list[str] = []

    def explain(connection: Connection, _: object, statement: str, parameters: Any, *__: object) -> None:  # noqa: ANN401 - the driver's
        if not any(each in statement for each in LISTS):
            return
        cursor = connection.connection.cursor()
        if connection.dialect.name == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")  # which it prefers on tables as small as these
            cursor.execute(f"EXPLAIN {statement}", parameters)
        found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(Engine, "before_cursor_execute", explain)
    yield found
    event.remove(Engine, "before_cursor_execute", explain)


ASKING: dict[str, Callable[[SqlState, Example], object]] = {
    "bindings": lambda state, example: state.bindings([example.referral(1), example.row(2)]),
    "halves": lambda state, example: state.halves([example.referral(1)]),
    "notes in flight": lambda state, example: state.in_flight([example.row(1)]),
    "unsettled": lambda state, example: state.unsettled([example.referral(1)]),
    "due": lambda state, example: state.make_due(example.now, refs=[example.referral(1)]),
    "leases": lambda state, example: state.held_leases(["a"], run_id="run", now=example.now),
    "leases given back": lambda state, _: state.give_back_leases("run", ["a"]),
    "rows beneath": lambda state, _: state.parents("table", ["a"]),
    "clocks": lambda state, _: state.settle([Settlement(clocks={"a": ()})]),
}


@pytest.mark.parametrize("asked", ASKING)
def test_no_table_is_read_whole(shared_url: str, ways: list[str], example: Example, asked: str) -> None:
    """Neither database goes through all rows to find some by their keys."""
    state = open_state(shared_url)
    ASKING[asked](state, example)
    state.close()
    assert ways
    for way in ways:
        assert "SCAN cosell_" not in way
        assert "Seq Scan on cosell_" not in way
        assert "Index" in way.title()
