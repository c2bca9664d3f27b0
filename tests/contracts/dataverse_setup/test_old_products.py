"""Another connector's Products, as text on opportunities, copied into solution rows: once, and only what is known."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse import Catalogue
from cosell.adapters.dataverse.old_products import OldProducts
from cosell.core.errors import ConfigurationError, SchemaDriftError
from cosell.core.offers import Entry
from cosell.core.old_products import by_words, read_products
from setup_crm import ORG, Crm

from sandbox.dataverse import crm
from sandbox.faults import Fault

if TYPE_CHECKING:
    from cosell.adapters.dataverse.old_products import Copying

LINES = "cosell_partnercentersolution"


class Memory:
    """Remembers nothing."""

    def recall(self, name: str) -> object | None:
        """Give nothing."""

    def remember(self, name: str, value: object) -> None:
        """Do nothing."""


def entry(identifier: str, name: str) -> Entry:
    """Give an entry of the catalogue."""
    return Entry(identifier, "", identifier, name, "", active=True)


KNOWN = by_words([entry("SOL-1", "Alpha"), entry("SOL-2", "Beta, for banks"), entry("Alpha", "Gamma")])


@pytest.mark.parametrize(
    ("text", "ids", "unknown"),
    [
        ("", [], []),
        ("sol-1; SOL-2", ["SOL-1", "SOL-2"], []),
        ("SOL-1,SOL-2\nSOL-1", ["SOL-1", "SOL-2"], []),
        ("Beta,  for BANKS | sol-1", ["SOL-2", "SOL-1"], []),
        ("Beta, for all", [], ["Beta", "for all"]),
        ("Alpha", ["Alpha"], []),
        ("Delta; ;SOL-1,", ["SOL-1"], ["Delta"]),
    ],
)
def test_solutions_are_told_by_id_or_name(text: str, ids: list[str], unknown: list[str]) -> None:
    """Whatever parts them; a name may hold a comma; an id goes before a name; each counts once."""
    read = read_products(text, KNOWN)
    assert ([one.id for one in read.entries], list(read.unknown)) == (ids, unknown)


@pytest.fixture
def old() -> Crm:
    """Give an environment with our tables and another connector's column of text."""
    one = Crm(empty=False)
    text = {"LocalizedLabels": [{"Label": "Products", "LanguageCode": 1033}]}
    kind = "Microsoft.Dynamics.CRM.MemoAttributeMetadata"
    body = {"@odata.type": kind, "SchemaName": "new_Products", "DisplayName": text, "MaxLength": 2000}
    assert one("POST", "EntityDefinitions(LogicalName='opportunity')/Attributes", json=body).status_code == 204
    for number in (1, 2):
        crm.create(
            one.world, "cosell_solutiondetail", cosell_solutionid=f"SOL-{number}", cosell_name=f"Solution {number}"
        )
    return one


def run(one: Crm, *, column: str = "new_products", write: bool = True) -> Copying:
    """Copy, or only look."""

    async def work() -> Copying:
        async with one.transport() as wire:
            products = OldProducts(wire, column=column, catalogue=Catalogue(), memory=Memory(), organisation=ORG)
            return await (products.copy() if write else products.look())

    return asyncio.run(work())


def rows(one: Crm, deal: str) -> list[tuple[str, str]]:
    """Give a deal's solutions."""
    found = crm.find(one.world, LINES, cosell_opportunityid=deal)
    return sorted((row["cosell_solutionid"], row["cosell_name"]) for row in found)


def test_what_is_known_is_copied_once(old: Crm) -> None:
    """Looking writes nothing; a repeat makes nothing twice; what a seller added stays; closed deals are left alone."""
    first = crm.create(old.world, "opportunity", name="A", new_products="SOL-1; Solution 2; Nothing")
    second = crm.create(old.world, "opportunity", name="B", new_products="sol-1")
    crm.create(old.world, LINES, cosell_opportunityid=second, cosell_solutionid="SOL-1", cosell_name="Mine")
    closed = crm.create(old.world, "opportunity", name="C", new_products="SOL-1")
    crm.win(old.world, closed)
    seen = run(old, write=False)
    assert ([(deal, one.id) for deal, one in seen.new], seen.standing) == ([(first, "SOL-1"), (first, "SOL-2")], 1)
    assert seen.unknown == [(first, "Nothing")]
    assert rows(old, first) == []
    assert run(old).refused == []
    assert rows(old, first) == [("SOL-1", "Solution 1"), ("SOL-2", "Solution 2")]
    assert rows(old, second) == [("SOL-1", "Mine")]
    assert rows(old, closed) == []
    [line] = crm.find(old.world, LINES, cosell_opportunityid=first, cosell_solutionid="SOL-1")
    assert line["cosell_solutiondetailid"]
    assert run(old).new == []


def test_a_lost_answer_doubles_nothing(old: Crm) -> None:
    """The rows have keys of our choice."""
    deal = crm.create(old.world, "opportunity", name="A", new_products="SOL-1; SOL-2")
    old.world.faults.add(Fault(kind="drop_after", app="dataverse", path="batch", times=1))
    assert run(old).refused == []
    assert len(rows(old, deal)) == 2


def test_a_row_that_the_crm_refuses_keeps_no_other_back(old: Crm) -> None:
    """Told by the deal and the solution, with the CRM's reason."""
    crm.create(old.world, "cosell_solutiondetail", cosell_solutionid="X" * 90, cosell_name="Long")
    deal = crm.create(old.world, "opportunity", name="A", new_products=f"{'X' * 90}; SOL-1")
    org = crm.organisation(old.world)
    org.customisations.draft("column", f"{LINES}.cosell_solutionid", length=50)
    org.customisations.publish(tables=None, choices=None)
    org.refresh()
    [(told, reason)] = run(old).refused
    assert told == deal
    assert "exceeded the maximum allowed length" in reason
    assert rows(old, deal) == [("SOL-1", "Solution 1")]


def test_a_column_that_cannot_be_read_is_named(old: Crm) -> None:
    """One that is not there, and one that holds no text."""
    with pytest.raises(SchemaDriftError, match="has no column new_nothing"):
        run(old, column="new_nothing")
    with pytest.raises(ConfigurationError, match="estimatedvalue of opportunity holds money"):
        run(old, column="estimatedvalue")
