"""The sandbox's events, sent by its process and judged by the receiver's: accepted, landed, or refused."""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cosell.adapters.inbox import StoredInbox

from bench.receiver import running_receiver
from local.home import receiver_environment
from sandbox.signing import Chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from local.persons import Persons

EVENTS = [
    "referral-created",
    "referral-updated",
    "related-referral-created",
    "related-referral-updated",
    "test-created",
]
REGISTRATION = "/webhooks/v1/registration"
_PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def registration(facts: dict[str, Any]) -> Iterator[httpx.Client]:
    """Give the registration API, for the application itself."""
    own = facts["partner_center_events"]
    form = {"client_id": own["client_id"], "client_secret": own["client_secret"], "scope": own["scope"]}
    trust = ssl.create_default_context(cafile=facts["ca"])
    with httpx.Client(verify=trust, trust_env=False, base_url=facts["urls"]["partner_center_events"]) as client:
        token = client.post(
            f"{facts['authority']}/oauth2/v2.0/token", data={"grant_type": "client_credentials", **form}
        ).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.put("/_sandbox/settings", json={"event_backoff_seconds": [0.1]}).raise_for_status()
        yield client


@contextmanager
def received(
    folder: Path, facts: dict[str, Any], registration: httpx.Client, *, trust: str | None = None, **more: object
) -> Iterator[StoredInbox]:
    """Run a receiver that trusts the sandbox, register its address, and give its inbox."""
    environment = receiver_environment(facts, port=0) | {"COSELL_INBOX": str(folder / "inbox")}
    environment |= {"COSELL_WEBHOOK_TRUST": trust} if trust else {}
    with running_receiver(folder / "receiver", environment) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/cosell/webhook"
        body = {"WebhookUrl": url, "WebhookEvents": EVENTS, **more}
        method = "POST" if registration.get(REGISTRATION).status_code == httpx.codes.NOT_FOUND else "PUT"
        registration.request(method, REGISTRATION, json=body).raise_for_status()
        yield StoredInbox(folder / "inbox")


def until(condition: Callable[[], bool]) -> None:
    """Come back when it is true; fail when it does not come true in time."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def validated(registration: httpx.Client, *, results: int) -> tuple[str, list[str]]:
    """Ask for a validation event; give its id and the answers to so many attempts."""
    registration.post("/_sandbox/clock", json={"advance_seconds": 61}).raise_for_status()
    asked = registration.post(f"{REGISTRATION}/validationEvents").raise_for_status()
    correlation_id = str(asked.json()["correlationId"])
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        found[:] = registration.get(f"{REGISTRATION}/validationEvents/{correlation_id}").json()["results"]
        return len(found) == results

    until(enough)
    return correlation_id, [result["responseCode"] for result in found]


@pytest.mark.parametrize("apart", [False, True])
def test_the_receiver_accepts_what_the_sandbox_signs(
    tmp_path: Path, facts: dict[str, Any], registration: httpx.Client, persons: Persons, apart: bool
) -> None:
    """A validation event and every change of a deal land, with the signature in either header."""
    with received(tmp_path, facts, registration, SignatureTokenToMsSignatureHeader=apart) as inbox:
        correlation_id, answers = validated(registration, results=1)
        assert answers == ["Accepted"]
        deal = persons.do("create_deal", name="A deal of the webhook")
        persons.do("edit", id=deal["id"], path="/details/notes", value="by the seller")
        until(lambda: len(inbox.landed()) == 3)
        landed = {(one.event, one.subject) for one in inbox.landed()}
    ours = {("referral-created", deal["id"]), ("referral-updated", deal["id"])}
    assert landed == {("test-created", correlation_id), *ours}


def test_copies_land_once_and_nothing_of_a_burst_is_missing(
    tmp_path: Path, facts: dict[str, Any], registration: httpx.Client, persons: Persons
) -> None:
    """Each of two hundred edits lands, though every event comes three times and in no order."""
    persons.set(event_copies=3, event_delay_seconds=[0, 1])
    try:
        with received(tmp_path, facts, registration) as inbox:
            deal = persons.do("create_deal", name="A deal with many edits")
            for number in range(200):
                persons.do("edit", id=deal["id"], path="/details/dealValue", value=number)
            until(lambda: not persons.do("show_deliveries")["waiting"])
            assert len(inbox.landed()) == 201
    finally:
        persons.set(event_copies=1, event_delay_seconds=[0, 0])


def test_who_trusts_another_authority_refuses_every_attempt(
    tmp_path: Path, facts: dict[str, Any], registration: httpx.Client
) -> None:
    """A validation tells of ten attempts that were not authorised, and nothing lands."""
    (tmp_path / "other.pem").write_bytes(Chain().bundle)
    with received(tmp_path, facts, registration, trust=str(tmp_path / "other.pem")) as inbox:
        _, answers = validated(registration, results=10)
        assert answers == ["Unauthorized"] * 10
        assert inbox.landed() == []
