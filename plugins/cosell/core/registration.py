"""Which address Partner Center sends its events to: what stands, what would change, and whether that may be done.

Partner Center holds one address and one list of events for a tenant; who registers takes it from whoever had it.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

TEST_EVENT: Final = "test-created"
"""The event that Partner Center sends when it is asked for one."""
DEFAULT_EVENTS: Final = (
    "referral-created",
    "referral-updated",
    "related-referral-created",
    "related-referral-updated",
    TEST_EVENT,
)
LONGEST_ADDRESS: Final = 2000
ADDRESS_PATTERN: Final = r"^(https://[^\s/?#@\\]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?)([/?][^\s#\\]*)?$"
"""What a form may take: https, or http on this machine. JavaScript and Python read it alike."""
_PORTS = {"https": 443, "http": 80}

Step = Literal["nothing", "create", "replace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An address and the names of the events sent there. The address may hold a secret, so it is never printed."""

    url: str = field(repr=False)
    events: tuple[str, ...]
    """As Partner Center spells them."""
    own_header: bool | None = None
    """Whether the signature comes in `X-MS-Signature` in place of `Authorization`; None: not known."""

    @property
    def names(self) -> frozenset[str]:
        """Give the events in small letters, which is how they are compared."""
        return frozenset(name.lower() for name in self.events)

    @property
    def shown(self) -> str:
        """Give the address as it may be shown: without what a query holds."""
        return shown(self.url)

    @property
    def fingerprint(self) -> str:
        """Give what tells this address from any other, and does not hold it."""
        return hashlib.sha256(_canonical(self.url).encode()).hexdigest()

    def covers(self, wish: Registration) -> bool:
        """Tell whether nothing needs to be written where this stands and that is wished."""
        same_header = None in {self.own_header, wish.own_header} or self.own_header == wish.own_header
        return same_header and self.fingerprint == wish.fingerprint and self.names == wish.names


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this deployment registered last, as far as it may be kept readable."""

    shown: str
    fingerprint: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What would be done; with a refusal nothing is."""

    step: Step
    refusal: str | None = None


def decide(standing: Registration | None, wish: Registration, *, ours: Known | None, overwrite: bool) -> Decision:
    """Give what is to be done so that the wish stands; `overwrite`: a person agrees to what others lose by it."""
    if standing is None:
        return Decision("create")
    if standing.covers(wish):
        return Decision("nothing")
    is_ours = ours is not None and ours.fingerprint == standing.fingerprint
    if overwrite:
        return Decision("replace")
    if standing.fingerprint != wish.fingerprint and not is_ours:
        return Decision("replace", _takes(standing))
    lost = standing.names - wish.names - (ours.names if ours is not None and is_ours else frozenset())
    return Decision("replace", _drops(lost) if lost else None)


def drift(standing: Registration | None, ours: Known) -> str | None:
    """Give what is not as this deployment registered it, in a sentence; None where all is."""
    if standing is None:
        return f"No address is registered in Partner Center any more; {ours.shown} was."
    if standing.fingerprint != ours.fingerprint:
        return f"Partner Center's events go to {standing.shown} now, and not to {ours.shown}: somebody has them."
    lost, more = ours.names - standing.names, standing.names - ours.names
    told = [f"{', '.join(sorted(lost))} not sent any more"] if lost else []
    told += [f"{', '.join(sorted(more))} sent too"] if more else []
    return f"The events sent to {ours.shown} were changed: {'; '.join(told)}." if told else None


def address_problem(url: str, *, simulated: bool) -> str | None:
    """Give what is wrong with an address to register; None where it may be tried.

    `simulated`: whose events come there is a simulated Partner Center, which reaches this machine.
    """
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or len(url) > LONGEST_ADDRESS:
        return "it holds a blank or a letter that an address may not hold, or is too long"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is no address"
    if not host or parts.scheme not in _PORTS:
        return "it is not like https://name/path"
    if "@" in parts.netloc or parts.fragment:
        return "it holds a name before the host, or a fragment"
    if is_loopback(host):
        return None if simulated else "it names this machine, which Microsoft cannot reach"
    return "only https is safe" if parts.scheme == "http" else None


def doubts(url: str) -> list[str]:
    """Give what speaks against Partner Center reaching the address, as far as its text tells."""
    if problem := address_problem(url, simulated=False):
        return [f"{problem[0].upper()}{problem[1:]}."]
    host = urlsplit(url).hostname or ""
    try:
        inside = not ipaddress.ip_address(host).is_global
    except ValueError:
        inside = "." not in host or host.endswith((".local", ".internal", ".lan"))
    return [f"{host} looks like a name inside your network: can Microsoft reach it?"] if inside else []


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(url: str) -> str:
    """Give an address as it may be shown: without what a query or a user's part holds."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}{'?...' if parts.query else ''}"


def _canonical(url: str) -> str:
    """Give the address in one of its spellings: scheme and host in small letters, no port that goes without saying."""
    parts = urlsplit(url)
    return parts._replace(scheme=parts.scheme.lower(), netloc=_netloc(parts), path=parts.path or "/").geturl()


def _netloc(parts: SplitResult) -> str:
    named = parts.netloc.lower()
    usual = f":{_PORTS.get(parts.scheme.lower(), '')}"
    return named.removesuffix(usual)


def _takes(standing: Registration) -> str:
    return (
        f"Partner Center's events go to {standing.shown} ({', '.join(sorted(standing.events)) or 'no event'}). "
        "Whoever reads them there would get none any more. If that is meant, choose Overwrite."
    )


def _drops(lost: frozenset[str]) -> str:
    return (
        f"This address is sent {', '.join(sorted(lost))} too, which the new list of events lacks. "
        "Add them to the events, or choose Overwrite to drop them."
    )
