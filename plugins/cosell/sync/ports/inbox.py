"""The inbox: what Partner Center has told of, waiting to be looked at. An event is a wake-up, never the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cosell.core.errors import SetAsideError

if TYPE_CHECKING:
    from datetime import datetime

OURS = frozenset({"referral-created", "referral-updated"})
"""Events about a referral of ours."""
RELATED = frozenset({"related-referral-created", "related-referral-updated"})
"""Events about another party's referral in an engagement of ours."""
VALIDATION = "test-created"
"""The event that Partner Center sends when it is asked to show that events arrive."""
EVENTS = OURS | RELATED | {VALIDATION}
"""The events that are taken in; a registration may bring others."""


class UnreadableNoticeError(SetAsideError):
    """A file of the inbox holds no notice: somebody else wrote it."""


@dataclass(frozen=True, kw_only=True)
class Landed:
    """What the name of a landed notice tells, so that a burst is known from one listing."""

    name: str
    event: str
    """One of EVENTS."""
    subject: str
    """Id of the referral that changed (of `test-created`: its correlation id), in small letters."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """That something changed in Partner Center: which record, when, and when we were told. Times are UTC."""

    event: str
    subject: str
    key: str
    """SHA-256 of the event as it was said: a duplicate has the same."""
    changed: datetime
    received: datetime

    @property
    def name(self) -> str:
        """Give the name it lands under."""
        return f"{self.event}.{self.subject}.{self.key}.json"


class Inbox(Protocol):
    """Where notices wait. Every call may raise OSError, or what else its storage raises when it is not there."""

    def land(self, notice: Notice) -> bool:
        """Keep a notice, whole and for good; False where it lies there already."""

    def landed(self) -> list[Landed]:
        """Give all that wait, by name."""

    def read(self, name: str) -> Notice | None:
        """Give a notice; None where it is gone. Raises UnreadableNoticeError."""

    def remove(self, name: str) -> None:
        """Take a notice away; it is no error where it is gone."""

    def put_aside(self, name: str) -> None:
        """Keep a file that is no notice for a person to look at, where it is not listed any more."""
