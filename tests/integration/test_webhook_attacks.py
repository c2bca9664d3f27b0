"""What an attacker may send, row by row, to a real receiver: nothing gets in, and what is genuine still does."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psutil
import pytest
from cryptography.hazmat.primitives import hashes

from bench.receiver import event, send_all, wire
from sandbox.signing import Chain
from tests.integration.webhook_stage import Stage, packed, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

_MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run one receiver for the rows that download nothing new."""
    with Stage(tmp_path_factory.mktemp("attacks")).running() as stage:
        assert stage.deliver(event()) == 202
        yield stage


@pytest.fixture
def fresh(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run a receiver with nothing spent yet, for the rows about certificates."""
    with Stage(tmp_path_factory.mktemp("fresh"), chain=stage.chain).running() as fresh:
        yield fresh


@pytest.fixture
def nothing_lands(stage: Stage) -> Iterator[None]:
    """Hold that the inbox is the same afterwards, no certificate was asked for, and the genuine still get in."""
    before, asked = stage.names(), len(stage.host.asked)
    yield
    assert stage.names() == before
    assert len(stage.host.asked) == asked
    assert stage.deliver(event()) == 202


# ---------------------------------------------------------------- the signature


@pytest.mark.usefixtures("nothing_lands")
def test_wrong_key(stage: Stage) -> None:
    """Signed by somebody else, with the address of Microsoft's certificate."""
    body = event()
    assert stage.deliver(body, by=stage.chain.signer()) == 401


@pytest.mark.usefixtures("nothing_lands")
def test_weak_and_missing_algorithms(stage: Stage) -> None:
    """SHA-1 by its name, SHA-1 under the name of SHA-256, and `none`."""
    body = event()
    good = stage.headers(body)
    weak = f"Signature {stage.signer.token(body, digest=hashes.SHA1())}"  # noqa: S303 - that is the point
    for changed in (
        {"X-MS-Signature-Algorithm": "rsa-sha1", "Authorization": weak},
        {"X-MS-Signature-Algorithm": "rsa-sha256", "Authorization": weak},
        {"X-MS-Signature-Algorithm": "none", "Authorization": "Signature "},
        {"X-MS-Signature-Algorithm": "none"},
        {"Authorization": "Signature "},
    ):
        assert stage.post(body, good | changed) == 401, changed


@pytest.mark.usefixtures("nothing_lands")
def test_a_body_that_is_not_the_one_signed(stage: Stage) -> None:
    """One byte changed, and the same JSON written anew."""
    body = event()
    headers = stage.headers(body)
    assert stage.post(body.replace(b"referral-updated", b"referral-updatee"), headers) == 401
    assert stage.post(json.dumps(json.loads(body)).encode(), headers) == 401


@pytest.mark.usefixtures("nothing_lands")
def test_half_a_signature_and_none(stage: Stage) -> None:
    """As Microsoft's sample answers them."""
    body = event()
    headers = stage.headers(body)
    for name, status in (
        ("Authorization", 401),
        ("X-MS-Certificate-Url", 400),
        ("X-MS-Signature-Algorithm", 400),
    ):
        assert stage.post(body, {key: value for key, value in headers.items() if key != name}) == status, name


@pytest.mark.usefixtures("nothing_lands")
def test_signed_and_no_event(stage: Stage) -> None:
    """Genuine, and of no shape that lands; or of a kind that is not ours."""
    for body, status in (
        (b"{}", 400),
        (b"\x00\xff", 400),
        (b"", 400),
        (event(referral="../../etc/passwd"), 400),
        (event(name="invoice-ready"), 200),
    ):
        assert stage.deliver(body) == status, body


@pytest.mark.usefixtures("nothing_lands")
def test_there_is_one_path_and_one_method(stage: Stage) -> None:
    """No page of documentation, no second way in."""
    body = event()
    headers = stage.headers(body)
    for method, path, status in (
        ("GET", "/cosell/webhook", 405),
        ("PUT", "/cosell/webhook", 405),
        ("POST", "/cosell/webhook/", 404),
        ("POST", "/cosell", 404),
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
    ):
        assert stage.post(body, headers, method=method, path=path) == status, (method, path)


# ---------------------------------------------------------------- the certificate's address


@pytest.mark.usefixtures("nothing_lands")
def test_addresses_that_are_not_allowed(stage: Stage) -> None:
    """Another host, user info, http, the cloud's own address, a way out of the folder: nothing is even asked for."""
    body, host = event(), stage.host.host
    for address in (
        stage.known.replace("127.0.0.1", "localhost"),
        f"https://user:secret@{host}/cert/known.cer",
        f"https://{host}@evil.example/cert/known.cer",
        stage.known.replace("https", "http"),
        "https://169.254.169.254/cert/known.cer",
        "http://169.254.169.254/latest/meta-data",
        f"https://{host}/cert/../secret.cer",
        f"https://{host}/cert/%2e%2e/secret.cer",
        f"https://{host}/cert/known.cer?x=1",
        f"https://{host}/cert/known.cer#x",
        "file:///etc/passwd",
    ):
        assert stage.deliver(body, at=address) == 401, address


def test_what_comes_from_outside_is_logged_escaped(fresh: Stage) -> None:
    """No sign of a terminal and no line of its own gets into the log."""
    body = event()
    for algorithm in ("\x1b[31mred", "\xe5 2026-03-02 INFO landed"):
        assert fresh.post(body, fresh.headers(body) | {"X-MS-Signature-Algorithm": algorithm}) in {400, 401}
    assert fresh.deliver(body, at="https://evil.example/\xe5\x85\u2028".encode().decode("latin-1") + "a" * 5000) == 401
    assert r"https://evil.example/\xc3\xa5" in fresh.log
    assert fresh.log.isascii()
    assert "\x1b" not in fresh.log
    assert "a" * 300 not in fresh.log
    assert fresh.names() == []


def test_right_key_but_wrong_chain(fresh: Stage) -> None:
    """Allowed address, genuine signature, an authority of the same name that nobody trusts; an ended certificate."""
    ended = fresh.chain.signer(until=datetime.now(UTC) - timedelta(hours=1))
    foreign = Chain().signer()
    for signer, path in ((foreign, "/cert/foreign.cer"), (ended, "/cert/ended.cer")):
        assert fresh.deliver(event(), by=signer, at=fresh.host.give(path, signer.der)) == 401
    assert fresh.names() == []
    assert fresh.deliver(event()) == 202


def test_a_certificate_that_leads_elsewhere(fresh: Stage) -> None:
    """A redirect is not followed, not even to a place that is allowed."""
    there = fresh.host.give("/cert/there.cer", fresh.signer.der)

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", there)
        request.end_headers()

    fresh.host.gives["/cert/moved.cer"] = elsewhere
    assert fresh.deliver(event(), at=fresh.host.url("/cert/moved.cer")) == 401
    assert fresh.host.asked.count("/cert/moved.cer") == 1
    assert "/cert/there.cer" not in fresh.host.asked
    assert fresh.names() == []


def test_a_huge_certificate(fresh: Stage) -> None:
    """100 MB are not read: the download ends, and the memory stays what it was."""
    sent = []

    def huge(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"\0" * _MEGABYTE)
            sent.append(_MEGABYTE)

    fresh.host.gives["/cert/huge.cer"] = huge
    before = _memory(fresh)
    assert fresh.deliver(event(), at=fresh.host.url("/cert/huge.cer")) == 401
    assert _memory(fresh) - before < 30 * _MEGABYTE
    assert sum(sent) < 20 * _MEGABYTE


def test_a_slow_certificate(fresh: Stage) -> None:
    """After ten seconds in all it is given up; the genuine do not notice, and other strangers are sent away at once."""

    def slow(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(200):
            request.wfile.write(b"-")
            time.sleep(0.1)

    fresh.host.gives["/cert/slow.cer"] = slow
    answers: list[int] = []
    began = time.monotonic()
    waiting = threading.Thread(
        target=lambda: answers.append(fresh.deliver(event(), at=fresh.host.url("/cert/slow.cer")))
    )
    waiting.start()
    _until(lambda: "/cert/slow.cer" in fresh.host.asked)
    assert fresh.deliver(event(), at=fresh.host.url("/cert/other.cer")) == 503
    assert fresh.deliver(event()) == 202
    assert time.monotonic() - began < 9
    waiting.join()
    assert answers == [503]
    assert 9 < time.monotonic() - began < 25
    assert "/cert/other.cer" not in fresh.host.asked


def test_a_thousand_certificates(fresh: Stage) -> None:
    """Ten at the most are asked for in a minute, each once; the known one has a budget of its own."""
    body, forger = event(), Chain().signer()
    for number in range(1000):
        fresh.host.give(f"/cert/{number}.cer", forger.der)
    requests = [
        wire(body, fresh.headers(body, by=forger, at=fresh.host.url(f"/cert/{number % 1000}.cer")))
        for number in range(1100)
    ]
    answers = asyncio.run(send_all(fresh.port, requests, connections=8))
    assert set(answers) == {401, 503}
    asked = [path for path in fresh.host.asked if path != "/cert/known.cer"]
    assert 0 < len(asked) == len(set(asked)) <= 10  # fewer where the flood is over before ten have answered
    assert fresh.deliver(event()) == 202
    assert len(fresh.names()) == 1


# ---------------------------------------------------------------- the body


@pytest.mark.usefixtures("nothing_lands")
def test_a_huge_body(stage: Stage) -> None:
    """Its length alone is enough to refuse it."""
    before = _memory(stage)
    with stage.raw() as connection:
        connection.sendall(wire(b"", stage.headers(b"")).replace(b"Content-Length: 0", b"Content-Length: 104857600"))
        assert status_of(connection.recv(1000)) == 413
    assert _memory(stage) - before < 10 * _MEGABYTE


@pytest.mark.usefixtures("nothing_lands")
def test_a_body_without_length(stage: Stage) -> None:
    """A chunked body is cut off where an event would have ended."""
    chunk = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    before = _memory(stage)
    with stage.raw() as connection:
        head = wire(b"", stage.headers(b"")).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        connection.sendall(head)
        sent = 0
        with suppress(OSError):
            for _ in range(25_000):
                connection.sendall(chunk)
                sent += 4096
    assert sent < 20 * _MEGABYTE
    assert _memory(stage) - before < 10 * _MEGABYTE
    assert "why='the body is too large'" in stage.log


@pytest.mark.usefixtures("nothing_lands")
def test_a_gzip_bomb(stage: Stage) -> None:
    """A hundred megabytes in a hundred kilobytes are refused by that length, ten in ten when unpacked."""
    for size in (10 * _MEGABYTE, 100 * _MEGABYTE):
        bomb = packed(b"\0" * size)
        headers = stage.headers(bomb) | {"Content-Encoding": "gzip"}
        before = _memory(stage)
        with stage.raw() as connection:
            connection.sendall(wire(bomb, headers)[: 20 * 1024])
            assert status_of(connection.recv(1000)) == 413
        assert _memory(stage) - before < 10 * _MEGABYTE


def test_gzip_of_a_proxy(stage: Stage) -> None:
    """What was packed on the way is verified as it was signed."""
    body = event()
    assert stage.post(packed(body), stage.headers(body) | {"Content-Encoding": "gzip"}) == 202


@pytest.mark.usefixtures("nothing_lands")
def test_a_slow_body(stage: Stage) -> None:
    """Who begins and does not go on is let go after five seconds."""
    body, began = event(), time.monotonic()
    with stage.raw() as connection:
        connection.sendall(wire(body, stage.headers(body))[:-10])
        assert status_of(connection.recv(1000)) == 408
    assert 4 < time.monotonic() - began < 20


# ---------------------------------------------------------------- again and again


def test_an_old_event_again(stage: Stage) -> None:
    """It lies there once, whatever header carries the signature; dealt with before, it is at most one read more."""
    body, before = event(), set(stage.names())
    headers = stage.headers(body)
    token = headers.pop("Authorization")
    assert stage.deliver(body) == 202
    assert stage.post(body, headers | {"X-MS-Signature": token}) == 200
    assert stage.post(body, headers | {"X-MS-Signature": token.split()[1], "Authorization": "Bearer x"}) == 200
    (name,) = set(stage.names()) - before
    stage.inbox.remove(name)
    assert stage.deliver(body) == 202
    assert set(stage.names()) - before == {name}


def test_forged_events_do_not_keep_the_genuine_out(stage: Stage) -> None:
    """A flood of forged ones, 1,000 a second where the machine can, for three seconds."""
    forger, body, before = stage.chain.signer(), event(), len(stage.names())
    forged = [wire(body, stage.headers(body, by=forger))] * 3000
    genuine = [wire(one, stage.headers(one)) for one in (event(number) for number in range(90))]

    async def both() -> tuple[dict[int, int], dict[int, int]]:
        flood = asyncio.create_task(send_all(stage.port, forged, connections=32, a_second=1000))
        true = await send_all(stage.port, genuine, connections=2, a_second=30)
        return dict(await flood), dict(true)

    assert asyncio.run(both()) == ({401: 3000}, {202: 90})
    assert len(stage.names()) == before + 90
    assert stage.log.count("the signature is not that of the certificate") < 20


def _memory(stage: Stage) -> int:
    assert stage.receiver is not None
    return int(psutil.Process(stage.receiver.process.pid).memory_info().rss)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
