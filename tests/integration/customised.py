"""An installation: two systems, the package's folder of mappings, and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.mapping import LEAD_MAPPING, load_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.joined import Joined


@dataclass
class Installed:
    """Two systems, the package's folder of mappings, and the user's."""

    joined: Joined
    package: Path
    own: Path

    def write(self, **files: str) -> None:
        """Put files into the user's folder: a name with `__` for its dot."""
        for name, text in files.items():
            (self.own / name.replace("__", ".")).write_text(text)
        self.load()

    def load(self) -> None:
        """Read the mappings as the next task would."""
        folders = [self.package, self.own]
        self.joined.mapping = load_mapping(folders=folders)
        self.joined.leads = load_mapping(LEAD_MAPPING, folders=folders)


def quiet(joined: Joined) -> bool:
    """Tell whether two more runs write nothing."""
    joined.writes()
    for _ in range(2):
        joined.later(60)
        joined.run()
    return joined.written() == 0
