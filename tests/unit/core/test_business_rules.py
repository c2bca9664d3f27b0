"""BR-01 to BR-46: each that binds the software with a case that passes, one that does not, and what a seller reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.partner_center.patch import NotPatchableError, operations
from cosell.core.actions import PairPlan
from cosell.core.brakes import Totals, check_brakes
from cosell.core.business_rules import BUSINESS_RULES, BusinessRule
from cosell.core.decide import decide_orphan, decide_pair
from cosell.core.lifecycle import UNANSWERED
from cosell.core.newcomers import decide_new_opportunity, decide_new_referral
from cosell.core.record import OTHER, Field, Member, SolutionLine
from cosell.core.rules import RULES, breaches
from cosell.core.sentences import SENTENCES
from examples import BOTH, COMPLETE, DV, FIELDS, NOW, ONLY_DV, ONLY_PC, PC, half, opportunity, pair, referral, terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.core.record import Value

    Told = dict[str, str]
    """Sentences by their ids; what has none goes by its words alone."""
    Ask = Callable[[], Told]

ROOT = Path(__file__).parents[3]
LINE, ADA = SolutionLine("S", "One", None, None), Member("Ada", "Moor", "ada@example.org", "+49 1")
ASKED: dict[str, Value] = {"help": "QuotesOrLicensing", "customer_contacts": (ADA,), "visibility": True}
SERVICES: dict[str, Value] = {"partner_role": "Transaction", "solution_area": "Security", "solution_play": "SIEM"}
WON: dict[str, Value] = {"status": "won", "visibility": True}
WITH_MICROSOFT = FIELDS | {
    name: Field(name, ONLY_PC) for name in ("microsoft_referral", "microsoft_status", "microsoft_help", "invited_by")
}


# ---------------------------------------------------------------- what is told


def deal(**values: Value) -> Ask:
    """Give what the pre-flight rules say of a deal that is whole but for what is said."""
    return lambda: {one.rule.id: one.sentence for one in breaches({**COMPLETE, **values}, now=NOW)}


def life(
    here: dict[str, Value] | None = None,
    there: dict[str, Value] | None = None,
    *,
    was: tuple[dict[str, Value], dict[str, Value]] = ({}, {}),
    fields: dict[str, Field] = FIELDS,
) -> Ask:
    """Give what is said of a bound pair: as Partner Center and the CRM hold it, and as both held it before."""

    def ask() -> Told:
        halves = {side: half(side, **values) for side, values in zip((PC, DV), was, strict=True)}
        known = pair({**was[0], **(here or {})}, {**was[1], **(there or {})}, halves=halves)
        return {said.code: said.sentence for said in decide_pair(known, terms(fields=fields)).said}

    return ask


def helped(status: str, *, chosen: str | None = "QuotesOrLicensing") -> Ask:
    """Give what is said of a deal on which Microsoft was asked for help, by Microsoft's answer."""
    asked: dict[str, Value] = {"microsoft_referral": "m-1", "microsoft_help": "QuotesOrLicensing", "visibility": True}
    row: dict[str, Value] = {"help": "QuotesOrLicensing", "visibility": True}
    fields = WITH_MICROSOFT | {"help": Field("help", ONLY_DV)}
    return life({"microsoft_status": status}, {"help": chosen}, was=(asked, row), fields=fields)


def shown(status: str) -> Ask:
    """Give what is said where the CRM's column of Microsoft's status holds this, and Microsoft accepted."""
    each = Field("microsoft_status", BOTH, authority=PC, written_on=ONLY_DV, bookkeeping=True)
    was: dict[str, Value] = {"microsoft_status": "Accepted"}

    def ask() -> Told:
        known = pair(was, {"microsoft_status": status}, halves={PC: half(PC, **was), DV: half(DV, **was)})
        notes = decide_pair(known, terms(fields=FIELDS | {each.name: each})).notes
        found = next((note.detail for note in notes if note.action == "put_back"), None)
        return {"OWN-1": found} if found else {}

    return ask


def newcomer(**values: Value) -> Ask:
    """Give what is said of a referral that the CRM does not know."""

    def ask() -> Told:
        made = decide_new_referral(referral(**values), terms(organization_id="us"))
        return {said.code: said.sentence for said in made.said} if isinstance(made, PairPlan) else {"": made}

    return ask


def patch(columns: dict[str, object]) -> Ask:
    """Give what is said to whoever would send a patch."""

    def ask() -> Told:
        try:
            operations(columns)
        except NotPatchableError as error:
            return {"": str(error)}
        return {}

    return ask


def gone(*, out_of_scope: bool) -> Ask:
    """Give what is said of a pair of which Partner Center does not show its half any more."""
    orphan = decide_orphan(pair(), gone=PC, out_of_scope=out_of_scope)
    assert not orphan.writes
    return lambda: {said.code: said.sentence for said in orphan.said}


def brake(updates: int) -> Ask:
    """Give what is said of a run that would change that many of a hundred pairs."""
    stopped = check_brakes(Totals(bound=100, updates=updates, orphans=0), share=0.25, floor=50)
    return lambda: {"": stopped[0].sentence} if stopped else {}


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class Case:
    """One way to keep a rule and one to break it."""

    br: str
    good: Ask
    bad: Ask
    code: str
    """The id under which the sentence is shown; empty where it has none of its own."""
    sentence: str


OPEN, NEW = {"status": "open"}, ({"status": UNANSWERED}, {"status": "on_hold"})
CLOSED = ({"status": "won"}, {"status": "won"})
TABLE = (
    Case(
        "BR-01",
        life(there={"visibility": True}),
        life(there={"visibility": True}, was=CLOSED),
        "CLOSED-1",
        "The deal is closed in Partner Center, so the change of Visibility is not carried. There is nothing to do.",
    ),
    Case(
        "BR-02",
        deal(visibility=True),
        deal(visibility=True, solutions=()),
        "SOLUTION-1",
        "The opportunity has no Microsoft solution. Add at least one.",
    ),
    Case(
        "BR-03",
        deal(**ASKED),
        deal(**ASKED | {"help": f"{OTHER}727000099"}),
        "HELP-1",
        "The kind of help that is chosen is not known to Partner Center. Choose another one.",
    ),
    Case(
        "BR-03",
        deal(**ASKED),
        deal(**ASKED | {"customer_contacts": ()}),
        "CONTACT-1",
        "Help from Microsoft needs a customer contact with first name, last name, phone and e-mail. "
        "Choose one on the opportunity.",
    ),
    Case("BR-04", newcomer(organization_id="us"), newcomer(organization_id="them"), "", "another organisation's"),
    Case(
        "BR-06",
        life(there={"visibility": True}),
        life(there={"visibility": False}, was=({"visibility": True}, {"visibility": True})),
        "VISIBLE-1",
        "Microsoft may see this deal already, which cannot be taken back. It was set to visible again. There is "
        "nothing to do.",
    ),
    Case(
        "BR-06",
        helped("Accepted"),
        helped("Accepted", chosen="GeneralOrOther"),
        "HELP-2",
        "Microsoft has been asked for help with this deal. The request cannot be changed or taken back. Set it "
        "back to what was asked.",
    ),
    Case(
        "BR-07",
        deal(consent=True),
        deal(consent=False),
        "CONSENT-1",
        "The customer has not agreed that this deal is shared with Microsoft. Ask the customer, then enter the answer.",
    ),
    Case(
        "BR-08",
        patch({"status": "Closed", "substatus": "Won"}),
        patch({"status": "Closed"}),
        "",
        "status and substatus are only written together",
    ),
    Case(
        "BR-08",
        life(there={"status": "won", "close_reason": None}),
        life(there={"status": "expired"}),
        "STATE-1",
        "The deal is accepted in Partner Center and not so in the CRM, and which is right cannot be told. "
        "Set one of them as it should be.",
    ),
    Case(
        "BR-08",
        life({"status": "open"}),
        life({"status": f"{OTHER}Odd/Odd"}),
        "UNKNOWN-1",
        "The state of the deal in Partner Center is none that is known here, so nothing follows from it. Choose "
        "another one, or tell your operator: Odd/Odd",
    ),
    Case(
        "BR-09",
        life(there={"deal_value": Decimal(5)}),
        life(there={"deal_value": Decimal(5)}, was=CLOSED),
        "CLOSED-1",
        "The deal is closed in Partner Center, so the change of Deal value is not carried. There is nothing to do.",
    ),
    Case(
        "BR-09",
        life({"status": "won"}, {"status": "won"}),
        life({"status": "won"}, {"status": "lost"}),
        "CLOSED-2",
        "The deal was closed differently: as won in Partner Center, where that is final. Close the opportunity "
        "the same way, if that is right.",
    ),
    Case(
        "BR-09",
        life(was=CLOSED),
        life(there={"status": "open"}, was=CLOSED),
        "REOPENED-1",
        "The opportunity was reopened. In Partner Center the deal stays closed as won; nothing more is carried. "
        "Close it again, or go on with a new deal.",
    ),
    Case(
        "BR-10",
        life(there={"status": "open", "deal_value": Decimal(5)}, was=NEW),
        life(there={"deal_value": Decimal(5)}, was=NEW),
        "WAIT-1",
        "The referral is not answered yet; the change of Deal value is carried when it has been accepted. Accept "
        "or decline it.",
    ),
    Case(
        "BR-11",
        life(there={"notes": "hi all"}),
        life(there={"customer_name": "Fabrikam"}),
        "FINAL-1",
        "Customer name: carried to Partner Center only when the deal is created there. This change stays in the "
        "CRM. If it can be changed in Partner Center, do that by hand.",
    ),
    Case(
        "BR-12",
        patch({"details.notes": "hi"}),
        patch({"mpnId": "1234567"}),
        "",
        "a referral's /mpnId cannot be written after creation",
    ),
    Case(
        "BR-13",
        patch({"details.notes": "hi"}),
        patch({"microsoft.status": "Active"}),
        "",
        "a referral's /microsoft/status cannot be written after creation",
    ),
    Case(
        "BR-13",
        shown("Accepted"),
        shown("Won"),
        "OWN-1",
        "Microsoft status: kept by the sync alone, so the change made by hand in the CRM was put back. There is "
        "nothing to do.",
    ),
    Case(
        "BR-14",
        brake(50),
        brake(51),
        "",
        "This run would edit 51 of 100 bound records; the brake allows 50. "
        "Look at a manual run with dry_run; if it is right, run it again with allow_brake.",
    ),
    Case(
        "BR-15",
        life(),
        gone(out_of_scope=False),
        "ORPHAN-1",
        "This deal is gone from Partner Center. Nothing was deleted in the CRM; changes made there stay there. "
        "If that is a mistake, tell your operator.",
    ),
    Case(
        "BR-16",
        life({"status": "open"}, was=NEW),
        life({"status": "expired"}, was=NEW),
        "EXPIRED-1",
        "Nobody answered in time, so the referral has expired in Partner Center. The opportunity stays open; "
        "nothing more is carried. Go on without it, or close the opportunity.",
    ),
    Case(
        "BR-17",
        helped("Accepted"),
        helped("Expired"),
        "HELP-5",
        "Microsoft did not answer the request for help in time. The deal goes on without it. There is nothing to do.",
    ),
    Case(
        "BR-19",
        deal(**WON, created_at=NOW - timedelta(hours=72)),
        deal(**WON, created_at=NOW - timedelta(hours=71)),
        "WIN-1",
        "The deal was won within 72 hours of its creation; Microsoft may refuse to register it. If it is to be "
        "registered, ask Microsoft.",
    ),
    Case(
        "BR-21",
        deal(close_date=date(2026, 11, 22)),
        deal(close_date=date(2026, 11, 21)),
        "CLOSE-DATE-2",
        "The estimated close date 2026-11-21 is in the past. Enter the date that you expect now.",
    ),
    Case("BR-23", deal(), deal(deal_name=""), "NAME-1", "The opportunity has no name. Enter one."),
    Case(
        "BR-23",
        newcomer(),
        newcomer(deal_name=""),
        "NAME-2",
        "The referral has no deal name, so no opportunity can be made of it. Enter one in Partner Center.",
    ),
    Case("BR-23", deal(), deal(deal_value=None), "VALUE-1", "The opportunity has no estimated value. Enter one."),
    Case(
        "BR-23",
        deal(deal_value=Decimal(0)),
        deal(deal_value=Decimal(-1)),
        "VALUE-2",
        "The estimated value -1 is below zero. Enter zero or more.",
    ),
    Case("BR-23", deal(), deal(currency=None), "CURRENCY-1", "The opportunity has no currency. Choose one."),
    Case(
        "BR-23",
        deal(),
        deal(currency="Euro"),
        "CURRENCY-2",
        "The currency Euro has no three-letter ISO code. Choose another currency.",
    ),
    Case(
        "BR-23",
        deal(),
        deal(close_date=None),
        "CLOSE-DATE-1",
        "The opportunity has no estimated close date. Enter one.",
    ),
    Case(
        "BR-24",
        deal(),
        deal(customer_name=""),
        "CUSTOMER-1",
        "The opportunity has no account. Choose the customer's account.",
    ),
    Case(
        "BR-24",
        newcomer(),
        newcomer(customer_name=""),
        "CUSTOMER-2",
        "The referral has no customer name, so no opportunity can be made of it. Enter one in Partner Center.",
    ),
    Case(
        "BR-24",
        deal(),
        deal(customer_address_line1=""),
        "ADDRESS-1",
        "The customer's account has no street address. Enter it on the account.",
    ),
    Case(
        "BR-24",
        deal(),
        deal(customer_city=""),
        "ADDRESS-2",
        "The customer's account has no city. Enter it on the account.",
    ),
    Case(
        "BR-24",
        deal(),
        deal(customer_country=None),
        "COUNTRY-1",
        "The customer's account has no country. Enter the country on the account.",
    ),
    Case(
        "BR-24",
        deal(customer_country="SE"),
        deal(customer_country="Elbonia"),
        "COUNTRY-2",
        "The country Elbonia on the customer's account is not known. Enter a country name or its two-letter code.",
    ),
    Case(
        "BR-25",
        deal(),
        deal(solutions=()),
        "SOLUTION-1",
        "The opportunity has no Microsoft solution. Add at least one.",
    ),
    Case(
        "BR-25",
        deal(solutions=(LINE,) * 50),
        deal(solutions=(LINE,) * 51),
        "SOLUTION-2",
        "The opportunity has more than 50 solutions. Remove some.",
    ),
    Case(
        "BR-26",
        deal(),
        deal(team=()),
        "TEAM-1",
        "The opportunity has no owner with an e-mail address. Give it an owner.",
    ),
    Case(
        "BR-26",
        deal(team=(ADA,) * 50),
        deal(team=(ADA,) * 51),
        "TEAM-2",
        "The deal team has more than 50 members. Remove some.",
    ),
    Case(
        "BR-26",
        deal(),
        deal(team=(ADA._replace(email=""),)),
        "TEAM-3",
        "A member of the deal team has no e-mail address. Enter it on the user.",
    ),
    Case(
        "BR-26",
        deal(),
        deal(team=(ADA._replace(phone=""),)),
        "TEAM-4",
        "A member of the deal team has no phone number. Enter it on the user.",
    ),
    Case(
        "BR-27",
        deal(**ASKED),
        deal(**ASKED | {"customer_contacts": (ADA._replace(phone=""),)}),
        "CONTACT-1",
        "Help from Microsoft needs a customer contact with first name, last name, phone and e-mail. "
        "Choose one on the opportunity.",
    ),
    Case(
        "BR-28",
        deal(),
        deal(consent=False),
        "CONSENT-1",
        "The customer has not agreed that this deal is shared with Microsoft. Ask the customer, then enter the answer.",
    ),
    Case(
        "BR-29",
        deal(marketplace_intent="Yes"),
        deal(marketplace_intent=None),
        "INTENT-1",
        "The marketplace purchase intent is not chosen; Partner Center is told that it is not decided. Choose it "
        "before the deal is shared.",
    ),
    Case(
        "BR-30",
        deal(**ASKED, **SERVICES),
        deal(**ASKED, **SERVICES | {"solution_play": None}),
        "SERVICES-1",
        "Help with a Services deal needs partner role, solution area and solution play. Fill in all three.",
    ),
    Case(
        "BR-30",
        deal(**SERVICES),
        deal(**SERVICES | {"partner_role": f"{OTHER}Cook"}),
        "SERVICES-2",
        "The partner role is none that Microsoft lists. Choose another one.",
    ),
    Case(
        "BR-30",
        deal(**SERVICES),
        deal(**SERVICES | {"solution_area": f"{OTHER}Modern Work"}),
        "SERVICES-3",
        "The solution area is none that Microsoft lists this year. Choose another one.",
    ),
    Case(
        "BR-30",
        deal(**SERVICES),
        deal(**SERVICES | {"solution_play": f"{OTHER}Old play"}),
        "SERVICES-4",
        "The solution play is none that Microsoft lists this year. Choose another one.",
    ),
    Case(
        "BR-31",
        deal(status="lost", close_reason="Timeline too short"),
        deal(status="lost"),
        "REASON-1",
        "A deal that is lost or declined needs a close reason. Reopen the opportunity, choose one, and close it again.",
    ),
    Case(
        "BR-40",
        life(),
        gone(out_of_scope=True),
        "SCOPE-1",
        "This deal is hidden from the account that the sync uses in Partner Center; "
        "changes made in the CRM stay there. Tell your operator.",
    ),
    Case(
        "BR-43",
        patch({"details.dealValue": 5}),
        patch({"customerProfile.name": "Fabrikam"}),
        "",
        "a referral's /customerProfile/name cannot be written after creation",
    ),
)
GUARDS = {
    "BR-18": "tests/unit/core/test_clocks.py",
    "BR-20": "tests/unit/mapping/test_mapping_converters.py::test_a_day_survives_in_every_zone",
    "BR-41": "tests/contracts/partner_center/test_partner_center_reads.py::test_sign_in_without_mfa_stops_the_run",
    "BR-42": "tests/contracts/partner_center/test_partner_center_reads.py::test_refused_filter_is_remembered",
    "BR-44": "tests/unit/webhook/test_webhook_verify.py",
    "BR-45": "tests/unit/core/test_registration.py::test_what_is_somebody_else_s_is_not_taken_unasked",
    "BR-46": "tests/contracts/transport/test_transport_manners.py::test_log_tells_the_service_s_ids_and_no_values",
}
"""Laws that only a service can put to the test: where that is done."""


# ---------------------------------------------------------------- over the table


@pytest.mark.parametrize("case", TABLE, ids=[f"{case.br} {case.code}".strip() for case in TABLE])
def test_a_rule_is_kept_or_told(case: Case) -> None:
    """Whoever keeps it reads nothing of it; whoever breaks it reads the sentence."""
    assert case.code not in case.good()
    assert case.bad()[case.code] == case.sentence


def test_a_deal_on_which_nobody_chose_anything_is_unseen() -> None:
    """BR-01: it is created private, and Microsoft is not asked."""
    made = decide_new_opportunity(opportunity(), terms())
    assert made.create
    assert (made.create.values["visibility"], made.invite) == (False, None)


def test_every_business_rule_stands_in_the_table_once() -> None:
    """BR-01 to BR-46, each with a text; none is both held and not."""
    assert [rule.id for rule in BUSINESS_RULES] == [f"BR-{number:02}" for number in range(1, 47)]
    assert all(rule.text and bool(rule.told or rule.law) != bool(rule.why_not) for rule in BUSINESS_RULES)


@pytest.mark.parametrize("rule", [rule for rule in BUSINESS_RULES if rule.binds], ids=lambda rule: rule.id)
def test_a_rule_that_binds_is_put_to_the_test(rule: BusinessRule) -> None:
    """Each id that it is told by has a case of its own; a law without any has a case, or a test elsewhere."""
    assert set(rule.told) <= {case.code for case in TABLE if case.br == rule.id}
    assert any(case.br == rule.id for case in TABLE) != (rule.id in GUARDS)


def test_nothing_else_is_put_to_the_test() -> None:
    """What does not bind has no case, and every case is of an id that its rule is told by."""
    told: dict[str, Any] = {rule.id: {*rule.told, ""} for rule in BUSINESS_RULES if rule.binds}
    assert all(case.code in told[case.br] for case in TABLE)
    assert GUARDS.keys() <= told.keys()


def test_the_ids_are_those_that_sellers_read() -> None:
    """Each is a rule or a sentence; and a rule that names a business rule as its source is one that it is told by."""
    known = {rule.id for rule in RULES} | SENTENCES.keys()
    assert {code for rule in BUSINESS_RULES for code in rule.told} <= known
    by_id = {rule.id: rule for rule in BUSINESS_RULES}
    for rule in RULES:
        for source in re.findall(r"BR-\d\d", rule.source):
            assert rule.id in by_id[source].told, (rule.id, source)


@pytest.mark.parametrize("where", GUARDS.values())
def test_the_tests_elsewhere_are_there(where: str) -> None:
    """A law without a case here names a test that runs with all others."""
    file, _, name = where.partition("::")
    assert f"def {name or 'test_'}" in (ROOT / file).read_text()
