"""Everything that a step speaks to, table by table, opened for one task and closed with it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cosell.adapters.staging import FileStaging, sweep
from cosell.core.record import Side
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.neighbours import confirm_label, refuse_contradictions
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import read_start, read_wishes
from cosell.hooks.state import opened
from cosell.mapping import DEFAULT_MAPPING, LEAD_MAPPING, default_folders, load_mapping
from cosell.sync.garbage import look_less_often
from cosell.sync.tables import with_leads
from cosell.sync.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from cosell.adapters.dataverse import DataverseReplica
    from cosell.hooks.settings import Wishes
    from cosell.mapping import Mapping


WITHOUT_LEADS = (
    "Leads are not kept in step, since the CRM's table lead has no column {}. Add what is missing, or set leads to "
    "false in cosell_settings."
)


@asynccontextmanager
async def open_worlds(
    environment: Environment = DEFAULT,
    *,
    run_id: str,
    states: Collection[str] | None = None,
    switch_on: bool = False,
) -> AsyncIterator[list[World]]:
    """Give the worlds of a run, one for each table of the CRM.

    `states` are those that a backfill carries; `switch_on`: deals that are found are switched on.
    """
    look_less_often()
    refuse_contradictions(environment)
    wishes, partner_center = read_wishes(environment), PartnerCenterHook.of(environment)
    mappings, staged = mappings_in_force(wishes, environment), wishes.staging(environment)
    dataverse = DataverseHook.of(environment)
    sweep(staged, before=datetime.now(UTC) - timedelta(days=wishes.staged_days))
    async with AsyncExitStack() as stack:
        state = stack.enter_context(opened(environment))
        referrals = partner_center.replica(await stack.enter_async_context(partner_center.open_transport(state)), state)
        replicas = dataverse.replicas(
            await stack.enter_async_context(dataverse.open_transport()),
            shapes=[mapping.shape() for mapping in mappings],
            memory=state,
            wishes=wishes,
        )
        lacking = await replicas[-1].lacking()
        kept = replicas[:1] if lacking else replicas
        settings = wishes.to_sync(start=read_start(environment), states=states, environment=environment)
        mappers = [
            mapping.mapper(limits=await replica.limits(), settings=wishes.to_mapping(environment))
            for mapping, replica in zip(mappings, kept, strict=False)
        ]
        confirm_label(mappers[0], settings.scope)
        world = World(
            replicas={Side.PARTNER_CENTER: referrals, Side.DATAVERSE: replicas[0]},
            mapper=mappers[0],
            state=state,
            staging=FileStaging(staged, run_key=run_id if environment == DEFAULT else f"{environment.name}/{run_id}"),
            clock=lambda: datetime.now(UTC),
            settings=replace(settings, organization_id=referrals.organization_id, switch_on=switch_on),
            engagements=referrals.engagements,
            left_out=WITHOUT_LEADS.format(", ".join(sorted(lacking))) if lacking else "",
        )
        yield with_leads(world, replica=kept[1], mapper=mappers[1]) if len(kept) > 1 else [world]


@asynccontextmanager
async def open_replicas(environment: Environment = DEFAULT) -> AsyncIterator[dict[str, DataverseReplica]]:
    """Give the CRM's tables that may be kept in step, by name, without a run."""
    wishes, dataverse = read_wishes(environment), DataverseHook.of(environment)
    shapes = [mapping.shape() for mapping in mappings_in_force(wishes, environment)]
    async with AsyncExitStack() as stack:
        state = stack.enter_context(opened(environment))
        transport = await stack.enter_async_context(dataverse.open_transport())
        replicas = dataverse.replicas(transport, shapes=shapes, memory=state, wishes=wishes)
        yield {shape.table: replica for shape, replica in zip(shapes, replicas, strict=True)}


def mappings_in_force(wishes: Wishes, environment: Environment = DEFAULT) -> list[Mapping]:
    """Give the mapping of each table that may be kept in step, opportunities first."""
    names = [DEFAULT_MAPPING] if wishes.leads is False else [DEFAULT_MAPPING, LEAD_MAPPING]
    return [load_mapping(name, folders=default_folders(environment.name)) for name in names]
