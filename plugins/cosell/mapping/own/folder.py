"""The user's code beside the mapping files, `converters.py` and `hooks.py`: of one name the last folder's counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cosell.core.errors import MappingError
from cosell.mapping.own.code import read_code
from cosell.mapping.own.converter import converters_in
from cosell.mapping.own.hooks import TABLES, hooks_in
from cosell.mapping.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cosell.mapping.converters.base import Recipe
    from cosell.mapping.own.hooks import Hook

CONVERTERS_FILE: Final = "converters.py"
HOOKS_FILE: Final = "hooks.py"


@dataclass(frozen=True, slots=True)
class OwnCode:
    """What the user's files define."""

    converters: dict[str, Recipe] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)

    def hooks_of(self, table: str) -> list[Hook]:
        """Give the hooks of one table's mapping, in their order."""
        return [self.hooks[name] for name, of in TABLES.items() if of == table and name in self.hooks]


def read_own(folders: Sequence[Path]) -> OwnCode:
    """Read the files of all folders; raises MappingError."""
    own = OwnCode()
    for folder in folders:
        if (path := folder / CONVERTERS_FILE).is_file():
            own.converters.update(converters_in(read_code(path)))
        if (path := folder / HOOKS_FILE).is_file():
            own.hooks.update(hooks_in(read_code(path)))
    return own


def refuse_near_misses(folder: Path) -> None:
    """Refuse a Python file whose name is nearly one of ours: it would be passed over in silence."""
    known = (CONVERTERS_FILE, HOOKS_FILE)
    for path in sorted(folder.glob("*.py")):
        near = None if path.name in known else nearest(path.name, known)
        if near:
            raise MappingError(f"this file is not read: did you mean {near}?", file=str(path))
