"""What Dataverse says when it refuses: judged by its code, since the same code comes with different statuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from cosell.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    CosellError,
    SchemaDriftError,
    ServiceUnavailableError,
)
from cosell.sync.ports import Gone, NoAnswer, Outcome, Rejected, Stale

_DUPLICATE = frozenset({"0x80040237", "0x80060892"})
_STALE = frozenset({"0x80060882"})
_GONE = frozenset({"0x80040217"})
_MISSING_PRIVILEGE = "0x80040220"
_NOBODY = frozenset({"0x80042f09", "0x80072560"})  # no role, no member
_DRIFT = frozenset({"0x80060888", "0x80048d19", "0x80041103"})
_PASSING = frozenset(
    # over the limits (4), SQL: too slow, deadlock, lock, workers
    {"0x80072322", "0x80072321", "0x80072326", "0x8005f103", "0x80044151", "0x80044150", "0x80044339", "0x80072324"}
)
_NO_OPTION = "0x8004431a"
_ADD_OPTION = (
    "An administrator must add the option again (airflow cosell setup does, where it is one of ours), or the mapping "
    "must name another one."
)
_LISTED = "(docs/dataverse-columns.md lists what the role needs)"
_NO_CODE = frozenset({"0x0", "0"})
_UNEXPECTED = "0x80040216"
_FORBIDDEN, _MISSING, _GONE_STATUS, _TOO_MANY, _SERVER = 403, 404, 410, 429, 500
_LONGEST = 400
_ADDRESS = re.compile(r"[^\s@'\"]+@[^\s@'\"]+")
_CONNECTING = re.compile(r"\bprv[A-Za-z]+Connection\b")
_PRIVILEGE = re.compile(r"\bprv[A-Z]\w*")
_MARKUP = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal: HTTP status, code in lower case (may be empty), and the service's words."""

    status: int
    code: str
    message: str
    is_foreign: bool = False
    """Not in the words of Dataverse, whose every code begins with 0x: a proxy's answer, or another service's."""

    @property
    def is_duplicate(self) -> bool:
        """Tell whether a row of that primary or alternate key stands already."""
        return self.code in _DUPLICATE

    @property
    def is_stale(self) -> bool:
        """Tell whether the row has another version than If-Match named."""
        return self.code in _STALE

    @property
    def is_gone(self) -> bool:
        """Tell whether there is no such row (the one addressed, or one that a lookup was bound to)."""
        return self.code in _GONE or (self.status in {_MISSING, _GONE_STATUS} and not self.code)

    @property
    def is_denied(self) -> bool:
        """Tell whether our role lacks what every row of the table needs; a single row may also be out of our sight."""
        return self.code in _NOBODY or (self.code == _MISSING_PRIVILEGE and "prv" in self.message)

    @property
    def privilege(self) -> str:
        """Give the privilege that our role lacks; empty where the service names none."""
        found = _PRIVILEGE.search(self.message) if self.is_denied else None
        return found[0] if found else ""

    @property
    def is_about_people(self) -> bool:
        """Tell whether our role lacks a right to connections: what a deal holds besides goes on without them."""
        return self.is_denied and _CONNECTING.search(self.message) is not None

    @property
    def is_drift(self) -> bool:
        """Tell whether the CRM lacks a table or column that was named."""
        return self.code in _DRIFT

    @property
    def is_passing(self) -> bool:
        """Tell whether the same request may succeed later."""
        return self.code in _PASSING or self.status == _TOO_MANY or self.status > _SERVER

    @property
    def may_be_passing(self) -> bool:
        """Tell whether one more try is worth it."""
        return self.is_passing or self.code == _UNEXPECTED or self.status == _SERVER

    def outcome(self) -> Outcome:
        """Say it as the answer for one record."""
        if self.is_stale:
            return Stale()
        if self.is_gone:
            return Gone()
        if self.is_passing:
            return NoAnswer(self.text)
        return Rejected(self.code or f"http_{self.status}", self.message)

    @property
    def text(self) -> str:
        """Give code and message in one."""
        return f"{self.code or self.status}: {self.message}"


class RefusedCallError(CosellError):
    """A call was refused as a whole; the caller decides what that means. `place`: connection and host."""

    def __init__(self, what: str, fault: Fault, *, place: str = "") -> None:
        # An error about a query may quote it, and a query may hold somebody's address.
        super().__init__(f"{what}: {_ADDRESS.sub('(address)', fault.text)}")
        self.what, self.fault, self.place = what, fault, place


def read_fault(status: int, body: object) -> Fault:
    """Give the fault of an error body; tolerant, since proxies answer in their own way."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return Fault(status, "", f"the service answered with status {status}", is_foreign=True)
    code, message = str(error.get("code") or "").strip().lower(), plain(str(error.get("message") or ""))
    told = message or f"the service answered with status {status}"
    words = f"{told} {_ADD_OPTION}" if code == _NO_OPTION else told
    return Fault(status, "" if code in _NO_CODE else code, words, is_foreign=not code.startswith("0x"))


def plain(message: str) -> str:
    """Give the words without markup and line ends, of bounded length."""
    words = " ".join(_MARKUP.sub(" ", message).split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def raise_for_call(error: RefusedCallError) -> NoReturn:
    """Raise what a refused read or set-up call means for the run."""
    fault = error.fault
    if fault.is_denied:
        raise _denied(error.what, fault) from error
    if fault.status == _FORBIDDEN:
        raise AccessDeniedError(str(error)) from error
    if fault.is_drift:
        raise SchemaDriftError(str(error)) from error
    if fault.may_be_passing:
        raise ServiceUnavailableError(str(error)) from error
    if fault.status == _MISSING and fault.is_foreign:
        message = f"{error.place} answered {error.what} with 404, as no Dynamics 365 does: correct its host (base URL)"
        raise ConfigurationError(message) from error
    raise ConfigurationError(str(error)) from error


def raise_where_denied(fault: Fault | None, what: str) -> None:
    """Raise AccessDeniedError where the role lacks what every record of the call needs."""
    if fault is not None and fault.is_denied and not fault.is_about_people:
        raise _denied(what, fault)


def _denied(what: str, fault: Fault) -> AccessDeniedError:
    """Say what our role lacks for the sync, and how it gets it."""
    if fault.privilege:
        lacking = f"the role of the application user lacks the privilege {fault.privilege}"
        return AccessDeniedError(f"{what}: {lacking}: an administrator must add it {_LISTED}")
    way_out = f"an administrator must add the application user to this environment and give it its role {_LISTED}"
    return AccessDeniedError(f"{what}: {_ADDRESS.sub('(address)', fault.text)}: {way_out}")
