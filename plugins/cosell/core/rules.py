"""The pre-flight rules: what a deal must have before Partner Center is asked to take it, in a seller's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cosell.core import conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cosell.core.conditions import Condition, Values

Severity = Literal["refuse", "warn", "off"]
MOST_SOLUTIONS = 50
MOST_MEMBERS = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, the fields it reads first, how bad a breach is by default, and the sentence shown."""

    id: str
    fields: tuple[str, ...]
    severity: Severity
    broken: Condition
    sentence: str
    """May quote a field's value as {field}."""
    source: str = ""
    """The business rule (cosell-product) or contract section that asks for it."""

    def say(self, values: Values) -> str:
        """Give the sentence with the deal's own words in it."""
        return self.sentence.format_map({name: values.get(name) for name in self.fields})


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the deal breaks."""

    rule: Rule
    severity: Severity
    sentence: str


def _lacks(rule_id: str, field: str, sentence: str, source: str, *, severity: Severity = "refuse") -> Rule:
    """Give the rule that a field says something."""
    return Rule(rule_id, (field,), severity, conditions.missing(field), sentence, source)


def _unlisted(rule_id: str, field: str, sentence: str, source: str) -> Rule:
    """Give the rule that a field holds a word of its list in the mapping."""
    return Rule(rule_id, (field,), "refuse", conditions.unlisted(field), sentence, source)


RULES: tuple[Rule, ...] = (
    _lacks("NAME-1", "deal_name", "The opportunity has no name. Enter one.", "BR-23"),
    _lacks("VALUE-1", "deal_value", "The opportunity has no estimated value. Enter one.", "BR-23"),
    Rule(
        "VALUE-2",
        ("deal_value",),
        "refuse",
        conditions.negative_value,
        "The estimated value {deal_value} is below zero. Enter zero or more.",
        "BR-23",
    ),
    _lacks("CURRENCY-1", "currency", "The opportunity has no currency. Choose one.", "BR-23"),
    Rule(
        "CURRENCY-2",
        ("currency",),
        "refuse",
        conditions.currency_is_none,
        "The currency {currency} has no three-letter ISO code. Choose another currency.",
        "BR-23",
    ),
    _lacks("CLOSE-DATE-1", "close_date", "The opportunity has no estimated close date. Enter one.", "BR-23"),
    Rule(
        "CLOSE-DATE-2",
        ("close_date",),
        "warn",
        conditions.past,
        "The estimated close date {close_date} is in the past. Enter the date that you expect now.",
        "BR-21",
    ),
    _lacks("CUSTOMER-1", "customer_name", "The opportunity has no account. Choose the customer's account.", "BR-24"),
    _lacks(
        "COUNTRY-1",
        "customer_country",
        "The customer's account has no country. Enter the country on the account.",
        "S-080, BR-24",
    ),
    Rule(
        "COUNTRY-2",
        ("customer_country",),
        "refuse",
        conditions.country_is_none,
        "The country {customer_country} on the customer's account is not known. "
        "Enter a country name or its two-letter code.",
        "S-080",
    ),
    _lacks(
        "ADDRESS-1",
        "customer_address_line1",
        "The customer's account has no street address. Enter it on the account.",
        "BR-24, CSV",
        severity="warn",
    ),
    _lacks(
        "ADDRESS-2",
        "customer_city",
        "The customer's account has no city. Enter it on the account.",
        "BR-24, CSV",
        severity="warn",
    ),
    _lacks("SOLUTION-1", "solutions", "The opportunity has no Microsoft solution. Add at least one.", "BR-25, S-109"),
    Rule(
        "SOLUTION-2",
        ("solutions",),
        "refuse",
        conditions.longer_than("solutions", MOST_SOLUTIONS),
        "The opportunity has more than 50 solutions. Remove some.",
        "BR-25",
    ),
    _lacks("TEAM-1", "team", "The opportunity has no owner with an e-mail address. Give it an owner.", "BR-26"),
    Rule(
        "TEAM-2",
        ("team",),
        "refuse",
        conditions.longer_than("team", MOST_MEMBERS),
        "The deal team has more than 50 members. Remove some.",
        "BR-26",
    ),
    Rule(
        "TEAM-3",
        ("team",),
        "refuse",
        conditions.team_incomplete(2),
        "A member of the deal team has no e-mail address. Enter it on the user.",
        "BR-26",
    ),
    Rule(
        "TEAM-4",
        ("team",),
        "warn",
        conditions.team_incomplete(3),
        "A member of the deal team has no phone number. Enter it on the user.",
        "BR-26, CSV",
    ),
    Rule(
        "CONSENT-1",
        ("consent",),
        "refuse",
        conditions.consent_refused,
        "The customer has not agreed that this deal is shared with Microsoft. Ask the customer, then enter the answer.",
        "BR-07, BR-28",
    ),
    Rule(
        "CONTACT-1",
        ("customer_contacts", "help"),
        "refuse",
        conditions.contact_incomplete,
        "Help from Microsoft needs a customer contact with first name, last name, phone and e-mail. "
        "Choose one on the opportunity.",
        "BR-27, S-104",
    ),
    _unlisted(
        "HELP-1", "help", "The kind of help that is chosen is not known to Partner Center. Choose another one.", "S-104"
    ),
    Rule(
        "SERVICES-1",
        ("partner_role", "solution_area", "solution_play", "help"),
        "refuse",
        conditions.services_incomplete,
        "Help with a Services deal needs partner role, solution area and solution play. Fill in all three.",
        "BR-30",
    ),
    _unlisted(
        "SERVICES-2", "partner_role", "The partner role is none that Microsoft lists. Choose another one.", "BR-30"
    ),
    _unlisted(
        "SERVICES-3",
        "solution_area",
        "The solution area is none that Microsoft lists this year. Choose another one.",
        "BR-30",
    ),
    _unlisted(
        "SERVICES-4",
        "solution_play",
        "The solution play is none that Microsoft lists this year. Choose another one.",
        "BR-30",
    ),
    _lacks(
        "INTENT-1",
        "marketplace_intent",
        "The marketplace purchase intent is not chosen; Partner Center is told that it is not decided. Choose it "
        "before the deal is shared.",
        "BR-29",
        severity="warn",
    ),
    Rule(
        "REASON-1",
        ("close_reason", "status"),
        "refuse",
        conditions.reason_missing,
        "A deal that is lost or declined needs a close reason. Reopen the opportunity, choose one, and close it again.",
        "BR-31",
    ),
    Rule(
        "WIN-1",
        ("status", "visibility", "created_at"),
        "warn",
        conditions.won_early,
        "The deal was won within 72 hours of its creation; Microsoft may refuse to register it. If it is to be "
        "registered, ask Microsoft.",
        "BR-19",
    ),
)

ANCHORS = frozenset(rule.id for rule in RULES)


def breaches(
    values: Values,
    *,
    now: datetime,
    touched: frozenset[str] | None = None,
    severities: Mapping[str, Severity] | None = None,
) -> Iterator[Breach]:
    """Give the rules that a deal breaks; with `touched`, only those that read one of these fields."""
    for rule in RULES:
        severity = (severities or {}).get(rule.id, rule.severity)
        if severity == "off" or (touched is not None and touched.isdisjoint(rule.fields)):
            continue
        if rule.broken(values, now):
            yield Breach(rule, severity, rule.say(values))


def verdicts(
    found: Iterable[Breach], *, touched: frozenset[str] | None = None, severities: Mapping[str, Severity] | None = None
) -> dict[str, str]:
    """Give the verdict of every rule that was asked: passed, warned, refused, or off."""
    asked = [rule for rule in RULES if touched is None or not touched.isdisjoint(rule.fields)]
    off = {rule.id for rule in asked if (severities or {}).get(rule.id, rule.severity) == "off"}
    broken = {breach.rule.id: "warned" if breach.severity == "warn" else "refused" for breach in found}
    return {rule.id: "off" if rule.id in off else broken.get(rule.id, "passed") for rule in asked}
