"""Our client of the registration API, on the simulated one."""

from __future__ import annotations

import json
import logging
import uuid

import httpx
import pytest
from cosell.adapters.partner_center.registry import PartnerCenterRegistry, open_registry_transport
from cosell.adapters.transport import Options
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    RegistrationRefusedError,
    RetryLaterError,
    ThrottledError,
)
from cosell.core.registration import DEFAULT_EVENTS, Registration

from sandbox.partner_center_events.validation import add_result
from tests.contracts.registry.registrar import BASE, OTHER, QUICK, URL, Registrar

pytestmark = pytest.mark.anyio
WISH = Registration(url=URL, events=DEFAULT_EVENTS, own_header=True)


@pytest.mark.parametrize("case", ["camel", "pascal"])
async def test_what_was_registered_is_read_back(registrar: Registrar, case: str) -> None:
    """Members are sent as the samples spell them and read however they come."""
    registrar.world.settings["registration_case"] = case
    async with registrar.registry() as registry:
        assert await registry.standing() is None
        await registry.put(WISH, exists=False)
        assert (await registry.standing()) == WISH
        await registry.put(Registration(url=OTHER, events=("invoice-ready",), own_header=False), exists=True)
        found = await registry.standing()
    assert found is not None
    assert (found.url, found.events, found.own_header) == (OTHER, ("invoice-ready",), False)
    assert registrar.written() == ["POST", "PUT"]
    sent = json.loads(registrar.heard[1].content)
    assert set(sent) == {"WebhookUrl", "WebhookEvents", "SignatureTokenToMsSignatureHeader"}


async def test_events_keep_their_spelling(registrar: Registrar) -> None:
    """What others registered is given back as it was, capitals included."""
    async with registrar.registry() as registry:
        assert "usagerecords-thresholdExceeded" in await registry.offered()


@pytest.mark.parametrize(("exists", "before"), [(True, False), (False, True)])
async def test_what_changed_meanwhile_is_looked_at_anew(registrar: Registrar, *, exists: bool, before: bool) -> None:
    """Somebody registered, or nothing stands any more, since it was read: the task begins again."""
    if before:
        await registrar.somebody_registers(OTHER, "invoice-ready")
    async with registrar.registry() as registry:
        with pytest.raises(RetryLaterError, match="has changed meanwhile"):
            await registry.put(WISH, exists=exists)


async def test_a_test_event_is_asked_for_and_followed(registrar: Registrar) -> None:
    """Its id is given at once, and each try to deliver it as it is told."""
    await registrar.somebody_registers(URL, "test-created")
    async with registrar.registry() as registry:
        correlation_id = await registry.ask_for_test()
        assert await registry.attempts(correlation_id) == []
        add_result(registrar.world, correlation_id, code="ServiceUnavailable", message="wait", system_error=False)
        registrar.world.advance(60)
        add_result(registrar.world, correlation_id, code="OK", message="", system_error=False)
        first, second = await registry.attempts(correlation_id)
        assert await registry.attempts(str(uuid.uuid4())) == []
    assert (first.status, first.message, second.delivered) == (503, "wait", True)
    assert first.at is not None
    assert second.at is not None
    assert first.at < second.at
    asked = next(one for one in registrar.heard if one.url.path.endswith("validationEvents"))
    assert asked.headers["content-length"] == "0"


async def test_a_third_test_event_in_a_minute_is_left_for_later(registrar: Registrar) -> None:
    """The worker is not held for that minute: Airflow waits, as long as it was asked to."""
    await registrar.somebody_registers(URL, "test-created")
    async with registrar.registry() as registry:
        await registry.ask_for_test()
        await registry.ask_for_test()
        with pytest.raises(ThrottledError) as told:
            await registry.ask_for_test()
    assert told.value.retry_after is not None
    assert 50 < told.value.retry_after <= 60


async def test_a_refusal_is_told_in_its_words_without_what_an_address_hides(registrar: Registrar) -> None:
    """The service may repeat an address with a secret; what else it says helps."""
    body = {"code": 2000, "description": f"WebhookUrl: {OTHER} cannot be reached."}
    registrar.break_("status", method="POST", status=400, body=body)
    async with registrar.registry() as registry:
        with pytest.raises(RegistrationRefusedError, match="does not take the registration: 2000: WebhookUrl") as told:
            await registry.put(WISH, exists=False)
    assert "SECRET" not in str(told.value)


async def test_who_may_not_is_told_which_role_it_takes(registrar: Registrar) -> None:
    """The role that reads referrals is not among those that may register."""
    registrar.break_("status", status=403, body={"code": 403, "description": "Forbidden"})
    async with registrar.registry() as registry:
        with pytest.raises(AccessDeniedError, match=r"role Admin agent.*partner_center_events_default"):
            await registry.offered()


async def test_another_api_at_the_address_is_told(registrar: Registrar) -> None:
    """A wrong host is not taken for a tenant without registration."""
    registrar.break_("status", status=404, body={})
    async with registrar.registry() as registry:
        with pytest.raises(ConfigurationError, match=r"usually https://api\.partnercenter\.microsoft\.com"):
            await registry.offered()


@pytest.mark.parametrize("answer", [{"WebhookUrl": 7}, ["x"], {"WebhookUrl": "https://h", "WebhookEvents": "x"}])
async def test_an_answer_that_cannot_be_read_is_none(registrar: Registrar, answer: object) -> None:
    """Nothing is concluded from it."""
    registrar.break_("status", status=200, body=answer, times=0)
    async with registrar.registry() as registry:
        with pytest.raises(BrokenAnswerError):
            await registry.standing()


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"webhookUrl": null, "webhookEvents": []}'])
async def test_an_empty_registration_is_none(registrar: Registrar, content: bytes) -> None:
    """The contract's 404 is an inference: other ways to say nothing are read as well."""
    wire = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    async with open_registry_transport(BASE, registrar, options=Options(patience=QUICK, wire=wire)) as transport:
        assert await PartnerCenterRegistry(transport).standing() is None


async def test_no_address_is_logged(registrar: Registrar, caplog: pytest.LogCaptureFixture) -> None:
    """Requests are, with their ids."""
    with caplog.at_level(logging.INFO):
        await registrar.somebody_registers(OTHER, "invoice-ready")
        await registrar.standing()
    assert "asked GET /webhooks/v1/registration status=200" in caplog.text
    assert "flows.example" not in caplog.text
