"""Creating, reading, changing and deleting one row, with the answers that the contract lists."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sandbox.dataverse import crm
from sandbox.world import World

if TYPE_CHECKING:
    from conftest import Api

KEY = "opportunities(cosell_referralidentifier='ref-1')"
REPRESENTATION = {"Prefer": "return=representation"}


def test_create_answers_with_the_address(api: Api) -> None:
    """204 and OData-EntityId with the id, no body."""
    answer = api("POST", "accounts", json={"name": "A"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["OData-EntityId"].startswith("https://contoso.crm4.dynamics.com/api/data/v9.2/accounts(")


def test_create_with_representation_has_no_address(api: Api) -> None:
    """201 with the row and its etag, and no OData-EntityId."""
    answer = api("POST", "accounts", json={"name": "A"}, headers=REPRESENTATION)
    assert answer.status_code == 201
    assert answer.json()["@odata.etag"] == answer.headers["ETag"]
    assert answer.headers["Preference-Applied"] == "return=representation"
    assert "OData-EntityId" not in answer.headers


def test_the_client_may_choose_the_primary_key(api: Api) -> None:
    """A chosen key is kept, and collides the second time."""
    chosen = str(uuid4())
    assert api.create("accounts", accountid=chosen, name="A") == chosen
    assert api.refused("POST", "accounts", json={"accountid": chosen, "name": "B"})[:2] == (412, "0x80040237")


@pytest.mark.parametrize(
    ("headers", "existing", "missing"),
    [
        ({}, 204, 204),
        (REPRESENTATION, 200, 201),
        ({"If-Match": "*"}, 204, 404),
        ({"If-Match": 'W/"1"'}, 412, 404),
        ({"If-None-Match": "*"}, 412, 204),
        ({"If-None-Match": "null"}, 204, 204),
    ],
)
def test_patch_updates_creates_or_refuses(api: Api, headers: dict[str, str], existing: int, missing: int) -> None:
    """PATCH on a key follows the upsert table of the contract."""
    assert api("PATCH", KEY, json={"name": "A"}, headers=headers).status_code == missing
    api("PATCH", KEY, json={"name": "A"})
    assert api("PATCH", KEY, json={"name": "B"}, headers=headers).status_code == existing


def test_patch_with_the_present_version_passes(api: Api) -> None:
    """If-Match with the etag that was read is accepted once."""
    api("PATCH", KEY, json={"name": "A"})
    etag = api("GET", KEY).headers["ETag"]
    assert api("PATCH", KEY, json={"name": "B"}, headers={"If-Match": etag}).status_code == 204
    assert api.refused("PATCH", KEY, json={"name": "C"}, headers={"If-Match": etag})[:2] == (412, "0x80060882")


def test_an_upsert_by_key_tells_neither_id_nor_outcome(api: Api) -> None:
    """Both times 204, and OData-EntityId repeats the alternate key."""
    for _ in range(2):
        answer = api("PATCH", KEY, json={"name": "A"})
        assert answer.status_code == 204
        assert answer.headers["OData-EntityId"].endswith(f"/{KEY}")


def test_a_key_value_in_the_body_wins_on_create_only(api: Api) -> None:
    """On create the body decides; on update it is dropped."""
    api("PATCH", KEY, json={"name": "A", "cosell_referralidentifier": "other"})
    assert api("GET", KEY).status_code == 404
    api("PATCH", KEY, json={"name": "B"})
    api("PATCH", KEY, json={"name": "C", "cosell_referralidentifier": "third"})
    assert api("GET", KEY).json()["name"] == "C"


def test_every_write_moves_version_and_time(api: Api) -> None:
    """Even a write that changes nothing gives a new etag; times are whole seconds; persons leave their name."""
    row = api.create("accounts", name="A")
    before = api("GET", f"accounts({row})").json()
    api("PATCH", f"accounts({row})", json={"name": "A"})
    after = api("GET", f"accounts({row})").json()
    assert after["versionnumber"] > before["versionnumber"]
    assert len(after["modifiedon"]) == len("2026-11-22T10:00:00Z")
    crm.update(api.world, "account", row, name="B")
    edited = api("GET", f"accounts({row})").json()
    assert edited["_modifiedby_value"] == crm.seller(api.world) != after["_modifiedby_value"]
    crm.touch(api.world, "account", row)
    touched = api("GET", f"accounts({row})").json()
    assert touched["versionnumber"] > edited["versionnumber"]
    assert {**touched, "versionnumber": 0, "@odata.etag": ""} == {**edited, "versionnumber": 0, "@odata.etag": ""}


def test_an_unchanged_row_is_not_sent_again(api: Api) -> None:
    """If-None-Match gives 304, but not together with $expand or annotations."""
    row = f"accounts({api.create('accounts', name='A')})"
    same = {"If-None-Match": api("GET", row).headers["ETag"]}
    assert api("GET", row, headers=same).status_code == 304
    assert api("GET", f"{row}?$expand=primarycontactid", headers=same).status_code == 200
    annotated = {**same, "Prefer": 'odata.include-annotations="*"'}
    assert api("GET", row, headers=annotated).status_code == 200


def test_a_deleted_row_is_gone(api: Api) -> None:
    """404 with the real code; lookups to it are emptied."""
    account = api.create("accounts", name="A")
    deal = api.create("opportunities", name="D", **{"customerid_account@odata.bind": f"/accounts({account})"})
    assert api("DELETE", f"accounts({account})", headers={"If-Match": 'W/"1"'}).status_code == 412
    assert api("DELETE", f"accounts({account})").status_code == 204
    assert api.refused("GET", f"accounts({account})")[:2] == (404, "0x80040217")
    assert api("GET", f"opportunities({deal})").json()["_customerid_value"] is None


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("opportunities(cosell_referralidentifier='none')", 404, "0x80060891"),
        ("opportunities(name='A')", 400, "0x80060888"),
        ("opportunities(cosell_referralidentifier='a%2Fb')", 400, "0x0"),
        ("opportunities(cosell_referralidentifier='a%26b')", 400, "0x0"),
        ("nothings", 404, "0x80060888"),
        ("opportunities?$skip=10", 400, "0x80060888"),
    ],
)
def test_addresses_that_lead_nowhere(api: Api, address: str, status: int, code: str) -> None:
    """Each wrong address has its own refusal."""
    assert api.refused("GET", address)[:2] == (status, code)


def test_quotes_in_keys_are_doubled(api: Api) -> None:
    """A doubled quote in the address is one quote in the value."""
    crm.create(api.world, "opportunity", name="A", cosell_referralidentifier="O'Brien")
    assert api("GET", "opportunities(cosell_referralidentifier='o''brien')").json()["name"] == "A"


def test_an_alternate_key_is_unique_without_case(api: Api) -> None:
    """A second row of the same key is refused, in upper case too; null is not held unique."""
    api.create("opportunities", cosell_referralidentifier="ref-1")
    answer = api.refused("POST", "opportunities", json={"cosell_referralidentifier": "REF-1"})
    assert answer[:2] == (412, "0x80060892")
    api.create("opportunities", name="A")
    api.create("opportunities", name="B")


def test_a_key_works_only_once_its_index_is_built(api: Api) -> None:
    """While the index is pending the key is unknown to addresses."""
    crm.create(api.world, "opportunity", name="A", cosell_referralidentifier="ref-1")
    api.world.settings["dataverse_pending_keys"] = {"opportunity": ["cosell_referralidentifier"]}
    assert "not valid for resource" in api.refused("GET", KEY)[2]
    keys = api.rows("EntityDefinitions(LogicalName='opportunity')/Keys?$select=EntityKeyIndexStatus")
    assert [key["EntityKeyIndexStatus"] for key in keys] == ["InProgress"]


def test_a_column_is_read_and_cleared_alone(api: Api) -> None:
    """GET, PUT and DELETE on one column; an empty one is 204."""
    column = f"accounts({api.create('accounts', name='A', fax='1')})/fax"
    assert api("GET", column).json()["value"] == "1"
    api("PUT", column, json={"value": "2"})
    assert api("GET", column).json()["value"] == "2"
    api("DELETE", column)
    assert api("GET", column).status_code == 204


def test_the_state_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Rows, versions and keys are on disk."""
    path = tmp_path_factory.mktemp("state") / "sandbox.db"
    first = World.open(path)
    row = crm.create(first, "opportunity", name="A", cosell_referralidentifier="ref-1", estimatedvalue="12.50")
    before = crm.read(first, "opportunity", row)
    first.store.close()
    assert crm.read(World.open(path), "opportunity", row) == before
