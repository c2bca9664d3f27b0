"""Made-up customers and their people, drawn by a seeded generator; a customer may have several deals."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.seed.places import Place, places

if TYPE_CHECKING:
    from random import Random

_SIZES = ("1to9employees", "10to50employees", "51to250employees", "Morethan20000employees", "", None)
_TITLES = ("CEO", "Einkaufsleiterin", "IT manager", None)


class Customer(NamedTuple):
    """One customer: where it is, and its profile as Partner Center holds it."""

    place: Place
    profile: dict[str, Any]


def customers(rng: Random, number: int) -> list[Customer]:
    """Give that many customers; all twenty countries appear once there are twenty."""
    return [_customer(rng, places()[place % len(places())], place) for place in range(number)]


def _customer(rng: Random, place: Place, number: int) -> Customer:
    # The number keeps names apart beyond the small stock, but some stay alike on purpose: same name, other postal code.
    twin = number % 50 == 49  # noqa: PLR2004 - one in fifty
    label = "" if number < len(places()) * 3 or twin else f" {number}"
    name = f"{rng.choice(place.companies)}{label} {place.form}".strip()
    team = [_person(rng, place, number) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    profile = {
        "name": name,
        "address": _address(rng, place),
        "size": rng.choice(_SIZES),
        "team": team,
        "ids": [{"profileType": "Duns", "id": f"{rng.randrange(10**9):09d}"}] if rng.random() < 0.2 else [],  # noqa: PLR2004
    }
    return Customer(place, profile)


def _address(rng: Random, place: Place) -> dict[str, Any]:
    city, region, postal_code = rng.choice(place.cities)
    in_state = rng.random() < 0.5  # noqa: PLR2004 - Microsoft fills either one
    return {
        "addressLine1": f"{rng.choice(place.streets)} {rng.randrange(1, 200)}",
        "addressLine2": rng.choice((None, "", "2. OG", "Suite 34")),
        "city": city,
        "state": region if in_state else None,
        "region": None if in_state else region,
        "postalCode": rng.choice((postal_code, postal_code, postal_code, postal_code, None, "")),
        "country": place.country,
    }


def _person(rng: Random, place: Place, number: int) -> dict[str, Any]:
    first, last = rng.choice(place.first_names), rng.choice(place.last_names)
    mail = _ascii(f"{first}.{last}") or f"contact{number}"
    return {
        "firstName": first,
        "lastName": last,
        "phoneNumber": rng.choice((f"{place.phone}{rng.randrange(10**8):08d}", None, "")),
        "email": rng.choice((f"{mail}@customer{number}.example", f"{mail}@customer{number}.example", None)),
        "title": rng.choice(_TITLES),
        "contactPreference": {"locale": None, "disableNotifications": None},
    }


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum() or letter == ".").strip(".")
