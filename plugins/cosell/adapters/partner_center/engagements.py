"""Microsoft's part of our deals: its referral in the same engagement, read with ours, and asked for by a second one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.partner_center.client import QueryRefusedError, row_in
from cosell.adapters.partner_center.invitation import invitation_of
from cosell.adapters.partner_center.ownership import asks_for_help, is_microsofts
from cosell.adapters.partner_center.refusal import refusal_of
from cosell.adapters.together import all_together, outcomes_of, together
from cosell.adapters.transport import NoAnswerError
from cosell.core.errors import AccessDeniedError, BrokenAnswerError, CosellError
from cosell.core.record import Row
from cosell.sync.ports import PART, Gone, Invitation, NoAnswer, Outcome, Rejected, Written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.adapters.partner_center.client import Referrals
    from cosell.adapters.partner_center.ownership import Ownership
    from cosell.adapters.transport import Answer

_SHARED = "Shared"
_FORBIDDEN, _CONFLICT = 403, 409
_NOT_SEEN = frozenset({403, 404, 410})
_ONE_REFUSED = (QueryRefusedError, AccessDeniedError)
"""What one engagement may be refused with, without the list as such being closed to us."""


class PartnerCenterEngagements:
    """The referrals of an engagement: ours, Microsoft's, other partners'."""

    def __init__(self, referrals: Referrals, *, ownership: Ownership) -> None:
        self._referrals, self._ownership = referrals, ownership

    def shared(self, row: Row) -> str | None:
        """Give the engagement of our referral where somebody else may have a part in it; None for ours alone."""
        alone = row.payload.get("type") != _SHARED and not asks_for_help(row)
        return None if alone else str(row.payload.get("engagementId") or "") or None

    async def read(self, engagement_ids: Sequence[str]) -> dict[str, Row]:
        """Give our referral in each of these engagements, with Microsoft's nested; one request each."""
        wanted = list(dict.fromkeys(engagement_ids))
        if wanted:
            await self._ownership.learn(self._referrals)
        found: dict[str, Row] = {}
        for engagement_id, row in zip(wanted, await together(self._one, wanted), strict=True):
            if isinstance(row, CosellError):
                if not isinstance(row, _ONE_REFUSED):
                    raise row
            elif isinstance(row, Row):
                found[engagement_id] = row
        return found

    async def ours_beside(self, referral_ids: Sequence[str]) -> dict[str, str]:
        """Give the id of our referral in the engagement of each of these, whoever's they are; two requests each."""
        wanted = list(dict.fromkeys(referral_ids))
        if wanted:
            await self._ownership.learn(self._referrals)
        rows = await all_together(self._referral, wanted)
        seen = [(key, row) for key, row in zip(wanted, rows, strict=True) if isinstance(row, Row)]
        engaged = {key: str(row.payload.get("engagementId") or "") for key, row in seen}
        ours = await self.read([each for each in engaged.values() if each])
        return {key: ours[each].key for key, each in engaged.items() if each in ours}

    async def invite(self, invitations: Sequence[Invitation]) -> Sequence[Outcome]:
        """Ask Microsoft into these engagements, each looked up before anything is asked."""
        await self._ownership.learn(self._referrals)
        return outcomes_of(await together(self._invite, invitations))

    async def _referral(self, key: str) -> Row | Gone:
        """Give a referral by its id; Gone for one that is not there, or that we may not see."""
        answer = await self._referrals.get(key)
        if answer.is_success:
            return self._referrals.row_in(answer)
        if answer.status in _NOT_SEEN:
            return Gone()
        raise BrokenAnswerError(f"Partner Center answered {answer.status} to a read: {refusal_of(answer).code}")

    async def _one(self, engagement_id: str) -> Row | Gone:
        """Give our referral with Microsoft's nested; Gone where the engagement shows none of ours."""
        literal = engagement_id.replace("'", "''")
        pages = self._referrals.pages(where=f"engagementId eq '{literal}'")
        parties = [row async for page in pages for row in page]
        theirs = [row for row in parties if is_microsofts(row, ours=self._ownership.organization_id)]
        # By id, not by identity: a party may stand on two pages of a list that moves.
        others = {row.key for row in theirs}
        ours = next((row for row in parties if row.key not in others and self._ownership.is_ours(row)), None)
        return Gone() if ours is None else _with_part(ours, theirs[0] if theirs else None)

    async def _invite(self, invitation: Invitation) -> Outcome:
        try:
            ours = await self._whole(invitation)
        except QueryRefusedError as error:
            # What cannot be looked up is not asked for: it may stand already.
            return Rejected("engagementNotListed", str(error))
        if isinstance(ours, Gone):
            return ours
        if ours.payload[PART] is not None:
            return Written(ours, only_ours=False)
        try:
            answer = await self._referrals.post(invitation_of(ours.payload, invitation))
        except NoAnswerError as error:
            return NoAnswer(error.what)
        return await self._outcome(answer, ours, invitation)

    async def _outcome(self, answer: Answer, ours: Row, invitation: Invitation) -> Outcome:
        if answer.is_success:
            try:
                return Written(_with_part(ours, row_in(answer)))
            except BrokenAnswerError:
                return NoAnswer(f"Partner Center took the invitation ({answer.status}) but did not show it")
        refusal = refusal_of(answer)
        if answer.status == _FORBIDDEN:
            raise AccessDeniedError(f"Partner Center does not let us invite Microsoft: {refusal.code}")
        if answer.status == _CONFLICT:
            # Somebody else, or an earlier try whose referral was not listed yet, was first.
            again = await self._one(invitation.engagement_id)
            if isinstance(again, Row) and again.payload[PART] is not None:
                return Written(again, only_ours=False)
        return Rejected(refusal.code, refusal.message)

    async def _whole(self, invitation: Invitation) -> Row | Gone:
        """Give our referral with Microsoft's nested, read by its own id where the engagement's list lacks it."""
        listed = await self._one(invitation.engagement_id)
        if isinstance(listed, Row):
            return listed
        answer = await self._referrals.get(invitation.referral_id)
        return _with_part(self._referrals.row_in(answer), None) if answer.is_success else Gone()


def _with_part(ours: Row, theirs: Row | None) -> Row:
    payload: Mapping[str, object] = {**ours.payload, PART: None if theirs is None else theirs.payload}
    return Row(ours.side, ours.key, ours.etag, payload, changed=ours.changed, created=ours.created)
