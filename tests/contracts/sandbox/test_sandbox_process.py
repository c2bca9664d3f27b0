"""The sandbox as a process of its own: TLS, tokens through msal, faults on a real wire, a clean end, state on disk."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sandbox.ports import ANY_FREE

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERRALS = "/v1.0/engagements/referrals"
ROOT = Path(__file__).parents[3]


class Sandbox:
    """A started sandbox and the facts it wrote down."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "sandbox", "--state", str(folder), "--seed", "20", *ANY_FREE]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        facts = folder / "sandbox.json"
        deadline = time.monotonic() + 60
        while not facts.exists():
            assert self._process.poll() is None, "the sandbox ended at once"
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.05)
        self.facts: dict[str, Any] = json.loads(facts.read_text())

    def application(
        self, side: str, credential: str | dict[str, str] | None = None
    ) -> msal.ConfidentialClientApplication:
        """Give one of the two applications as msal has it."""
        # A CA bundle named by the environment would win over the sandbox's own.
        session = requests.Session()
        session.trust_env = False
        session.verify = self.facts["ca"]
        return msal.ConfidentialClientApplication(
            self.facts[side]["client_id"],
            client_credential=credential or self.facts[side]["client_secret"],
            authority=self.facts["authority"],
            http_client=session,
            instance_discovery=False,
        )

    def partner_center(self) -> httpx.Client:
        """Give a client with a signed-in person's token."""
        side = self.facts["partner_center"]
        redeem = self.application("partner_center").acquire_token_by_refresh_token
        token = redeem(side["refresh_token"], scopes=[side["scope"]])["access_token"]
        return httpx.Client(
            base_url=self.facts["urls"]["partner_center"],
            verify=ssl.create_default_context(cafile=self.facts["ca"]),
            headers={"Authorization": f"Bearer {token}"},
        )

    def stop(self) -> int:
        """End it as a service manager would and give its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(15)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the state folder that the module's sandboxes share."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """Give a running sandbox."""
    started = Sandbox(folder)
    yield started
    if started._process.poll() is None:
        started.stop()


def test_an_application_signs_in_with_secret_or_certificate(sandbox: Sandbox) -> None:
    """Msal gets client-credential tokens with either, and the wrong secret's real refusal."""
    side = sandbox.facts["dataverse"]
    pem = Path(sandbox.facts["certificate"]).read_text()
    print_ = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA1())  # noqa: S303 - what Entra calls x5t
    certificate = {"private_key": pem, "thumbprint": print_.hex()}
    for credential in (side["client_secret"], certificate):
        token = sandbox.application("dataverse", credential).acquire_token_for_client([side["scope"]])
        assert token["expires_in"] == 3600
    refused = sandbox.application("dataverse", "wrong").acquire_token_for_client([side["scope"]])
    assert refused["error_codes"] == [7000215]


def test_a_person_signs_in_with_a_device_code(sandbox: Sandbox) -> None:
    """Msal's public client gets a refresh token once a person has confirmed the code."""
    session = requests.Session()
    session.trust_env = False
    session.verify = sandbox.facts["ca"]
    side = sandbox.facts["partner_center"]
    application = msal.PublicClientApplication(
        side["client_id"], authority=sandbox.facts["authority"], http_client=session, instance_discovery=False
    )
    flow = application.initiate_device_flow([side["scope"]])
    confirm = {"do": "approve_device", "user_code": flow["user_code"]}
    assert session.post(f"{sandbox.facts['urls']['entra']}/_sandbox/act", json=confirm, timeout=5).ok
    assert application.acquire_token_by_device_flow(flow)["refresh_token"]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_connections_break_on_the_wire(sandbox: Sandbox, kind: str) -> None:
    """A dropped or truncated answer is a transport error of the client, and the next call works."""
    with sandbox.partner_center() as client:
        client.post("/_sandbox/faults", json={"kind": kind, "app": "partner_center"}).raise_for_status()
        with pytest.raises(httpx.TransportError):
            client.get(REFERRALS)
        assert len(client.get(REFERRALS).json()["value"]) == 20


def test_secrets_are_readable_by_their_owner_only(sandbox: Sandbox, folder: Path) -> None:
    """Keys and the facts file have mode 0600."""
    assert sandbox.facts["ca"].endswith("ca.pem")
    for name in ("ca.key", "server.key", "application.pem", "sandbox.json"):
        assert os.stat(folder / name).st_mode & 0o077 == 0, name  # noqa: PTH116 - the mode is what matters


def test_a_taken_port_is_one_clear_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    """A second sandbox on the same port ends with 1 and says what is in the way."""
    port = str(httpx.URL(sandbox.facts["urls"]["entra"]).port)
    command = [sys.executable, "-m", "sandbox", "--state", str(tmp_path), "--entra-port", port]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - ours
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cannot listen at 127.0.0.1:{port}")
    assert "Traceback" not in ended.stderr


def test_a_stopped_sandbox_comes_back_as_it_was(sandbox: Sandbox, folder: Path) -> None:
    """SIGTERM ends it with 0; started again on the same folder it has the same deals, tenant and authority."""
    with sandbox.partner_center() as client:
        deal = client.get(REFERRALS, params={"$top": "1"}).json()["value"][0]
        assert sandbox.stop() == 0
    again = Sandbox(folder)
    try:
        assert again.facts["tenant_id"] == sandbox.facts["tenant_id"]
        assert again.facts["partner_center"]["refresh_token"] != sandbox.facts["partner_center"]["refresh_token"]
        with again.partner_center() as client:
            assert client.get(f"{REFERRALS}/{deal['id']}").json() == deal | {
                "@odata.context": client.get(f"{REFERRALS}/{deal['id']}").json()["@odata.context"]
            }
            assert len(client.get(REFERRALS).json()["value"]) == 20
    finally:
        assert again.stop() == 0
