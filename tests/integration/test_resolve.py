"""A person decides on what is held: takes a side's value, lets records be tried again, lets a brake through."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import BrakeError, CannotResolveError, MappingChangedError
from cosell.core.record import Ref, Side
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders
from cosell.sync import holding
from cosell.sync.stops import allow, standing_stops

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import DV, PC, TASKS, Joined

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.sync.ports import Unsettled

LINES = """
fields:
  deal_value: {partner_center: details.dealValue, dataverse: estimatedvalue, converter: money}
  notes: {partner_center: details.notes, dataverse: description}
"""


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Give two empty systems whose mapping names no winner for value and notes."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text(LINES)
    return Joined(tmp_path, mapping=load_mapping(folders=[*default_folders(), folder]))


def resolve(joined: Joined, record: str, field: str, take: Side) -> holding.Resolved:
    """Let an operator take a side's value."""

    async def done() -> holding.Resolved:
        async with AsyncExitStack() as stack:
            worlds = await joined.worlds(stack, "resolve")
            return await holding.resolve(worlds, record, field=field, take=take)

    return asyncio.run(done())


def entry(joined: Joined, referral: str) -> Unsettled | None:
    """Give why a deal is held."""
    return joined.state.unsettled([Ref(PC, referral)]).get(Ref(PC, referral))


def disputed(joined: Joined, *, there: float = 5, here: float = 7) -> tuple[str, str]:
    """Let both sides change the value of a deal; give its referral and its opportunity."""
    referral = joined.referral()
    joined.run()
    key = str(joined.row_of(referral)["opportunityid"])
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=there)
    crm.update(joined.sandbox, "opportunity", key, estimatedvalue=here)
    joined.run()
    assert "CONFLICT-1" in joined.row(key)["cosell_audit"]
    return referral, key


def values(joined: Joined, referral: str) -> tuple[float, float]:
    """Give what both sides hold."""
    return joined.shown(referral)["details"]["dealValue"], joined.row_of(referral)["estimatedvalue"]


@pytest.mark.parametrize("take", list(Side))
@pytest.mark.parametrize("named", list(Side))
def test_the_next_run_carries_the_value_taken(joined: Joined, take: Side, named: Side) -> None:
    """Either side, named by either id; the conflict is over, the mark is a check, and a further run is quiet."""
    referral, key = disputed(joined)
    kept = resolve(joined, {PC: referral, DV: key.upper()}[named], "deal_value", take)
    assert (kept.side, float(str(kept.before)), float(str(kept.after))) == (
        take.other,
        *((7, 5) if take is PC else (5, 7)),
    )
    joined.run()
    assert values(joined, referral) == ((5, 5) if take is PC else (7, 7))
    row = joined.row(key)
    assert row["name"].startswith("✔")
    assert entry(joined, referral) is None
    chosen = [(e.action, e.field, e.detail) for e in joined.state.history(ref=Ref(PC, referral)) if e.field]
    names = {PC: "Partner Center", DV: "the CRM"}
    assert ("chosen", "deal_value", f"taken from {names[take]}") in chosen
    assert ("lost", "deal_value", "") in chosen
    joined.writes()
    joined.run()
    assert joined.writes() == []


@pytest.mark.parametrize("side", list(Side))
def test_an_edit_after_the_choice_is_not_lost(joined: Joined, side: Side) -> None:
    """Whoever edits either value before the run comes ends the choice: the conflict stands with the new value."""
    referral, key = disputed(joined)
    resolve(joined, referral, "deal_value", DV)
    if side is PC:
        portal.edit(joined.sandbox, referral, path="/details/dealValue", value=9)
    else:
        crm.update(joined.sandbox, "opportunity", key, estimatedvalue=9)
    joined.run()
    assert values(joined, referral) == ((9, 7) if side is PC else (5, 9))
    held = entry(joined, referral)
    assert held is not None
    assert (held.reason, held.choices) == ("conflict", ())


def test_an_edit_during_the_push_is_not_lost(joined: Joined) -> None:
    """The write is guarded by the version: the run reads again and sees that the choice has lost its force."""
    referral, _ = disputed(joined)
    resolve(joined, referral, "deal_value", DV)
    facts = joined.facts()
    joined.run(facts, tasks=TASKS[:3])
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=9)
    joined.run(facts, tasks=TASKS[3:])
    assert values(joined, referral) == (9, 7)


def test_a_choice_outlives_a_write_that_failed(joined: Joined) -> None:
    """A service that does not answer costs time, not the decision."""
    referral, _ = disputed(joined)
    resolve(joined, referral, "deal_value", DV)
    joined.break_("partner_center", "drop_after", method="PATCH")
    joined.run()
    joined.later(600)
    joined.run()
    assert values(joined, referral) == (7, 7)
    joined.run()
    assert entry(joined, referral) is None


def test_a_choice_is_carried_out_once(joined: Joined) -> None:
    """The same two values can be in dispute again, and then a person decides again."""
    referral, key = disputed(joined)
    resolve(joined, referral, "deal_value", DV)
    joined.run()
    crm.update(joined.sandbox, "opportunity", key, estimatedvalue=9)
    joined.run()
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    crm.update(joined.sandbox, "opportunity", key, estimatedvalue=7)
    joined.run()
    assert values(joined, referral) == (5, 7)


def test_texts_are_taken_whole(joined: Joined) -> None:
    """Notes too, whatever stood on the other side; two fields of one deal are decided one by one."""
    referral, key = disputed(joined)
    portal.edit(joined.sandbox, referral, path="/details/notes", value="theirs")
    crm.update(joined.sandbox, "opportunity", key, description="ours")
    joined.run()
    resolve(joined, referral, "notes", DV)
    joined.run()
    assert joined.shown(referral)["details"]["notes"] == "ours"
    assert values(joined, referral) == (5, 7)
    resolve(joined, referral, "deal_value", PC)
    joined.run()
    assert values(joined, referral) == (5, 5)
    assert entry(joined, referral) is None


@pytest.mark.parametrize(
    ("field", "take", "why"),
    [
        ("currency", PC, "both sides hold the same in currency. Fields that differ on this record: .*deal_value"),
        ("nonsense", PC, "no choice to be made of nonsense"),
        ("visibility", PC, "no choice to be made of visibility"),
        ("audit", DV, "no choice to be made of audit"),
        ("deal_name", DV, "carried to Partner Center only when the deal is created there"),
        ("stage", PC, "Stage follows the CRM"),
    ],
)
def test_what_cannot_be_chosen_is_said(joined: Joined, field: str, take: Side, why: str) -> None:
    """The sentence names what can be done instead, and nothing is kept."""
    referral, key = disputed(joined)
    crm.update(joined.sandbox, "opportunity", key, name="✔ Another name", stepname="4-Close")
    if field in {"deal_name", "stage"}:
        portal.edit(joined.sandbox, referral, path="/name", value="The portal's name")
    before = entry(joined, referral)
    with pytest.raises(CannotResolveError, match=why):
        resolve(joined, referral, field, take)
    assert entry(joined, referral) == before


def test_only_a_held_pair_can_be_resolved(joined: Joined) -> None:
    """Neither an id that nobody knows, nor a deal in step, nor one whose half is gone."""
    referral, key = disputed(joined)
    for record in ("unknown", joined.opportunity()):
        with pytest.raises(CannotResolveError, match="no pair that is held"):
            resolve(joined, record, "deal_value", PC)
    crm.delete(joined.sandbox, "opportunity", key)
    with pytest.raises(CannotResolveError, match="gone or cannot be read"):
        resolve(joined, referral, "deal_value", PC)


def test_a_record_at_work_is_left_to_the_run(joined: Joined) -> None:
    """Two writers at one record must not meet; the lease of a choice ends with it."""
    referral, key = disputed(joined)
    facts = joined.facts()
    joined.run(facts, tasks=TASKS[:3])
    now = joined.sandbox.clock.now()
    joined.state.take_leases([[referral, key]], run_id="another", now=now, until=now.replace(year=2099))
    with pytest.raises(CannotResolveError, match="at work"):
        resolve(joined, referral, "deal_value", PC)
    joined.state.give_back_leases("another")
    joined.state.give_back_leases(facts.run_id)
    resolve(joined, referral, "deal_value", PC)
    assert joined.state.take_leases([[referral, key]], run_id="next", now=now, until=now) == [True]


def test_a_record_is_tried_again_at_once(joined: Joined) -> None:
    """What would be looked at tomorrow is looked at by the next run; of all, only those held for the reason."""
    referral, key = disputed(joined)
    joined.later(60)
    now = joined.sandbox.clock.now()
    assert joined.state.due(now, limit=9) == []
    for record, reason in ((key, None), (referral, "conflict"), (None, "conflict"), (None, None)):
        assert holding.retry(joined.state, record, reason=reason, now=now) == 1
        assert [one.ref.key for one in joined.state.due(now, limit=9)] == [referral]
        joined.run()
        joined.later(60)
        now = joined.sandbox.clock.now()
    assert holding.retry(joined.state, None, reason="refused", now=now) == 0
    with pytest.raises(CannotResolveError, match="not held as refused"):
        holding.retry(joined.state, referral, reason="refused", now=now)
    with pytest.raises(CannotResolveError, match="nothing to retry"):
        holding.retry(joined.state, "unknown", reason=None, now=now)


def test_a_brake_is_let_through_once(joined: Joined) -> None:
    """The next run goes on with exactly what stood; the one after it is braked again."""
    referrals = [joined.referral() for _ in range(4)]
    joined.run()
    joined.settings = replace(joined.settings, brake_floor=1, brake_share=0.1)

    def edit(value: int, count: int) -> None:
        joined.later(60)
        for each in referrals[:count]:
            portal.edit(joined.sandbox, each, path="/details/dealValue", value=value)

    edit(5, 3)
    for _ in range(2):
        with pytest.raises(BrakeError):
            joined.run()
    (stop,) = standing_stops(joined.state)
    assert "would edit 3 of 4" in stop.sentence
    allow(joined.state, "brake")
    joined.run()
    assert [joined.row_of(each)["estimatedvalue"] for each in referrals] == [5, 5, 5, 42000]
    assert standing_stops(joined.state) == []
    edit(6, 3)
    with pytest.raises(BrakeError):
        joined.run()
    allow(joined.state, "brake")
    edit(7, 4)
    with pytest.raises(BrakeError, match="would edit 4 of 4"):
        joined.run()


def test_a_changed_mapping_is_let_through(joined: Joined) -> None:
    """As with the form's switch: what was remembered of the field is forgotten, and the sync goes on."""
    joined.referral()
    joined.run()
    joined.mapping = load_mapping(folders=default_folders())
    with pytest.raises(MappingChangedError):
        joined.run()
    (stop,) = allow(joined.state, "mapping")
    assert "deal_value, notes" in stop.sentence
    joined.run()
    joined.run()
    assert standing_stops(joined.state) == []
