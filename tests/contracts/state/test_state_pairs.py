"""What every SyncState keeps of pairs: bindings, halves, notes in flight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import AlreadyBoundError
from cosell.core.record import Half, Member, SolutionLine
from cosell.sync.ports import HalfChange, Settlement

if TYPE_CHECKING:
    from conftest import Example
    from cosell.adapters.state import SqlState


def test_binding_is_found_from_both_sides(state: SqlState, example: Example) -> None:
    """A binding is given by the ref asked for, whichever half that is, and only by that one."""
    pair = example.pair(1)
    state.settle([Settlement(bind=pair)])
    referral, row = pair.refs
    assert state.bindings([referral]) == {referral: pair}
    assert state.bindings([row]) == {row: pair}
    assert state.bindings([referral, row, example.row(2)]) == {referral: pair, row: pair}
    assert state.bindings([]) == {}


def test_ids_of_the_two_sides_are_told_apart(state: SqlState, example: Example) -> None:
    """A key that both sides use names two records."""
    pair = example.pair(1)
    state.settle([Settlement(bind=pair)])
    swapped = example.referral(1)._replace(side=example.row(1).side)
    assert state.bindings([swapped]) == {}


def test_bindings_are_counted_and_sampled(state: SqlState, example: Example) -> None:
    """The number of bindings is exact, a sample is no longer than asked and stays the same."""
    state.settle([Settlement(bind=example.pair(number)) for number in range(7)])
    assert state.binding_count() == 7
    assert state.some_bindings(3) == [example.pair(0), example.pair(1), example.pair(2)]
    assert len(state.some_bindings(50)) == 7
    assert state.some_bindings(2, after=example.pair(2).referral_id) == [example.pair(3), example.pair(4)]
    assert state.some_bindings(2, after=example.pair(6).referral_id) == []


def test_bindings_and_fields_are_told_apart_by_table(state: SqlState, example: Example) -> None:
    """Pairs of one table are counted, sampled and made to forget by themselves."""
    deal, lead = example.pair(1), replace(example.pair(2), table="lead")
    state.settle([Settlement(bind=pair) for pair in (deal, lead)])
    state.settle([example.half(ref, notes="n") for ref in (*deal.refs, *lead.refs)])
    assert (state.binding_count(), state.binding_count(table="lead")) == (2, 1)
    assert state.some_bindings(5, table="lead") == [lead]
    state.forget_fields({"notes"}, table="lead")
    halves = state.halves([*deal.refs, *lead.refs])
    assert [(halves[ref].values, halves[ref].stale) for ref in deal.refs] == [({"notes": "n"}, False)] * 2
    assert [(halves[ref].values, halves[ref].stale) for ref in lead.refs] == [({}, True)] * 2


@pytest.mark.parametrize(("referral", "row"), [(1, 2), (2, 1)])
def test_binding_is_unique_both_ways(state: SqlState, example: Example, referral: int, row: int) -> None:
    """Neither half may be bound to something else, and nothing of a call that tries is applied."""
    state.settle([Settlement(bind=example.pair(1))])
    wrong = Settlement(bind=example.pair(referral, row), unsettled=example.waits(example.row(9)))
    with pytest.raises(AlreadyBoundError) as raised:
        state.settle([Settlement(bind=example.pair(5)), example.half(example.row(5), name="Five"), wrong])
    assert (raised.value.referral_id, raised.value.row_id) == (f"referral-{referral}", f"row-{row}")
    assert state.binding_count() == 1
    assert state.halves([example.row(5)]) == {}
    assert state.unsettled([example.row(9)]) == {}


def test_a_binding_moves_to_another_row(state: SqlState, example: Example) -> None:
    """The old one and what was remembered of its row are gone in the same transaction, or stand where it fails."""
    lead, deal = replace(example.pair(1), table="lead"), example.pair(1, 7)
    state.settle([Settlement(bind=lead), Settlement(bind=example.pair(5)), example.half(lead.refs[1], name="A")])
    with pytest.raises(AlreadyBoundError):
        state.settle([Settlement(unbind=lead, bind=example.pair(1, 5))])
    assert state.bindings(lead.refs) == dict.fromkeys(lead.refs, lead)
    state.settle([Settlement(unbind=lead, bind=deal, halves=example.half(deal.refs[1], name="B").halves)])
    assert state.bindings([*lead.refs, *deal.refs]) == dict.fromkeys(deal.refs, deal)
    assert state.halves([lead.refs[1], deal.refs[1]]).keys() == {deal.refs[1]}


def test_one_call_cannot_bind_a_row_twice(state: SqlState, example: Example) -> None:
    """Two settlements of one call that claim the same row are refused together."""
    with pytest.raises(AlreadyBoundError):
        state.settle([Settlement(bind=example.pair(1, 7)), Settlement(bind=example.pair(2, 7))])
    assert state.binding_count() == 0


def test_binding_again_changes_paused_only(state: SqlState, example: Example) -> None:
    """The same pair bound again keeps what is remembered of it and takes over `paused`."""
    referral = example.referral(1)
    state.settle([Settlement(bind=example.pair(1), halves=(HalfChange(referral, "e1", {"name": "Deal"}),))])
    state.settle([Settlement(bind=example.pair(1, paused=True))])
    assert state.bindings([referral])[referral].paused
    assert state.halves([referral])[referral].values == {"name": "Deal"}
    state.settle([Settlement(bind=example.pair(1))])
    assert not state.bindings([referral])[referral].paused


def test_half_keeps_every_kind_of_value(state: SqlState, example: Example) -> None:
    """Baseline values come back equal and of the same kind, times in UTC."""
    values = {
        "null": None,
        "empty": "",
        "text": "O'Brien & 日本 🙂 \u0000 \ud800",
        "flag": True,
        "count": 12345678901234567890,
        "money": Decimal("1250.50"),
        "day": date(2026, 12, 31),
        "time": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=13))),
        "team": (Member("Zoë", "Núñez", "z@example.com", ""),),
        "solutions": (SolutionLine("SOL-1", "One", Decimal("9.90"), None),),
        "nothing": (),
    }
    state.settle([Settlement(halves=(HalfChange(example.row(1), 'W/"1"', values),))])
    half = state.halves([example.row(1)])[example.row(1)]
    assert half == Half(example.row(1), 'W/"1"', values)
    assert {name: type(value) for name, value in half.values.items()} == {
        name: type(value) for name, value in values.items()
    }
    assert half.values["time"].tzinfo == UTC
    assert str(half.values["money"]) == "1250.50"


def test_half_is_merged_field_by_field(state: SqlState, example: Example) -> None:
    """A change sets its own fields, keeps the others, the etag (None) and stale (None)."""
    row = example.row(1)
    state.settle([Settlement(halves=(HalfChange(row, "e1", {"name": "A", "notes": "n"}, stale=True),))])
    state.settle([Settlement(halves=(HalfChange(row, values={"name": "B"}, forget=frozenset({"notes"})),))])
    assert state.halves([row])[row] == Half(row, "e1", {"name": "B"}, stale=True)
    state.settle([Settlement(halves=(HalfChange(row, "e2", stale=False),))])
    assert state.halves([row])[row] == Half(row, "e2", {"name": "B"}, stale=False)


def test_changes_of_one_call_apply_in_order(state: SqlState, example: Example) -> None:
    """Where one call changes a half twice, the later change stands on the earlier one."""
    row = example.row(1)
    first = HalfChange(row, "e1", {"name": "A", "notes": "n"})
    second = HalfChange(row, "e2", {"name": "B"}, forget=frozenset({"notes"}))
    state.settle([Settlement(halves=(first,)), Settlement(halves=(second,))])
    assert state.halves([row])[row] == Half(row, "e2", {"name": "B"})


def test_forget_fields_drops_them_everywhere(state: SqlState, example: Example) -> None:
    """Forgotten fields are gone from every half, the others stay, and every half must be read before use."""
    refs = [ref for number in range(600) for ref in (example.referral(number), example.row(number))]
    state.settle([example.half(ref, name="Deal", notes="n", money=Decimal("1.50")) for ref in refs])
    state.forget_fields({"notes", "unknown"})
    halves = state.halves(refs)
    assert len(halves) == 1200
    assert all(half.values == {"name": "Deal", "money": Decimal("1.50")} and half.stale for half in halves.values())


def test_changes_of_halves_are_counted(state: SqlState, example: Example) -> None:
    """Each transaction that changes halves has a number, higher than all before, and its halves carry it."""
    first, second = example.row(1), example.row(2)
    start = state.revision()
    state.settle([example.half(first, name="A"), example.half(second, name="B")])
    between = state.revision()
    state.settle([example.half(second, name="C")])
    state.settle([Settlement(bind=example.pair(1), unsettled=example.waits(first))])
    halves = state.halves([first, second])
    assert start < halves[first].revision == between
    assert between < halves[second].revision == state.revision()


def test_forgetting_counts_as_a_change_of_every_half(state: SqlState, example: Example) -> None:
    """What was read before fields were forgotten is out of date for every half."""
    state.settle([example.half(example.row(1), name="A")])
    before = state.revision()
    state.forget_fields({"notes"})
    assert state.halves([example.row(1)])[example.row(1)].revision == state.revision() > before


def test_thousands_of_records_in_one_question(state: SqlState, example: Example) -> None:
    """A question about more records than one IN takes is answered whole, whatever is asked twice."""
    numbers = range(1300)
    state.settle([Settlement(bind=example.pair(number)) for number in numbers])
    state.note([example.note(example.referral(number)) for number in numbers])
    state.settle([Settlement(unsettled=example.waits(example.row(number))) for number in numbers])
    refs = [ref for number in numbers for ref in example.pair(number).refs] * 2
    assert len(state.bindings(refs)) == 2600
    assert len(state.in_flight(refs)) == 1300
    assert len(state.unsettled(refs)) == 1300


def test_note_is_found_by_source_and_by_target(state: SqlState, example: Example) -> None:
    """A note is given for the record whose values travel and for the record written, once."""
    update = example.note(example.referral(1), operation="update", key="row-1", meant={"value": Decimal("1.0")})
    create = example.note(example.referral(2), sent_from={"name": "Deal"})
    state.note([update, create])
    assert state.in_flight([example.referral(1)]) == [update]
    assert state.in_flight([example.row(1)]) == [update]
    assert state.in_flight([example.row(1), example.referral(1), example.row(2)]) == [update]
    assert state.in_flight([example.referral(2)]) == [create]
    assert state.in_flight([]) == []
    assert state.all_in_flight() == [update, create]


def test_note_replaces_the_one_it_repeats(state: SqlState, example: Example) -> None:
    """Notes of the same target, source and operation replace each other; any other stands beside."""
    referral = example.referral(1)
    state.note([example.note(referral, run_id="first")])
    again = example.note(referral, run_id="second", begun=example.at(5))
    beside = example.note(referral, target=referral.side, operation="write_back", key=referral.key)
    state.note([example.note(referral, run_id="not this one"), again, beside])
    assert state.all_in_flight() == [beside, again]


def test_note_is_cleared_with_what_it_brought(state: SqlState, example: Example) -> None:
    """A settlement removes just the notes it names, told by target, source and operation."""
    update = example.note(example.referral(1), operation="update", key="row-1")
    create = example.note(example.referral(1))
    state.note([update, create])
    cleared = example.note(example.referral(1), run_id="another", begun=example.at(9))
    state.settle([Settlement(clear=(cleared,))])
    assert state.all_in_flight() == [update]
