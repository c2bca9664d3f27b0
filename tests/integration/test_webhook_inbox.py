"""Where the inbox lies: receiver and DAGs find the same place."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from airflow.sdk import ObjectStoragePath
from cosell.adapters.inbox import StoredInbox
from cosell.core.errors import ConfigurationError
from cosell.hooks.inbox import inbox_place
from cosell.sync.ports.inbox import Notice

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NOTICE = Notice(event="referral-updated", subject=str(uuid4()), key="0" * 64, changed=NOW, received=NOW)


def test_it_lies_beside_what_else_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under AIRFLOW_HOME, unless the environment or the caller names another place."""
    monkeypatch.delenv("COSELL_INBOX", raising=False)
    assert inbox_place() == str(Path(os.environ["AIRFLOW_HOME"]) / "cosell" / "inbox")
    monkeypatch.setenv("COSELL_INBOX", "/srv/inbox")
    assert inbox_place() == "/srv/inbox"
    assert inbox_place("/other") == "/other"


def test_an_address_is_one_of_airflow_s_object_storages(tmp_path: Path) -> None:
    """What landed through the one path is read through another, as receiver and task do."""
    named = f"file://{tmp_path}/inbox"
    assert isinstance(inbox_place(named), ObjectStoragePath)
    assert StoredInbox(inbox_place(named)).land(NOTICE)
    inbox = StoredInbox(inbox_place(named))
    assert [one.name for one in inbox.landed()] == [NOTICE.name]
    assert inbox.read(NOTICE.name) == NOTICE
    assert not inbox.land(NOTICE)
    inbox.remove(NOTICE.name)
    assert inbox.landed() == []


def test_a_storage_without_its_provider_is_named() -> None:
    """The receiver does not start, a task stops: neither waits for the first event."""
    with pytest.raises(ConfigurationError, match="COSELL_INBOX is 'nowhere://bucket/inbox'"):
        inbox_place("nowhere://bucket/inbox")
