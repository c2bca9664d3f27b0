"""Adopting columns of another connector: what an environment has, as lines of a mapping file of the user's own."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.adoption import candidates, keyed, read_strangers
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.core.errors import ConfigurationError
from cosell.hooks.dataverse import DataverseHook
from cosell.mapping import DEFAULT_MAPPING, load_mapping
from cosell.mapping.adoption import only_read, overlay, renamed
from cosell.mapping.loader import FOLDERS_VARIABLE, default_folders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse.setup.adoption import Candidate
    from cosell.hooks.environment import Environment

_TABLE = "opportunity"
_OTHER = "other_referral_identifier"
"""The id keeps a column of ours, since that has an alternate key; theirs is read, to find their deals."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was found, and the file that would adopt it."""

    found: Sequence[Candidate]
    text: str
    """Empty where nothing can be adopted."""


async def find_adoption(environment: Environment) -> Adoption:
    """Look for columns of another connector."""
    wanted = load_wanted()
    async with DataverseHook.of(environment).open_transport() as transport:
        strangers = await read_strangers(transport, table=_TABLE, prefix=wanted.publisher.prefix)
    found = list(candidates(wanted, strangers, table=_TABLE))
    taken = {one.column: one for one in found if not one.problem}
    theirs = [taken.pop(column).stranger for column in keyed(wanted, table=_TABLE) & taken.keys()]
    file = load_mapping(folders=default_folders(environment.name)).file
    lines = renamed(
        file,
        {column: one.stranger for column, one in taken.items()},
        numbers={column: one.numbers for column, one in taken.items()},
    )
    if theirs and _OTHER not in file.fields:
        lines |= only_read(_OTHER, theirs[0])
    return Adoption(found, overlay(DEFAULT_MAPPING, lines) if lines else "")


def place_for(into: str | None) -> Path:
    """Give the file to write; raises ConfigurationError where there is no folder of the user's, or it has the file."""
    named = [Path(part) for part in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if part]
    if not into and not named:
        raise ConfigurationError(f"no folder of yours is named: set {FOLDERS_VARIABLE}, or say --into FOLDER")
    folder = Path(into).expanduser() if into else named[-1]
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {folder}: make it first")
    file = folder / f"{DEFAULT_MAPPING}.yaml"
    if file.exists():
        raise ConfigurationError(f"{file} is there already: put the lines above into it by hand")
    return file


def write_adoption(text: str, file: Path, *, environment: Environment) -> None:
    """Write the file, once the mapping holds with it; raises MappingError where it does not."""
    with tempfile.TemporaryDirectory() as trial:
        (Path(trial) / file.name).write_text(text, "utf-8")
        load_mapping(folders=[*default_folders(environment.name), Path(trial)])
    file.write_text(text, "utf-8")
