"""Leads before the sandbox's CRM, as the shipped mapping says them: made, edited, disqualified, found by what came."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import SchemaDriftError
from cosell.core.record import Member, Ref, Side, Snapshot
from cosell.mapping import LEAD_MAPPING, load_mapping
from cosell.mapping.check import check
from cosell.mapping.shape import Described
from cosell.sync.ports import Change, Draft, Rejected, Written
from replica_crm import Crm

from sandbox.dataverse import crm as person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse import DataverseReplica
    from cosell.core.record import Row, Value
    from cosell.mapping.shape import Limits
    from cosell.mapping.transform import TableMapper
    from cosell.sync.ports import Outcome

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
SHIPPED = Path(__file__).parents[3] / "include" / "mappings"
REFERRAL: dict[str, Value] = {
    "deal_name": "O'Brien & Söhne 🚀 " + "long " * 80,
    "deal_value": Decimal("125000.505"),
    "currency": "EUR",
    "close_date": date(2027, 1, 31),
    "notes": "n" * 1999 + "🚀",
    "customer_name": "Näckrosen Livs AB" * 9,
    "customer_postal_code": "211 34",
    "customer_country": "SE",
    "customer_contacts": (Member("Åsa" * 30, "Öberg", "asa@nackrosen.example", "+46 1"), Member("Bo", "Ek", "", "")),
    "status": "new",
    "close_reason": "gone fishing",
    "referral_identifier": "3d1f0a52-0000-4222-8333-944444444401",
    "call_wanted": True,
    "flag": True,
    "mark": "check",
    "sync_status": "Waiting",
}


async def _limits(replica: DataverseReplica) -> Limits:
    return await replica.limits()


@pytest.fixture
def crm() -> Crm:
    """Give a CRM that is asked for leads."""
    crm = Crm()
    crm.shape = load_mapping(LEAD_MAPPING, folders=[SHIPPED]).shape()
    return crm


def mapper_of(crm: Crm) -> TableMapper:
    """Give the shipped mapping of leads at work."""
    return load_mapping(LEAD_MAPPING, folders=[SHIPPED]).mapper(limits=crm.ask(_limits))


def made(crm: Crm, mapper: TableMapper) -> Snapshot:
    """Give the lead as it was made."""
    columns = {**mapper.defaults(DV), **mapper.wire(DV, REFERRAL, held={})}

    async def create(replica: DataverseReplica) -> Sequence[Outcome]:
        return await replica.create([Draft(Ref(PC, "r-1"), columns)])

    return read_back(mapper, crm.ask(create)[0])


def changed(crm: Crm, mapper: TableMapper, lead: Snapshot, *, close_as: str | None = None, **values: Value) -> Outcome:
    """Write an edit."""
    change = Change(lead.ref, lead.etag, mapper.wire(DV, values, held=lead.values), close_as)

    async def update(replica: DataverseReplica) -> Sequence[Outcome]:
        return await replica.update([change])

    return crm.ask(update)[0]


def read_back(mapper: TableMapper, outcome: Outcome) -> Snapshot:
    """Give the values that a write left."""
    assert isinstance(outcome, Written), outcome
    (snapshot,) = mapper.snapshots(DV, [outcome.row])
    assert isinstance(snapshot, Snapshot)
    return snapshot


def test_the_shipped_mapping_finds_its_columns(crm: Crm) -> None:
    """Every column is there, of the right kind, with the choices that the mapping numbers."""
    assert check(load_mapping(LEAD_MAPPING, folders=[SHIPPED]), Described(crm.ask(_limits))) == []


def test_what_the_mapper_fits_is_what_a_lead_keeps(crm: Crm) -> None:
    """A lead full of what must be cut, rounded and replaced reads back as it was fitted; no account is made."""
    mapper = mapper_of(crm)
    lead = made(crm, mapper)
    assert {name: lead.values[name] for name in REFERRAL} == {n: mapper.fit(DV, n, v) for n, v in REFERRAL.items()}
    assert lead.values["status"] == "on_hold"
    assert person.find(crm.world, "account") == []


def test_a_lead_is_accepted_by_its_status_reason(crm: Crm) -> None:
    """As a seller does it who has made contact."""
    mapper = mapper_of(crm)
    lead = made(crm, mapper)
    assert read_back(mapper, changed(crm, mapper, lead, status="open")).values["status"] == "open"
    row = person.read(crm.world, "lead", lead.key)
    assert (row["statecode"], row["statuscode"]) == (0, 2)


def test_a_lead_is_closed_in_the_same_write_as_its_reason(crm: Crm) -> None:
    """No action is needed: state, status reason and columns go in one PATCH, and nobody else has touched it."""
    mapper = mapper_of(crm)
    lead = made(crm, mapper)
    crm.world.journal.clear()
    outcome = changed(crm, mapper, lead, close_as="lost", close_reason="Not a customer")
    closed = read_back(mapper, outcome)
    assert (closed.values["status"], closed.values["close_reason"]) == ("lost", "Not a customer")
    assert isinstance(outcome, Written)
    assert outcome.only_ours
    assert sum(one.rows_written for one in crm.world.journal.last()) == 1


def test_a_lead_that_is_closed_already_takes_no_standard_column(crm: Crm) -> None:
    """The CRM's refusal names the lead."""
    mapper = mapper_of(crm)
    lead = made(crm, mapper)
    closed = read_back(mapper, changed(crm, mapper, lead, close_as="lost"))
    assert isinstance(changed(crm, mapper, closed, deal_value=Decimal(5)), Rejected)


def test_what_came_of_a_lead_is_found_by_it() -> None:
    """Through the mapping of opportunities, whatever their flag; other opportunities are not given."""
    crm = Crm()
    crm.shape = load_mapping(folders=[SHIPPED]).shape()
    lead, other = (person.create(crm.world, "lead", subject=name, lastname=name) for name in "AB")
    deal = person.qualify(crm.world, lead)["opportunity"]
    person.qualify(crm.world, other)

    async def find(replica: DataverseReplica) -> list[Row]:
        return await replica.find([lead.upper(), "no key"], by="lead_id")

    (row,) = crm.ask(find)
    mapper = load_mapping(folders=[SHIPPED]).mapper(limits=crm.ask(_limits))
    assert row.key == deal
    assert mapper.read(DV, [row], names={"originating_lead"}) == [{"originating_lead": lead}]


def test_a_table_without_leads_is_not_looked_up_by_them(crm: Crm) -> None:
    """Leads come of no lead: asking them so is a fault of ours."""

    async def find(replica: DataverseReplica) -> list[Row]:
        return await replica.find(["x"], by="lead_id")

    with pytest.raises(ValueError, match="lead_id"):
        crm.ask(find)


def test_a_crm_without_our_columns_on_lead_is_told_the_way_out(crm: Crm) -> None:
    """Leads are kept in step unless a setting says otherwise, so the run that stops names the setting."""
    crm.shape = replace(crm.shape, columns=crm.shape.columns | {"cosell_region"})
    with pytest.raises(SchemaDriftError, match=r"lead has no column cosell_region; .*setting leads: false"):
        crm.changed(None)


def test_a_table_that_can_be_done_without_tells_what_it_lacks(crm: Crm) -> None:
    """What it lacks is looked for again within the hour, since a column may be added any time; what is whole daily."""

    async def lacking(replica: DataverseReplica) -> frozenset[str]:
        return await replica.lacking()

    assert crm.ask(lacking) == frozenset()
    crm.optional = frozenset({"lead"})
    crm.shape = replace(crm.shape, columns=crm.shape.columns | {"cosell_region"})
    assert crm.ask(lacking) == {"cosell_region"}
    (name,) = crm.memory.kept
    for minutes, looked in ((50, False), (70, True)):
        kept = crm.memory.kept[name]
        assert isinstance(kept, dict)
        before = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        crm.memory.kept[name] = {**kept, "at": before}
        assert crm.ask(lacking) == {"cosell_region"}
        now = crm.memory.kept[name]
        assert isinstance(now, dict)
        assert (now["at"] != before) is looked
