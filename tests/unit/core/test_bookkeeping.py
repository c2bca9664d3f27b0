"""What we keep on the records ourselves: written only where it differs, and where the record's state takes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.core.bookkeeping import reported, wanted_on_crm, wanted_on_referral
from cosell.core.record import Field
from examples import DV, FIELDS, NONE, NOW, ONLY_DV, PC, fit

if TYPE_CHECKING:
    from cosell.core.record import Value

IN_STEP = "In step with Partner Center."
UNANSWERED = (
    "The referral waits for your answer: accept or decline it, here or in Partner Center. "
    "Edits are carried after it has been accepted."
)
REPORT = {"audit": IN_STEP, "sync_status": "Synced", "mark": "check"}


@pytest.mark.parametrize(
    ("reason", "unanswered", "status", "mark", "text"),
    [
        (None, False, "Synced", "check", IN_STEP),
        ("remarked", False, "Synced", "check", IN_STEP),
        (None, True, "Waiting", None, UNANSWERED),
        ("wait", False, "Waiting", None, UNANSWERED),
        ("wait", True, "Waiting", None, UNANSWERED),
        ("conflict", True, "Conflict", "cross", IN_STEP),
        ("conflict", False, "Conflict", "cross", IN_STEP),
        ("refused", False, "Refused", "cross", IN_STEP),
        ("set_aside", False, "Refused", "cross", IN_STEP),
        ("orphan", False, "Refused", "cross", IN_STEP),
        ("paused", False, "Paused", None, IN_STEP),
    ],
)
def test_each_reason_shows_its_status_and_mark(
    reason: str | None, unanswered: bool, status: str, mark: str | None, text: str
) -> None:
    """A check where all is well, a cross where a person must act, none where nothing is wrong and nothing done."""
    bare = reported(reason=reason, lines=(), unanswered=unanswered, marks=True)
    assert bare == {"audit": text, "sync_status": status, "mark": mark}
    told = reported(reason=reason, lines=("one", "two"), unanswered=unanswered, marks=True)
    assert told == {"audit": "one\ntwo", "sync_status": status, "mark": mark}


def test_marks_can_be_switched_off() -> None:
    """Without marks the name is not touched at all."""
    assert reported(reason=None, lines=(), unanswered=False, marks=False) == {
        "audit": IN_STEP,
        "sync_status": "Synced",
    }


def test_the_crm_is_told_only_what_differs() -> None:
    """Refusals and marks stay quiet: what the record shows already is not written again."""
    referral = {"referral_identifier": "ref-1", "crm_id": "row-9"}
    bare = {"referral_identifier": None, "audit": "", "sync_status": None}
    assert wanted_on_crm(referral, bare, report=REPORT, fields=FIELDS, fit=fit) == {
        **REPORT,
        "referral_identifier": "ref-1",
    }
    half_done = {"referral_identifier": "ref-1", "audit": IN_STEP, "sync_status": "Waiting", "mark": "cross"}
    assert wanted_on_crm(referral, half_done, report=REPORT, fields=FIELDS, fit=fit) == {
        "sync_status": "Synced",
        "mark": "check",
    }
    done = {**REPORT, "referral_identifier": "ref-1"}
    assert wanted_on_crm(referral, done, report=REPORT, fields=FIELDS, fit=fit) == {}


def test_a_text_that_does_not_fit_is_not_written_again_and_again() -> None:
    """What the column shows is compared with what it could take."""

    def short(side: object, name: str, value: object) -> object:
        return value[:7] if isinstance(value, str) else value

    row = {"audit": "In step", "sync_status": "Synced", "mark": "check"}
    assert wanted_on_crm(None, row, report=REPORT, fields=FIELDS, fit=short) == {}  # type: ignore[arg-type]


def test_without_a_referral_the_crm_gets_the_report_alone() -> None:
    """A refused opportunity has no link yet."""
    assert wanted_on_crm(None, {}, report=REPORT, fields=FIELDS, fit=fit) == REPORT


def test_columns_that_the_mapping_does_not_carry_are_left_alone() -> None:
    """A CRM without our status column gets the other two."""
    fields = {name: each for name, each in FIELDS.items() if name != "sync_status"}
    assert wanted_on_crm(None, {}, report=REPORT, fields=fields, fit=fit) == {"audit": IN_STEP, "mark": "check"}


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_closed_opportunity_keeps_its_name(status: str) -> None:
    """The mark is left as it is on a closed deal; Audit and status are told."""
    assert wanted_on_crm(None, {"status": status}, report=REPORT, fields=FIELDS, fit=fit).keys() == {
        "audit",
        "sync_status",
    }


ENDS = NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("referral", "shown"),
    [
        ({"status": "new", "expires_on": ENDS}, ENDS),
        ({"status": "new", "expires_on": ENDS, "call_wanted": True, "created_at": NOW}, NOW + timedelta(hours=72)),
        ({"status": "new", "created_at": NOW}, NOW + timedelta(days=14)),
        ({"status": "open", "expires_on": ENDS, "microsoft_status": "Pending", "microsoft_expires_on": NOW}, NOW),
        ({"status": "open", "expires_on": None}, None),
    ],
)
def test_the_crm_is_told_what_ends_first(referral: dict[str, Value], shown: datetime | None) -> None:
    """Our time to answer, Microsoft's, or the time to call the customer; nothing once all is answered."""
    fields = {**FIELDS, "expires_on": Field("expires_on", frozenset({PC, DV}), authority=PC, bookkeeping=True)}
    row = {"expires_on": NOW - timedelta(days=1)}
    assert wanted_on_crm(referral, row, report={}, fields=fields, fit=fit) == {"expires_on": shown}


def test_the_referral_gets_our_id_once() -> None:
    """Only what the CRM has the say in is written, and only where it differs."""
    row = {"crm_id": "row-1", "referral_identifier": "ref-9", "audit": "x"}
    assert wanted_on_referral({"status": "open"}, row, fields=FIELDS, fit=fit) == {"crm_id": "row-1"}
    assert wanted_on_referral({"status": "open", "crm_id": "row-1"}, row, fields=FIELDS, fit=fit) == {}
    assert wanted_on_referral({"status": "open"}, {}, fields=FIELDS, fit=fit) == {}


@pytest.mark.parametrize("status", ["new", "won", "lost", "declined", "expired", "error"])
def test_a_referral_that_takes_no_edit_is_not_told_our_id(status: str) -> None:
    """Unanswered and closed referrals are left alone: our bookkeeping is dropped, never a 400."""
    assert wanted_on_referral({"status": status}, {"crm_id": "row-1"}, fields=FIELDS, fit=fit) == {}


def test_one_sided_and_people_s_fields_are_no_links() -> None:
    """Only bookkeeping that both sides hold travels as a link, from the side that has the say."""
    fields = {
        **FIELDS,
        "microsoft": Field("microsoft", ONLY_DV, authority=PC, bookkeeping=True),
        "persons": Field("persons", frozenset({PC, DV}), authority=PC, written_on=NONE),
    }
    referral = {"microsoft": "x", "persons": "y", "deal_value": "z"}
    assert wanted_on_crm(referral, {}, report={}, fields=fields, fit=fit) == {}
