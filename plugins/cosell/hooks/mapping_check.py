"""The mappings in force, held against the CRM's columns as they are at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.labelled import display_names
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.core.errors import CosellError, MappingError, NoLogicalNameError, SchemaDriftError
from cosell.core.record import Side
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.settings import read_wishes
from cosell.hooks.setup import needed
from cosell.hooks.world import mappings_in_force, open_replicas
from cosell.mapping.check import check, unfilled, without_table
from cosell.mapping.misfit import Made, Misfit
from cosell.mapping.unknown import no_column
from cosell.sync.world import LEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse import DataverseReplica
    from cosell.hooks.environment import Environment
    from cosell.mapping import Mapping as FieldMapping


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it."""

    problems: list[Misfit]
    """What cannot work."""
    about_leads: list[Misfit]
    """What only keeps leads from being carried, since nobody said that they must be."""
    unfilled: Mapping[str, str] | None
    """Required columns that a new row would leave empty, with how hard they are required; None: it cannot be told."""


async def hold_against_crm(environment: Environment) -> Held:
    """Give what of an environment's mappings does not fit its CRM; raises MappingError for a wrong file."""
    try:
        wishes, made = read_wishes(environment), _made(environment)
    except NoLogicalNameError as error:
        raise await looked_up(error, environment) from None
    found: dict[str, list[Misfit]] = {}
    empty: dict[str, str] | None = {}
    async with open_replicas(environment) as replicas:
        for mapping in mappings_in_force(wishes, environment):
            found[mapping.table], more = await _held(mapping, replicas[mapping.table], made=made)
            empty = None if empty is None or more is None else empty | more
    about_leads = found.pop(LEAD, []) if wishes.leads is None else []
    return Held([problem for each in found.values() for problem in each], about_leads, empty)


async def looked_up(error: NoLogicalNameError, environment: Environment) -> MappingError:
    """Give the error with the name that is meant, where the CRM can be asked."""
    try:
        async with DataverseHook.of(environment).open_transport() as transport:
            names = await display_names(DataverseClient(transport), error.table)
    except CosellError:
        return error
    root = f"{error.root}." if error.root else ""
    known = {f"{root}{name}": label for name, label in names.items()}
    problem = no_column(error.column, table=error.table, known=known, root=error.root)
    return MappingError(problem, file=error.file, line=error.line, field=error.field)


async def _held(
    mapping: FieldMapping, replica: DataverseReplica, *, made: Made
) -> tuple[list[Misfit], dict[str, str] | None]:
    """Give what does not fit one table, and its required columns that nothing fills."""
    try:
        described = await replica.described(defaults=mapping.defaults(Side.DATAVERSE))
    except SchemaDriftError as error:
        if error.table is None:
            raise
        return [without_table(mapping, error.table, tables=await replica.table_names(), made=made)], None
    return check(mapping, described, made=made), unfilled(mapping, described.required)


def _made(environment: Environment) -> Made:
    return Made(load_wanted().only(needed(environment)).made, f"airflow cosell setup{environment.option}")
