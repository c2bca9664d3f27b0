"""Another connector's Products, as text on opportunities, copied into solution rows: once, and only what is known."""

from __future__ import annotations

import asyncio

import pytest
from cosell.adapters.dataverse import Catalogue
from cosell.adapters.dataverse.old_products import Copying, OldProducts
from cosell.core.errors import ConfigurationError
from cosell.core.offers import Entry
from cosell.core.old_products import by_words, read_products
from setup_crm import ORG, Crm

from sandbox.dataverse import crm
from sandbox.faults import Fault

LINES = "cosell_partnercentersolution"


class Memory:
    """Remembers as long as it lives."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: dict[str, object] = {}

    def recall(self, name: str) -> object | None:
        """Give what was remembered."""
        return self._kept.get(name)

    def remember(self, name: str, value: object) -> None:
        """Keep a value."""
        self._kept[name] = value


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


def add_column(one: Crm, name: str, *, label: str = "More") -> None:
    """Make a column of text on opportunity."""
    text = {"LocalizedLabels": [{"Label": label, "LanguageCode": 1033}]}
    kind = "Microsoft.Dynamics.CRM.MemoAttributeMetadata"
    body = {"@odata.type": kind, "SchemaName": name, "DisplayName": text, "MaxLength": 2000}
    assert one("POST", "EntityDefinitions(LogicalName='opportunity')/Attributes", json=body).status_code == 204


@pytest.fixture
def old() -> Crm:
    """Give an environment with our tables and another connector's column of text."""
    one = Crm(empty=False)
    add_column(one, "new_Products", label="Products")
    for number in (1, 2):
        crm.create(
            one.world, "cosell_solutiondetail", cosell_solutionid=f"SOL-{number}", cosell_name=f"Solution {number}"
        )
    return one


def run(one: Crm, *, column: str = "new_products", write: bool = True, memory: Memory | None = None) -> Copying:
    """Copy, or only look."""

    async def work() -> Copying:
        async with one.transport() as wire:
            products = OldProducts(
                wire, column=column, catalogue=Catalogue(), memory=memory or Memory(), organisation=ORG
            )
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


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("zzz", "the CRM has no column zzz on table opportunity"),
        ("new_product", "the CRM has no column new_product on table opportunity; did you mean new_products?"),
        (
            "Products",
            "no column Products on table opportunity; that is the display name of new_products: write new_",
        ),
        ("Est. Revenue", "that is the display name of estimatedvalue: write estimatedvalue"),
        ("estimatedvalue", "the column estimatedvalue of opportunity holds money, and only text can be read"),
    ],
)
def test_a_column_that_cannot_be_read_is_named(old: Crm, column: str, told: str) -> None:
    """One that is not there, with the one that is meant, and one that holds no text; no line of a mapping is blamed."""
    with pytest.raises(ConfigurationError) as raised:
        run(old, column=column)
    assert told in str(raised.value)
    assert "mapping" not in str(raised.value)


def test_a_column_that_is_added_is_found_at_once(old: Crm) -> None:
    """What was told of it before is not remembered."""
    memory = Memory()
    with pytest.raises(ConfigurationError, match="no column new_more"):
        run(old, column="new_more", memory=memory)
    add_column(old, "new_More")
    assert run(old, column="new_more", memory=memory) == Copying()
