"""Partner Center as the sync sees it: our organisation's referrals."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from cosell.adapters.partner_center import patch
from cosell.adapters.partner_center.client import QueryRefusedError, Referrals
from cosell.adapters.partner_center.engagements import PartnerCenterEngagements
from cosell.adapters.partner_center.memory import Memory
from cosell.adapters.partner_center.ownership import Ownership
from cosell.adapters.partner_center.refusal import refusal_of
from cosell.adapters.partner_center.windows import Windows
from cosell.adapters.partner_center.writes import Writes
from cosell.adapters.together import all_together, outcomes_of, together
from cosell.core.errors import BrokenAnswerError
from cosell.core.record import Row, Side, Window
from cosell.sync.ports import Gone, Tracked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence
    from datetime import datetime

    from cosell.adapters.transport import Transport
    from cosell.sync.ports import Change, Draft, Outcome

_CRM_ID = "externalReferenceId"
_CLOCK_SKEW = timedelta(minutes=10)
_GONE, _BAD_REQUEST, _FORBIDDEN = {404, 410}, 400, 403


class PartnerCenterReplica:
    """Reads and writes referrals; `recall` and `remember` are the state's, for what the service taught us."""

    side = Side.PARTNER_CENTER
    create_size = 64
    update_size = 64

    def __init__(
        self,
        transport: Transport,
        *,
        recall: Callable[[str], object | None],
        remember: Callable[[str, object], None],
        organization_id: str | None = None,
        partner_id: str | None = None,
    ) -> None:
        memory = Memory(recall, remember)
        self._memory = memory
        self._referrals = Referrals(transport)
        self._windows = Windows(self._referrals, memory=memory)
        self._ownership = Ownership(organization_id=organization_id, partner_id=partner_id, memory=memory)
        self.engagements = PartnerCenterEngagements(self._referrals, ownership=self._ownership)
        self._writes = Writes(self._referrals, memory=memory, by_crm_id=self._by_crm_id)

    @property
    def organization_id(self) -> str | None:
        """Give our organisation's id as far as it is known."""
        return self._ownership.organization_id

    @property
    def skipped_foreign(self) -> int:
        """Give how many referrals of other organisations were met and left alone."""
        return self._ownership.skipped

    @property
    def unknown(self) -> Collection[str]:
        """Give what was met in referrals that the contract does not name."""
        return self._referrals.unknown.names

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give, page by page, our referrals that changed (or were created) in the window, newest first."""
        await self._ownership.learn(self._referrals)
        async for page in self._windows.rows(window):
            yield [row for row in page if self._ownership.claims(row)]

    async def retired(self, known: Collection[str]) -> None:
        """Give nothing: the catalogue is the CRM's."""
        del known

    async def beneath(self) -> dict[str, bool]:
        """Give nothing: a referral holds its solutions and its team itself."""
        return {}

    async def track(self, table: str, link: str | None) -> Tracked:
        """Give nothing new: there are no such tables."""
        del table
        return Tracked(link)

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Give all of them: whoever is named joins the team."""
        return {address.casefold() for address in addresses}

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give these referrals by id, whoever's they are."""
        wanted = list(dict.fromkeys(keys))
        return dict(zip(wanted, await all_together(self._one, wanted), strict=True))

    async def find(
        self,
        field_values: Collection[str],
        *,
        by: Literal["referral_id", "crm_id", "created_since", "deal_name", "lead_id"],
        since: datetime | None = None,
    ) -> list[Row]:
        """Look our referrals up by id or by the CRM id they carry; `created_since` without values gives all."""
        if by == "referral_id":
            found = await self.fetch(list(field_values))
            return [row for row in found.values() if isinstance(row, Row)]
        await self._ownership.learn(self._referrals)
        if by == "crm_id":
            return await self._by_crm_id(field_values, since=since)
        return await self._created_since(since, crm_ids=field_values)

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Create these referrals side by side; an unanswered one is not repeated."""
        return outcomes_of(await together(self._writes.create, drafts))

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write these edits side by side, each under its etag; raises NotPatchableError before anything is sent."""
        prepared = [(change, patch.operations(change.columns, close_as=change.close_as)) for change in changes]
        return outcomes_of(await together(lambda one: self._writes.update(*one), prepared))

    async def is_empty(self) -> bool:
        """Tell whether the service shows no referral at all."""
        async for page in self._referrals.pages(top=1):
            return not page
        return True

    async def _one(self, key: str) -> Row | Gone:
        answer = await self._referrals.get(key)
        if answer.is_success:
            return self._referrals.row_in(answer)
        if answer.status in _GONE or (answer.status == _BAD_REQUEST and not _is_guid(key)):
            return Gone()
        if answer.status == _FORBIDDEN:
            return Gone(out_of_scope=True)
        raise BrokenAnswerError(f"Partner Center answered {answer.status} to a read: {refusal_of(answer).code}")

    async def _by_crm_id(self, values: Collection[str], *, since: datetime | None) -> list[Row]:
        wanted = list(dict.fromkeys(values))
        if not self._memory.refuses_filter(_CRM_ID):
            try:
                pages = await all_together(self._with_crm_id, wanted)
            except QueryRefusedError:
                self._memory.note_refused_filter(_CRM_ID)
            else:
                return [row for page in pages for row in page if self._ownership.claims(row)]
        if since is None or not wanted:
            return []
        # A little earlier than asked: the service's clock is not ours.
        return await self._created_since(since - _CLOCK_SKEW, crm_ids=wanted)

    async def _with_crm_id(self, value: str) -> list[Row]:
        literal = value.replace("'", "''")
        return [row async for page in self._referrals.pages(where=f"{_CRM_ID} eq '{literal}'") for row in page]

    async def _created_since(self, since: datetime | None, *, crm_ids: Collection[str]) -> list[Row]:
        wanted = {crm_id.casefold() for crm_id in crm_ids}
        pages = self._windows.rows(Window(since=since, until=None, by="created"))
        ours = [row async for page in pages for row in page if self._ownership.claims(row)]
        return [row for row in ours if not wanted or str(row.payload.get(_CRM_ID) or "").casefold() in wanted]


def _is_guid(key: str) -> bool:
    try:
        uuid.UUID(key)
    except ValueError:
        return False
    return True
