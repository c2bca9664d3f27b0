"""A setup of the CRM by an Airflow connection, for what the effective mapping reaches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.setup.setup import Setup
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.settings import read_wishes
from cosell.hooks.world import mappings_in_force

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.adapters.dataverse.setup.wanted import Wanted


@asynccontextmanager
async def open_setup(connection: str | None = None, *, environment: Environment = DEFAULT) -> AsyncIterator[Setup]:
    """Give a setup, signed in as the application of the environment's connection, or of one with more rights."""
    wanted = _wanted(environment)
    hook = DataverseHook(connection) if connection else DataverseHook.of(environment)
    async with hook.open_transport() as transport:
        yield Setup(transport, wanted)


def _wanted(environment: Environment) -> Wanted:
    """Give what the tables need that are kept in step; columns that the mapping has replaced are left out."""
    reached: dict[str, frozenset[str]] = {}
    for mapping in mappings_in_force(read_wishes(environment), environment):
        for table, columns in needed_columns(mapping.shape(), settings=Settings(organisation="")).items():
            reached[table] = reached.get(table, frozenset()) | columns
    return load_wanted().only(reached)
