"""Creates and edits, each with its own outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cosell.adapters.partner_center import patch
from cosell.adapters.partner_center.client import row_in
from cosell.adapters.partner_center.create import body_of
from cosell.adapters.partner_center.lists import completed, replaces_lists
from cosell.adapters.partner_center.memory import DEAL_VALUE_AS
from cosell.adapters.partner_center.refusal import refusal_of
from cosell.adapters.transport import Answer, NoAnswerError
from cosell.core.errors import AccessDeniedError, BrokenAnswerError
from cosell.core.record import Ref
from cosell.sync.ports import Change, Draft, Gone, NoAnswer, Outcome, Rejected, Stale, Written

if TYPE_CHECKING:
    from collections.abc import Collection

    from cosell.adapters.partner_center.client import Referrals
    from cosell.adapters.partner_center.memory import Memory
    from cosell.adapters.partner_center.patch import Operation
    from cosell.core.record import Row

_BAD_REQUEST, _FORBIDDEN = 400, 403
_GONE = {404, 410}
_OVERTAKEN = {409, 412, 423}
"""The referral is not as we knew it, or locked by another writer: pull it again."""
_CRM_ID = "externalReferenceId"
_NUMBER, _STRING = "number", "string"
_LACKING = ("non-existent", "nonexistent", "does not exist", "doesn't exist")


class _Lookup(Protocol):
    async def __call__(self, values: Collection[str], *, since: datetime | None) -> list[Row]: ...


class Writes:
    """Writes one record at a time; the replica runs many together."""

    def __init__(self, referrals: Referrals, *, memory: Memory, by_crm_id: _Lookup) -> None:
        self._referrals, self._memory, self._by_crm_id = referrals, memory, by_crm_id

    async def create(self, draft: Draft) -> Outcome:
        """Create a referral, and close it where the draft says so."""
        begun = datetime.now(UTC) - timedelta(minutes=1)
        try:
            answer = await self._referrals.post(body_of(draft.columns))
        except NoAnswerError as error:
            return NoAnswer(error.what)
        if answer.status == _FORBIDDEN:
            refusal = refusal_of(answer)
            raise AccessDeniedError(f"Partner Center does not let us create referrals: {refusal.code}")
        if not answer.is_success:
            return _rejected(answer)
        row = await self._created(draft, answer, begun)
        if row is None:
            return NoAnswer(f"Partner Center took the new referral ({answer.status}) but does not show it yet")
        return await self._closed(row, draft.close_as) if draft.close_as else Written(row)

    async def update(self, change: Change, operations: list[Operation]) -> Outcome:
        """Edit a referral under its etag; an answer that got lost is cleared up by the etag where it can be."""
        if not change.etag:
            return Stale()
        try:
            if replaces_lists(operations):
                standing = await self._referrals.get(change.ref.key)
                if standing.is_success and (row := row_in(standing)).etag == change.etag:
                    operations = completed(operations, standing=row.payload)
            # What could not be read, or is another version by now, the service itself refuses.
            answer = await self._patched(change, operations)
        except NoAnswerError as error:
            return NoAnswer(error.what)
        if answer.is_success:
            return await self._written(change, answer)
        if answer.status in _OVERTAKEN:
            what = "an earlier try got no answer, and now the referral has another etag"
            return NoAnswer(what) if answer.unsure else Stale()
        return Gone() if answer.status in _GONE else _rejected(answer)

    async def _created(self, draft: Draft, answer: Answer, begun: datetime) -> Row | None:
        try:
            return row_in(answer)
        except BrokenAnswerError:
            crm_id = draft.columns.get(_CRM_ID)
            found = await self._by_crm_id([str(crm_id)], since=begun) if crm_id else []
            return found[0] if len(found) == 1 else None

    async def _closed(self, row: Row, close_as: str) -> Outcome:
        """Close a new referral; where that fails the open one stands and its status tells so."""
        change = Change(Ref(row.side, row.key), row.etag, {}, close_as)
        outcome = await self.update(change, patch.operations({}, close_as=close_as))
        return outcome if isinstance(outcome, Written) else Written(row)

    async def _patched(self, change: Change, operations: list[Operation]) -> Answer:
        """Send the patch, and once more in the other spelling where the service stumbles over the first."""
        kind = (patch.has_deal_value(operations) and self._memory.recall(DEAL_VALUE_AS)) or _NUMBER
        answer = await self._send(change, _spelt(operations, kind))
        if answer.status != _BAD_REQUEST:
            return answer
        refusal = refusal_of(answer)
        if patch.has_deal_value(operations) and refusal.names("dealValue"):
            other = _NUMBER if kind == _STRING else _STRING
            second = await self._send(change, _spelt(operations, other))
            if second.is_success:
                self._memory.remember(DEAL_VALUE_AS, other)
            return second
        if refusal.names(*_LACKING):
            return await self._send(change, patch.adding(_spelt(operations, kind)))
        return answer

    async def _send(self, change: Change, operations: list[Operation]) -> Answer:
        return await self._referrals.patch(change.ref.key, operations, etag=change.etag)

    async def _written(self, change: Change, answer: Answer) -> Outcome:
        try:
            return Written(row_in(answer))
        except BrokenAnswerError:
            pass  # 204, or 202: the write was done and is read back
        read = await self._referrals.get(change.ref.key)
        if not read.is_success:
            return NoAnswer(f"the referral was written, and could not be read back ({read.status})")
        row = row_in(read)
        return Written(row, only_ours=bool(row.etag) and answer.headers.get("etag") == row.etag)


def _spelt(operations: list[Operation], kind: object) -> list[Operation]:
    return patch.with_deal_value_as_string(operations) if kind == _STRING else operations


def _rejected(answer: Answer) -> Rejected:
    refusal = refusal_of(answer)
    return Rejected(refusal.code, refusal.message)
