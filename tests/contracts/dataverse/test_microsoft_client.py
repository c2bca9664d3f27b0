"""Microsoft's own Python client works against the sandbox over TLS: proof that it does not only talk to itself."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from enum import Enum
from typing import TYPE_CHECKING

import httpx
import pandas as pd
import pytest
import requests
import uvicorn
from azure.core.credentials import AccessToken
from cosell.adapters.dataverse.setup.setup import Setup, SetupPatience
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.adapters.transport import Options, Transport
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.filters import col
from PowerPlatform.Dataverse.models.labels import Label, LocalizedLabel
from PowerPlatform.Dataverse.models.relationship import (
    LookupAttributeMetadata,
    ManyToManyRelationshipMetadata,
    OneToManyRelationshipMetadata,
)
from PowerPlatform.Dataverse.models.upsert import UpsertItem

from sandbox.certificates import write_leaf
from sandbox.dataverse import create_app, crm, install
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Credential:
    """Stands in for azure-identity: hands out a token of the sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Give a token for the environment."""
        return AccessToken(self._world.tokens.issue("dataverse", client_id="sdk"), int(time.time()) + 3600)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Give a new world in memory; for a test that asks for `set_up`, one without what co-sell needs."""
    world = World.open(":memory:")
    if "set_up" in request.fixturenames:
        install.start_empty(world)
    return world


@pytest.fixture
def set_up(world: World) -> World:
    """Give a world whose empty CRM our setup has worked on."""

    class Token:
        async def token(self, *, refused: str | None = None) -> str:
            return world.tokens.issue("dataverse", client_id="setup")

    async def run() -> None:
        wire = httpx.ASGITransport(app=create_app(world))
        async with Transport("https://contoso.crm4.dynamics.com", Token(), options=Options(wire=wire)) as transport:
            await Setup(transport, load_wanted(), patience=SetupPatience(between_looks=0.2)).run(lambda _step: None)

    asyncio.run(run())
    return world


@pytest.fixture
def address(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the world over TLS and give the address; clients trust the sandbox's own authority."""
    certificate, key = write_leaf(tmp_path, names=())
    config = uvicorn.Config(
        create_app(world),
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,  # the client keeps its connections open
    )
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@pytest.fixture
def client(address: str, world: World) -> Iterator[DataverseClient]:
    """Give Microsoft's client, signed in."""
    with DataverseClient(address, Credential(world)) as client:
        yield client


def test_without_a_token_there_is_401(address: str) -> None:
    """The environment answers nobody who has not signed in."""
    assert requests.get(f"{address}/api/data/v9.2/WhoAmI", timeout=5).status_code == 401


def test_creates_and_reads_one_row(client: DataverseClient) -> None:
    """What was created is read back, with what the service added."""
    account = client.records.create("account", {"name": "Käserei O'Brien 🧀", "address1_postalcode": "80331"})
    row = client.records.retrieve("account", account, select=["name", "address1_postalcode"])
    assert row["name"] == "Käserei O'Brien 🧀"
    assert row["address1_postalcode"] == "80331"
    assert row.etag.startswith('W/"')


def test_creates_many_rows_in_one_call(client: DataverseClient, world: World) -> None:
    """CreateMultiple gives the ids in the order of the rows."""
    names = [f"Customer {number}" for number in range(20)]
    ids = client.records.create("account", [{"name": name} for name in names])
    assert [crm.read(world, "account", row)["name"] for row in ids] == names


def test_refuses_what_the_service_refuses(client: DataverseClient) -> None:
    """The client understands the sandbox's error body."""
    with pytest.raises(HttpError) as refusal:
        client.records.create("account", {"name": "x" * 161})
    assert refusal.value.status_code == 400
    assert refusal.value.details["service_error_code"] == "0x80044331"


def test_updates_one_and_many_rows(client: DataverseClient, world: World) -> None:
    """PATCH and UpdateMultiple change what they name and nothing else."""
    ids = client.records.create("account", [{"name": "A", "fax": "1"}, {"name": "B", "fax": "2"}])
    client.records.update("account", ids[0], {"name": "A2"})
    client.records.update("account", ids, [{"telephone1": "10"}, {"telephone1": "20"}])
    first, second = (crm.read(world, "account", row) for row in ids)
    assert (first["name"], first["fax"], first["telephone1"]) == ("A2", "1", "10")
    assert (second["name"], second["fax"], second["telephone1"]) == ("B", "2", "20")


def test_lists_pages_and_queries(client: DataverseClient) -> None:
    """Filters, order and paging through nextLink give every row once."""
    client.records.create("account", [{"name": f"Page {number:02}"} for number in range(25)])
    pages = list(
        client.query.builder("account")
        .select("name")
        .where(col("name").like("Page%"))
        .order_by("name")
        .page_size(10)
        .execute_pages()
    )
    names = [row["name"] for page in pages for row in page]
    assert [len(list(page)) for page in pages] == [10, 10, 5]
    assert names == [f"Page {number:02}" for number in range(25)]


def test_translates_choice_labels(client: DataverseClient, world: World) -> None:
    """The client finds the numbers of choices in the metadata."""
    row = client.records.create("opportunity", {"name": "Deal", "cosell_referralvisibility": "Visible"})
    assert crm.read(world, "opportunity", row)["cosell_referralvisibility"] == 727000001


def test_upserts_by_alternate_key(client: DataverseClient, world: World) -> None:
    """One item goes by PATCH, several by UpsertMultiple; each creates or updates."""
    key = "cosell_solutionid"
    client.records.upsert("cosell_solutiondetail", [UpsertItem({key: "SOL-1"}, {"cosell_name": "One"})])
    items = [UpsertItem({key: f"SOL-{n}"}, {"cosell_name": f"Name {n}"}) for n in (1, 2)]
    client.records.upsert("cosell_solutiondetail", items)
    rows = crm.find(world, "cosell_solutiondetail")
    assert sorted((row[key], row["cosell_name"]) for row in rows) == [("SOL-1", "Name 1"), ("SOL-2", "Name 2")]


def test_moves_data_frames_both_ways(client: DataverseClient, world: World) -> None:
    """A data frame is created, changed, read and deleted."""
    frame = pd.DataFrame({"name": ["North", "South"], "revenue": [10.5, 20.25]})
    frame["accountid"] = client.dataframe.create("account", frame)
    frame["name"] = ["North 2", "South 2"]
    client.dataframe.update("account", frame[["accountid", "name"]], id_column="accountid")
    read = client.query.builder("account").select("name", "revenue").order_by("name").execute().to_dataframe()
    assert list(read["name"]) == ["North 2", "South 2"]
    assert list(read["revenue"]) == [10.5, 20.25]
    client.dataframe.delete("account", frame["accountid"])
    assert crm.find(world, "account") == []


def test_runs_a_batch_with_a_change_set(client: DataverseClient, world: World) -> None:
    """A change set's rows refer to each other; a refusal in the batch does not stop the others when told so."""
    batch = client.batch.new()
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "Parent"})
        changes.records.create("opportunity", {"name": "Child", "customerid_account@odata.bind": account})
    batch.records.create("account", {"name": "x" * 200})
    batch.records.create("account", {"name": "Last"})
    result = batch.execute(continue_on_error=True)
    assert [item.status_code for item in result.responses] == [204, 204, 400, 204]
    [child] = crm.find(world, "opportunity", name="Child")
    assert child["customerid"] == crm.find(world, "account", name="Parent")[0]["accountid"]
    assert crm.find(world, "account", name="Last")


def test_a_failed_change_set_leaves_nothing(client: DataverseClient, world: World) -> None:
    """All of a change set happens, or nothing; its answer is one part with the failing Content-ID."""
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": "Never"})
        changes.records.create("account", {"name": "x" * 200})
    result = batch.execute(continue_on_error=True)
    assert [(item.status_code, item.content_id) for item in result.responses] == [(400, "2")]
    assert crm.find(world, "account") == []


def test_deletes_one_and_many(client: DataverseClient, world: World) -> None:
    """DELETE and BulkDelete take rows away."""
    ids = client.records.create("account", [{"name": f"N{number}"} for number in range(4)])
    client.records.delete("account", ids[0])
    client.records.delete("account", ids[1:])
    assert crm.find(world, "account") == []


def test_describes_tables_and_keys(client: DataverseClient) -> None:
    """Tables, columns and alternate keys are found by the client's metadata calls."""
    assert client.tables.get("opportunity")["entity_set_name"] == "opportunities"
    keys = client.tables.get_alternate_keys("opportunity")
    assert [(key.key_attributes, key.status) for key in keys] == [(["cosell_referralidentifier"], "Active")]


def test_sees_what_our_setup_made(set_up: World, client: DataverseClient) -> None:
    """Tables, columns, keys and relationships are there for Microsoft's client as they are for us."""
    for name, table in load_wanted().tables.items():
        seen = client.tables.get(name)
        assert seen is not None
        assert {column["LogicalName"] for column in client.tables.list_columns(name)} >= table.columns.keys()
        keys = client.tables.get_alternate_keys(name)
        assert {(tuple(key.key_attributes), key.status) for key in keys} == {
            (columns, "Active") for columns in table.keys.values()
        }
        for column in table.columns.values():
            if column.relationship:
                found = client.tables.get_relationship(column.relationship)
                assert (found.referenced_entity, found.referencing_entity) == (column.to, name)
    client.records.upsert("cosell_solutiondetail", [UpsertItem({"cosell_solutionid": "S1"}, {"cosell_name": "One"})])
    [entry] = crm.find(set_up, "cosell_solutiondetail", cosell_solutionid="S1")
    row = {
        "cosell_name": "One",
        "cosell_price": 12.5,
        "cosell_SolutionDetailId@odata.bind": f"/cosell_solutiondetails({entry['cosell_solutiondetailid']})",
    }
    line = client.records.create("cosell_partnercentersolution", row)
    assert crm.read(set_up, "cosell_partnercentersolution", line)["cosell_solutiondetailid"]


class Grade(Enum):
    """A choice as the client takes it."""

    GOOD = 100000000
    BAD = 100000001


def test_makes_and_removes_tables_columns_and_keys(client: DataverseClient, world: World) -> None:
    """What the client makes it finds again, writes to and takes away."""
    schema = {"new_Code": "string", "new_Count": "int", "new_Due": "datetime", "new_Grade": Grade, "new_Open": "bool"}
    made = client.tables.create("new_Crate", schema, solution="cosell")
    assert (made["table_logical_name"], made["entity_set_name"]) == ("new_crate", "new_crates")
    assert made["primary_name_attribute"] == "new_name"
    client.tables.add_columns("new_Crate", {"new_Weight": "decimal"})
    key = client.tables.create_alternate_key("new_Crate", "new_CrateKey", ["new_code"])
    world.advance(60)
    [found] = client.tables.get_alternate_keys("new_Crate")
    assert (found.key_attributes, found.status) == (["new_code"], "Active")
    row = {"new_code": "C1", "new_count": 3, "new_grade": "BAD", "new_open": True, "new_weight": 1.5}
    crate = client.records.create("new_crate", row)
    assert crm.read(world, "new_crate", crate)["new_grade"] == Grade.BAD.value
    client.tables.delete_alternate_key("new_Crate", key.metadata_id)
    client.tables.remove_columns("new_Crate", "new_Weight")
    columns = {column["LogicalName"] for column in client.tables.list_columns("new_Crate")}
    assert "new_code" in columns
    assert "new_weight" not in columns
    client.tables.delete("new_Crate")
    assert client.tables.get("new_Crate") is None


def test_makes_finds_and_removes_relationships(client: DataverseClient, world: World) -> None:
    """A lookup ties rows by the name that the client was told; both kinds of relationship are found and taken away."""
    for name in ("new_Shelf", "new_Crate"):
        client.tables.create(name, {"new_Code": "string"})
    lookup = LookupAttributeMetadata("new_ShelfId", label_of("Shelf"))
    one = OneToManyRelationshipMetadata("new_shelf_crate", "new_shelf", "new_crate", "new_shelfid")
    one_made = client.tables.create_one_to_many_relationship(lookup, one)
    many = ManyToManyRelationshipMetadata("new_shelf_crate_many", "new_shelf", "new_crate")
    many_made = client.tables.create_many_to_many_relationship(many)
    shelf = client.records.create("new_shelf", {"new_name": "S"})
    crate = client.records.create("new_crate", {"new_name": "C", "new_ShelfId@odata.bind": f"/new_shelfs({shelf})"})
    assert crm.read(world, "new_crate", crate)["new_shelfid"] == shelf
    found = client.tables.get_relationship("new_shelf_crate")
    assert (found.referenced_entity, found.referencing_entity) == ("new_shelf", "new_crate")
    names = {row["SchemaName"] for row in client.tables.list_table_relationships("new_Shelf")}
    assert names >= {"new_shelf_crate", "new_shelf_crate_many"}
    client.tables.delete_relationship(one_made.relationship_id)
    client.tables.delete_relationship(many_made.relationship_id)
    assert client.tables.get_relationship("new_shelf_crate") is None
    assert client.tables.get_relationship("new_shelf_crate_many") is None


def label_of(text: str) -> Label:
    """Give a label as the client takes it."""
    return Label([LocalizedLabel(text, 1033)])
