"""What every inbox keeps: whole files, one for each event, and nothing that is not one."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cosell.adapters.inbox import KnownAddresses, StoredInbox
from cosell.sync.ports.inbox import Landed, Notice, UnreadableNoticeError
from upath import UPath

if TYPE_CHECKING:
    from pathlib import Path

ID = "7d0f3b52-1111-4222-8333-944444444444"
NOTICE = Notice(
    event="referral-updated",
    subject=ID,
    key="0" * 64,
    changed=datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC),
    received=datetime(2026, 3, 2, 9, 15, 31, tzinfo=UTC),
)
OTHER = replace(NOTICE, event="test-created", key="1" * 64)


@pytest.fixture(params=["disk", "disk by URL", "object storage"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path | UPath:
    """Give an empty place: a folder, the same as Airflow names it, and a storage without rights and renames."""
    if request.param == "disk":
        return tmp_path / "inbox"
    if request.param == "disk by URL":
        return UPath((tmp_path / "inbox").as_uri())
    return UPath(f"memory://{uuid4().hex}/inbox")


def test_an_empty_inbox_is_no_error(base: Path | UPath) -> None:
    """It is made when the first event lands."""
    inbox = StoredInbox(base)
    assert inbox.landed() == []
    assert inbox.read(NOTICE.name) is None
    inbox.remove(NOTICE.name)


def test_what_landed_is_listed_read_and_removed(base: Path | UPath) -> None:
    """Also by another process; the name alone tells which referral it is."""
    assert StoredInbox(base).land(NOTICE)
    assert StoredInbox(base).land(OTHER)
    inbox = StoredInbox(base)
    assert inbox.landed() == [Landed(name=one.name, event=one.event, subject=ID) for one in (NOTICE, OTHER)]
    assert inbox.read(NOTICE.name) == NOTICE
    inbox.remove(NOTICE.name)
    assert [one.name for one in inbox.landed()] == [OTHER.name]
    assert inbox.read(NOTICE.name) is None


def test_a_duplicate_lands_once(base: Path | UPath) -> None:
    """It changes nothing, not even when we were first told; after removal it may land again."""
    inbox = StoredInbox(base)
    assert inbox.land(NOTICE)
    assert not inbox.land(replace(NOTICE, received=datetime.now(UTC)))
    assert len(inbox.landed()) == 1
    assert inbox.read(NOTICE.name) == NOTICE
    inbox.remove(NOTICE.name)
    assert inbox.land(NOTICE)


def test_what_is_not_a_notice_is_left_alone(base: Path | UPath) -> None:
    """A file of somebody else is neither listed nor removed."""
    inbox = StoredInbox(base)
    inbox.land(NOTICE)
    names = ("readme.txt", NOTICE.name + ".bak", NOTICE.name.replace("referral-updated", "invoice-ready"))
    for name in names:
        (base / "events" / name).write_text("x")
    assert [one.name for one in inbox.landed()] == [NOTICE.name]
    assert len(list((base / "events").iterdir())) == 4


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"event":"x","changed":"yesterday"}'])
def test_a_notice_s_name_on_something_else(base: Path | UPath, content: str) -> None:
    """Somebody put it there by hand; its name still tells which referral is meant."""
    inbox = StoredInbox(base)
    inbox.land(OTHER)
    (base / "events" / NOTICE.name).write_text(content)
    assert len(inbox.landed()) == 2
    with pytest.raises(UnreadableNoticeError):
        inbox.read(NOTICE.name)


def test_what_is_put_aside_is_kept_out_of_sight(base: Path | UPath) -> None:
    """A person can look at it; it is not listed again, and one that has gone is no error."""
    inbox = StoredInbox(base)
    inbox.land(OTHER)
    (base / "events" / NOTICE.name).write_text("{")
    inbox.put_aside(NOTICE.name)
    inbox.put_aside(NOTICE.name)
    assert [one.name for one in inbox.landed()] == [OTHER.name]
    assert (base / "unreadable" / NOTICE.name).read_text() == "{"


def test_addresses_are_kept_beside_the_events(base: Path | UPath) -> None:
    """Those of several receivers together, the newest hundred; they are no events."""
    first, second = KnownAddresses(base), KnownAddresses(base)
    assert first.read() == []
    first.keep(["https://a.example/a.cer"])
    second.keep(["https://b.example/b.cer", "https://a.example/a.cer"])
    assert first.read() == ["https://a.example/a.cer", "https://b.example/b.cer"]
    second.keep([f"https://c.example/{number:03}.cer" for number in range(100)])
    assert first.read() == [f"https://c.example/{number:03}.cer" for number in range(100)]
    assert StoredInbox(base).landed() == []


def test_unfinished_files_are_not_seen_and_go_after_an_hour(tmp_path: Path) -> None:
    """A killed receiver leaves one now and then; a fresh one belongs to somebody who is writing."""
    inbox = StoredInbox(tmp_path)
    inbox.land(NOTICE)
    fresh, old = (tmp_path / "events" / f".{uuid4().hex}" for _ in range(2))
    for path in (fresh, old):
        path.write_text("half")
    os.utime(old, (time.time() - 3700,) * 2)
    assert [one.name for one in inbox.landed()] == [NOTICE.name]
    assert fresh.exists()
    assert not old.exists()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """Folder and files."""
    inbox = StoredInbox(tmp_path / "inbox")
    inbox.land(NOTICE)
    folder = tmp_path / "inbox" / "events"
    assert [path.stat().st_mode & 0o077 for path in (folder, folder / NOTICE.name)] == [0, 0]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """The event has not landed, and the next try does."""
    (tmp_path / "events").write_text("a file where the folder should be")
    inbox = StoredInbox(tmp_path)
    with pytest.raises(OSError, match="events"):
        inbox.land(NOTICE)
    (tmp_path / "events").unlink()
    assert inbox.land(NOTICE)
    assert [path.name for path in (tmp_path / "events").iterdir()] == [NOTICE.name]
