"""Two empty systems for every test that begins a story of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Give two empty systems."""
    return Joined(tmp_path)
