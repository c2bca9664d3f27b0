"""The shipped mapping, limits as a CRM's metadata gives them, and referrals of our own making."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Row, Side, Snapshot
from cosell.mapping import Mapping, MappingSettings, load_mapping
from cosell.mapping.shape import ColumnLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.mapping.transform import TableMapper

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "include" / "mappings"
SAMPLES = ROOT / "tests" / "samples" / "referrals"


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    """Give the shipped mapping."""
    return load_mapping(folders=[SHIPPED])


@pytest.fixture(scope="session")
def limits(mapping: Mapping) -> dict[str, ColumnLimit]:
    """Every column that the mapping reaches, as the sandbox's metadata describes it."""
    known = {path: ColumnLimit("text", max_length=100) for path in mapping.limit_paths}
    for name, line in mapping.file.fields.items():
        if line.choices:
            known[str(line.dataverse)] = ColumnLimit("choice", choices=frozenset(line.choices.values()))
        if name == "solutions":
            known |= {
                "solutions": ColumnLimit("text"),
                "solutions.cosell_price": ColumnLimit("money", precision=2),
                "solutions.cosell_quantity": ColumnLimit("decimal", precision=2),
            }
    return known | {
        "name": ColumnLimit("text", max_length=300),
        "description": ColumnLimit("text", max_length=2000),
        "cosell_referrallink": ColumnLimit("text", max_length=500),
        "account.name": ColumnLimit("text", max_length=160),
        "contact.firstname": ColumnLimit("text", max_length=50),
        "contact.lastname": ColumnLimit("text", max_length=50),
        "estimatedvalue": ColumnLimit("money", precision=2),
        "estimatedclosedate": ColumnLimit("date"),
        "statecode": ColumnLimit("choice", choices=frozenset({0, 1, 2})),
        "statuscode": ColumnLimit("choice", choices=frozenset({1, 2, 3, 4, 5})),
        "cosell_expireson": ColumnLimit("datetime"),
        "cosell_audit": ColumnLimit("text", max_length=4000),
        "cosell_syncwithpartnercenter": ColumnLimit("boolean"),
        "isrevenuesystemcalculated": ColumnLimit("boolean"),
        "opportunityid": ColumnLimit("key", writable=False),
    }


@pytest.fixture(scope="session")
def mapper(mapping: Mapping, limits: dict[str, ColumnLimit]) -> TableMapper:
    """Give the shipped mapping at work, for sellers in Sweden."""
    return mapping.mapper(limits=limits, settings=MappingSettings(time_zone="Europe/Stockholm"))


def sample(name: str) -> dict[str, Any]:
    """Give a referral of our own making, its numbers as Decimal, as the adapter gives them."""
    content: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"), parse_float=Decimal)
    return content


def row(payload: dict[str, Any], side: Side = Side.PARTNER_CENTER) -> Row:
    """Give a row that holds the payload."""
    return Row(side, str(payload.get("id") or payload.get("opportunityid") or "no-id"), "e1", payload)


@pytest.fixture
def read(mapper: TableMapper) -> Callable[..., dict[str, Any]]:
    """Give the canonical values of one payload."""

    def values(payload: dict[str, Any], side: Side = Side.PARTNER_CENTER) -> dict[str, Any]:
        (snapshot,) = mapper.snapshots(side, [row(payload, side)])
        assert isinstance(snapshot, Snapshot), snapshot
        return dict(snapshot.values)

    return values
