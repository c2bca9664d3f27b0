"""Reads a mapping file, lays a user's files over it, and checks the whole: every error names file, line and field."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from cosell.core.errors import MappingError
from cosell.mapping.complaints import first_complaint
from cosell.mapping.converters import CONVERTERS
from cosell.mapping.lines import check_lines
from cosell.mapping.loaded import LoadedMapping
from cosell.mapping.located import read_yaml
from cosell.mapping.overlay import lay_over
from cosell.mapping.own.folder import OwnCode, read_own, refuse_near_misses
from cosell.mapping.schema import MappingFile
from cosell.mapping.shared_places import refuse_shared_places
from cosell.mapping.wording import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.mapping.located import Located

FOLDERS_VARIABLE: Final = "COSELL_MAPPINGS"
"""Environment variable: folders of mapping files, parted as in PATH; they lie over the shipped one in order."""
DEFAULT_MAPPING: Final = "referral_opportunity"
LEAD_MAPPING: Final = "referral_lead"


def load_mapping(
    name: str = DEFAULT_MAPPING,
    *,
    folders: Sequence[Path] | None = None,
) -> LoadedMapping:
    """Give the mapping: the first folder's file, and over it the files of the same name in the others.

    Without `folders` they are the shipped one and those that the environment names. Raises MappingError.
    """
    looked_in = default_folders() if folders is None else list(folders)
    for folder in looked_in:
        if not folder.is_dir():
            raise MappingError("there is no such folder of mapping files", file=str(folder))
    files = [path for folder in looked_in if (path := folder / f"{name}.yaml").is_file()]
    if not files:
        where = ", ".join(map(str, looked_in)) or f"no folder; name one in {FOLDERS_VARIABLE}"
        raise MappingError(f"there is no mapping of this name in {where}", file=f"{name}.yaml")
    _refuse_strays(looked_in, base=files[0].parent)
    located = read_yaml(files[0])
    for path in files[1:]:
        located = lay_over(located, read_yaml(path))
    return _checked(located, own=read_own(looked_in))


def default_folders(environment: str = "default") -> list[Path]:
    """Give the folder that the project ships, those of the variable, and what these hold for this environment alone."""
    named = [Path(part) for part in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if part]
    homes = [Path(__file__).parents[3], Path(os.environ.get("AIRFLOW_HOME", Path.cwd())), Path.cwd()]
    shipped = [folder for home in homes if (folder := home / "include" / "mappings").is_dir()][:1]
    common = [folder for folder in named if folder not in shipped]
    return [*shipped, *common, *(own for folder in common if (own := folder / environment).is_dir())]


def _checked(located: Located, *, own: OwnCode) -> LoadedMapping:
    try:
        file = MappingFile.model_validate(located.content)
    except ValidationError as error:
        raise first_complaint(error.errors(), located) from None
    converters = {**CONVERTERS, **own.converters}
    check_lines(file, located, converters=converters)
    mapping = LoadedMapping(file, converters, spots=located.spots, hooks=own.hooks_of(file.dataverse.table))
    refuse_shared_places(mapping)
    return mapping


def _refuse_strays(folders: Sequence[Path], *, base: Path) -> None:
    """Refuse a file that lies over nothing: a misspelled name would be passed over in silence."""
    shipped = {path.stem for path in base.glob("*.yaml")}
    for folder in folders:
        refuse_near_misses(folder)
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            if path.stem not in shipped or path.suffix != ".yaml":
                names = [f"{stem}.yaml" for stem in shipped]
                raise MappingError(f"this file lies over no shipped mapping: {meant(path.name, names)}", file=str(path))
