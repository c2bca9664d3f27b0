"""Two systems and the memory kept as files, so that a long story is told once and every test goes on from its end."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.world import World as Sandbox
from tests.integration.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path

STAGED = "staged"


def on_disk(folder: Path) -> Joined:
    """Give two systems and a memory that live in a folder."""
    (folder / STAGED).mkdir(parents=True, exist_ok=True)
    sandbox, state = Sandbox.open(folder / "sandbox.db"), f"sqlite:///{folder / 'state.db'}"
    return Joined(folder / STAGED, sandbox=sandbox, state_url=state)


@dataclass
class Kept:
    """A story told up to here; `names` are its records by what the story calls them."""

    folder: Path
    runs: int
    names: dict[str, str] = field(default_factory=dict)

    def go_on(self, folder: Path) -> Joined:
        """Give a copy to go on from."""
        shutil.copytree(self.folder, folder / "copy")
        joined = on_disk(folder / "copy")
        joined.runs = self.runs
        return joined


def keep(joined: Joined, *, folder: Path, names: dict[str, str]) -> Kept:
    """Close the files of a story; it goes on in copies only."""
    joined.sandbox.store.close()
    joined.state.close()
    return Kept(folder, joined.runs, names)
