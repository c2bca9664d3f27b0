"""A setup of the CRM by an Airflow connection, for what the effective mapping reaches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.setup.setup import Setup
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.hooks.dataverse import DEFAULT_CONNECTION, DataverseHook
from cosell.hooks.settings import read_wishes
from cosell.mapping import LEAD_MAPPING, load_mapping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.adapters.dataverse.setup.wanted import Wanted


@asynccontextmanager
async def open_setup(connection: str = DEFAULT_CONNECTION) -> AsyncIterator[Setup]:
    """Give a setup, signed in as the application of a connection: it needs more rights than the sync does."""
    wanted = _wanted()
    async with DataverseHook(connection).open_transport() as transport:
        yield Setup(transport, wanted)


def _wanted() -> Wanted:
    """Give what the tables need that are kept in step; columns that the mapping has replaced are left out."""
    reached: dict[str, frozenset[str]] = {}
    mappings = [load_mapping()] if read_wishes().leads is False else [load_mapping(), load_mapping(LEAD_MAPPING)]
    for mapping in mappings:
        for table, columns in needed_columns(mapping.shape(), settings=Settings(organisation="")).items():
            reached[table] = reached.get(table, frozenset()) | columns
    return load_wanted().only(reached)
