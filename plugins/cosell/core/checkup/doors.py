"""The doors to both systems: whether they are where the connections say, whether our clocks agree, what tokens open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cosell.core.checkup.finding import Finding, doubt, fine, unchecked, wrong

_OK, _SERVER = 200, 500
_WANTS_SIGN_IN: Final = frozenset({401, 403})
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
_CLOCKS_HARM: Final = timedelta(minutes=5)
"""Entra and both services let tokens be that much out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The answer of an address that was asked without any credentials."""

    address: str
    status: int | None
    """None: nobody answered."""
    problem: str = ""
    """Why nobody did, in a few words."""
    challenge: str = ""
    """How it asks for a sign-in."""
    skew: timedelta | None = None
    """How far its clock is ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says of itself; unverified, since it is not for us."""

    audience: str
    expires: datetime
    account: str | None = None
    """The signed-in person's address; only compared, never shown."""


def sign_in_service(reached: Reached, *, conn_id: str) -> Finding:
    """Judge the document in which the token service describes itself."""
    if reached.status is None or reached.status >= _SERVER:
        return _silent(reached, conn_id)
    if reached.status != _OK:
        return wrong(
            f"{reached.address} answers {reached.status}: there is no such tenant",
            f"Correct the extra key tenant_id (or authority) of the connection {conn_id}.",
        )
    return fine(f"{reached.address} answers")


def service(reached: Reached, *, conn_id: str) -> Finding:
    """Judge an API that was asked without a token: it must want one."""
    if reached.status is None or reached.status >= _SERVER:
        return _silent(reached, conn_id)
    if reached.status not in _WANTS_SIGN_IN:
        return wrong(
            f"{reached.address} answers {reached.status} where a sign-in should be asked for: it is another address",
            f"Correct host in the connection {conn_id}: it is the service's base URL, without a path.",
        )
    return fine(f"{reached.address} answers, and asks for a sign-in")


def clocks(doors: list[Reached]) -> Finding:
    """Judge our clock by those of the services."""
    told = [(one.skew, one.address) for one in doors if one.skew is not None]
    if not told:
        return unchecked("no service tells its time")
    skew, address = max(told, key=lambda one: abs(one[0]))
    if abs(skew) < _CLOCKS_DIFFER:
        return fine(f"the clocks differ by {abs(skew).total_seconds():.0f} s at most")
    way = "behind" if skew > timedelta(0) else "ahead of"
    seen = f"this machine is {abs(skew).total_seconds():.0f} s {way} {address}"
    judge = wrong if abs(skew) >= _CLOCKS_HARM else doubt
    return judge(seen, "Let this machine's clock be set by a time server (NTP).")


def token(claims: Claims | None, *, base_url: str, conn_id: str, twins: frozenset[str] = frozenset()) -> Finding:
    """Judge a token by what it says of itself: for whom it is, and until when."""
    if claims is None:
        return fine("a token was given; it does not tell for whom it is")
    seen = f"for {claims.audience}, until {claims.expires:%Y-%m-%d %H:%M} UTC"
    host = urlsplit(claims.audience).hostname
    if host is None or host in {urlsplit(base_url).hostname, *twins}:
        return fine(seen)
    return doubt(
        f"{seen}, but the connection leads to {base_url}",
        f"Empty the extra key scope of the connection {conn_id}, or correct its host, unless a gateway stands between.",
    )


def _silent(reached: Reached, conn_id: str) -> Finding:
    said = reached.problem if reached.status is None else f"answers {reached.status}"
    return wrong(
        f"{reached.address}: {said}",
        f"Check the address in the connection {conn_id}, and that this machine may reach it (firewall, proxy, DNS).",
    )
