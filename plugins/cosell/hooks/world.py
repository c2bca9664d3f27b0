"""Everything that a step speaks to, opened for one task and closed with it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cosell.adapters.staging import FileStaging, sweep
from cosell.core.record import Side
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import read_start, read_wishes
from cosell.hooks.state import SyncStateHook
from cosell.mapping import load_mapping
from cosell.sync.garbage import look_less_often
from cosell.sync.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection


@asynccontextmanager
async def open_world(*, run_id: str, states: Collection[str] | None = None) -> AsyncIterator[World]:
    """Give the world of a run; `states` are those that a backfill carries."""
    look_less_often()
    wishes, partner_center, dataverse = read_wishes(), PartnerCenterHook(), DataverseHook()
    mapping, staged = load_mapping(), wishes.staging()
    sweep(staged, before=datetime.now(UTC) - timedelta(days=wishes.staged_days))
    async with AsyncExitStack() as stack:
        state = SyncStateHook().get_conn()
        stack.callback(state.close)
        referrals = partner_center.replica(await stack.enter_async_context(partner_center.open_transport(state)), state)
        opportunities = dataverse.replica(
            await stack.enter_async_context(dataverse.open_transport()),
            shape=mapping.shape(),
            memory=state,
            default_owner=wishes.default_owner,
        )
        settings = wishes.to_sync(start=read_start(), states=states)
        yield World(
            replicas={Side.PARTNER_CENTER: referrals, Side.DATAVERSE: opportunities},
            mapper=mapping.mapper(limits=await opportunities.limits(), settings=wishes.to_mapping()),
            state=state,
            staging=FileStaging(staged, run_key=run_id),
            clock=lambda: datetime.now(UTC),
            settings=replace(settings, organization_id=referrals.organization_id),
        )
