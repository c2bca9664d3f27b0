"""The sandbox as a process of its own, with the latency of a far service."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.ports import ANY_FREE

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST_MS, ROW_MS = 40.0, 0.5
_ROOT = Path(__file__).parents[1]
_PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Service:
    """A running sandbox."""

    facts: dict[str, Any]
    control: httpx.Client

    @property
    def ca(self) -> str:
        """Give the path of the CA bundle."""
        return str(self.facts["ca"])

    def url(self, app: str) -> str:
        """Give an app's base URL."""
        return str(self.facts["urls"][app])

    def count(self) -> dict[str, dict[str, int]]:
        """Give the counters of requests by app since the last asking."""
        answer = self.control.delete("/_sandbox/requests").json()
        return {app: answer["apps"].get(app, {}) for app in ("partner_center", "dataverse")}

    def far(self, *, yes: bool = True) -> None:
        """Answer like a far service, or at once."""
        wait = {"request_ms": REQUEST_MS, "row_ms": ROW_MS} if yes else {"request_ms": 0, "row_ms": 0}
        self.control.put("/_sandbox/latency", json=wait).raise_for_status()

    def act(self, do: str, **said: object) -> Any:  # noqa: ANN401 - JSON
        """Let a person do something."""
        return self.control.post("/_sandbox/act", json={"do": do, **said}).raise_for_status().json()

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.control.post("/_sandbox/clock", json={"advance_seconds": seconds}).raise_for_status()

    def refuse_filters(self, *members: str) -> None:
        """Let Partner Center answer a filter on these members with 400."""
        self.control.put("/_sandbox/settings", json={"refuse_filter_on": members}).raise_for_status()

    def token(self, app: str) -> str:
        """Give an access token that lasts for the bench."""
        side = self.facts[app]
        form = {"client_id": side["client_id"], "client_secret": side["client_secret"], "scope": side["scope"]}
        grant = (
            {"grant_type": "refresh_token", "refresh_token": side["refresh_token"]}
            if app == "partner_center"
            else {"grant_type": "client_credentials"}
        )
        answer = httpx.post(
            f"{self.facts['authority']}/oauth2/v2.0/token",
            data=form | grant,
            verify=ssl.create_default_context(cafile=self.ca),
        )
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Start a sandbox on a folder's state, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--state", str(folder), *ANY_FREE], cwd=_ROOT, stdout=subprocess.DEVNULL
    )
    try:
        facts = _facts(process, folder / "sandbox.json")
        with httpx.Client(
            base_url=facts["urls"]["dataverse"], verify=ssl.create_default_context(cafile=facts["ca"]), timeout=120
        ) as control:
            # Tokens must outlast a long bench; nobody throttles.
            control.put("/_sandbox/settings", json={"token_seconds": 6 * 3600, "max_per_window": {}}).raise_for_status()
            yield Service(facts, control)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _facts(process: subprocess.Popen[bytes], path: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            message = "the sandbox did not start"
            raise RuntimeError(message)
        time.sleep(0.05)
    return dict(json.loads(path.read_text()))
