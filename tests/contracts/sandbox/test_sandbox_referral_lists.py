"""The list of referrals: filters, orders, selections and pages as the Referrals API has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.partner_center import portal
from tests.contracts.sandbox.conftest import REFERRALS

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Office


def _names(found: list[dict[str, str]]) -> list[str]:
    return [referral["name"] for referral in found]


@pytest.fixture
def three(office: Office) -> list[dict[str, str]]:
    """Three deals, created a year apart, changed in the opposite order."""
    deals = [office.deal(name=f"deal {year}", createdDateTime=f"{year}-05-01T10:00:00Z") for year in (2024, 2025, 2026)]
    for deal in reversed(deals):
        portal.touch(office.world, deal["id"])
    return deals


@pytest.mark.usefixtures("three")
def test_lists_are_ordered_by_creation_or_change_only(office: Office) -> None:
    """CreatedDateTime and updatedDateTime order in both directions; any other $orderby is 400."""
    assert _names(office.list(orderby="createdDateTime")) == ["deal 2024", "deal 2025", "deal 2026"]
    assert _names(office.list(orderby="updatedDateTime desc")) == ["deal 2024", "deal 2025", "deal 2026"]
    assert office("GET", params={"$orderby": "name"}).status_code == 400
    assert office("GET", params={"$orderby": "createdDateTime,updatedDateTime"}).status_code == 400


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("createdDateTime ge 2025-05-01T10:00:00Z", {"deal 2025", "deal 2026"}),
        ("createdDateTime gt 2025-05-01T10:00:00.0000000Z and createdDateTime lt 2027-01-01T00:00:00Z", {"deal 2026"}),
        (
            "createdDateTime ge 2026-01-01T00:00:00Z or createdDateTime lt 2025-01-01T00:00:00Z",
            {"deal 2024", "deal 2026"},
        ),
        ("not (createdDateTime ge 2025-01-01T00:00:00Z)", {"deal 2024"}),
        ("status eq 'Active' and customerProfile/address/country eq 'DE'", {"deal 2024", "deal 2025", "deal 2026"}),
        ("team/any(t:t/email eq 'nobody@contoso.example')", set()),
    ],
)
@pytest.mark.parametrize("orderby", [None, "createdDateTime", "createdDateTime desc", "updatedDateTime"])
def test_filters_choose_the_same_whatever_the_order(
    office: Office, text: str, expected: set[str], orderby: str | None
) -> None:
    """A bound that shortens the walk never changes what is found."""
    options = {"filter": text} | ({"orderby": orderby} if orderby else {})
    assert set(_names(office.list(**options))) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"$filter": "externalReferenceId eq 'OPP-1'"},
        {"$filter": "details/dealValue gt 5"},
        {"$filter": "createdDateTime ge '2025-01-01'"},
        {"$filter": "status eq"},
        {"$top": "0"},
        {"$top": "many"},
        {"$select": "id,nothing"},
        {"$search": "deal"},
        {"$skiptoken": "forged"},
    ],
)
def test_what_is_undocumented_or_broken_is_refused(office: Office, options: dict[str, str]) -> None:
    """Filters on other members, unknown options and broken tokens answer 400 with the published error body."""
    office.deal()
    answer = office("GET", params=options)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalidRequest")
    assert answer.json()["error"]["innerError"]["code"]


def test_a_filter_on_times_can_be_switched_off(office: Office) -> None:
    """Where the service refuses a filter on updatedDateTime, ordering by it still works."""
    office.world.settings["refuse_filter_on"] = ["updatedDateTime"]
    office.deal(name="one")
    assert office("GET", params={"$filter": "updatedDateTime ge 2020-01-01T00:00:00Z"}).status_code == 400
    assert _names(office.list(orderby="updatedDateTime desc")) == ["one"]


@pytest.mark.parametrize("orderby", [None, "createdDateTime", "updatedDateTime desc"])
def test_pages_give_every_referral_once(office: Office, orderby: str | None) -> None:
    """At most a hundred a page, whatever $top says; links lead to the end without gaps or repetitions."""
    deals = {office.deal(name=f"deal {number}")["id"] for number in range(230)}
    options = {"top": "500"} | ({"orderby": orderby} if orderby else {})
    first = office("GET", params={f"${name}": value for name, value in options.items()}).json()
    assert len(first["value"]) == 100
    found = [referral["id"] for referral in office.list(**options)]
    assert len(found) == 230
    assert set(found) == deals


def test_a_referral_that_changes_on_the_way_makes_no_other_one_disappear(office: Office) -> None:
    """Paging goes on behind the last one given, so a change moves that referral only."""
    office.world.settings["page_size"] = 2
    deals = [office.deal(name=f"deal {number}") for number in range(6)]
    answer = office("GET", params={"$orderby": "updatedDateTime"}).json()
    portal.touch(office.world, deals[0]["id"])
    seen = _names(answer["value"])
    while link := answer.get("@odata.nextLink"):
        answer = office("GET", link.replace("http:", "https:")).json()
        seen += _names(answer["value"])
    assert seen == [f"deal {number}" for number in (0, 1, 2, 3, 4, 5, 0)]


def test_next_links_come_with_the_published_faults(office: Office) -> None:
    """The scheme is http, and by a switch the path is one that does not exist while its token is good."""
    office.world.settings["page_size"] = 1
    office.deal()
    office.deal()
    link = office("GET").json()["@odata.nextLink"]
    assert link.startswith(f"http://127.0.0.1:8454{REFERRALS}?$skiptoken=")
    office.world.settings["odd_next_link"] = True
    odd = office("GET").json()["@odata.nextLink"]
    assert odd.startswith("http://127.0.0.1:8454/v1.0/referrals?$skiptoken=")
    assert office("GET", odd.replace("http:", "https:")).status_code == 404
    assert len(office("GET", params={"$skiptoken": odd.split("skiptoken=")[1]}).json()["value"]) == 1


def test_top_can_be_made_to_limit_the_whole_list(office: Office) -> None:
    """By a switch $top counts over all pages, as OData has it."""
    office.world.settings["top_is_total"] = True
    office.world.settings["page_size"] = 2
    for number in range(6):
        office.deal(name=f"deal {number}")
    assert len(office.list(top="3")) == 3
    assert len(office.list(top="1")) == 1
    assert len(office.list()) == 6


def test_a_selection_holds_what_was_named_and_nothing_else(office: Office) -> None:
    """$select cuts every referral of the list down to the named members."""
    office.deal(name="one")
    assert office.list(select="name,status") == [{"name": "one", "status": "Active"}]


def test_other_parties_referrals_are_listed_by_engagement_only(office: Office) -> None:
    """A plain list holds our own; the engagement's filter gives Microsoft's beside it."""
    ours = portal.invite(office.world, name="invited")
    assert [referral["id"] for referral in office.list()] == [ours["id"]]
    parties = office.list(filter=f"engagementId eq '{ours['engagementId']}'", orderby="createdDateTime")
    assert {party["organizationId"] for party in parties} == {"msft", office.world.settings["organization_id"]}
    assert office.one(next(party["id"] for party in parties if party["organizationId"] == "msft"))["status"] == "Active"


def test_oddities_of_real_payloads_can_be_switched_on(office: Office) -> None:
    """Unknown members and values, escaped names and other cases of member names come on demand."""
    deal = office.deal(name="Kraft & Söhne <1>", customerProfile={"name": "O'Brien & Sons"})
    office.world.settings["extra_members"] = True
    office.world.settings["escape_names"] = True
    shown = office.one(deal["id"])
    assert (shown["name"], shown["customerProfile"]["name"]) == (
        "Kraft &amp; Söhne &lt;1&gt;",
        "O&#x27;Brien &amp; Sons",
    )
    assert shown["aiInsights"]
    assert shown["quality"] == "Excellent"
    office.world.settings["mixed_case_keys"] = True
    assert {"Name", "Status", "Id", "customerProfile"} <= set(office.one(deal["id"]))


def test_gone_and_hidden_referrals(office: Office) -> None:
    """A gone referral answers 404 and a hidden one 403, and neither is in a list."""
    gone, hidden, seen = (office.deal(name=name) for name in ("gone", "hidden", "seen"))
    office.world.settings["gone_ids"] = [gone["id"]]
    office.world.settings["hidden_ids"] = [hidden["id"]]
    assert office("GET", f"{REFERRALS}/{gone['id']}").json()["error"]["code"] == "itemNotFound"
    assert office("GET", f"{REFERRALS}/{hidden['id']}").json()["error"]["code"] == "accessDenied"
    assert [referral["id"] for referral in office.list()] == [seen["id"]]
