"""Lists: filters, order, pages, counts, expansions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api

SMALL = {"Prefer": "odata.maxpagesize=3"}


@pytest.fixture
def names(api: Api) -> list[str]:
    """Create eight accounts, two of a name, and give their names in order."""
    names = [f"Name {letter}" for letter in "abcdefgg"]
    for name in reversed(names):
        crm.create(api.world, "account", name=name, telephone1="1" if name > "Name d" else None)
    return names


def pages(api: Api, address: str, **headers: str) -> list[list[dict[str, Any]]]:
    """Follow the links to the end and give the pages."""
    found = []
    while address:
        body = api("GET", address, headers={**SMALL, **headers}).json()
        found.append(body["value"])
        address = body.get("@odata.nextLink", "")
    return found


@pytest.mark.parametrize("order", ["", "&$orderby=name", "&$orderby=name desc", "&$orderby=telephone1 desc,name"])
def test_pages_give_every_row_once(api: Api, names: list[str], order: str) -> None:
    """Whatever the order, equal and empty values included."""
    found = pages(api, f"accounts?$select=name,telephone1{order}")
    assert [len(page) for page in found] == [3, 3, 2]
    rows = [row for page in found for row in page]
    assert len({row["accountid"] for row in rows}) == 8
    if order.startswith("&$orderby=name"):
        assert [row["name"] for row in rows] == sorted(names, reverse="desc" in order)


def test_the_page_size_holds_for_one_request(api: Api, names: list[str]) -> None:
    """A link asked without the preference gives all that is left."""
    link = api("GET", "accounts?$select=name", headers=SMALL).json()["@odata.nextLink"]
    assert len(api.rows(link)) == len(names) - 3


def test_a_page_follows_the_rows_as_they_are_now(api: Api, names: list[str]) -> None:
    """A row that moves behind the last page's end is seen again: nothing is frozen while a client pages."""
    first = api("GET", "accounts?$select=name&$orderby=name", headers=SMALL).json()
    crm.update(api.world, "account", first["value"][0]["accountid"], name="Name z")
    rest = [row["name"] for page in pages(api, first["@odata.nextLink"]) for row in page]
    assert rest == [*names[3:], "Name z"]


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("%22", "%2522"),
        lambda link: link.replace("name", "fax"),
        lambda link: link[:-60] + "A" + link[-59:],
        lambda link: link.split("$skiptoken=")[0] + "$skiptoken=2",
    ],
)
def test_a_link_must_be_followed_as_it_is(api: Api, names: list[str], change: Any) -> None:  # noqa: ANN401
    """Re-encoded, changed or made-up links are refused."""
    link = api("GET", "accounts?$select=name&$orderby=name", headers=SMALL).json()["@odata.nextLink"]
    assert len(names) == 8
    assert api("GET", change(link), headers=SMALL).status_code == 400


def test_links_come_with_the_requests_own_host_or_with_its_twin(api: Api, names: list[str]) -> None:
    """The setting makes the service write another host, as the real one may."""
    link = api("GET", "accounts?$select=name", headers=SMALL).json()["@odata.nextLink"]
    assert link.startswith("https://contoso.crm4.dynamics.com/api/data/v9.2/accounts?")
    api.world.settings["dataverse_api_twin"] = "https://contoso.api.crm4.dynamics.com"
    link = api("GET", "accounts?$select=name", headers=SMALL).json()["@odata.nextLink"]
    assert link.startswith("https://contoso.api.crm4.dynamics.com/api/data/v9.2/accounts?")
    assert len(names) == 8


def test_top_counts_unless_there_is_a_page_size(api: Api, names: list[str]) -> None:
    """$top alone cuts the list; beside a page size it is dropped."""
    assert len(api.rows("accounts?$top=2")) == 2
    assert sum(map(len, pages(api, "accounts?$top=2"))) == len(names)


def test_counts(api: Api, names: list[str]) -> None:
    """$count beside the rows, as a number alone, and by table."""
    body = api("GET", "accounts?$count=true&$filter=telephone1 eq '1'", headers=SMALL).json()
    assert (body["@odata.count"], len(body["value"])) == (4, 3)
    assert api("GET", "accounts/$count").text == str(len(names))
    counted = api("GET", "RetrieveTotalRecordCount(EntityNames=['account'])").json()["EntityRecordCountCollection"]
    assert counted["Values"] == [len(names)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name eq 'NAME A'", ["Name a"]),
        ("contains(name,'E B')", ["Name b"]),
        ("startswith(name,'name') and telephone1 eq null", ["Name a", "Name b", "Name c", "Name d"]),
        ('Microsoft.Dynamics.CRM.In(PropertyName=\'name\',PropertyValues=["name c","Name D"])', ["Name c", "Name d"]),
        ("name eq 'Name a' or name eq 'Name b'", ["Name a", "Name b"]),
        ("statecode eq 0 and name eq 'name e'", ["Name e"]),
        ("modifiedon ge 2126-01-01T00:00:00Z", []),
        ("transactioncurrencyid/isocurrencycode eq 'EUR'", []),
        ("opportunity_customer_accounts/any(o:o/name eq 'Deal')", ["Name f"]),
    ],
)
def test_filters(api: Api, names: list[str], text: str, expected: list[str]) -> None:
    """With and without the help of an index the same rows come."""
    [account] = crm.find(api.world, "account", name="Name f")
    crm.create(api.world, "opportunity", name="Deal", customerid=account["accountid"])
    rows = api("GET", "accounts", params={"$select": "name", "$filter": text, "$orderby": "name"}).json()["value"]
    assert [row["name"] for row in rows] == expected
    assert len(names) == 8


def test_rows_are_found_by_lists_of_ids(api: Api, names: list[str]) -> None:
    """The lookup column and the primary key take In, in either case of letters."""
    ids = [row["accountid"] for row in crm.find(api.world, "account")][:2]
    values = ",".join(f'"{row.upper()}"' for row in ids)
    text = f"Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=[{values}])"
    assert {row["accountid"] for row in api("GET", "accounts", params={"$filter": text}).json()["value"]} == set(ids)
    crm.create(api.world, "opportunity", name="Deal", customerid=ids[0])
    by_lookup = f"_customerid_value eq {ids[0]}"
    assert [row["name"] for row in api.rows(f"opportunities?$filter={by_lookup}")] == ["Deal"]
    assert len(names) == 8


@pytest.mark.parametrize(
    "address",
    [
        "accounts?$filter=nme eq 'A'",
        "accounts?$filter=name eq 5",
        "accounts?$filter=accountid eq 'A'",
        "accounts?$filter=revenue eq '5'",
        "accounts?$filter=contains(revenue,'5')",
        "accounts?$filter=contains(name,'%25A')",
        "accounts?$select=nme",
        "accounts?$select=primarycontactid",
        "accounts?$orderby=nme",
        "accounts?$expand=nme",
        "accounts?$top=many",
        "accounts?$apply=aggregate($count as n)",
        "accounts?$select=name&$select=fax",
        f"accounts?$filter=name eq '{'x' * 33_000}'",
    ],
)
def test_refuses_what_it_cannot_answer(api: Api, address: str) -> None:
    """Unknown columns and wrong types are errors even where there are no rows."""
    assert api.refused("GET", address)[:2] == (400, "0x80060888")


def test_selection_adds_key_and_currency(api: Api) -> None:
    """The key always comes, the currency with money."""
    api.create("accounts", name="A", revenue=5)
    [row] = api.rows("accounts?$select=revenue")
    assert set(row) == {"@odata.etag", "revenue", "_transactioncurrencyid_value", "accountid"}


def test_collections_are_expanded_with_their_own_options(api: Api) -> None:
    """Filter, order, top and selection inside the brackets."""
    account = crm.create(api.world, "account", name="A")
    for name in ("x1", "x2", "y"):
        crm.create(api.world, "opportunity", name=name, customerid=account)
    inner = "$select=name;$filter=startswith(name,'x');$orderby=name desc;$top=1"
    [row] = api.rows(f"accounts?$select=name&$expand=opportunity_customer_accounts({inner})")
    assert [deal["name"] for deal in row["opportunity_customer_accounts"]] == ["x2"]
