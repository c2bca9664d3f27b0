"""What lacks in the CRM's definitions, read with no more rights than the sync has: solution and publisher left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.errors import RefusedCallError, raise_for_call
from cosell.adapters.dataverse.setup.diff import compare
from cosell.adapters.dataverse.setup.reading import NEWEST, read_definitions
from cosell.adapters.dataverse.setup.steps import Kind, SetupPlan

if TYPE_CHECKING:
    from cosell.adapters.dataverse.client import Wire
    from cosell.adapters.dataverse.setup.wanted import Wanted

DEFINED = frozenset({
    Kind.CHOICE, Kind.OPTIONS, Kind.TABLE, Kind.COLUMN, Kind.LENGTH, Kind.TRACK, Kind.KEY, Kind.REPAIR, Kind.AWAIT,
})  # fmt: skip
"""Steps that the sync would miss; labels, the solution and what belongs to it are for people."""


async def survey(wire: Wire, wanted: Wanted) -> SetupPlan:
    """Give the steps that setup would take for tables, keys and choices, and what would stand in its way."""
    bare = {name: table.model_copy(update={"form": None}) for name, table in wanted.tables.items()}
    return await _plan(wire, wanted.model_copy(update={"tables": bare}), kinds=DEFINED)


async def survey_forms(wire: Wire, wanted: Wanted) -> SetupPlan:
    """Give what forms lack; raises AccessDeniedError where our role may not see them, which the sync needs not."""
    shown = {name: table for name, table in wanted.tables.items() if table.form}
    return await _plan(wire, wanted.model_copy(update={"tables": shown}), kinds=frozenset({Kind.FORM}))


async def _plan(wire: Wire, wanted: Wanted, *, kinds: frozenset[Kind]) -> SetupPlan:
    try:
        found = await read_definitions(DataverseClient(wire, headers=NEWEST), wanted)
    except RefusedCallError as error:
        raise_for_call(error)
    plan = compare(wanted, found, languages=frozenset())
    return SetupPlan(tuple(step for step in plan.steps if step.kind in kinds), plan.obstacles)
