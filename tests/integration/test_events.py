"""What becomes of Partner Center's events: each leads to one reading of its referral, and none is forgotten."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cosell.adapters.inbox import StoredInbox
from cosell.core.record import Ref, Side
from cosell.sync.arrivals import arrived
from cosell.sync.standing import look_now
from upath import UPath

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.eventful import Eventful, asked_by_id
from tests.integration.looks import by_name
from tests.integration.test_help_from_microsoft import asked, assert_asked_once

if TYPE_CHECKING:
    from cosell.sync.ports import Settlement

    from tests.integration.joined import Joined


@pytest.fixture
def eventful(joined: Joined) -> Eventful:
    """Give two systems that were read before, and the inbox between them."""
    joined.run()
    return Eventful(joined)


def value_of(joined: Joined, referral: str) -> float:
    """Give what the CRM says a deal is worth."""
    return float(joined.row_of(referral)["estimatedvalue"])


def test_an_edit_that_was_told_of_arrives(joined: Joined) -> None:
    """By the event alone, and no other record with it; the event is gone, nothing waits, a sync finds it done."""
    told, untold = joined.referral(name="told"), joined.referral(name="untold")
    joined.run()
    eventful = Eventful(joined)
    joined.later(60)
    for each in (told, untold):
        portal.edit(joined.sandbox, each, path="/details/dealValue", value=777)
    eventful.tell(told)
    watermarks = [joined.state.watermark(side) for side in Side]
    (lot,) = eventful.carry()
    assert lot.carried
    assert (value_of(joined, told), value_of(joined, untold) == 777) == (777, False)
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})
    assert [joined.state.watermark(side) for side in Side] == watermarks
    joined.run()
    assert value_of(joined, untold) == 777


def test_a_new_deal_that_was_told_of_comes_to_stand(eventful: Eventful) -> None:
    """On the CRM, once, with the ids on both sides."""
    joined = eventful.joined
    new = joined.referral(name="new")
    eventful.tell(new, "referral-created")
    eventful.tell(new)
    eventful.carry()
    row = joined.row_of(new)
    assert joined.shown(new)["externalReferenceId"] == row["opportunityid"]
    assert row["name"] == "✔ new"
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})
    assert eventful.carry() == []


def test_a_burst_is_few_lots_and_one_reading_each(joined: Joined) -> None:
    """5,000 events for 300 referrals, all in the inbox when the run begins."""
    deals = [joined.referral(name=f"deal {number}") for number in range(300)]
    joined.settings = replace(joined.settings, brake_floor=1000)
    joined.run()
    eventful = Eventful(joined)
    eventful.inbox = StoredInbox(UPath(f"memory://{uuid4().hex}"))
    joined.later(60)
    for each in deals:
        portal.edit(joined.sandbox, each, path="/details/dealValue", value=777)
    for number in range(5000):
        eventful.tell(deals[number % len(deals)])
    assert len(eventful.waiting()) == 5000
    joined.sandbox.journal.clear()
    lots = eventful.carry()
    assert [lot.report["inbox"]["referrals"] for lot in lots] == [200, 100]
    reads = joined.sandbox.journal.as_dict()["routes"]["partner_center GET /v1.0/engagements/referrals/{id}"]
    assert reads["requests"] == len(deals)
    assert {float(row["estimatedvalue"]) for row in joined.rows()} == {777}
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})


def test_what_is_not_ours_to_carry_is_settled_by_a_look(eventful: Eventful) -> None:
    """An invitation that was declined before we met it leads to nothing, and is not looked at again and again."""
    joined = eventful.joined
    over = portal.invite(joined.sandbox, name="over")["id"]
    portal.decline(joined.sandbox, over)
    eventful.tell(over)
    (lot,) = eventful.carry()
    assert lot.report["plan"]["skipped"]
    assert (joined.rows(), eventful.waiting(), eventful.unsettled()) == ([], [], {})


@pytest.mark.parametrize("known", [True, False])
def test_microsofts_answer_arrives_by_its_own_referral(joined: Joined, known: bool) -> None:
    """The event names Microsoft's referral, which leads to ours, whether it was met before or not."""
    key = asked(joined)
    joined.run()
    ours, theirs = assert_asked_once(joined)
    if known:
        joined.later(3700)
        joined.run()
        assert joined.state.beside([theirs["id"].upper()]) == {theirs["id"].upper(): ours["id"]}
    else:
        _forget_microsofts(joined)
    portal.microsoft_accepts(joined.sandbox, ours["id"])
    assert joined.row(key)["cosell_microsoftstatus"] == "Pending"
    eventful = Eventful(joined)
    eventful.tell(theirs["id"], "related-referral-updated")
    eventful.carry()
    assert joined.row(key)["cosell_microsoftstatus"] == "Accepted"
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})


def _forget_microsofts(joined: Joined) -> None:
    """Let the memory be one that never met Microsoft's referral."""
    with joined.state._database.writing() as connection:
        connection.exec_driver_sql("UPDATE cosell_engagement SET microsoft_id = NULL")


@pytest.mark.parametrize("event", ["related-referral-updated", "referral-updated"])
def test_an_event_that_leads_nowhere_has_the_open_engagements_read(joined: Joined, event: str) -> None:
    """Its id answers 404: one of the deals on which Microsoft was asked may have moved; the next sync looks."""
    key = asked(joined)
    joined.run()
    joined.run()
    ours, _ = assert_asked_once(joined)
    portal.microsoft_accepts(joined.sandbox, ours["id"])
    joined.later(60)
    joined.run()
    assert joined.row(key)["cosell_microsoftstatus"] == "Pending", "its hour is not over"
    eventful = Eventful(joined)
    eventful.tell(str(uuid4()), event)
    eventful.carry()
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})
    joined.run()
    assert joined.row(key)["cosell_microsoftstatus"] == "Accepted"


def test_a_validation_event_is_recorded(eventful: Eventful) -> None:
    """So that whoever asked for it learns that events arrive; it is no referral and nothing is read for it."""
    joined, asked_for = eventful.joined, str(uuid4())
    assert arrived(joined.state, asked_for) is None
    joined.sandbox.journal.clear()
    notice = eventful.tell(asked_for, "test-created")
    (lot,) = eventful.carry()
    assert arrived(joined.state, asked_for.upper()) == notice.received
    assert lot.report["inbox"]["validation"] == [asked_for]
    assert asked_by_id(joined) == []
    assert eventful.waiting() == []
    for _ in range(30):
        joined.later(1)
        last = eventful.tell(str(uuid4()), "test-created")
    eventful.carry()
    assert arrived(joined.state, last.subject) == last.received
    assert arrived(joined.state, asked_for) is None, "nobody waits for one so old"


def test_a_file_that_is_no_event_is_put_aside_and_told_once(eventful: Eventful) -> None:
    """With its name; the others are carried."""
    joined = eventful.joined
    new = joined.referral(name="new")
    eventful.tell(new)
    broken = eventful.tell(str(uuid4()))
    place = joined.folder / "inbox" / "events" / broken.name
    place.write_text("{")
    (lot,) = eventful.carry()
    assert list(lot.unreadable) == [broken.name]
    assert (place.parent.parent / "unreadable" / broken.name).read_text() == "{"
    assert joined.row_of(new)["name"] == "✔ new"
    assert eventful.waiting() == []
    assert eventful.carry() == []


def test_a_file_that_cannot_be_read_now_keeps_nobody_waiting(eventful: Eventful) -> None:
    """It lies where it lay, is told by name, and the others are carried."""
    joined = eventful.joined
    new = joined.referral(name="new")
    eventful.tell(new)
    stuck = eventful.tell(str(uuid4()))
    eventful.inbox.remove(stuck.name)
    (joined.folder / "inbox" / "events" / stuck.name).mkdir()
    (lot,) = eventful.carry()
    assert list(lot.left) == [stuck.name]
    assert joined.row_of(new)["name"] == "✔ new"
    assert eventful.waiting() == [stuck.name]


def test_where_nobody_said_what_is_wanted_events_are_noted_only(joined: Joined) -> None:
    """The CRM may hold deals of another connector; once `cosell_start` is set, the first sync carries them too."""
    joined.settings = replace(joined.settings, start=None)
    new = joined.referral(name="new")
    eventful = Eventful(joined)
    eventful.tell(new)
    (lot,) = eventful.carry()
    assert not lot.carried
    assert (joined.rows(), eventful.waiting(), eventful.unsettled()) == ([], [], {new: "notified"})
    joined.settings = replace(joined.settings, start="everything")
    joined.run()
    assert set(by_name(joined)) == {"new"}
    assert eventful.unsettled() == {}


@pytest.mark.parametrize("first", ["events", "sync"])
def test_an_old_event_brings_no_old_deal(joined: Joined, first: str) -> None:
    """A deal that was last changed before the sync began is left alone, though its event was put back."""
    old = joined.referral(name="old")
    joined.later(7200)
    joined.settings = replace(joined.settings, start="now")
    joined.run()
    eventful = Eventful(joined)
    eventful.tell(old)
    if first == "sync":
        joined.state.settle([_noted(joined, old)])
        joined.run()
    else:
        (lot,) = eventful.carry()
        assert lot.report["plan"]["skipped"] == {"older than cosell_start": 1}
    assert (joined.rows(), eventful.unsettled()) == ([], {})


def _noted(joined: Joined, referral: str) -> Settlement:
    (settlement,) = look_now([Ref(Side.PARTNER_CENTER, referral)], known={}, now=joined.sandbox.clock.now())
    return settlement


def test_nothing_is_written_to_a_paused_side(joined: Joined) -> None:
    """What an event tells of is held back like any other change, and carried when the pause ends."""
    deal = joined.referral(name="deal")
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, deal, path="/details/dealValue", value=777)
    eventful = Eventful(joined)
    eventful.tell(deal)
    joined.settings = replace(joined.settings, paused_sides=frozenset({Side.DATAVERSE}))
    joined.written()
    eventful.carry()
    assert joined.written() == 0
    assert (eventful.waiting(), eventful.unsettled()) == ([], {deal: "side_paused"})
    joined.settings = replace(joined.settings, paused_sides=frozenset())
    joined.run()
    assert value_of(joined, deal) == 777


def test_what_was_said_of_a_record_stays_said(joined: Joined) -> None:
    """An event about a deal that waits for a person changes neither the sentence nor its date."""
    referral, row = joined.dispute("fight")
    joined.run()
    before = joined.row(row)["cosell_audit"]
    assert "❌" in joined.row(row)["name"]
    joined.later(3 * 86_400)
    eventful = Eventful(joined)
    eventful.tell(referral)
    eventful.carry()
    assert joined.row(row)["cosell_audit"] == before
    assert eventful.unsettled() == {referral: "conflict"}


def test_events_and_sync_never_work_on_one_record_at_once(joined: Joined) -> None:
    """While the sync holds a deal, events leave it noted; while events do, the sync does. It is written once."""
    deal = joined.referral(name="deal")
    joined.run()
    eventful = Eventful(joined)
    joined.later(60)
    portal.edit(joined.sandbox, deal, path="/details/dealValue", value=777)
    eventful.tell(deal)
    sync = joined.facts()
    joined.run(sync, tasks=("pull_partner_center", "pull_dataverse", "plan"))
    joined.written()
    (lot,) = eventful.carry()
    assert lot.report["plan"]["counts"]["held"]
    assert joined.written() == 0
    assert (eventful.waiting(), eventful.unsettled()) == ([], {deal: "notified"})
    joined.run(sync, tasks=("push_to_dataverse", "push_to_partner_center", "write_back", "advance"))
    assert value_of(joined, deal) == 777
    written = Counter(one["method"] for one in joined.writes())
    joined.later(60)
    joined.run()
    assert (sum(written.values()), joined.written()) == (1, 0)
    assert eventful.unsettled() == {}


def test_a_receiver_that_was_down_for_a_day_loses_nothing(joined: Joined) -> None:
    """200 changes that no event told of: the next sync carries them all, once."""
    deals = [joined.referral(name=f"deal {number}") for number in range(150)]
    joined.run()
    for number, each in enumerate(deals):
        joined.later(400)
        portal.edit(joined.sandbox, each, path="/details/dealValue", value=1000 + number)
    new = [joined.referral(name=f"new {number}") for number in range(50)]
    joined.later(86_400 - 150 * 400)
    joined.settings = replace(joined.settings, brake_floor=1000)
    joined.written()
    joined.run()
    assert [value_of(joined, each) for each in deals] == [1000 + number for number in range(150)]
    assert len(joined.rows()) == len(crm.find(joined.sandbox, "opportunity")) == 200
    assert all(joined.row_of(each)["name"].startswith("✔ new") for each in new)
    joined.written()
    joined.run()
    assert joined.written() == 0
