"""What becomes of a record that the other side does not know."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import Create, FieldNote, PairPlan, Said
from cosell.core.newcomers import decide_new_opportunity, decide_new_referral, skip_reason
from cosell.core.record import Ref
from examples import COMPLETE, DV, FIELDS, PC, opportunity, referral, terms

if TYPE_CHECKING:
    from cosell.core.record import Value

COMPARED = (
    "deal_name",
    "deal_value",
    "currency",
    "close_date",
    "notes",
    "stage",
    "customer_name",
    "solutions",
    "status",
    "close_reason",
    "visibility",
)


def arrived(**values: Value) -> PairPlan:
    """Give the plan of a referral that the CRM does not know."""
    plan = decide_new_referral(referral(crm_id=None, **values), terms())
    assert isinstance(plan, PairPlan)
    return plan


def test_a_referral_becomes_a_flagged_opportunity() -> None:
    """The CRM gets every fitted value that is filled, the referral's id, and Yes; empty ones are remembered as sent."""
    plan = arrived(notes="longer", stage=None, visibility=True)
    assert plan.create == Create(
        DV,
        {
            "deal_name": "Move",
            "deal_value": Decimal("10.0"),
            "currency": "EUR",
            "close_date": COMPLETE["close_date"],
            "notes": "long",
            "customer_name": "Tailspin",
            "solutions": COMPLETE["solutions"],
            "status": "open",
            "visibility": True,
            "referral_identifier": "ref-1",
            "flag": True,
        },
        {
            **{name: COMPLETE.get(name) for name in COMPARED},
            "notes": "longer",
            "stage": None,
            "visibility": True,
        },
    )
    assert plan.writes
    assert (plan.binding, plan.reason, plan.said, plan.ref) == (None, None, (), Ref(PC, "ref-1"))


def test_an_unanswered_referral_arrives_on_hold() -> None:
    """New is carried as the CRM says it."""
    create = arrived(status="new").create
    assert create is not None
    assert (create.values["status"], create.close_as) == ("on_hold", None)


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_closed_deal_is_created_open_and_then_closed(status: str) -> None:
    """The status is left out of the record and given as what to close it with; the reason goes along."""
    create = arrived(status=status, close_reason="LostToCompetitor").create
    assert create is not None
    assert create.close_as == status
    assert "status" not in create.values
    assert create.values["close_reason"] == "LostToCompetitor"
    assert create.sent_from["status"] == status


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        (
            "deal_name",
            "NAME-2",
            "The referral has no deal name, so no opportunity can be made of it. Enter one in Partner Center.",
        ),
        (
            "customer_name",
            "CUSTOMER-2",
            "The referral has no customer name, so no opportunity can be made of it. Enter one in Partner Center.",
        ),
    ],
)
def test_a_referral_without_a_name_is_set_aside(name: str, code: str, sentence: str) -> None:
    """What the CRM cannot do without is asked for in words, before any call."""
    plan = arrived(**{name: ""})
    assert not plan.writes
    assert (plan.reason, plan.said) == ("set_aside", (Said(code, sentence, name),))


def test_a_name_that_the_mapping_does_not_carry_is_not_asked_for() -> None:
    """Only what the mapping names can be missing."""
    fields = {name: each for name, each in FIELDS.items() if name != "customer_name"}
    plan = decide_new_referral(referral(customer_name=None), terms(fields=fields))
    assert isinstance(plan, PairPlan)
    assert plan.create is not None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        ({"organization_id": "ours"}, None),
        ({"organization_id": None}, None),
        ({"organization_id": ""}, None),
        ({"organization_id": "theirs"}, "another organisation's"),
        ({"type": "Independent", "qualification": "Direct"}, "marketplace lead"),
        ({"type": "Independent", "qualification": "SalesQualified", "invited_by": "msft"}, "qualified lead"),
        ({"type": "Shared", "qualification": "SalesQualified", "invited_by": "msft"}, None),
        ({"status": "new"}, None),
        ({"status": "won"}, None),
        ({"status": "lost"}, None),
        ({"status": "expired"}, "closed at first sight (expired)"),
        ({"status": "declined"}, "closed at first sight (declined)"),
        ({"status": "error"}, "closed at first sight (error)"),
        ({"status": "other:Odd"}, None),
    ],
)
def test_what_is_none_of_ours_is_skipped_with_its_reason(values: dict[str, Value], reason: str | None) -> None:
    """Leads, other organisations' deals and deals over at first sight are counted, not carried."""
    given, ours = referral(**values), terms(organization_id="ours")
    assert skip_reason(given.values, ours) == reason
    decided = decide_new_referral(given, ours)
    assert (decided if isinstance(decided, str) else None) == reason


def test_a_backfill_carries_the_states_that_were_asked_for() -> None:
    """Other states are counted as not asked for; without a choice every carried state goes."""
    asked = terms(states=frozenset({"open", "won"}))
    skipped = {
        s: skip_reason({"status": s, "type": "Shared"}, asked) for s in ("open", "won", "lost", "new", "expired")
    }
    assert skipped == {
        "open": None,
        "won": None,
        "lost": "state not asked for (lost)",
        "new": "state not asked for (new)",
        "expired": "closed at first sight (expired)",
    }


def test_without_an_organisation_nobody_is_foreign() -> None:
    """Until our organisation is known no referral is taken for another's."""
    assert skip_reason(referral(organization_id="theirs").values, terms()) is None


def test_a_flagged_opportunity_becomes_a_referral() -> None:
    """Partner Center gets the deal and our id on it, not its status: a new referral has its own."""
    plan = decide_new_opportunity(opportunity(referral_identifier=None, notes=None, status="on_hold"), terms())
    assert plan.create == Create(
        PC,
        {
            "deal_name": "Move",
            "deal_value": Decimal("10.0"),
            "currency": "EUR",
            "close_date": COMPLETE["close_date"],
            "stage": "25",
            "customer_name": "Tailspin",
            "solutions": COMPLETE["solutions"],
            "visibility": False,
            "crm_id": "row-1",
        },
        {**{name: COMPLETE.get(name) for name in COMPARED}, "notes": None, "status": "on_hold"},
    )
    assert set(plan.rules.values()) == {"passed"}
    assert (plan.reason, plan.said, plan.notes, plan.ref) == (None, (), (), Ref(DV, "row-1"))


def test_what_partner_center_does_not_take_from_us_is_not_sent() -> None:
    """A field that a side does not take at creation, and our id where it is the authority, are left out."""
    create = decide_new_opportunity(opportunity(close_reason="x", visibility=False), terms()).create
    assert create is not None
    assert create.values.keys().isdisjoint({"close_reason", "referral_identifier", "flag", "mpn_id", "help"})
    assert create.values["visibility"] is False


def test_all_that_a_rule_refuses_is_said_and_nothing_is_created() -> None:
    """The seller reads every missing thing at once; warnings are noted beside."""
    plan = decide_new_opportunity(opportunity(customer_country=None, solutions=(), customer_city=None), terms())
    assert not plan.writes
    assert plan.reason == "refused"
    assert plan.said == (
        Said(
            "COUNTRY-1", "The customer's account has no country. Enter the country on the account.", "customer_country"
        ),
        Said("SOLUTION-1", "The opportunity has no Microsoft solution. Add at least one.", "solutions"),
    )
    assert plan.notes == (
        FieldNote("warned", "customer_city", detail="The customer's account has no city. Enter it on the account."),
    )
    assert {rule: verdict for rule, verdict in plan.rules.items() if verdict != "passed"} == {
        "COUNTRY-1": "refused",
        "ADDRESS-2": "warned",
        "SOLUTION-1": "refused",
    }


def test_a_warning_creates_all_the_same() -> None:
    """What only the portal's forms demand is noted and the deal goes."""
    plan = decide_new_opportunity(opportunity(customer_city=None), terms())
    assert plan.create is not None
    assert [note.action for note in plan.notes] == ["warned"]


def test_severities_of_the_settings_count_for_new_deals() -> None:
    """A rule that is off asks nothing."""
    plan = decide_new_opportunity(opportunity(customer_country=None), terms(severities={"COUNTRY-1": "off"}))
    assert plan.create is not None
    assert plan.rules["COUNTRY-1"] == "off"


@pytest.mark.parametrize("status", ["won", "lost"])
def test_an_opportunity_closed_before_it_was_shared_waits(status: str) -> None:
    """A closed deal cannot be started in Partner Center; no rule is held against it."""
    plan = decide_new_opportunity(opportunity(status=status, customer_country=None), terms())
    sentence = "The opportunity was closed before it was shared; it is not carried. Reopen it, if it is to be shared."
    assert (plan.reason, plan.said, plan.create, plan.rules) == ("wait", (Said("STATUS-2", sentence),), None, {})


def test_a_new_deal_with_a_plea_for_help_must_be_complete() -> None:
    """Help needs a contact; what else follows is told by the tests of the engagement."""
    lacking = decide_new_opportunity(opportunity(help="Workload"), terms())
    assert (lacking.reason, [each.code for each in lacking.said]) == ("refused", ["CONTACT-1"])
