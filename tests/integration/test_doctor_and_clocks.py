"""The doctor beside services whose clocks differ; they never go back, so nothing else is tried on this sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.driven import ended

if TYPE_CHECKING:
    import pytest

    from local.persons import Persons


def test_a_clock_that_differs_is_named(crm: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """By the services' own times, to the second: a warning first, and wrong once sign-ins would fail."""
    crm._ask("POST", "clock", {"advance_seconds": 100})
    assert "s behind https://127.0.0.1" in ended(capsys, "doctor")[1]
    crm._ask("POST", "clock", {"advance_seconds": 305})
    code, told = ended(capsys, "doctor")
    assert code == 1
    assert "this machine is 40" in told
    assert "time server (NTP)" in told
