"""What every place for staged files keeps: whole files, exact numbers, names that any storage takes, no leftovers."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cosell.adapters.staging import FileStaging, encode, file_name, sweep
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "scheduled__2026-11-22T12:00:00+00:00"
A_DAY = timedelta(days=1)


@pytest.fixture(params=["disk", "disk by URL", "object storage"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path | UPath:
    """Give an empty place: a folder, the same as Airflow names it, and a storage without rights and renames."""
    if request.param == "disk":
        return tmp_path / "staging"
    if request.param == "disk by URL":
        return UPath((tmp_path / "staging").as_uri())
    return UPath(f"memory://{uuid4().hex}/staging")


def test_lines_come_back_in_order(base: Path | UPath) -> None:
    """What is written is read again, line by line, also by another task of the same run."""
    lines = [{"key": f"k{number}", "payload": {"name": "O'Brien \n 🙂", "none": None}} for number in range(5)]
    reference = FileStaging(base, run_key=RUN).write("pulled", iter(lines))
    assert "pulled" in reference
    assert list(FileStaging(base, run_key=RUN).read("pulled") or ()) == lines


def test_empty_file_is_not_a_missing_one(base: Path | UPath) -> None:
    """A file without lines says that there was nothing; None says that the file is gone."""
    staging = FileStaging(base, run_key=RUN)
    assert staging.read("pulled") is None
    staging.write("pulled", [])
    assert list(staging.read("pulled") or [{"gone": True}]) == []
    assert staging.read("other") is None


def test_later_file_takes_the_place_of_the_former(base: Path | UPath) -> None:
    """A repeated task replaces what it wrote before."""
    staging = FileStaging(base, run_key=RUN)
    staging.write("plan", [{"try": 1}, {"more": True}])
    staging.write("plan", [{"try": 2}])
    assert list(staging.read("plan") or ()) == [{"try": 2}]


def breaks_off() -> Iterator[dict[str, object]]:
    """Give a line, then fail as a broken page would."""
    yield {"try": 2}
    raise ConnectionError


def test_file_is_never_seen_half_written(base: Path | UPath) -> None:
    """Where the lines break off, the former file stays and nothing is left beside it."""
    staging = FileStaging(base, run_key=RUN)
    staging.write("plan", [{"try": 1}])
    with pytest.raises(ConnectionError):
        staging.write("plan", breaks_off())
    with pytest.raises(ConnectionError):
        staging.write("fresh", breaks_off())
    assert list(staging.read("plan") or ()) == [{"try": 1}]
    assert staging.read("fresh") is None
    (folder,) = base.iterdir()
    assert [path.name for path in folder.iterdir()] == ["plan.jsonl"]


def test_runs_do_not_see_each_other(base: Path | UPath) -> None:
    """Runs whose ids differ in a sign that no name holds have folders of their own; removing one spares the other."""
    first, second = FileStaging(base, run_key="run:1+2"), FileStaging(base, run_key="run+1:2")
    first.write("plan", [{"run": 1}])
    assert second.read("plan") is None
    second.write("plan", [{"run": 2}])
    first.remove()
    first.remove()
    assert first.read("plan") is None
    assert list(second.read("plan") or ()) == [{"run": 2}]


def test_sweep_removes_old_runs_only(base: Path | UPath) -> None:
    """Runs last written before the time go with all their files; a place that is not there yet is no error."""
    now = datetime.now(UTC)
    assert sweep(base, before=now) == 0
    staging = FileStaging(base, run_key=RUN)
    staging.write("plan", [{"a": 1}])
    assert sweep(base, before=now - A_DAY) == 0
    assert staging.read("plan") is not None
    assert sweep(base, before=now + A_DAY) == 1
    assert staging.read("plan") is None


def test_sweep_looks_at_the_newest_file(tmp_path: Path) -> None:
    """A run that was old and is being repeated keeps its files."""
    staging = FileStaging(tmp_path, run_key=RUN)
    old = Path(staging.write("pulled", []))
    staging.write("plan", [])
    long_ago = (datetime.now(UTC) - 9 * A_DAY).timestamp()
    os.utime(old, (long_ago, long_ago))
    assert sweep(tmp_path, before=datetime.now(UTC) - 7 * A_DAY) == 0
    os.utime(old.with_name("plan.jsonl"), (long_ago, long_ago))
    os.utime(old.parent, (long_ago, long_ago))
    assert sweep(tmp_path, before=datetime.now(UTC) - 7 * A_DAY) == 1


class Timed:
    """A stored object whose storage has its own word for the time of writing."""

    name = "run"

    def __init__(self, status: object) -> None:
        self.status = status
        self.removed = False

    def iterdir(self) -> list[Timed]:
        """Give the one file."""
        return [self]

    def unlink(self) -> None:
        """Note the removal."""
        self.removed = True

    def stat(self) -> object:
        """Give what the storage says."""
        return self.status


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "status",
    [
        SimpleNamespace(st_mtime=NOON.timestamp()),
        SimpleNamespace(st_mtime=0, st_birthtime=NOON),
        {"LastModified": NOON},
        {"last_modified": NOON.replace(tzinfo=None)},
        {"updated": "2026-11-22T12:00:00Z"},
    ],
)
def test_every_word_for_the_time_of_writing_is_known(status: object) -> None:
    """Seconds, times and text, with a zone or in UTC, are read as the same moment."""
    file = Timed(status)
    place = SimpleNamespace(iterdir=lambda: [file])
    assert sweep(place, before=NOON) == 0
    assert sweep(place, before=NOON + timedelta(seconds=1)) == 1
    assert file.removed


def test_storage_that_tells_no_times_keeps_everything() -> None:
    """Nothing is removed on a guess."""
    file = Timed(SimpleNamespace(st_mtime=0))
    assert sweep(SimpleNamespace(iterdir=lambda: [file]), before=NOON) == 0
    assert not file.removed


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """On a disk folders have mode 0700 and files 0600, whatever the umask."""
    former = os.umask(0)
    try:
        FileStaging(tmp_path / "staging", run_key=RUN).write("plan", [{"a": 1}])
    finally:
        os.umask(former)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "staging").rglob("*") if path.is_dir()}
    assert modes | {stat.S_IMODE((tmp_path / "staging").stat().st_mode)} == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.jsonl")] == [0o600]


def test_reading_streams(tmp_path: Path) -> None:
    """A file is read as its lines are asked for: what comes after a broken line is no matter before it."""
    staging = FileStaging(tmp_path, run_key=RUN)
    path = Path(staging.write("plan", [{"a": 1}]))
    path.write_text(path.read_text() + "broken\n")
    assert next(iter(staging.read("plan") or ())) == {"a": 1}


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)


@given(NUMBERS, st.text())
def test_decimal_keeps_every_digit(number: Decimal, text: str) -> None:
    """A Decimal is written as a JSON number and comes back with the same digits; text beside it is untouched."""
    base = UPath(f"memory://{uuid4().hex}/staging")
    staging = FileStaging(base, run_key=RUN)
    staging.write("plan", [{"number": number, "deep": [{"text": text}, number]}])
    (line,) = staging.read("plan") or ()
    assert line == {"number": number, "deep": [{"text": text}, number]}
    assert str(line["number"]) == str(number)
    staging.remove()


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), float("nan"), object()])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    """NaN, infinity and objects of Python never reach a file."""
    with pytest.raises((TypeError, ValueError)):
        list(encode([{"value": value}]))


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_are_safe_and_apart(one: str, other: str) -> None:
    """Any key gives a short plain name, no two keys the same one, none that climbs out of its folder."""
    name = file_name(one)
    assert len(name) <= 100
    assert not set(name) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not name.startswith(".")
    assert (name == file_name(other)) == (one == other)


def test_half_a_character_comes_back(base: Path | UPath) -> None:
    """A text that a careless service cut within a character is staged like any other."""
    staging = FileStaging(base, run_key=RUN)
    staging.write("pulled", [{"name": "cut \ud83d", "value": Decimal("1.50")}])
    assert list(staging.read("pulled") or ()) == [{"name": "cut \ud83d", "value": Decimal("1.50")}]
