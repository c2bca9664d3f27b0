"""Microsoft's part of the fake deals: a referral of its own beside ours, made when it is asked, read with ours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cosell.sync.ports import PART, Gone, Invitation, NoAnswer, Outcome, Rejected, Written
from fakes import MICROSOFTS, Crash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.record import Row, Value
    from fakes import FakeReplica


@dataclass
class FakeEngagements:
    """The engagements of a fake Partner Center, with its clock and its faults."""

    partner_center: FakeReplica
    parts: dict[str, list[dict[str, Value]]] = field(default_factory=lambda: defaultdict(list))
    """Microsoft's referrals by engagement: as many as were made, of which there should never be two."""
    asked: list[str] = field(default_factory=list)
    """The engagements that somebody asked Microsoft into, as often as it was done."""
    reads: int = 0
    _numbers: int = 0

    # ---------------------------------------------------------------- persons

    def take_part(self, key: str, *, help_code: str | None, status: str = "Pending") -> None:
        """Let a referral of Microsoft's come to stand beside ours, which is visible from then on."""
        self._numbers += 1
        engagement = self._engagement(key)
        self.parts[engagement].append(dict.fromkeys(MICROSOFTS))
        self.asked.append(engagement)
        self.move(key, microsoft_referral=f"m{self._numbers}", microsoft_help=help_code, microsoft_status=status)
        self.partner_center.edit(key, "visibility", value=True)

    def move(self, key: str, **values: Value) -> None:
        """Let Microsoft change its own referral; ours does not move."""
        self.parts[self._engagement(key)][-1] |= values
        for name, value in values.items():
            self.partner_center.ever[key, name].add(value)

    def part_of(self, key: str) -> dict[str, Value] | None:
        """Give Microsoft's referral beside ours."""
        parts = self.parts.get(self._engagement(key))
        return parts[-1] if parts else None

    # ---------------------------------------------------------------- the port

    def shared(self, row: Row) -> str | None:
        """Give the engagement of a deal that says of itself that others are in it."""
        return str(row.payload["engagement_identifier"]) if row.payload.get("type") == "Shared" else None

    async def read(self, engagement_ids: Sequence[str]) -> dict[str, Row]:
        """Give our referral with Microsoft's nested."""
        self.reads += len(set(engagement_ids))
        ours = {self._engagement(key): key for key in self.partner_center.records}
        return {each: self._row(ours[each]) for each in engagement_ids if each in ours}

    async def ours_beside(self, referral_ids: Sequence[str]) -> dict[str, str]:
        """Give our referral by Microsoft's beside it, and by itself."""
        ours = {key: key for key in self.partner_center.records}
        theirs = {str(part["microsoft_referral"]): key for key in ours if (part := self.part_of(key))}
        return {each: (ours | theirs)[each] for each in referral_ids if each in ours or each in theirs}

    async def invite(self, invitations: Sequence[Invitation]) -> Sequence[Outcome]:
        """Make Microsoft's referral where none stands; faults strike as at any write."""
        faults = self.partner_center.faults
        await faults.turn()
        if faults.strikes("crash_before", "invite_crash_before"):
            raise Crash
        if faults.strikes("edit_before"):
            faults.edit()
        outcomes = [self._invited(each) for each in invitations]
        await faults.turn()
        if faults.strikes("crash_after", "invite_crash_after"):
            faults.edit()
            raise Crash
        if faults.strikes("lost_answer", "invite_lost"):
            return [NoAnswer("no answer") for _ in invitations]
        return outcomes

    def _invited(self, invitation: Invitation) -> Outcome:
        record = self.partner_center.records.get(invitation.referral_id)
        if record is None:
            return Gone()
        if self.part_of(record.key) is None:
            if record.values.get("status") != "open":
                return Rejected("400", "Microsoft can only be invited to an active deal.")
            self.take_part(record.key, help_code=invitation.help)
            self.partner_center.writes.append(("invite", record.key))
        return Written(self._row(record.key))

    def _row(self, key: str) -> Row:
        row = self.partner_center.row(key)
        return replace(row, payload={**row.payload, PART: self.part_of(key)})

    def _engagement(self, key: str) -> str:
        return str(self.partner_center.records[key].values["engagement_identifier"])
