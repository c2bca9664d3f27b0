"""What is repeated, what never is, and what the caller learns about it."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest
from cosell.adapters.transport import Answer, NoAnswerError, Patience, Request, Transport
from cosell.core.errors import BrokenAnswerError, ServiceUnavailableError, ThrottledError

from tests.contracts.transport.scripted import Service

pytestmark = pytest.mark.anyio
Opened = Callable[..., Transport]

READ = Request(path="things")
WRITE = Request(method="POST", path="things", json={"a": 1})
GUARDED = Request(method="PATCH", path="things/1", json={"a": 1}, headers={"If-Match": "e"}, repeat_safe=True)
CUT = httpx.RemoteProtocolError("cut")
LOST = httpx.ReadTimeout("no answer")
NO_CONNECTION = httpx.ConnectError("refused")
GOOD = httpx.Response(200, json={"value": 1})
THROTTLED = httpx.Response(429, headers={"Retry-After": "0"})


async def send(opened: Opened, request: Request, **options: Any) -> Answer:  # noqa: ANN401 - any option
    """Send one request."""
    async with opened(**options) as transport:
        return await transport.send(request)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 509])
async def test_read_is_repeated_past_passing_trouble(opened: Opened, service: Service, status: int) -> None:
    """A read is asked again when the service stumbles."""
    service.answers = [httpx.Response(status), httpx.Response(status), GOOD]
    assert (await send(opened, READ)).json() == {"value": 1}
    assert len(service.asked) == 3


@pytest.mark.parametrize("trouble", [LOST, NO_CONNECTION, CUT, httpx.ReadError("cut")])
async def test_read_is_repeated_past_a_broken_connection(opened: Opened, service: Service, trouble: Exception) -> None:
    """A read is asked again when no answer comes."""
    service.answers = [trouble, GOOD]
    assert (await send(opened, READ)).is_success


async def test_read_gives_up_after_all_tries(opened: Opened, service: Service) -> None:
    """The number of tries is bounded."""
    service.answers = [httpx.Response(503)]
    with pytest.raises(ServiceUnavailableError):
        await send(opened, READ)
    assert len(service.asked) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 422, 501])
async def test_refusals_are_the_caller_s_to_judge(opened: Opened, service: Service, status: int) -> None:
    """What concerns one record comes back as it is, asked once."""
    service.answers = [httpx.Response(status, json={"error": {"code": "x"}})]
    assert (await send(opened, READ)).status == status
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "trouble", [LOST, httpx.RemoteProtocolError("cut"), *map(httpx.Response, (500, 502, 503, 504))]
)
async def test_unsafe_write_without_an_answer_is_never_repeated(
    opened: Opened, service: Service, trouble: httpx.Response | Exception
) -> None:
    """A create that may have been done is not done twice; the caller learns that nobody knows."""
    service.answers = [trouble, GOOD]
    with pytest.raises(NoAnswerError):
        await send(opened, WRITE)
    assert len(service.asked) == 1


async def test_unsafe_write_that_never_left_is_repeated(opened: Opened, service: Service) -> None:
    """Without a connection nothing was done, so it may be asked again; at the end it was still not done."""
    service.answers = [NO_CONNECTION, GOOD]
    assert (await send(opened, WRITE)).is_success
    service.answers = [NO_CONNECTION]
    with pytest.raises(ServiceUnavailableError):
        await send(opened, WRITE)


async def test_unsafe_write_with_an_unreadable_answer_may_have_been_done(opened: Opened, service: Service) -> None:
    """Half an answer to a create is as good as none."""
    service.answers = [httpx.Response(201, content=b'{"id": "x", "na')]
    with pytest.raises(NoAnswerError):
        await send(opened, WRITE)
    assert len(service.asked) == 1


async def test_guarded_write_is_repeated_and_its_answer_marked(opened: Opened, service: Service) -> None:
    """A 412 after a lost answer may come from our own first try: the caller is told."""
    service.answers = [LOST, httpx.Response(412)]
    answer = await send(opened, GUARDED)
    assert (answer.status, answer.unsure) == (412, True)
    service.answers = [httpx.Response(412)]
    assert (await send(opened, GUARDED)).unsure is False


async def test_guarded_write_that_stays_unanswered_may_have_been_done(opened: Opened, service: Service) -> None:
    """When no try is answered nobody knows, however often it was tried."""
    service.answers = [LOST]
    with pytest.raises(NoAnswerError):
        await send(opened, GUARDED)
    assert len(service.asked) == 4


@pytest.mark.parametrize("status", [429, 503, 509])
@pytest.mark.parametrize("request_", [READ, WRITE, GUARDED])
async def test_retry_after_means_not_done(opened: Opened, service: Service, status: int, request_: Request) -> None:
    """A service that asks to come back did not do it: even a create is asked again, and nothing is unsure."""
    service.answers = [httpx.Response(status, headers={"Retry-After": "0"})] * 3 + [GOOD]
    answer = await send(opened, request_)
    assert (answer.is_success, answer.unsure) == (True, False)
    assert len(service.asked) == 4


async def test_retry_after_is_waited(opened: Opened, service: Service) -> None:
    """The next try comes no earlier than asked."""
    service.answers = [httpx.Response(429, headers={"Retry-After": "1"}), GOOD]
    begun = time.monotonic()
    await send(opened, READ)
    assert time.monotonic() - begun >= 1


async def test_gateway_that_asks_for_time_gets_it(opened: Opened, service: Service) -> None:
    """A 504 may have been done, so only safe requests are repeated, and no earlier than asked."""
    service.answers = [httpx.Response(504, headers={"Retry-After": "1"}), GOOD]
    begun = time.monotonic()
    await send(opened, READ)
    assert time.monotonic() - begun >= 1
    service.answers = [httpx.Response(504, headers={"Retry-After": "0"}), GOOD]
    with pytest.raises(NoAnswerError):
        await send(opened, WRITE)


async def test_too_long_a_wait_is_handed_to_the_caller(opened: Opened, service: Service) -> None:
    """A task does not sit out an hour: it ends with the time to wait."""
    service.answers = [httpx.Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(ThrottledError) as caught:
        await send(opened, WRITE)
    assert caught.value.retry_after == pytest.approx(3600, abs=1)
    assert len(service.asked) == 1


async def test_throttled_after_a_lost_answer_is_still_unsure(opened: Opened, service: Service) -> None:
    """The last word of a guarded write is what may have happened, not what stopped it."""
    service.answers = [LOST, httpx.Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(NoAnswerError):
        await send(opened, GUARDED)


async def test_throttling_narrows_the_path(opened: Opened, service: Service) -> None:
    """A 429 halves the concurrency and success widens it."""
    async with opened() as transport:
        for _ in range(10):
            await transport.send(READ)
        wide = transport.pace.width
        service.answers = [THROTTLED, GOOD]
        await transport.send(READ)
        assert wide == 12
        assert transport.pace.width == 6


async def test_service_s_hint_is_obeyed(opened: Opened, service: Service) -> None:
    """x-ms-dop-hint bounds the concurrency."""
    service.answers = [httpx.Response(200, json={}, headers={"x-ms-dop-hint": "3"})]
    async with opened() as transport:
        for _ in range(10):
            await transport.send(READ)
        assert transport.pace.width == 3


@pytest.mark.parametrize("body", [b'{"value": [1, 2', b"<html>not available</html>", b'{"v": NaN}', b"\xff\xfe"])
async def test_broken_answers_of_reads_are_asked_again(opened: Opened, service: Service, body: bytes) -> None:
    """Half an answer, or none of JSON, is repeated; when it stays so it is an error of its own."""
    service.answers = [httpx.Response(200, content=body), GOOD]
    assert (await send(opened, READ)).json() == {"value": 1}
    service.answers = [httpx.Response(200, content=body)]
    with pytest.raises(BrokenAnswerError):
        await send(opened, READ)


async def test_caller_s_own_check_counts_too(opened: Opened, service: Service) -> None:
    """An answer of the wrong shape is as broken as one that is cut short."""

    def must_have_value(answer: Answer) -> None:
        if answer.json() != {"value": 1}:
            message = "no value"
            raise BrokenAnswerError(message)

    service.answers = [httpx.Response(200, json={}), GOOD]
    assert (await send(opened, replace(READ, check=must_have_value))).is_success
    assert len(service.asked) == 2


async def test_statuses_can_be_handed_back(opened: Opened, service: Service) -> None:
    """A caller who can read a 500 or 429 gets it at once."""
    for status in (500, 429):
        service.asked.clear()
        service.answers = [httpx.Response(status, json={"error": {}}, headers={"Retry-After": "0"})]
        assert (await send(opened, replace(WRITE, hand_back=frozenset({status})))).status == status
        assert len(service.asked) == 1


async def test_server_that_never_ends_its_answer_is_left(opened: Opened) -> None:
    """The whole of a try has an end, whatever keeps it from ending by itself."""

    async def hang(_request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    with pytest.raises(ServiceUnavailableError):
        await send(opened, READ, wire=httpx.MockTransport(hang), patience=Patience(tries=1, whole=0.05))
