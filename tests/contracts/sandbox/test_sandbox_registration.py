"""The registration of webhooks answers as Partner Center's own REST API does, and is stricter where in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Registry

URL = "https://hook.partner.example/pc?key=1"
BODY: dict[str, Any] = {"WebhookUrl": URL, "WebhookEvents": ["referral-updated", "test-created"]}


def test_the_events_that_exist_are_a_bare_list_with_others_among_them(registry: Registry) -> None:
    """The five of ours are there, and names of matters that are none of ours."""
    names = registry("GET", "/events").json()
    ours = {f"{whose}referral-{what}" for whose in ("", "related-") for what in ("created", "updated")}
    assert ours | {"test-created"} < set(names)


def test_there_is_one_registration_made_by_post_and_changed_by_put(registry: Registry) -> None:
    """Without one GET and PUT are 404; with one POST is refused in a sentence that names PUT; the subscriber stays."""
    assert (registry("GET").status_code, registry("PUT", json=BODY).status_code) == (404, 404)
    made = registry("POST", json=BODY)
    assert (made.status_code, set(made.json())) == (200, {"subscriberId", "webhookUrl", "webhookEvents"})
    again = registry("POST", json={**BODY, "WebhookUrl": "https://other.partner.example/"})
    assert (again.status_code, "PUT" in again.json()["description"]) == (409, True)
    assert registry("GET").json()["webhookUrl"] == URL
    changed = registry("PUT", json={"WebhookUrl": "https://new.partner.example/", "WebhookEvents": ["test-created"]})
    assert changed.json()["subscriberId"] == made.json()["subscriberId"]
    present = registry("GET").json()
    assert (present["webhookUrl"], present["webhookEvents"]) == ("https://new.partner.example/", ["test-created"])


@pytest.mark.parametrize(
    ("case", "names"), [("camel", ("webhookUrl", "properties")), ("pascal", ("WebhookUrl", "Properties"))]
)
def test_members_come_in_either_spelling(registry: Registry, case: str, names: tuple[str, ...]) -> None:
    """The reference has small first letters, the samples capitals: a client has to read both."""
    registry.world.settings["registration_case"] = case
    registry("POST", json={**BODY, "SignatureTokenToMsSignatureHeader": True})
    present = registry("GET").json()
    assert set(names) < set(present)
    flags = [value for name, value in present.items() if name.lower() == "signaturetokentomssignatureheader"]
    assert flags == [True]


@pytest.mark.parametrize(
    "changed",
    [
        {"WebhookUrl": "http://hook.partner.example/pc"},
        {"WebhookUrl": "https://user:word@hook.partner.example/pc"},
        {"WebhookUrl": "https://hook.partner.example/pc#part"},
        {"WebhookUrl": "/pc"},
        {"WebhookUrl": None},
        {"WebhookEvents": []},
        {"WebhookEvents": ["referral-deleted"]},
        {"WebhookEvents": ["test-created", "test-created"]},
        {"WebhookEvents": "test-created"},
        {"SignatureTokenToMsSignatureHeader": "true"},
        {"Unknown": 1},
        {"webhookUrl": URL},
    ],
)
def test_what_is_no_registration_is_refused(registry: Registry, changed: dict[str, Any]) -> None:
    """Plain https addresses, known events, members as spelt in the samples: anything else is a 400 with a sentence."""
    refused = registry("POST", json={**BODY, **changed})
    assert (refused.status_code, bool(refused.json()["description"])) == (400, True)
    assert registry("GET").status_code == 404


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090/cosell/webhook", "http://localhost/x", "http://[::1]:1/"])
def test_this_machine_may_be_told_without_tls(registry: Registry, url: str) -> None:
    """So that a receiver can be tried where the sandbox runs."""
    assert registry("POST", json={**BODY, "WebhookUrl": url}).status_code == 200


def test_only_tokens_for_this_api_are_good_of_a_person_or_of_the_application(registry: Registry) -> None:
    """The audience is not that of referrals; a person needs the MFA claim, an application has none to show."""
    issue = registry.world.tokens.issue
    tokens = {
        issue("partner_center", client_id="ours", user="somebody@contoso.example"): 401,
        issue("partner_center_events", client_id="ours", user="somebody@contoso.example", mfa=False): 401,
        issue("partner_center_events", client_id="ours", mfa=False): 404,
        registry.token: 404,
        "unknown": 401,
    }
    found = {token: registry("GET", headers={"Authorization": f"Bearer {token}"}).status_code for token in tokens}
    assert found == tokens


def test_what_is_no_route_method_or_body_is_said(registry: Registry) -> None:
    """404, 405 with Allow, 415 and 400, each in the API's own shape."""
    answers = [
        registry("GET", "/other"),
        registry("DELETE"),
        registry("POST", content=b"{}", headers={"Content-Type": "text/plain"}),
        registry("POST", content=b"{", headers={"Content-Type": "application/json"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 415, 400]
    assert answers[1].headers["Allow"] == "GET, POST, PUT"
    assert all(set(answer.json()) == {"code", "description", "data", "source"} for answer in answers)


def test_a_validation_event_needs_a_registration_that_names_it(registry: Registry) -> None:
    """404 without a registration, 400 where it does not name test-created, else a correlation id."""
    assert registry("POST", "/validationEvents").status_code == 404
    registry.register(URL, "referral-updated")
    assert registry("POST", "/validationEvents").status_code == 400
    registry.register(URL, "test-created")
    correlation_id = registry("POST", "/validationEvents").json()["correlationId"]
    told = registry("GET", f"/validationEvents/{correlation_id}").json()
    assert (told["correlationId"], told["status"], told["callbackUrl"]) == (correlation_id, "completed", URL)


def test_validation_events_are_asked_for_twice_a_minute_and_kept_for_a_week(registry: Registry) -> None:
    """The third within a minute is 429 with Retry-After; after seven days nobody knows of it any more."""
    registry.register()
    asked = [registry("POST", "/validationEvents") for _ in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    assert 0 < int(asked[2].headers["Retry-After"]) <= 60
    registry.world.advance(61)
    assert registry("POST", "/validationEvents").status_code == 200
    path = f"/validationEvents/{asked[0].json()['correlationId']}"
    assert registry("GET", path).status_code == 200
    registry.world.advance(7 * 86400)
    registry.token = registry.world.tokens.issue("partner_center_events", client_id="ours")
    assert registry("GET", path).status_code == 404


def test_a_validation_event_without_a_length_is_refused(registry: Registry) -> None:
    """The body is empty, and its length has to be there all the same: 411."""
    registry.register()

    async def nothing() -> Any:  # noqa: ANN401 - a body in parts, whose length nobody knows
        yield b""

    assert registry("POST", "/validationEvents", content=nothing()).status_code == httpx.codes.LENGTH_REQUIRED
