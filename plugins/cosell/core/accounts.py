"""Which account of the CRM a customer is: the signs that tell it, and what follows from the accounts that fit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Sign = Literal["name_and_postal_code", "duns", "email_domain", "alternate_key"]
SIGN_FIELDS: Final[dict[Sign, str]] = {"duns": "customer_duns", "alternate_key": "customer_key"}
"""Signs that lie in a column of the user's own, by the field of the mapping that names it."""
_LOOSE = re.compile(r"[\s\-]+")
_DUNS_DIGITS: Final = 9
_NOBODYS: Final = frozenset({
    "163.com", "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com",
    "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "qq.com", "seznam.cz", "t-online.de",
    "web.de", "yahoo.com", "yandex.ru",
})  # fmt: skip
"""Domains at which anybody has an address; they tell no customer."""


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """How the account of a new deal's customer is told, and what is done where none is."""

    match: tuple[Sign, ...] = ("name_and_postal_code",)
    """Asked in this order: the first sign that fits an account decides."""
    on_none: Literal["create", "hold"] = "create"


@dataclass(frozen=True, slots=True)
class Customer:
    """What a customer, or an account that stands, is told by; each as it is compared, empty where it is not known."""

    name: str = ""
    postal_code: str = ""
    duns: str = ""
    key: str = ""
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        name: str | None,
        *,
        postal_code: str | None = None,
        duns: str | None = None,
        key: str | None = None,
        domains: frozenset[str] = frozenset(),
    ) -> Customer:
        """Give a customer by its columns as they are written."""
        return cls(name_key(name or ""), postal_key(postal_code), postal_key(duns), postal_key(key), domains)

    def values(self, sign: Sign) -> frozenset[str]:
        """Give what it shows of a sign; of name and postal code the name."""
        match sign:
            case "name_and_postal_code":
                return _known(self.name)
            case "duns":
                return _known(self.duns)
            case "alternate_key":
                return _known(self.key)
            case "email_domain":
                return self.domains


@dataclass(frozen=True, slots=True)
class Doubt:
    """A person must choose: several accounts fit, or none does and none may be created."""

    sign: Sign | None
    """By which several fit."""
    count: int = 0


def choose(
    customer: Customer, policy: AccountPolicy, *, standing: Callable[[Sign, str], Collection[tuple[str, Customer]]]
) -> str | Doubt | None:
    """Give the account, a doubt, or None: create one. `standing`: the accounts, by key, that show a value of a sign."""
    for sign in policy.match:
        found = {key: account for value in customer.values(sign) for key, account in standing(sign, value)}
        fitting = [key for key, account in found.items() if _fits(customer, account, sign)]
        if len(fitting) > 1:
            return Doubt(sign, len(fitting))
        if fitting:
            return fitting[0]
    return Doubt(None) if policy.on_none == "hold" else None


def told_by(customer: Customer, policy: AccountPolicy) -> tuple[str, ...]:
    """Give the values that the key of a new account is made of: whoever creates it again chooses the same."""
    told = next((sign for sign in policy.match if customer.values(sign)), None)
    if told is None or told == "name_and_postal_code":
        return customer.name, customer.postal_code
    return told, min(customer.values(told)), ""


def name_key(name: str) -> str:
    """Give a name as it is compared: without regard to case, composition and spacing."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def postal_key(code: str | None) -> str:
    """Give a postal code as it is compared: without regard to case, blanks and hyphens."""
    return _LOOSE.sub("", unicodedata.normalize("NFC", code or "")).casefold()


def spellings(sign: Sign, value: str) -> frozenset[str]:
    """Give the ways in which the CRM may hold a value, as it compares all but case: a D-U-N-S number has two."""
    digits = postal_key(value)
    if sign != "duns" or len(digits) != _DUNS_DIGITS:
        return frozenset({value})
    return frozenset({value, digits, f"{digits[:2]}-{digits[2:5]}-{digits[5:]}"})


def domains_of(*, emails: Iterable[str | None] = (), website: str | None = None) -> frozenset[str]:
    """Give the domains that tell a customer: of its people's addresses and of its website."""
    found = {(email or "").rpartition("@")[2].strip().casefold() for email in emails}
    if website:
        address = website.strip() if "//" in website else f"//{website.strip()}"
        found.add((urlsplit(address).hostname or "").casefold().removeprefix("www."))
    return frozenset(each for each in found if "." in each) - _NOBODYS


def _fits(customer: Customer, account: Customer, sign: Sign) -> bool:
    if sign != "name_and_postal_code" or not customer.postal_code:
        return True
    return customer.postal_code == account.postal_code


def _known(value: str) -> frozenset[str]:
    return frozenset({value} if value else ())
