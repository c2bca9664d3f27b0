"""A pause of one side: it is read, nothing is written to it, and what was held back arrives when the pause ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.record import Ref, Side
from cosell.core.sentences import SENTENCES

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import DV, PC, TASKS

if TYPE_CHECKING:
    from tests.integration.joined import Joined

WAITING = 727000000
APPS = {PC: "partner_center", DV: "dataverse"}


def pause(joined: Joined, *sides: Side) -> None:
    """Name the sides that nothing is written to."""
    joined.settings = replace(joined.settings, paused_sides=frozenset(sides))


def written_to(joined: Joined, side: Side) -> list[str]:
    """Give the writing requests that a side got since the last asking."""
    return [f"{one['method']} {one['path']}" for one in joined.writes() if one["app"] == APPS[side]]


def reasons(joined: Joined) -> dict[str, str]:
    """Give why records are unsettled, by key."""
    return {one.ref.key: one.reason for one in joined.state.all_unsettled(limit=100)}


def edit_both(joined: Joined, referral: str) -> str:
    """Let somebody change another field on each side; give the opportunity."""
    key = str(joined.row_of(referral)["opportunityid"])
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=77000)
    crm.update(joined.sandbox, "opportunity", key, estimatedclosedate="2027-05-31")
    return key


@pytest.mark.parametrize("side", list(Side))
def test_nothing_is_written_to_a_paused_side_until_the_pause_ends(joined: Joined, side: Side) -> None:
    """Edits, new deals, ids, Audit: all of it arrives with the first run afterwards, and then all is quiet."""
    carried = joined.referral()
    joined.run()
    key = edit_both(joined, carried)
    referral, row = joined.referral(name="New there"), joined.opportunity(name="New here")
    joined.writes()
    pause(joined, side)
    for _ in range(2):
        joined.run()
        joined.later(7200)
    assert written_to(joined, side) == []
    assert set(reasons(joined).values()) == {"side_paused"}
    value, date = joined.row(key)["estimatedvalue"], joined.shown(carried)["details"]["closingDateTime"]
    assert (value == 77000, date.startswith("2027-05-31")) == (side is PC, side is DV)
    pause(joined)
    joined.run()
    joined.run()
    assert joined.row(key)["estimatedvalue"] == 77000
    assert joined.shown(carried)["details"]["closingDateTime"].startswith("2027-05-31")
    assert joined.row_of(referral)["name"] == "✔ New there"
    assert joined.row(row)["name"] == "✔ New here"
    assert joined.shown(joined.row(row)["cosell_referralidentifier"])["externalReferenceId"] == row
    assert joined.shown(referral)["externalReferenceId"] == joined.row_of(referral)["opportunityid"]
    assert reasons(joined) == {}
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_seller_is_told_of_the_pause_and_the_run_counts_it(joined: Joined) -> None:
    """Audit says since when, and that there is nothing to do; the report names the side and how much waits."""
    referral = joined.referral()
    joined.run()
    key = edit_both(joined, referral)
    pause(joined, PC)
    report = joined.report(joined.run())
    row = joined.row(key)
    assert "SIDE-1" in row["cosell_audit"]
    assert "There is nothing to do" in row["cosell_audit"]
    assert row["cosell_syncstatus"] == WAITING
    assert report["push_partner_center"] == {"counts": {"held_back": 1}, "lag_seconds": {}, "paused": True}
    assert "paused" not in report["push_dataverse"]
    pause(joined)
    joined.run()
    assert joined.row(key)["cosell_audit"] == SENTENCES["SYNCED-1"]


def test_a_paused_record_rests_until_then(joined: Joined) -> None:
    """It is not asked for again and again; a run that began before the pause ends leaves it held."""
    referral = joined.referral()
    joined.run()
    edit_both(joined, referral)
    pause(joined, PC)
    joined.run()
    entry = joined.state.unsettled([Ref(PC, referral)])[Ref(PC, referral)]
    assert (entry.reason, entry.due) == ("side_paused", None)
    pause(joined)
    facts = joined.facts()
    joined.run(facts, tasks=TASKS[:1])
    assert [one.ref.key for one in joined.state.due(joined.sandbox.clock.now(), limit=9)] == [referral]


def test_a_pause_between_plan_and_push_holds_too(joined: Joined) -> None:
    """The switch counts when a task begins, and one that is turned back before the run ends loses nothing."""
    referral = joined.referral()
    joined.run()
    edit_both(joined, referral)
    joined.later(60)
    joined.writes()
    facts = joined.facts()
    joined.run(facts, tasks=TASKS[:4])
    pause(joined, PC)
    joined.run(facts, tasks=TASKS[4:5])
    pause(joined)
    joined.run(facts, tasks=TASKS[5:])
    assert written_to(joined, PC) == []
    joined.later(3600)
    joined.run()
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")


def test_what_else_is_wrong_stays_said(joined: Joined) -> None:
    """A conflict on the deal is told beside the pause, with its own first date, and stands after it."""
    key = joined.opportunity(description="ours")
    referral = joined.referral(externalReferenceId=key, details={"notes": "theirs"})
    joined.run()
    (line,) = (text for text in joined.row(key)["cosell_audit"].splitlines() if "Notes: changed" in text)
    joined.later(86_400)
    crm.update(joined.sandbox, "opportunity", key, estimatedvalue=77)
    pause(joined, PC)
    joined.run()
    told = joined.row(key)["cosell_audit"].splitlines()
    assert line in told
    assert told[-1].endswith("[SIDE-1]")
    assert joined.shown(referral)["details"]["dealValue"] != 77
    pause(joined)
    joined.later(60)
    joined.run()
    after = joined.row(key)["cosell_audit"]
    assert line in after.splitlines()
    assert "SIDE-1" not in after
    assert joined.shown(referral)["details"]["dealValue"] == 77


def test_both_sides_may_rest(joined: Joined) -> None:
    """Reading goes on; one pause that ends lets that side's part go, the other waits on."""
    referral = joined.referral()
    joined.run()
    key = edit_both(joined, referral)
    joined.writes()
    pause(joined, PC, DV)
    joined.run()
    assert joined.writes() == []
    pause(joined, PC)
    joined.later(3600)
    joined.run()
    assert joined.row(key)["estimatedvalue"] == 77000
    assert written_to(joined, PC) == []
    pause(joined)
    joined.run()
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")
    assert reasons(joined) == {}


def test_no_help_is_asked_for_during_a_pause(joined: Joined) -> None:
    """An invitation is a write like any other."""
    key = joined.opportunity()
    pause(joined, PC)
    joined.run()
    assert joined.referrals() == []
    assert reasons(joined) == {key: "side_paused"}
