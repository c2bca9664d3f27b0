"""The store keeps documents, their indexes and their file in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.store import Store, Table

if TYPE_CHECKING:
    from pathlib import Path


class _WentWrongError(Exception):
    """Something in the middle of a group."""


KEYS = st.sampled_from("abcd")
STEPS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3)))
GROUPS = st.lists(st.tuples(STEPS, st.booleans()), max_size=6)


def _do(table: Table, steps: list[tuple[str, int | None]]) -> None:
    for key, size in steps:
        if size is None:
            table.delete(key)
        else:
            table.put(key, {"size": size})


def _fail(*, really: bool) -> None:
    if really:
        raise _WentWrongError


def _failing_group(store: Store, table: Table) -> None:
    with store.atomic():
        table.put("inner", {"size": 2})
        table.delete("outer")
        _fail(really=True)


@given(GROUPS)
def test_any_history_of_groups_leaves_memory_indexes_and_file_alike(
    groups: list[tuple[list[tuple[str, int | None]], bool]],
) -> None:
    """A failed group leaves nothing behind; a good one is in the table, its index, its order and its file."""
    store = Store(":memory:")
    table = store.table("things")
    by_size = table.index("size", lambda thing: thing["size"])
    in_order = table.order("size", lambda thing: thing["size"])
    expected: dict[str, int] = {}
    for steps, fails in groups:
        try:
            with store.atomic():
                _do(table, steps)
                _fail(really=fails)
        except _WentWrongError:
            continue
        expected.update((key, size) for key, size in _last(steps).items() if size is not None)
        expected = {key: size for key, size in expected.items() if _last(steps).get(key, size) is not None}
    assert {key: (table.get(key) or {})["size"] for key in table.keys()} == expected  # noqa: SIM118 - no mapping
    assert {size: set(by_size.get(size)) for size in range(4)} == {
        size: {key for key, held in expected.items() if held == size} for size in range(4)
    }
    assert list(in_order.keys()) == sorted(expected, key=lambda key: (expected[key], key))
    rows = store._connection.execute("SELECT key FROM documents WHERE bucket = 'things'")
    assert {key for (key,) in rows} == set(expected)
    store.close()


def _last(steps: list[tuple[str, int | None]]) -> dict[str, int | None]:
    return dict(steps)


def test_a_restart_loses_nothing_and_keeps_the_order(tmp_path: Path) -> None:
    """What was put is there again when the file is opened anew, oldest first."""
    store = Store(tmp_path / "world.db")
    for key in ("c", "a", "b"):
        store.table("things").put(key, {"name": f"{key} Ünïcode 🚀"})
    store.table("things").put("c", {"name": "changed"})
    store.close()
    again = Store(tmp_path / "world.db").table("things")
    assert [thing["name"] for thing in again.values()] == ["changed", "a Ünïcode 🚀", "b Ünïcode 🚀"]


def test_an_inner_group_fails_alone() -> None:
    """A nested group that fails takes back its own changes only."""
    store = Store(":memory:")
    table = store.table("things")
    with store.atomic():
        table.put("outer", {"size": 1})
        with pytest.raises(_WentWrongError):
            _failing_group(store, table)
    assert list(table.values()) == [{"size": 1}]


def test_an_order_is_walked_from_a_place_in_it() -> None:
    """A walk begins behind the last (value, key) in either direction, and above a lower bound."""
    table = Store(":memory:").table("things")
    for key, size in (("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")):
        table.put(key, {"size": size})
    order = table.order("size", lambda thing: thing["size"])
    assert list(order.between(after=("2", "b"))) == ["c", "d"]
    assert list(order.between(after=("2", "c"), descending=True)) == ["b", "a"]
    assert list(order.between(lower="2", descending=True)) == ["d", "c", "b"]
