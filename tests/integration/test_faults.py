"""Systems that throttle, fail and lose answers: in the end nothing stands twice and no edit is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import RetryLaterError

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS
from tests.integration.looks import by_name, counts

if TYPE_CHECKING:
    from tests.integration.joined import Joined

pytestmark = pytest.mark.campaign

BOTH = ("partner_center", "dataverse")


def work(joined: Joined) -> None:
    """Let people make an edit and a new deal on each side, once a pair is in step."""
    referral = joined.referral(name="edited there")
    row = joined.opportunity(name="edited here")
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=50001)
    crm.update(joined.sandbox, "opportunity", row, description="ours")
    joined.referral(name="new there")
    joined.opportunity(name="new here")


def run_through(joined: Joined) -> None:
    """Run as a scheduler does: a task that fails is tried again, and every few minutes there is a run."""
    for _ in range(3):
        facts = joined.facts()
        for task in TASKS:
            for _ in range(4):
                try:
                    joined.run(facts, tasks=(task,))
                except RetryLaterError:
                    continue
                break
            else:
                break
        joined.later(300)


def assert_carried(joined: Joined) -> None:
    """Hold that everything arrived once."""
    found = by_name(joined)
    assert set(found) == {"edited there", "edited here", "new there", "new here"}
    assert all(deal.agree() for deal in found.values())
    assert found["edited there"].row["estimatedvalue"] == 50001
    assert found["edited here"].referral["details"]["notes"] == "ours"
    assert {row["name"][0] for row in joined.rows()} == {"✔"}
    told = counts(joined)
    assert (told["opportunity"], told["referral"], told["cosell_partnercentersolution"], told["contact"]) == (
        4,
        4,
        4,
        1,
    )
    joined.writes()
    joined.run()
    assert joined.writes() == []


@pytest.mark.parametrize("app", BOTH)
def test_a_storm_of_429(joined: Joined, app: str) -> None:
    """Throttled again and again, the work is done later."""
    work(joined)
    joined.break_(app, "throttle", times=4, retry_after=0)
    run_through(joined)
    assert_carried(joined)


@pytest.mark.parametrize("app", BOTH)
@pytest.mark.parametrize("status", [500, 503])
def test_a_gateway_that_answers_instead(joined: Joined, app: str, status: int) -> None:
    """A passing 5xx, on reads and writes, loses and doubles nothing."""
    work(joined)
    joined.break_(app, "status", status=status, times=9)
    run_through(joined)
    assert_carried(joined)


@pytest.mark.parametrize("app", BOTH)
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("skip", [0, 2])
def test_writes_that_get_no_answer(joined: Joined, app: str, kind: str, skip: int) -> None:
    """Whichever write of the run loses its answer, done or not done: everything stands once."""
    work(joined)
    for method in ("POST", "PATCH"):
        joined.break_(app, kind, method=method, skip=skip, times=1)
    run_through(joined)
    assert_carried(joined)


@pytest.mark.parametrize("app", BOTH)
@pytest.mark.parametrize("kind", ["truncate", "garbage"])
def test_answers_that_are_cut_or_are_no_answers(joined: Joined, app: str, kind: str) -> None:
    """Half an answer is none, and a page of HTML neither."""
    work(joined)
    joined.break_(app, kind, times=6)
    run_through(joined)
    assert_carried(joined)


def test_answers_cut_at_a_fitting_length(joined: Joined) -> None:
    """JSON that ends early is told from a whole one, on both sides."""
    work(joined)
    for app in BOTH:
        joined.break_(app, "truncate", clean=True, times=5)
    run_through(joined)
    assert_carried(joined)


def test_an_edit_between_a_lost_answer_and_the_next_look(joined: Joined) -> None:
    """The write landed, its answer did not, and then a person added: both texts stand on both sides, once."""
    referral = joined.referral()
    joined.run()
    joined.later(60)
    row = joined.row_of(referral)["opportunityid"]
    crm.update(joined.sandbox, "opportunity", row, description="first")
    joined.break_("partner_center", "drop_after", method="PATCH", times=0)
    facts = joined.facts()
    joined.run(facts, tasks=TASKS[:5])
    joined.sandbox.faults.clear()
    portal.edit(joined.sandbox, referral, path="/details/notes", value="first\nsecond")
    joined.run(facts)
    joined.run()
    notes = {joined.row(row)["description"], joined.shown(referral)["details"]["notes"]}
    assert notes == {"first\nsecond"}
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
