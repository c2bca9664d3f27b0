"""Microsoft's own Python client works against the sandbox over TLS: proof that it does not only talk to itself."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import requests
import uvicorn
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.filters import col
from PowerPlatform.Dataverse.models.upsert import UpsertItem

from sandbox.certificates import write_leaf
from sandbox.dataverse import create_app, crm
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
def world() -> World:
    """Give a new world in memory."""
    return World.open(":memory:")


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
