"""How often Python looks for cyclic garbage while a task works on thousands of records."""

from __future__ import annotations

import gc
from typing import Final

_NEW_OBJECTS: Final = 200_000


def look_less_often() -> None:
    """Let this process collect less often: a chunk keeps some hundred thousand objects alive, hardly one in a cycle.

    With Python's own 700 a third of a plan's time goes into looking through them again and again, and a tenth into
    the modules that were loaded before, which stay anyway.
    """
    gc.set_threshold(_NEW_OBJECTS)
    gc.freeze()
