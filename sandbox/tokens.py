"""Access tokens as the sandbox knows them: they say for whom they are and how long, and open one API for an hour."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.settings import Settings
    from sandbox.store import Table

_SCHEME = "bearer "
_DEFAULTS = {
    "token_seconds": 3600,
    "mfa_claim": True,
    "audiences": {
        "partner_center": ["https://api.partner.microsoft.com"],
        "partner_center_events": ["https://api.partnercenter.microsoft.com"],
        "dataverse": ["https://contoso.crm4.dynamics.com"],
    },
}


class Denied(StrEnum):
    """Why a call is not let in."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    AUDIENCE = "audience"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one access token allows."""

    audience: str
    client_id: str
    expires: str
    mfa: bool
    user: str | None
    """The signed-in person, or None for a token of the application itself."""


class Tokens:
    """The access tokens that were issued."""

    def __init__(self, table: Table, *, clock: Clock, settings: Settings) -> None:
        self._table = table
        self._clock = clock
        self._settings = settings
        self._key = secrets.token_bytes(32)
        settings.declare(_DEFAULTS)

    def audience_of(self, resource: str) -> str | None:
        """Give the name of the API that a resource URL stands for, by Microsoft's address or the sandbox's own."""
        wanted = _origin(resource)
        for name, addresses in self._settings["audiences"].items():
            if wanted in map(_origin, addresses):
                return str(name)
        for name, address in self._settings["urls"].items():
            if name != "entra" and wanted in _own(address):
                return str(name)
        return None

    def issue(self, audience: str, *, client_id: str, user: str | None = None, mfa: bool = True) -> str:
        """Give a new access token for an API."""
        now = self._clock.now()
        expires = now + timedelta(seconds=self._settings["token_seconds"])
        claims = {
            "aud": self._settings["urls"].get(audience, audience),
            "appid": client_id,
            "jti": secrets.token_hex(8),
        }
        times = {"iat": int(now.timestamp()), "exp": int(expires.timestamp())}
        person = {} if user is None else {"upn": user}
        token = jwt.encode(claims | times | person, self._key, algorithm="HS256")
        grant = Grant(
            audience=audience,
            client_id=client_id,
            expires=expires.isoformat(),
            mfa=mfa and self._settings["mfa_claim"],
            user=user,
        )
        self._table.put(token, asdict(grant))
        return token

    def check(self, authorization: str | None, *, audience: str) -> Grant | Denied:
        """Give what the Authorization header allows at this API, or why it allows nothing."""
        if not authorization or not authorization.lower().startswith(_SCHEME):
            return Denied.MISSING
        kept = self._table.get(authorization[len(_SCHEME) :].strip())
        if kept is None:
            return Denied.UNKNOWN
        grant = Grant(**kept)
        if datetime.fromisoformat(grant.expires) <= self._clock.now():
            return Denied.EXPIRED
        return grant if grant.audience == audience else Denied.AUDIENCE

    def revoke_all(self) -> int:
        """Make every access token unknown and give how many there were."""
        keys = list(self._table.keys())
        for key in keys:
            self._table.delete(key)
        return len(keys)

    def forget_mfa(self) -> None:
        """Take the MFA claim from every access token."""
        for key in tuple(self._table.keys()):
            self._table.put(key, {**(self._table.get(key) or {}), "mfa": False})


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _own(address: str) -> set[str]:
    port = urlsplit(address).port
    return {_origin(address), f"https://localhost:{port}", f"https://127.0.0.1:{port}"}
