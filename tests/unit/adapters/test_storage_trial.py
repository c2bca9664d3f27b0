"""Trying a place for files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.storage import try_out

if TYPE_CHECKING:
    from pathlib import Path


def test_a_good_place_is_left_as_it_was(tmp_path: Path) -> None:
    """Nothing stays behind."""
    assert try_out(str(tmp_path / "new")) is None
    assert list((tmp_path / "new").iterdir()) == []


def test_a_bad_place_is_told(tmp_path: Path) -> None:
    """In a few words, by the kind of error."""
    (tmp_path / "file").write_text("")
    assert try_out(tmp_path / "file") == "FileExistsError: File exists"
