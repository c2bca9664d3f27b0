"""Every change of a referral is told to the registered address: signed, tried ten times, and broken by switch."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox import partner_center
from sandbox.partner_center import portal
from sandbox.partner_center_events import create_app, outbox
from sandbox.partner_center_events.certificate import certificate_url, trust_of
from sandbox.partner_center_events.registration import register
from sandbox.world import World
from tests.contracts.sandbox.listener import Listener, deliver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contracts.sandbox.conftest import Office, Registry

ALL = ("referral-created", "referral-updated", "related-referral-created", "related-referral-updated", "test-created")
SOLUTION = {"requirements": {"solutions": [{"id": "SOL-1", "name": "One", "type": "Name"}]}}


@pytest.fixture
def told(registry: Registry) -> World:
    """Give the world after all five events were asked for, with pauses too short to notice."""
    registry.register("https://hook.partner.example/pc", *ALL)
    registry.world.settings["event_backoff_seconds"] = [0]
    return registry.world


def _outcomes(world: World) -> list[str]:
    return [one["outcome"] for one in world.act({"do": "show_deliveries"})["deliveries"]]


def test_every_change_of_our_referral_is_told_our_own_writes_too(told: World, office: Office) -> None:
    """A deal created in the portal, an edit there, and our own PATCH, which comes back as an echo."""
    deal = office.deal()
    portal.edit(told, deal["id"], path="/details/notes", value="by the seller")
    assert office.patch(deal["id"], details__dealValue=7).status_code == 204
    heard = deliver(told, Listener())
    assert sorted(heard.names) == ["referral-created", "referral-updated", "referral-updated"]
    assert set(heard.subjects) == {deal["id"]}


@pytest.mark.parametrize("named", ["theirs", "ours"])
def test_microsofts_side_is_told_as_a_related_referral(told: World, office: Office, named: str) -> None:
    """Its referral is created with our asking for help, and updated when it accepts; whose id is told, is a switch."""
    told.settings["related_events_name"] = named
    deal = office.deal(details=SOLUTION)
    theirs = portal.ask_microsoft(told, deal["id"])
    portal.microsoft_accepts(told, deal["id"])
    heard = deliver(told, Listener())
    related = {name: subject for name, subject in zip(heard.names, heard.subjects, strict=True) if "related" in name}
    subject = theirs["id"] if named == "theirs" else deal["id"]
    assert related == {"related-referral-created": subject, "related-referral-updated": subject}


def test_only_what_was_asked_for_and_what_has_happened_is_told(registry: Registry, office: Office) -> None:
    """Nothing is raised without a registration, of an event it does not name, or by a write that was refused."""
    deal = office.deal()
    assert not len(outbox.waiting(registry.world))
    registry.register("https://hook.partner.example/pc", "referral-updated")
    office.deal()
    assert office.patch(deal["id"], details__currency="none").status_code == 400
    assert not len(outbox.waiting(registry.world))
    office.patch(deal["id"], details__notes="kept")
    assert len(outbox.waiting(registry.world)) == 1


def test_an_event_is_compact_and_signed_over_its_very_bytes(told: World, office: Office, registry: Registry) -> None:
    """Five members, seven digits, and a signature that the certificate at the given address proves."""
    office.deal()
    ((headers, body),) = deliver(told, Listener()).requests
    event = json.loads(body)
    assert body == json.dumps(event, separators=(",", ":")).encode()
    assert list(event) == ["EventName", "ResourceUri", "ResourceName", "AuditUri", "ResourceChangeUtcDate"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", event["ResourceChangeUtcDate"])
    assert (headers["x-ms-signature-algorithm"], headers["content-type"]) == ("rsa-sha256", "application/json")
    address = headers["x-ms-certificate-url"]
    assert address == certificate_url(told)
    path = address.removeprefix(told.settings["urls"]["partner_center_events"])
    leaf = x509.load_der_x509_certificate(registry("GET", f"/../../..{path}").content)
    scheme, token = headers["authorization"].split()
    assert scheme == "Signature"
    leaf.public_key().verify(base64.b64decode(token), body, PKCS1v15(), SHA256())  # type: ignore[union-attr, call-arg, arg-type]


@pytest.mark.parametrize(("with_scheme", "form"), [(True, r"Signature \S{344}"), (False, r"\S{344}")])
def test_the_signature_goes_into_a_header_of_its_own_on_demand(
    registry: Registry, office: Office, with_scheme: bool, form: str
) -> None:
    """`SignatureTokenToMsSignatureHeader` leaves Authorization to a gateway."""
    registry.world.settings["ms_signature_scheme"] = with_scheme
    registry.register("https://hook.partner.example/pc", "referral-created", SignatureTokenToMsSignatureHeader=True)
    office.deal()
    ((headers, _),) = deliver(registry.world, Listener()).requests
    assert re.fullmatch(form, headers["x-ms-signature"])
    assert "authorization" not in headers


@pytest.mark.parametrize("answer", [302, 401, 404, 500, 503])
def test_what_is_not_taken_is_sent_ten_times_and_then_never_again(told: World, registry: Registry, answer: int) -> None:
    """Only 2xx is a receipt; a validation event tells of every attempt."""
    correlation_id = registry("POST", "/validationEvents").json()["correlationId"]
    heard = deliver(told, Listener(answer))
    assert len(heard.requests) == 10
    assert len({body for _, body in heard.requests}) == 1
    assert _outcomes(told) == ["given up"]
    results = registry("GET", f"/validationEvents/{correlation_id}").json()["results"]
    assert len(results) == 10
    assert set(results[0]) == {"responseCode", "responseMessage", "systemError", "dateTimeUtc"}
    assert results[0]["responseCode"] != "OK"


def test_what_is_taken_at_last_is_delivered(told: World, registry: Registry) -> None:
    """Two refusals, then a receipt: three results, the last of which is OK."""
    correlation_id = registry("POST", "/validationEvents").json()["correlationId"]
    deliver(told, Listener(503, 401, 200))
    results = registry("GET", f"/validationEvents/{correlation_id}").json()["results"]
    assert [result["responseCode"] for result in results] == ["ServiceUnavailable", "Unauthorized", "OK"]
    assert _outcomes(told) == ["delivered"]


def test_an_address_where_nobody_listens_is_an_error_of_the_system(told: World, registry: Registry) -> None:
    """No answer has no code; it says so, and counts as an attempt."""
    told.settings["event_timeout_seconds"] = 0.001
    registry.register("http://127.0.0.1:9/", "test-created")
    correlation_id = registry("POST", "/validationEvents").json()["correlationId"]

    class Nobody(Listener):
        async def __call__(self, *_: Any) -> None:  # noqa: ANN401 - ASGI's own
            raise httpx.ConnectError("refused")

    deliver(told, Nobody())
    results = registry("GET", f"/validationEvents/{correlation_id}").json()["results"]
    assert [(one["responseCode"], one["systemError"]) for one in results] == [("", True)] * 10


def test_the_pause_after_a_failure_is_one_of_the_sandboxes_clock(told: World, office: Office) -> None:
    """A delivery waits out its pause, and no longer than until the clock is moved past it."""
    told.settings["event_backoff_seconds"] = [3600]
    office.deal()
    listener = Listener(503, 200)
    deliver(told, listener, until=lambda: len(listener.requests) == 1 and _outcomes(told) == ["waiting"])
    deliver(told, listener, until=lambda: not outbox.due(told, most=1))
    assert len(listener.requests) == 1
    told.advance(3600)
    deliver(told, listener)
    assert (len(listener.requests), _outcomes(told)) == (2, ["delivered"])


def test_duplicates_losses_and_disorder_are_switches(told: World, office: Office) -> None:
    """Copies are the same to the byte; every third is dropped; a wide span of delays brings them out of order."""
    told.settings["event_copies"] = 2
    office.deal()
    bodies = [body for _, body in deliver(told, Listener()).requests]
    assert (len(bodies), len(set(bodies))) == (2, 1)
    told.settings["event_copies"], told.settings["event_drop_every"] = 1, 3
    for _ in range(6):
        office.deal()
    assert len(deliver(told, Listener()).requests) == 4
    assert sorted(_outcomes(told)) == ["delivered"] * 6 + ["dropped"] * 2
    told.settings["event_drop_every"], told.settings["event_delay_seconds"] = 0, [0, 0.5]
    deals = [office.deal()["id"] for _ in range(30)]
    heard = deliver(told, Listener()).subjects
    assert sorted(heard) == sorted(deals)
    assert heard != deals


def test_an_event_may_never_come(told: World, registry: Registry) -> None:
    """With every event dropped a validation stays without a result."""
    told.settings["event_drop_every"] = 1
    correlation_id = registry("POST", "/validationEvents").json()["correlationId"]
    assert not deliver(told, Listener()).requests
    assert registry("GET", f"/validationEvents/{correlation_id}").json()["results"] == []


def test_a_burst_is_delivered_whole_and_the_services_answer_meanwhile(told: World, office: Office) -> None:
    """An address that never answers holds back neither a PATCH nor the list; later each event comes, once."""
    deals = [office.deal()["id"] for _ in range(40)]
    silent = Listener(0)

    def answers() -> bool:
        return len(silent.requests) == told.settings["events_at_once"]

    deliver(told, silent, until=answers)
    for deal in deals * 10:
        portal.touch(told, deal)
    assert office("GET").status_code == 200
    heard = deliver(told, Listener()).subjects
    assert sorted(heard) == sorted(deals * 11)
    assert set(_outcomes(told)) == {"delivered"}


def test_what_waits_and_who_signs_outlive_a_restart(tmp_path: Path) -> None:
    """Registration, trust and waiting events are on disk like everything else."""

    def opened() -> World:
        world = World.open(tmp_path / "sandbox.db")
        create_app(world)
        return world

    first = opened()
    partner_center.create_app(first)
    register(first, {"WebhookUrl": "https://hook.partner.example/", "WebhookEvents": ["referral-created"]}, anew=True)
    deal, trust = portal.create_deal(first), trust_of(first)
    first.store.close()
    second = opened()
    assert deliver(second, Listener()).subjects == [deal["id"]]
    assert trust_of(second) == trust
    second.store.close()


def test_the_page_shows_the_last_deliveries_escaped(told: World, registry: Registry, office: Office) -> None:
    """Time, event, referral, attempts, last answer: in a browser, and nothing of it as markup."""
    registry.register("https://hook.partner.example/<script>", *ALL)
    deal = office.deal()
    deliver(told, Listener(503, 202))
    page = registry("GET", "/_sandbox/pages/deliveries")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    row = re.search(rf"<tr>.*{deal['id']}.*</tr>", page.text)
    assert row is not None
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row[0])
    assert cells[1:6] == ["referral-created", deal["id"], "delivered", "2", "202 Accepted"]
    assert registry("GET", "/_sandbox/pages/none").status_code == 400
