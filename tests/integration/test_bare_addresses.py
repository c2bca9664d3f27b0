"""Addresses that the doctor asks by Airflow's HTTP provider: nobody's credentials go along, and nothing is logged."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from cosell.hooks.checkup.bare import reach

from tests.integration.listener import Listener, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTION = '{"conn_type": "http", "host": "x", "login": "me", "password": "p", "extra": {"X-Extra": "e"}}'


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Give a server on this machine."""
    with listening() as server:
        yield server


def test_no_credentials_go_along(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of any connection; path and query arrive as they are."""
    for name in ("HTTP_DEFAULT", "cosell_bare".upper()):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", CONNECTION)
    reached = asyncio.run(reach(f"http://127.0.0.1:{listener.server_port}/hook/?key=hidden&b=2"))
    assert reached.status == 401
    assert reached.skew is not None
    assert abs(reached.skew.total_seconds()) < 5
    assert listener.heard["path"] == "/hook/?key=hidden&b=2"
    assert {"Authorization", "X-Extra"} & listener.heard.keys() == set()
    assert "hidden" not in repr(reached)


def test_a_redirect_is_not_followed(listener: Listener) -> None:
    """Another address is another server."""
    assert asyncio.run(reach(f"http://127.0.0.1:{listener.server_port}/elsewhere")).status == 302


@pytest.mark.parametrize("address", ["https://127.0.0.1:9/?key=hidden", "https://no-such.invalid/?key=hidden"])
def test_an_address_that_does_not_answer_is_told_without_its_query(
    address: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The provider would log it whole; nor does it after logging was configured anew, as Airflow does."""
    monkeypatch.setattr(logging.getLogger("cosell.bare"), "disabled", False)
    caplog.set_level(logging.DEBUG, logger="airflow")
    reached = asyncio.run(reach(address))
    assert reached.status is None
    assert reached.problem in {"no connection", "no such host"}
    assert "hidden" not in repr(reached) + caplog.text + "".join(capfd.readouterr())


def test_a_trust_bundle_that_is_not_there_is_named() -> None:
    """Not the address is to blame, nor the network."""
    told = asyncio.run(reach("https://127.0.0.1:9/", verify="/nonesuch.pem")).problem
    assert told == "there is no CA bundle /nonesuch.pem: correct the connection's extra key verify"
