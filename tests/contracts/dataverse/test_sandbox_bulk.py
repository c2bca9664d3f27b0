"""CreateMultiple, UpdateMultiple and UpsertMultiple: all or nothing, and no word about which row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    import httpx
    from conftest import Api


def bulk(api: Api, message: str, *targets: dict[str, Any], table: str = "account") -> httpx.Response:
    """Send a bulk call for accounts (or another table) and give the answer."""
    entity_set = {"account": "accounts", "contact": "contacts", "cosell_solutiondetail": "cosell_solutiondetails"}[
        table
    ]
    typed = [{"@odata.type": f"Microsoft.Dynamics.CRM.{table}", **target} for target in targets]
    return api("POST", f"{entity_set}/Microsoft.Dynamics.CRM.{message}", json={"Targets": typed})


def names(api: Api, table: str = "account", column: str = "name") -> list[str]:
    """Give the names of all rows."""
    return sorted(row[column] for row in crm.find(api.world, table))


def test_create_gives_ids_in_order(api: Api) -> None:
    """200 with the ids of the rows, in their order."""
    ids = bulk(api, "CreateMultiple", {"name": "B"}, {"name": "A"}).json()["Ids"]
    assert [crm.read(api.world, "account", row)["name"] for row in ids] == ["B", "A"]


@pytest.mark.parametrize("wrong", [{"name": "x" * 161}, {"nme": "x"}, {"primarycontactid@odata.bind": "/contacts"}])
def test_one_bad_row_undoes_all(api: Api, wrong: dict[str, str]) -> None:
    """Nothing is written, and the message does not name the row."""
    answer = bulk(api, "CreateMultiple", {"name": "A"}, wrong, {"name": "C"})
    assert answer.status_code == 400
    assert "Targets" not in answer.text
    assert names(api) == []


def test_update_needs_the_primary_key_and_answers_nothing(api: Api) -> None:
    """204 without a body; a row that is not there undoes the others."""
    first, second = bulk(api, "CreateMultiple", {"name": "A"}, {"name": "B"}).json()["Ids"]
    answer = bulk(api, "UpdateMultiple", {"accountid": first, "name": "A2"}, {"accountid": second, "name": "B2"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert bulk(api, "UpdateMultiple", {"name": "X"}).status_code == 400
    missing = "1f9fc1b0-1111-2222-3333-444455556666"
    answer = bulk(api, "UpdateMultiple", {"accountid": first, "name": "X"}, {"accountid": missing, "name": "X"})
    assert answer.status_code == 404
    assert names(api) == ["A2", "B2"]


def test_upsert_goes_by_either_key(api: Api) -> None:
    """204 for creates and updates alike."""
    table = "cosell_solutiondetail"
    keyed = {"@odata.id": "cosell_solutiondetails(cosell_solutionid='S-1')"}
    assert bulk(api, "UpsertMultiple", {**keyed, "cosell_name": "A"}, table=table).status_code == 204
    [row] = crm.find(api.world, table)
    by_id = {"cosell_solutiondetailid": row["cosell_solutiondetailid"], "cosell_name": "B"}
    assert bulk(api, "UpsertMultiple", by_id, table=table).status_code == 204
    [row] = crm.find(api.world, table)
    assert (row["cosell_solutionid"], row["cosell_name"]) == ("S-1", "B")


def test_upsert_refuses_the_key_in_the_body_on_create(api: Api) -> None:
    """Repeating the key column passes on update and fails on create."""
    table = "cosell_solutiondetail"
    target = {
        "@odata.id": "cosell_solutiondetails(cosell_solutionid='S-1')",
        "cosell_solutionid": "S-1",
        "cosell_name": "A",
    }
    answer = bulk(api, "UpsertMultiple", target, table=table)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80040216")
    crm.create(api.world, table, cosell_solutionid="S-1", cosell_name="old")
    assert bulk(api, "UpsertMultiple", target, table=table).status_code == 204
    assert names(api, table, "cosell_name") == ["A"]


def test_the_type_is_mandatory(api: Api) -> None:
    """Every target says its type, and the right one."""
    for target in ({"name": "A"}, {"@odata.type": "Microsoft.Dynamics.CRM.contact", "name": "A"}):
        address = "accounts/Microsoft.Dynamics.CRM.CreateMultiple"
        assert api.refused("POST", address, json={"Targets": [target]})[:2] == (400, "0x80048d19")


def test_a_row_named_twice_is_a_deadlock(api: Api) -> None:
    """The database's own error, and nothing is written."""
    row = api.create("accounts", name="A")
    answer = bulk(api, "UpdateMultiple", {"accountid": row, "name": "B"}, {"accountid": row, "name": "C"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "0x80044150")
    assert names(api) == ["A"]


def test_support_is_listed_and_held(api: Api) -> None:
    """Contact lacks CreateMultiple, and so UpsertMultiple; a person may change what is supported."""
    query = {
        "$select": "primaryobjecttypecode",
        "$filter": "sdkmessageid/name eq 'CreateMultiple' and "
        "(primaryobjecttypecode eq 'contact' or primaryobjecttypecode eq 'account')",
    }
    assert [row["primaryobjecttypecode"] for row in api("GET", "sdkmessagefilters", params=query).json()["value"]] == [
        "account"
    ]
    for message in ("CreateMultiple", "UpsertMultiple"):
        answer = bulk(api, message, {"lastname": "A"}, table="contact")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80040800")
    crm.bulk(api.world, "contact", "CreateMultiple", supported=True)
    crm.bulk(api.world, "account", "CreateMultiple", supported=False)
    assert [row["primaryobjecttypecode"] for row in api("GET", "sdkmessagefilters", params=query).json()["value"]] == [
        "contact"
    ]
    assert bulk(api, "CreateMultiple", {"lastname": "A"}, table="contact").status_code == 200
    assert bulk(api, "CreateMultiple", {"name": "A"}).status_code == 400
