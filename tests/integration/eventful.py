"""Events of Partner Center as the receiver lands them, and the run that carries them, beside the joined systems."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cosell.adapters.inbox import StoredInbox
from cosell.sync.lots import Lot, carry_inbox
from cosell.sync.ports.inbox import Inbox, Notice

if TYPE_CHECKING:
    from cosell.sync.steps import RunFacts

    from tests.integration.joined import Joined


@dataclass
class Eventful:
    """The inbox of a partner's two systems."""

    joined: Joined
    inbox: Inbox = field(init=False)
    told: int = 0
    last: RunFacts | None = None

    def __post_init__(self) -> None:
        self.inbox = StoredInbox(self.joined.folder / "inbox")

    def tell(self, subject: str, event: str = "referral-updated") -> Notice:
        """Let Partner Center tell of a change."""
        self.told += 1
        now = self.joined.sandbox.clock.now()
        key = hashlib.sha256(f"{event}{subject}{self.told}".encode()).hexdigest()
        notice = Notice(event=event, subject=subject.lower(), key=key, changed=now, received=now)
        self.inbox.land(notice)
        return notice

    def facts(self) -> RunFacts:
        """Give the facts of a new run of the events' DAG."""
        return replace(self.joined.facts("events"), dag_id="cosell_events", interval_start=None, interval_end=None)

    def carry(self, facts: RunFacts | None = None) -> list[Lot]:
        """Do the task of such a run."""
        return asyncio.run(self._carry(facts or self.facts()))

    def waiting(self) -> list[str]:
        """Give the names of the events that lie in the inbox."""
        return [each.name for each in self.inbox.landed()]

    def unsettled(self) -> dict[str, str]:
        """Give the reason of every record that is unsettled."""
        return {each.ref.key: each.reason for each in self.joined.state.all_unsettled(limit=10_000)}

    async def _carry(self, facts: RunFacts) -> list[Lot]:
        async with AsyncExitStack() as stack:
            worlds = await self.joined.worlds(stack, facts.run_id)
            return [lot async for lot in carry_inbox(worlds, self.inbox, facts)]


def asked_by_id(joined: Joined) -> list[str]:
    """Give the ids of the referrals that were read one by one since the last asking, as often as they were."""
    told: list[dict[str, Any]] = joined.sandbox.journal.as_dict()["last"]
    reads = [each["path"] for each in told if each["app"] == "partner_center" and each["method"] == "GET"]
    joined.sandbox.journal.clear()
    return [path.rpartition("/")[2] for path in reads if "/referrals/" in path]
