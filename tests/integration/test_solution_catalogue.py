"""The catalogue of solutions: brought in from a file or from referrals, in one request, all or nothing."""

from __future__ import annotations

import asyncio
import csv
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cosell.adapters.dataverse import Catalogue
from cosell.adapters.dataverse.catalogue import SolutionCatalogue
from cosell.adapters.transport import Options, Transport
from cosell.core.errors import AccessDeniedError, FileRefusedError, SchemaDriftError, ServiceUnavailableError
from cosell.core.offers import Offer
from cosell.sync.offers import MOST, bring, compare, seen_on_referrals
from cosell.sync.tables import main_of
from openpyxl import Workbook

from sandbox.dataverse import crm
from tests.integration.driven import typed
from tests.integration.joined import DV, DV_URL, QUICK, Joined, _Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from cosell.sync.offers import Brought, Scope

    from local.persons import Persons

TABLE = "cosell_solutiondetail"


@asynccontextmanager
async def opened(joined: Joined, *, before: Callable[[httpx.Request], None] | None = None) -> AsyncIterator[Any]:
    """Give the CRM's catalogue; a person may act before a request gets there."""
    app = httpx.ASGITransport(joined.apps[DV])

    class Wire(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if before:
                before(request)
            return await app.handle_async_request(request)

    options = Options(patience=QUICK, wire=Wire())
    async with Transport(DV_URL, _Person(joined.sandbox, "dataverse"), options=options) as wire:
        yield SolutionCatalogue(wire, Catalogue(), memory=joined.state, organisation=DV_URL)


def brought(
    joined: Joined,
    offers: Sequence[Offer],
    *,
    scope: Scope = "listed",
    before: Callable[[httpx.Request], None] | None = None,
) -> Brought:
    """Bring offers in."""

    async def work() -> Brought:
        async with opened(joined, before=before) as catalogue:
            return await bring(catalogue, offers, source="offers.csv", scope=scope)

    return asyncio.run(work())


def shelf(joined: Joined) -> dict[str, dict[str, Any]]:
    """Give the catalogue as a person sees it."""
    return {str(row["cosell_solutionid"]): row for row in crm.find(joined.sandbox, TABLE)}


def two_hundred(**changes: Any) -> list[Offer]:  # noqa: ANN401 - members of an offer
    """Give a file's worth of offers."""
    numbers = range(200)
    return [Offer(**{"id": f"NEW-{n:03}", "name": f"Solution {n}", "row": n + 2, **changes}) for n in numbers]


def test_two_hundred_come_in_one_request(joined: Joined) -> None:
    """They are active and pickable; a second time nothing is written."""
    before = len(shelf(joined))
    joined.writes()
    assert brought(joined, two_hundred()).counts == {"add": 200}
    (request,) = joined.writes()
    assert request["rows_written"] == 200
    found = shelf(joined)
    assert len(found) == before + 200
    row = found["NEW-007"]
    assert (row["cosell_name"], row["cosell_active"], row["statecode"]) == ("Solution 7", True, 0)
    again = brought(joined, two_hundred())
    assert (again.changes, again.same) == ([], 200)
    assert joined.writes() == []


def test_update_retire_and_restore(joined: Joined) -> None:
    """Only what differs; a retired one is inactive, so that Dynamics' own picker leaves it out."""
    brought(joined, [Offer("A-1", "One"), Offer("A-2", "Two", "Category")])
    changes = brought(joined, [Offer("a-1", "One, new"), Offer("A-2", "Two", active=False)]).changes
    assert [change.kind for change in changes] == ["update", "retire"]
    found = shelf(joined)
    assert (found["A-1"]["cosell_name"], found["A-1"]["cosell_active"]) == ("One, new", True)
    assert (found["A-2"]["cosell_active"], found["A-2"]["statecode"], found["A-2"]["cosell_type"]) == (
        False,
        1,
        "Category",
    )
    assert [c.kind for c in brought(joined, [Offer("A-2", "Two", active=True)]).changes] == ["restore"]
    assert (shelf(joined)["A-2"]["cosell_active"], shelf(joined)["A-2"]["statecode"]) == (True, 0)


def test_one_that_a_person_switched_off_counts_as_retired(joined: Joined) -> None:
    """Whether by the switch or by deactivating the row."""
    brought(joined, [Offer("A-1", "One"), Offer("A-2", "Two")])
    crm.update(joined.sandbox, TABLE, shelf(joined)["A-1"]["cosell_solutiondetailid"], statecode=1, statuscode=2)
    crm.update(joined.sandbox, TABLE, shelf(joined)["A-2"]["cosell_solutiondetailid"], cosell_active=False)
    assert brought(joined, [Offer("A-1", "One"), Offer("A-2", "Two")]).changes == []
    restored = brought(joined, [Offer("A-1", "One", active=True), Offer("A-2", "Two", active=True)])
    assert [change.kind for change in restored.changes] == ["restore", "restore"]


def test_others_are_retired_where_that_is_asked(joined: Joined) -> None:
    """The file is then the whole catalogue."""
    brought(joined, [Offer("A-1", "One")], scope="whole")
    active = [given for given, row in shelf(joined).items() if row["cosell_active"] and row["statecode"] == 0]
    assert active == ["A-1"]


def test_a_dry_run_writes_nothing(joined: Joined) -> None:
    """It says the same."""

    async def work() -> Brought:
        async with opened(joined) as catalogue:
            return await compare(catalogue, two_hundred(), source="offers.csv")

    joined.writes()
    assert asyncio.run(work()).counts == {"add": 200}
    assert joined.writes() == []


def test_a_text_that_is_too_long_is_named_with_its_row(joined: Joined) -> None:
    """By the column's own length, before anything is sent."""
    joined.writes()
    with pytest.raises(FileRefusedError, match=r"row 9 \(A-9\): the name has 201 characters and the CRM takes 200"):
        brought(joined, [*two_hundred()[:5], Offer("A-9", "x" * 201, row=9)])
    assert joined.writes() == []


def test_what_the_crm_refuses_is_named_with_its_row_and_nothing_stays(joined: Joined) -> None:
    """A refusal within the request undoes all of it."""
    before = shelf(joined)
    offers = two_hundred()

    def clash(request: httpx.Request) -> None:
        """Make one name such that the CRM refuses it."""
        if request.method == "POST" and b"Solution 150" in request.content:
            longer = request.content.replace(b'"Solution 150"', b'"%s"' % (b"x" * 300))
            request.stream = httpx.ByteStream(longer)

    with pytest.raises(FileRefusedError, match=r"row 152 \(NEW-150\): the CRM refused it"):
        brought(joined, offers, before=clash)
    assert shelf(joined) == before


def test_what_a_person_changed_meanwhile_is_compared_anew(joined: Joined) -> None:
    """The version guards it: the other values of the person stay, and the file's are written."""
    brought(joined, [Offer("A-1", "One")])
    key = shelf(joined)["A-1"]["cosell_solutiondetailid"]
    acts = [lambda: crm.update(joined.sandbox, TABLE, key, cosell_type="Category")]

    def meanwhile(request: httpx.Request) -> None:
        if request.method == "POST" and acts:
            acts.pop()()

    brought(joined, [Offer("A-1", "Two")], before=meanwhile)
    row = shelf(joined)["A-1"]
    assert (row["cosell_name"], row["cosell_type"]) == ("Two", "Category")


def test_an_entry_that_a_person_adds_meanwhile_is_not_doubled(joined: Joined) -> None:
    """The alternate key refuses the second; the next look finds the first."""
    acts = [lambda: crm.create(joined.sandbox, TABLE, cosell_solutionid="A-1", cosell_name="By hand")]

    def meanwhile(request: httpx.Request) -> None:
        if request.method == "POST" and acts:
            acts.pop()()

    brought(joined, [Offer("A-1", "One"), Offer("A-2", "Two")], before=meanwhile)
    rows = [row for row in crm.find(joined.sandbox, TABLE) if row["cosell_solutionid"] in {"A-1", "A-2"}]
    assert sorted(str(row["cosell_name"]) for row in rows) == ["One", "Two"]


def test_a_lost_answer_changes_nothing(joined: Joined) -> None:
    """The request is sent again; what landed the first time is found, not doubled."""
    joined.break_("dataverse", "drop_after", method="POST", times=1)
    before = len(shelf(joined))
    assert brought(joined, two_hundred()).counts == {"add": 200}
    assert len(shelf(joined)) == before + 200


def test_a_crm_that_changes_all_the_time_is_not_fought(joined: Joined) -> None:
    """After some tries the operator is told to come back."""
    brought(joined, [Offer("A-1", "One")])
    key = shelf(joined)["A-1"]["cosell_solutiondetailid"]
    count = iter(range(100))

    def always(request: httpx.Request) -> None:
        if request.method == "POST":
            crm.update(joined.sandbox, TABLE, key, cosell_type=f"Type {next(count)}")

    with pytest.raises(ServiceUnavailableError, match="changed by others at this moment"):
        brought(joined, [Offer("A-1", "Two")], before=always)


def test_too_many_changes_are_refused_whole(joined: Joined) -> None:
    """One request holds a thousand; half a file is never taken."""
    offers = [Offer(f"B-{number}", "One") for number in range(MOST + 1)]
    with pytest.raises(FileRefusedError, match=f"makes {MOST + 1} changes"):
        brought(joined, offers)


def test_a_role_that_may_not_write_is_named(joined: Joined) -> None:
    """The privilege that lacks stands in the error."""
    joined.sandbox.settings["dataverse_denied_privileges"] = ["prvCreatecosell_SolutionDetail"]
    with pytest.raises(AccessDeniedError, match="the privilege prvCreatecosell_SolutionDetail: an administrator"):
        brought(joined, [Offer("A-1", "One")])


def test_a_table_that_is_not_there_is_named(joined: Joined) -> None:
    """The administrator learns what to add."""

    async def work() -> None:
        async with opened(joined) as known:
            other = Catalogue(table="old_solution")
            catalogue = SolutionCatalogue(known._client._wire, other, memory=joined.state, organisation="other")
            await catalogue.entries()

    with pytest.raises(SchemaDriftError, match="no table old_solution"):
        asyncio.run(work())


def test_solutions_of_referrals_are_found(joined: Joined) -> None:
    """Each once, under its last name; what the catalogue holds is left as it is."""
    joined.referral(details={"requirements": {"solutions": [{"id": "SOL-12345-ABC", "name": "Other", "type": "Name"}]}})
    joined.later(60)
    joined.referral(details={"requirements": {"solutions": [{"id": "SOL-34104-EBB", "name": "Named", "type": "Name"}]}})

    async def work() -> list[Offer]:
        async with AsyncExitStack() as stack:
            return await seen_on_referrals(main_of(await joined.worlds(stack, "seen")))

    seen = asyncio.run(work())
    assert [(offer.id, offer.name) for offer in seen] == [("SOL-12345-ABC", "Other"), ("SOL-34104-EBB", "Named")]
    crm.delete(joined.sandbox, TABLE, shelf(joined)["SOL-34104-EBB"]["cosell_solutiondetailid"])
    name = shelf(joined)["SOL-12345-ABC"]["cosell_name"]
    found = brought(joined, seen, scope="new")
    assert [(change.kind, change.offer.id) for change in found.changes] == [("add", "SOL-34104-EBB")]
    assert shelf(joined)["SOL-34104-EBB"]["cosell_name"] == "Named"
    assert shelf(joined)["SOL-12345-ABC"]["cosell_name"] == name


@pytest.fixture
def state(deployed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a memory of its own."""
    del deployed
    url = f'{{"conn_type": "generic", "extra": {{"url": "sqlite:///{tmp_path}/state.db"}}}}'
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", url)


def test_an_operator_imports_a_file(
    state: None, persons: Persons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run says what an import then does; a wrong file ends with each row and exit code 1."""
    path = tmp_path / "solutions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("solution id", "name"), *((f"C-{n:03}", f"Solution {n}") for n in range(200))])
    typed("solutions", "import", str(path), "--dry-run")
    assert "200 added, 0 updated, 0 retired, 0 offered again, 0 already so. Nothing was written." in (
        capsys.readouterr().out
    )
    assert persons.do("dataverse.find", table=TABLE, cosell_solutionid="C-199") == []
    typed("solutions", "import", str(path))
    told = capsys.readouterr().out
    assert "add      C-000  Solution 0" in told
    assert "... and 160 more" in told
    assert len(persons.do("dataverse.find", table=TABLE, cosell_solutionid="C-199")) == 1
    path.write_text("solution id,name\nC-300,One\nC-300,Two\n,Three\n")
    with pytest.raises(SystemExit) as refused:
        typed("solutions", "import", str(path))
    told = str(refused.value.code)
    assert told.startswith("FileRefusedError: solutions.csv was not taken, and nothing was written:")
    assert "row 3: the solution id C-300 stands in row 2 already" in told
    assert "row 4: the solution id is empty" in told
    assert persons.do("dataverse.find", table=TABLE, cosell_solutionid="C-300") == []


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("cells", "words", "told"),
    [
        ([("S-1", "One"), ("S-2", "=A2")], (), "row 3: the name holds a formula; replace it by its value"),
        ([("S-1", "One"), ("s-1", "Two")], (), "row 3: the solution id s-1 stands in row 2 already; remove one of the"),
        (
            [("S-1", "One")],
            ("--sheet", "Offers"),
            "no sheet 'Offers'; say which with --sheet; its sheets are 'Solutions'",
        ),
    ],
)
def test_a_workbook_that_cannot_be_taken_is_told(
    persons: Persons,
    tmp_path: Path,
    cells: list[tuple[str, str]],
    words: tuple[str, ...],
    told: str,
) -> None:
    """File, row and way out; exit code 1; rows that are right are not taken either."""
    before = persons.do("dataverse.find", table=TABLE)
    book = Workbook()
    book.active.title = "Solutions"
    for row in (("solution id", "name"), *cells):
        book.active.append(row)
    book.save(tmp_path / "solutions.xlsx")
    with pytest.raises(SystemExit) as refused:
        typed("solutions", "import", str(tmp_path / "solutions.xlsx"), *words)
    said = str(refused.value.code)
    assert said.startswith("FileRefusedError: solutions.xlsx was not taken, and nothing was written:")
    assert told in said
    assert persons.do("dataverse.find", table=TABLE) == before


def test_a_file_as_excel_saves_it_abroad_is_taken(
    state: None, persons: Persons, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte order mark at the front, semicolons between."""
    path = tmp_path / "solutions.csv"
    path.write_bytes("solution id;name\r\nABROAD-1;Händler\r\n".encode("utf-8-sig"))
    typed("solutions", "import", str(path))
    assert "add      ABROAD-1  Händler" in capsys.readouterr().out
    [row] = persons.do("dataverse.find", table=TABLE, cosell_solutionid="ABROAD-1")
    assert row["cosell_name"] == "Händler"


def test_an_operator_takes_what_was_seen(state: None, persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """By the connections of the deployment."""
    solution = {"id": "SOL-15974-MQF", "name": "Seen", "type": "Name"}
    persons.do("create_deal", name="A deal", details={"requirements": {"solutions": [solution]}})
    (row,) = persons.do("dataverse.find", table=TABLE, cosell_solutionid="SOL-15974-MQF")
    persons.do("dataverse.delete", table=TABLE, row=row["cosell_solutiondetailid"])
    typed("solutions", "seen")
    assert "add      SOL-15974-MQF  Seen" in capsys.readouterr().out
    assert len(persons.do("dataverse.find", table=TABLE, cosell_solutionid="SOL-15974-MQF")) == 1
