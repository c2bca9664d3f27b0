"""The token endpoint gives and refuses tokens as Entra does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.entra import forget_mfa, sign_in
from sandbox.tokens import Denied, Grant

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Desk

MICROSOFTS = "https://api.partner.microsoft.com/.default"


def _refresh(desk: Desk, token: str, scope: str = MICROSOFTS) -> dict[str, str]:
    return desk(grant_type="refresh_token", refresh_token=token, scope=scope).json()


def test_a_refresh_token_is_replaced_at_every_use_and_dies_a_minute_after_the_first(desk: Desk) -> None:
    """The former token stays good for sixty seconds, then it is an invalid grant; its successor lives on."""
    first = sign_in(desk.world)
    second = _refresh(desk, first)["refresh_token"]
    assert second != first
    desk.world.advance(59)
    assert "access_token" in _refresh(desk, first)
    desk.world.advance(2)
    refused = _refresh(desk, first)
    assert refused["error"] == "invalid_grant"
    assert refused["error_description"].startswith("AADSTS70000:")
    assert "access_token" in _refresh(desk, second)


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        (MICROSOFTS, "partner_center"),
        ("https://127.0.0.1:8454/.default", "partner_center"),
        ("https://localhost:8455//.default openid profile offline_access", "dataverse"),
        ("https://api.partnercenter.microsoft.com/user_impersonation", "partner_center_events"),
    ],
)
def test_the_scope_decides_which_api_a_token_opens(desk: Desk, scope: str, audience: str) -> None:
    """A token is good at the API that its scope names, by Microsoft's address or the sandbox's, and at no other."""
    token = f"Bearer {_refresh(desk, sign_in(desk.world), scope)['access_token']}"
    tokens = desk.world.tokens
    assert isinstance(tokens.check(token, audience=audience), Grant)
    assert tokens.check(token, audience="another") is Denied.AUDIENCE


def test_an_access_token_lives_an_hour(desk: Desk) -> None:
    """After 3600 seconds by the world's clock the token is expired."""
    token = f"Bearer {_refresh(desk, sign_in(desk.world))['access_token']}"
    desk.world.advance(3590)
    assert isinstance(desk.world.tokens.check(token, audience="partner_center"), Grant)
    desk.world.advance(20)
    assert desk.world.tokens.check(token, audience="partner_center") is Denied.EXPIRED


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "5f3c0000-0000-0000-0000-000000000000"}, 400, "unauthorized_client", 700016),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password", "username": "u", "password": "p"}, 400, "invalid_grant", 50076),
        ({"grant_type": "telepathy"}, 400, "unsupported_grant_type", 70003),
        ({"client_assertion": "not.a.jwt"}, 401, "invalid_client", 700027),
    ],
)
def test_a_refusal_says_why_in_entras_words(
    desk: Desk, form: dict[str, str], status: int, error: str, number: int
) -> None:
    """Every refusal is an OAuth error with its AADSTS number; a password is never taken."""
    answer = desk(**{"grant_type": "client_credentials", "scope": MICROSOFTS, **form})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}:")


def test_a_refused_redemption_does_not_spend_the_refresh_token(desk: Desk) -> None:
    """A wrong secret or scope leaves the refresh token as good as it was."""
    token = sign_in(desk.world)
    desk(grant_type="refresh_token", refresh_token=token, scope=MICROSOFTS, client_secret="wrong")
    desk(grant_type="refresh_token", refresh_token=token, scope="https://nowhere.example/.default")
    desk.world.advance(120)
    assert "access_token" in _refresh(desk, token)


def test_only_a_new_sign_in_brings_the_mfa_claim_back(desk: Desk) -> None:
    """Once the claim is gone every redemption lacks it, until a person signs in again with a device code."""
    token = sign_in(desk.world)
    forget_mfa(desk.world)
    stale = _refresh(desk, token)["access_token"]
    flow = desk("devicecode", scope=MICROSOFTS).json()
    poll = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": flow["device_code"]}
    assert desk(**poll).json()["error"] == "authorization_pending"
    desk.world.act({"do": "approve_device", "user_code": flow["user_code"]})
    fresh = desk(**poll).json()["access_token"]
    grants = [desk.world.tokens.check(f"Bearer {one}", audience="partner_center") for one in (stale, fresh)]
    assert [isinstance(grant, Grant) and grant.mfa for grant in grants] == [False, True]
    assert desk(**poll).json()["error"] == "invalid_grant"


def test_a_person_enters_the_code_on_a_page(desk: Desk) -> None:
    """The address that a device sign-in names is a form; it takes a code that waits, in whatever case, and no other."""
    flow = desk("devicecode", scope=MICROSOFTS).json()
    poll = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": flow["device_code"]}
    page = httpx.URL(flow["verification_uri"]).path
    assert '<input name="code"' in desk.page("GET", page).text
    assert desk.page("POST", page, code="NONSENSE").status_code == 400
    assert desk(**poll).json()["error"] == "authorization_pending"
    assert "Done." in desk.page("POST", page, code=f" {flow['user_code'].lower()} ").text
    assert "access_token" in desk(**poll).json()
