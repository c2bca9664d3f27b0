"""Opportunities are closed by actions; a closed one is nearly immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api


def closing(row: str, status: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """Give the body of WinOpportunity or LoseOpportunity."""
    activity = {"subject": "Done", "opportunityid@odata.bind": f"/opportunities({row})", **more}
    return {"Status": status, "OpportunityClose": activity}


@pytest.fixture
def deal(api: Api) -> str:
    """Give the id of an open opportunity in yen."""
    yen = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({crm.currency('JPY')})"}
    return api.create("opportunities", name="D", estimatedvalue=5, isrevenuesystemcalculated=False, **yen)


def test_win_closes_and_leaves_an_activity(api: Api, deal: str) -> None:
    """State, dates and revenue move; the activity is in the opportunity's currency."""
    body = closing(deal, 3, actualrevenue=7, actualend="2026-11-20T10:00:00Z")
    assert api("POST", "WinOpportunity", json=body).status_code == 204
    row = crm.read(api.world, "opportunity", deal)
    assert (row["statecode"], row["statuscode"], row["actualclosedate"], row["actualvalue"]) == (1, 3, "2026-11-20", 7)
    [activity] = crm.find(api.world, "opportunityclose", opportunityid=deal)
    assert activity["transactioncurrencyid"] == crm.currency("JPY")


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("WinOpportunity", 4, "0x80048408"),
        ("LoseOpportunity", 3, "0x80048408"),
        ("LoseOpportunity", None, "0x80048d19"),
    ],
)
def test_the_status_must_fit_the_action(api: Api, deal: str, action: str, status: int, code: str) -> None:
    """Won takes its own reason, lost one of its two; none is none."""
    assert api.refused("POST", action, json=closing(deal, status))[:2] == (400, code)
    assert crm.find(api.world, "opportunityclose") == []


def test_it_is_closed_once(api: Api, deal: str) -> None:
    """A second closing is refused and leaves no activity."""
    api("POST", "LoseOpportunity", json=closing(deal, 5))
    assert api.refused("POST", "WinOpportunity", json=closing(deal, 3))[:2] == (400, "0x80040515")
    assert len(crm.find(api.world, "opportunityclose")) == 1


def test_won_cannot_be_set_by_an_update(api: Api, deal: str) -> None:
    """The message names the action to use; nor can a row be born closed."""
    status, code, message = api.refused("PATCH", f"opportunities({deal})", json={"statecode": 1, "statuscode": 3})
    assert (status, code) == (400, "0x80100005")
    assert "WinOpportunityRequest" in message
    assert api.refused("POST", "opportunities", json={"statecode": 2})[:2] == (400, "0x80048408")


def test_of_a_closed_one_only_custom_columns_change(api: Api, deal: str) -> None:
    """The audit can still be written, the name cannot; a setting loosens it."""
    crm.win(api.world, deal)
    assert api("PATCH", f"opportunities({deal})", json={"cosell_audit": "x"}).status_code == 204
    assert api.refused("PATCH", f"opportunities({deal})", json={"name": "x"})[:2] == (400, "0x80040515")
    api.world.settings["dataverse_closed_opportunity"] = "all"
    assert api("PATCH", f"opportunities({deal})", json={"name": "x"}).status_code == 204


def test_it_can_be_reopened(api: Api, deal: str) -> None:
    """Statecode 0 opens it again, with a reason of that state."""
    crm.lose(api.world, deal, status=5)
    assert api("PATCH", f"opportunities({deal})", json={"statecode": 0, "statuscode": 2}).status_code == 204
    row = crm.read(api.world, "opportunity", deal)
    assert (row["statecode"], row["statuscode"], row["actualclosedate"]) == (0, 2, None)


def test_on_hold_is_a_reason_of_open(api: Api, deal: str) -> None:
    """A status reason of the present state is set by an update, one of another state is not."""
    assert api("PATCH", f"opportunities({deal})", json={"statuscode": 2}).status_code == 204
    assert api.refused("PATCH", f"opportunities({deal})", json={"statuscode": 4})[:2] == (400, "0x80048408")
