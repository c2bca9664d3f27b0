"""History, month by month: each deal is carried once, whatever filters the service takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from cosell.core.record import Side
from cosell.sync.steps import RunFacts

from sandbox.partner_center import portal

if TYPE_CHECKING:
    from tests.integration.joined import Joined

MONTHS = [datetime.fromisoformat(f"2026-{month:02}-01T00:00:00+00:00") for month in (6, 7, 8, 9)]
BORN = (
    "2026-06-01T00:00:00.0000000Z",
    "2026-06-30T23:59:59.9999999Z",
    "2026-07-01T00:00:00.0000000Z",
    "2026-07-31T12:00:00.0000000Z",
    "2026-08-15T08:00:00.0000000Z",
)


def months(joined: Joined) -> list[RunFacts]:
    """Give a backfill's runs, newest first as Airflow may order them."""
    spans = pairwise(MONTHS)
    joined.runs += 1
    return [
        RunFacts(f"backfill-{joined.runs}-{since:%m}", "cosell_backfill", "backfill", since, until)
        for since, until in reversed(list(spans))
    ]


@pytest.mark.parametrize("refused", [[], ["createdDateTime", "updatedDateTime", "externalReferenceId"]])
def test_each_deal_is_carried_once(joined: Joined, refused: list[str]) -> None:
    """Three windows over five deals, one at either edge: five opportunities, also when it is all done again."""
    joined.sandbox.settings["refuse_filter_on"] = refused
    for number, born in enumerate(BORN):
        joined.referral(name=f"deal {number}", createdDateTime=born)
    joined.referral(name="too young")
    for facts in (*months(joined), *months(joined)):
        joined.run(facts)
    assert sorted(row["name"] for row in joined.rows()) == [f"✔ deal {number}" for number in range(len(BORN))]
    assert [joined.state.watermark(side) for side in Side] == [None, None]


def test_a_second_backfill_writes_nothing(joined: Joined) -> None:
    """What is carried already is only looked at."""
    for born in BORN:
        joined.referral(createdDateTime=born)
    for facts in months(joined):
        joined.run(facts)
    joined.writes()
    for facts in months(joined):
        joined.run(facts)
    assert joined.writes() == []


def test_a_refused_filter_costs_one_listing(joined: Joined) -> None:
    """Where the service refuses the filter, all windows of a backfill share one listing."""
    joined.sandbox.settings["refuse_filter_on"] = ["createdDateTime"]
    for born in BORN:
        joined.referral(createdDateTime=born)
    for facts in months(joined):
        joined.run(facts)
    asked = [one for one in joined.sandbox.journal.as_dict()["last"] if "orderby" in one["path"]]
    assert len([one for one in asked if one["status"] == 400]) == 1
    assert len([one for one in asked if one["status"] == 200]) <= 2


def test_the_watermark_of_the_sync_stays(joined: Joined) -> None:
    """A backfill beside the regular sync moves nothing of it."""
    joined.run()
    before = [joined.state.watermark(side) for side in Side]
    for facts in months(joined):
        joined.run(facts)
    assert [joined.state.watermark(side) for side in Side] == before


def test_only_the_states_asked_for_are_carried(joined: Joined) -> None:
    """A backfill of open and won deals leaves invitations and lost deals alone, and counts them."""
    joined.settings = replace(joined.settings, states=frozenset({"open", "won"}))
    for status, substatus in (("New", "Pending"), ("Active", "Accepted"), ("Closed", "Won"), ("Closed", "Lost")):
        portal.invite(joined.sandbox, name=substatus, status=status, substatus=substatus, createdDateTime=BORN[0])
    facts = months(joined)[-1]
    joined.run(facts)
    assert sorted(row["name"] for row in joined.rows()) == ["✔ Accepted", "✔ Won"]
    skipped = joined.report(facts)["plan"]["skipped"]
    assert skipped == {"state not asked for (new)": 1, "state not asked for (lost)": 1}


def test_an_edit_of_today_is_carried_by_the_backfill_of_its_month(joined: Joined) -> None:
    """A bound deal of the window is compared whole, whenever it was edited."""
    referral = joined.referral(createdDateTime=BORN[0])
    joined.run(months(joined)[-1])
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.run(months(joined)[-1])
    assert joined.row_of(referral)["estimatedvalue"] == 5
