"""Twenty countries as customers live in them (`places.yaml`): cities, addresses, company forms, people's names."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Place(NamedTuple):
    """One country: its code, currency, phone prefix, cities with region and postal code, and the names found there."""

    country: str
    currency: str
    phone: str
    cities: list[tuple[str, str | None, str | None]]
    streets: list[str]
    companies: list[str]
    first_names: list[str]
    last_names: list[str]
    form: str


@cache
def places() -> tuple[Place, ...]:
    """Give all twenty."""
    told: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return tuple(Place(**place) for place in told)
