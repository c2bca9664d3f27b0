"""A setup of the CRM by an Airflow connection, for what the effective mapping reaches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.setup.promotion import Promotion
from cosell.adapters.dataverse.setup.setup import Setup
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.neighbours import refuse_contradictions
from cosell.hooks.settings import read_wishes
from cosell.hooks.world import mappings_in_force

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def open_setup(connection: str | None = None, *, environment: Environment = DEFAULT) -> AsyncIterator[Setup]:
    """Give a setup, signed in as the application of the environment's connection, or of one with more rights."""
    refuse_contradictions(environment)
    wanted = load_wanted().only(needed(environment))
    async with _hook(connection, environment).open_transport() as transport:
        yield Setup(transport, wanted)


@asynccontextmanager
async def open_promotion(connection: str | None, environment: Environment) -> AsyncIterator[tuple[Promotion, Setup]]:
    """Give the way of the solution out of or into an environment's CRM, and the setup of that CRM."""
    refuse_contradictions(environment)
    wanted = load_wanted().only(needed(environment))
    async with _hook(connection, environment).open_transport() as transport:
        setup = Setup(transport, wanted)
        yield Promotion(transport, setup, name=wanted.solution), setup


def _hook(connection: str | None, environment: Environment) -> DataverseHook:
    return DataverseHook(connection) if connection else DataverseHook.of(environment)


def needed(environment: Environment = DEFAULT) -> dict[str, frozenset[str]]:
    """Give the columns that the effective mapping reaches, by table, of the tables that are kept in step."""
    reached: dict[str, frozenset[str]] = {}
    for mapping in mappings_in_force(read_wishes(environment), environment):
        for table, columns in needed_columns(mapping.shape(), settings=Settings(organisation="")).items():
            reached[table] = reached.get(table, frozenset()) | columns
    return reached
