"""Small builders for the tests of the pure heart: fields, two records of one deal, what is remembered of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from cosell.core.pair import Pair
from cosell.core.reconcile import FieldView
from cosell.core.record import Binding, Field, Half, InFlight, Member, Side, Snapshot, SolutionLine, Value
from cosell.core.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
BOTH = frozenset(Side)
NONE: frozenset[Side] = frozenset()
ONLY_PC, ONLY_DV = frozenset({PC}), frozenset({DV})

FIELDS = {
    each.name: each
    for each in (
        Field("deal_name", BOTH, written_on=ONLY_DV),
        Field("deal_value", BOTH, on_conflict=DV),
        Field("currency", BOTH, on_conflict=DV),
        Field("close_date", BOTH, on_conflict=DV),
        Field("notes", BOTH),
        Field("stage", BOTH, authority=DV),
        Field("customer_name", BOTH, written_on=NONE),
        Field("solutions", BOTH, on_conflict=DV),
        Field("status", BOTH),
        Field("close_reason", BOTH),
        Field("visibility", BOTH),
        Field("referral_identifier", BOTH, authority=PC, bookkeeping=True),
        Field("crm_id", BOTH, authority=DV, bookkeeping=True),
        Field("flag", ONLY_DV),
        Field("help", ONLY_DV),
        Field("audit", ONLY_DV, bookkeeping=True),
        Field("sync_status", ONLY_DV, bookkeeping=True),
        Field("mark", ONLY_DV, bookkeeping=True),
        Field("type", ONLY_PC),
        Field("created_at", ONLY_PC),
        Field("mpn_id", ONLY_PC, created_on=NONE),
    )
}
INSTEAD: dict[Side, dict[Value, Value]] = {
    PC: {"on_hold": "open"},
    DV: {"new": "on_hold", "declined": "lost", "expired": "lost", "error": "lost"},
}
LENGTHS = {(DV, "notes"): 4, (DV, "deal_name"): 8}
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BINDING = Binding("ref-1", "row-1")

COMPLETE: dict[str, Value] = {
    "deal_name": "Move",
    "deal_value": Decimal("10.0"),
    "currency": "EUR",
    "close_date": date(2027, 1, 31),
    "customer_name": "Tailspin",
    "customer_address_line1": "Am Markt 1",
    "customer_city": "Bremen",
    "customer_country": "DE",
    "solutions": (SolutionLine("SOL-1", "One", None, None),),
    "team": (Member("Ada", "Moor", "ada@example.org", "+49 1"),),
    "marketplace_intent": "No",
    "notes": "hi",
    "stage": "25",
    "status": "open",
    "close_reason": None,
    "visibility": False,
}
"""A deal that breaks no rule."""


def fit(side: Side, name: str, value: Value) -> Value:
    """Give a value as that side would store it: the CRM cuts texts and rounds, Partner Center writes stages big."""
    if isinstance(value, str) and (side, name) in LENGTHS:
        return value[: LENGTHS[side, name]]
    if isinstance(value, Decimal) and side is DV:
        return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    if isinstance(value, str) and name == "stage" and side is PC:
        return value.upper()
    if name == "status":
        return INSTEAD[side].get(value, value)
    return value


def terms(**changed: Any) -> Terms:  # noqa: ANN401 - any of the terms' own
    """Give the terms of a run on the example fields."""
    return Terms(**{"fields": FIELDS, "fit": fit, "now": NOW, **changed})


def view(field: Field, *, was: tuple[Any, Any], now: tuple[Value, Value]) -> FieldView:
    """Give a field as Partner Center and the CRM hold it now and held it; `...`: nothing is remembered there."""
    baseline = {side: value for side, value in zip((PC, DV), was, strict=True) if value is not ...}
    return FieldView(field, dict(zip((PC, DV), now, strict=True)), baseline)


def referral(**values: Value) -> Snapshot:
    """Give our referral as it is read, complete but for what is said."""
    own = {"referral_identifier": "ref-1", "crm_id": "row-1", "type": "Shared"}
    return Snapshot(PC, "ref-1", "p1", {**COMPLETE, **own, **values}, changed=NOW)


def opportunity(**values: Value) -> Snapshot:
    """Give our flagged opportunity as it is read, complete but for what is said."""
    own: dict[str, Value] = {"referral_identifier": "ref-1", "crm_id": "row-1", "flag": True, "help": None}
    return Snapshot(DV, "row-1", "d1", {**COMPLETE, **own, **values}, changed=NOW)


def half(side: Side, **values: Value) -> Half:
    """Give what is remembered of one side: all of it as the examples hold it but for what is said."""
    snapshot = {PC: referral, DV: opportunity}[side](**values)
    return Half(snapshot.ref, snapshot.etag, snapshot.values)


def pair(
    here: Mapping[str, Value] | None = None,
    there: Mapping[str, Value] | None = None,
    *,
    halves: Mapping[Side, Half] | None = None,
    notes: tuple[InFlight, ...] = (),
    adopted: bool = False,
) -> Pair:
    """Give a bound pair: the edits made in Partner Center, those in the CRM, what is remembered (all, if not said)."""
    snapshots = {PC: referral(**(here or {})), DV: opportunity(**(there or {}))}
    remembered = {side: half(side) for side in Side} if halves is None else halves
    known = Pair(BINDING, snapshots, remembered, notes)
    return replace(known, adopted=True) if adopted else known
