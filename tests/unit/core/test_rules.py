"""Every rule: what breaks it, what a seller then reads, and how bad it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.record import Member, SolutionLine
from cosell.core.rules import RULES, breaches, verdicts
from examples import COMPLETE, NOW, TODAY

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.core.rules import Severity

LINE, ADA = SolutionLine("S", "One", None, None), Member("Ada", "Moor", "ada@example.org", "+49 1")

TABLE: list[tuple[str, Severity, dict[str, Value], str]] = [
    ("NAME-1", "refuse", {"deal_name": ""}, "The opportunity has no name. Enter one."),
    ("VALUE-1", "refuse", {"deal_value": None}, "The opportunity has no estimated value. Enter one."),
    (
        "VALUE-2",
        "refuse",
        {"deal_value": Decimal("-0.01")},
        "The estimated value -0.01 is below zero. Enter zero or more.",
    ),
    ("CURRENCY-1", "refuse", {"currency": None}, "The opportunity has no currency. Choose one."),
    (
        "CURRENCY-2",
        "refuse",
        {"currency": "Euro"},
        "The currency Euro has no three-letter ISO code. Choose another currency.",
    ),
    ("CLOSE-DATE-1", "refuse", {"close_date": None}, "The opportunity has no estimated close date. Enter one."),
    (
        "CLOSE-DATE-2",
        "warn",
        {"close_date": date(2026, 11, 21)},
        "The estimated close date 2026-11-21 is in the past. Enter the date that you expect now.",
    ),
    ("CUSTOMER-1", "refuse", {"customer_name": ""}, "The opportunity has no account. Choose the customer's account."),
    (
        "COUNTRY-1",
        "refuse",
        {"customer_country": None},
        "The customer's account has no country. Enter the country on the account.",
    ),
    (
        "COUNTRY-2",
        "refuse",
        {"customer_country": "Elbonia"},
        "The country Elbonia on the customer's account is not known. Enter a country name or its two-letter code.",
    ),
    (
        "ADDRESS-1",
        "warn",
        {"customer_address_line1": ""},
        "The customer's account has no street address. Enter it on the account.",
    ),
    ("ADDRESS-2", "warn", {"customer_city": None}, "The customer's account has no city. Enter it on the account."),
    ("SOLUTION-1", "refuse", {"solutions": ()}, "The opportunity has no Microsoft solution. Add at least one."),
    (
        "SOLUTION-2",
        "refuse",
        {"solutions": (LINE,) * 51},
        "The opportunity has more than 50 solutions. Remove some.",
    ),
    (
        "TEAM-1",
        "refuse",
        {"team": ()},
        "The opportunity has no owner with an e-mail address. Give it an owner.",
    ),
    ("TEAM-2", "refuse", {"team": (ADA,) * 51}, "The deal team has more than 50 members. Remove some."),
    (
        "TEAM-3",
        "refuse",
        {"team": (ADA, ADA._replace(email=""))},
        "A member of the deal team has no e-mail address. Enter it on the user.",
    ),
    (
        "TEAM-4",
        "warn",
        {"team": (ADA, ADA._replace(phone=""))},
        "A member of the deal team has no phone number. Enter it on the user.",
    ),
    (
        "CONSENT-1",
        "refuse",
        {"consent": False},
        "The customer has not agreed that this deal is shared with Microsoft. Ask the customer, then enter the answer.",
    ),
    (
        "CONTACT-1",
        "refuse",
        {"customer_contacts": (), "help": "Workload"},
        (
            "Help from Microsoft needs a customer contact with first name, last name, phone and e-mail. "
            "Choose one on the opportunity."
        ),
    ),
    (
        "HELP-1",
        "refuse",
        {"help": "other:727000099"},
        "The kind of help that is chosen is not known to Partner Center. Choose another one.",
    ),
    (
        "SERVICES-1",
        "refuse",
        {"partner_role": "Solution design", "solution_area": None, "solution_play": "", "help": "Workload"},
        "Help with a Services deal needs partner role, solution area and solution play. Fill in all three.",
    ),
    (
        "SERVICES-2",
        "refuse",
        {"partner_role": "other:Juggler"},
        "The partner role is none that Microsoft lists. Choose another one.",
    ),
    (
        "SERVICES-3",
        "refuse",
        {"solution_area": "other:Alchemy"},
        "The solution area is none that Microsoft lists this year. Choose another one.",
    ),
    (
        "SERVICES-4",
        "refuse",
        {"solution_play": "other:Lead into gold"},
        "The solution play is none that Microsoft lists this year. Choose another one.",
    ),
    (
        "INTENT-1",
        "warn",
        {"marketplace_intent": None},
        (
            "The marketplace purchase intent is not chosen; Partner Center is told that it is not decided. Choose it "
            "before the deal is shared."
        ),
    ),
    (
        "REASON-1",
        "refuse",
        {"close_reason": None, "status": "lost"},
        "A deal that is lost or declined needs a close reason. Reopen the opportunity, choose one, and close it again.",
    ),
    (
        "WIN-1",
        "warn",
        {"status": "won", "visibility": True, "created_at": NOW - timedelta(hours=71)},
        (
            "The deal was won within 72 hours of its creation; Microsoft may refuse to register it. If it is to be "
            "registered, ask Microsoft."
        ),
    ),
]


def test_a_complete_deal_breaks_no_rule() -> None:
    """A deal that has all it needs passes every rule."""
    assert not list(breaches(COMPLETE, now=NOW))


def test_every_rule_stands_in_the_table() -> None:
    """No rule goes unexamined, and each id is given once."""
    assert [rule.id for rule in RULES] == [row[0] for row in TABLE]


@pytest.mark.parametrize(("rule_id", "severity", "change", "sentence"), TABLE, ids=[row[0] for row in TABLE])
def test_a_breaking_deal_is_told_in_words(
    rule_id: str, severity: Severity, change: dict[str, Value], sentence: str
) -> None:
    """One fault breaks one rule, with its sentence and its usual severity; the rule is asked where its field is."""
    deal = {**COMPLETE, "customer_contacts": (ADA,), **change}
    (breach,) = breaches(deal, now=NOW)
    assert (breach.rule.id, breach.severity, breach.sentence) == (rule_id, severity, sentence)
    assert breach.rule.fields == tuple(change)
    assert breach.rule.source
    assert list(breaches(deal, now=NOW, touched=frozenset(change))) == [breach]
    assert not list(breaches(deal, now=NOW, touched=COMPLETE.keys() - change.keys()))


@pytest.mark.parametrize("rule_id", [row[0] for row in TABLE])
def test_how_bad_a_rule_is_is_a_setting(rule_id: str) -> None:
    """A rule can be set to refuse, to warn or off, without touching another."""
    change = next(row[2] for row in TABLE if row[0] == rule_id)
    deal = {**COMPLETE, "customer_contacts": (ADA,), **change}
    for severity in ("refuse", "warn"):
        assert [b.severity for b in breaches(deal, now=NOW, severities={rule_id: severity})] == [severity]
    assert not list(breaches(deal, now=NOW, severities={rule_id: "off"}))
    elsewhere: dict[str, Severity] = {each.id: "off" for each in RULES if each.id != rule_id}
    assert [b.rule.id for b in breaches(deal, now=NOW, severities=elsewhere)] == [rule_id]


@pytest.mark.parametrize(
    "change",
    [
        {"deal_value": Decimal(0)},
        {"close_date": TODAY},
        {"close_date": datetime(2026, 11, 22, 0, 30, tzinfo=UTC)},
        {"solutions": (LINE,) * 50},
        {"team": (ADA,) * 50},
        {"status": "declined", "close_reason": "Not a customer"},
        {"status": "expired"},
        {"status": "won", "visibility": True, "created_at": NOW - timedelta(hours=72)},
        {"status": "won", "visibility": False, "created_at": NOW},
        {"status": "won", "visibility": True},
        {"partner_role": "Solution design", "help": None},
        {"customer_contacts": (ADA,), "help": "W", "partner_role": "R", "solution_area": "A", "solution_play": "P"},
    ],
    ids=str,
)
def test_a_rule_ends_at_its_border(change: dict[str, Value]) -> None:
    """What is just allowed is allowed: nothing, today, fifty."""
    assert not list(breaches({**COMPLETE, **change}, now=NOW))


@pytest.mark.parametrize("country", ["de", "DEU", "D", "D1", "DE "])
def test_a_country_is_two_capitals(country: str) -> None:
    """Nothing but an ISO 3166 alpha-2 code passes as a country."""
    assert [b.rule.id for b in breaches({**COMPLETE, "customer_country": country}, now=NOW)] == ["COUNTRY-2"]


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", 978])
def test_a_currency_is_three_capitals(currency: Value) -> None:
    """Nothing but an ISO 4217 code passes as a currency."""
    assert [b.rule.id for b in breaches({**COMPLETE, "currency": currency}, now=NOW)] == ["CURRENCY-2"]


@pytest.mark.parametrize("member", [ADA._replace(**{part: ""}) for part in Member._fields], ids=Member._fields)
def test_help_needs_one_whole_contact(member: Member) -> None:
    """Each part of a contact is asked for, of one contact; without a plea for help none is."""
    deal = {**COMPLETE, "help": "Workload", "customer_contacts": (member,)}
    assert [b.rule.id for b in breaches(deal, now=NOW)] == ["CONTACT-1"]
    assert not list(breaches({**deal, "customer_contacts": (member, ADA)}, now=NOW))
    assert not list(breaches({**deal, "help": None}, now=NOW))


@pytest.mark.parametrize("consent", [True, None])
def test_only_a_no_refuses_consent(consent: Value) -> None:
    """A CRM without the consent column has not said No."""
    assert not list(breaches({**COMPLETE, "consent": consent}, now=NOW))


def test_every_rule_that_was_asked_has_a_verdict() -> None:
    """A dry run can show what passed, what was warned of, what refused, and what is switched off."""
    severities: dict[str, Severity] = {"TEAM-1": "off"}
    found = list(breaches({**COMPLETE, "customer_city": "", "currency": ""}, now=NOW, severities=severities))
    given = verdicts(found, severities=severities)
    assert list(given) == [rule.id for rule in RULES]
    assert {i: v for i, v in given.items() if v != "passed"} == {
        "ADDRESS-2": "warned",
        "CURRENCY-1": "refused",
        "TEAM-1": "off",
    }
    assert verdicts(found, touched=frozenset({"currency"})) == {"CURRENCY-1": "refused", "CURRENCY-2": "passed"}


def test_a_sentence_quotes_what_a_person_typed_as_it_is() -> None:
    """Braces in a value are text, not a place to fill."""
    (breach,) = breaches({**COMPLETE, "customer_country": "{currency}"}, now=NOW)
    assert "The country {currency} on" in breach.sentence


def test_an_empty_deal_is_told_everything_at_once() -> None:
    """A seller reads all that is missing in one go, each thing once."""
    assert [b.rule.id for b in breaches({}, now=NOW)] == [
        "NAME-1",
        "VALUE-1",
        "CURRENCY-1",
        "CLOSE-DATE-1",
        "CUSTOMER-1",
        "COUNTRY-1",
        "ADDRESS-1",
        "ADDRESS-2",
        "SOLUTION-1",
        "TEAM-1",
        "INTENT-1",
    ]
