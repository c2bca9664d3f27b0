"""The shipped mapping before the sandbox's CRM: its columns are there, and what is written reads back as fitted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cosell.core.record import Member, Ref, Side, Snapshot, SolutionLine
from cosell.mapping import load_mapping
from cosell.mapping.check import check
from cosell.mapping.shape import Described
from cosell.sync.ports import Draft, Written
from replica_crm import Crm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse import DataverseReplica
    from cosell.core.record import Value
    from cosell.mapping.shape import Limits
    from cosell.sync.ports import Outcome

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
SHIPPED = Path(__file__).parents[3] / "include" / "mappings"
REFERRAL: dict[str, Value] = {
    "deal_name": "O'Brien & Söhne 🚀 " + "long " * 80,
    "deal_value": Decimal("125000.505"),
    "currency": "EUR",
    "notes": "n" * 1999 + "🚀",
    "customer_name": "Näckrosen Livs AB",
    "customer_postal_code": "211 34",
    "customer_country": "SE",
    "customer_contacts": (Member("Åsa" * 30, "Öberg", "asa@nackrosen.example", ""), Member("Bo", "Ek", "", "")),
    "solutions": (
        SolutionLine("SOL-1", "Till Cloud", Decimal("9.999"), Decimal("2.5")),
        SolutionLine("SOL-2", "B", None, None),
    ),
    "marketplace_intent": "No",
    "visibility": True,
    "status": "new",
    "close_reason": "gone fishing",
    "referral_identifier": "3d1f0a52-0000-4222-8333-944444444401",
    "flag": True,
    "mark": "check",
    "sync_status": "Synced",
}


async def _limits(replica: DataverseReplica) -> Limits:
    return await replica.limits()


def test_the_shipped_mapping_finds_its_columns_in_the_crm() -> None:
    """Every column that the mapping names is there, of the right kind, with the choices that it numbers."""
    mapping, crm = load_mapping(folders=[SHIPPED]), Crm()
    crm.shape = mapping.shape()
    assert check(mapping, Described(crm.ask(_limits))) == []


def test_what_the_mapper_fits_is_what_the_crm_keeps() -> None:
    """A deal full of what must be cut, rounded and replaced is taken by the CRM and reads back as it was fitted."""
    mapping, crm = load_mapping(folders=[SHIPPED]), Crm()
    crm.shape = mapping.shape()
    mapper = mapping.mapper(limits=crm.ask(_limits))
    columns = {**mapper.defaults(DV), **mapper.wire(DV, REFERRAL, held={})}

    async def create(replica: DataverseReplica) -> Sequence[Outcome]:
        return await replica.create([Draft(Ref(PC, "r-1"), columns)])

    (written,) = crm.ask(create)
    assert isinstance(written, Written), written
    (snapshot,) = mapper.snapshots(DV, [written.row])
    assert isinstance(snapshot, Snapshot)
    kept = {name: snapshot.values[name] for name in REFERRAL}
    assert kept == {name: mapper.fit(DV, name, value) for name, value in REFERRAL.items()}
