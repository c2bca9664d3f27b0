"""Connections: two rows, one from either end, that come, change and go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api


@pytest.fixture
def deal(api: Api) -> str:
    """Give an opportunity's id."""
    yen = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({crm.currency('JPY')})"}
    return api.create("opportunities", name="Deal", **yen)


def between(api: Api, deal: str) -> dict[str, Any]:
    """Give the body of a connection of the deal with a seller."""
    return {
        "record1id_opportunity@odata.bind": f"/opportunities({deal})",
        "record2id_systemuser@odata.bind": f"/systemusers({crm.seller(api.world)})",
        "record2roleid@odata.bind": f"/connectionroles({crm.role('Account Manager')})",
    }


def test_a_connection_is_seen_from_both_ends(api: Api, deal: str) -> None:
    """The service makes the second row: ends and roles changed about, each naming the other."""
    made = api.create("connections", **between(api, deal))
    one, other = (crm.find(api.world, "connection", record1id=each)[0] for each in (deal, crm.seller(api.world)))
    assert (one["connectionid"], one["relatedconnectionid"]) == (made, other["connectionid"])
    assert (other["record2id"], other["record1roleid"]) == (deal, crm.role("Account Manager"))
    assert (one["record1objecttypecode"], one["record2objecttypecode"]) == (3, 8)
    assert (other["record2roleid"], one["name"], other["name"]) == (None, "Ana García", "Deal")


@pytest.mark.parametrize("end", [0, 1])
def test_both_rows_change_and_go_together(api: Api, deal: str, end: int) -> None:
    """Whichever of them is written."""
    api.create("connections", **between(api, deal))
    row = crm.find(api.world, "connection")[end]["connectionid"]
    assert api("PATCH", f"connections({row})", json={"statecode": 1, "statuscode": 2}).status_code == 204
    assert [each["statecode"] for each in crm.find(api.world, "connection")] == [1, 1]
    assert api("DELETE", f"connections({row})").status_code == 204
    assert crm.find(api.world, "connection") == []


def test_connections_go_with_what_they_connect(api: Api, deal: str) -> None:
    """The deal is deleted."""
    api.create("connections", **between(api, deal))
    assert api("DELETE", f"opportunities({deal})").status_code == 204
    assert crm.find(api.world, "connection") == []


def test_one_end_or_the_same_end_twice_is_refused(api: Api, deal: str) -> None:
    """A connection needs two records."""
    body = between(api, deal)
    del body["record2id_systemuser@odata.bind"]
    assert api.refused("POST", "connections", json=body)[:2] == (400, "0x80040203")
    itself = {**body, "record2id_opportunity@odata.bind": f"/opportunities({deal})"}
    assert api.refused("POST", "connections", json=itself)[:2] == (400, "0x80048217")


def test_connections_are_listed_with_role_and_people(api: Api, deal: str) -> None:
    """By the record that they hang on, its kind, and what their lookups lead to."""
    api.create("connections", **between(api, deal))
    expand = (
        "record2roleid($select=category),record2id_systemuser($select=firstname),record2id_contact($select=lastname)"
    )
    asked = f"connections?$select=statecode&$filter=_record1id_value eq {deal}&$expand={expand}"
    (row,) = api("GET", asked).json()["value"]
    assert row["record2roleid"]["category"] == 1001
    assert row["record2id_systemuser"]["firstname"] == "Ana"
    assert row["record2id_contact"] is None
    others = api("GET", "connections?$select=statecode&$filter=record1objecttypecode eq 3").json()["value"]
    assert len(others) == 1
