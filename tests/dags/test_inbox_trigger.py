"""Waiting for the inbox in the triggerer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from airflow.triggers.base import TaskSkippedEvent, TaskSuccessEvent
from cosell.adapters.inbox import StoredInbox
from cosell.sync.ports.inbox import Notice
from cosell.triggers.inbox import InboxTrigger

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 9, 15, 31, tzinfo=UTC)
NOTICE = Notice(
    event="referral-updated", subject="7d0f3b52-1111-4222-8333-944444444444", key="0" * 64, changed=NOW, received=NOW
)


async def first(trigger: InboxTrigger) -> Any:  # noqa: ANN401 - Airflow's event
    """Give what the trigger says first."""
    return await anext(trigger.run())


def again(trigger: InboxTrigger) -> InboxTrigger:
    """Give the trigger as another triggerer makes it from the database."""
    path, kept = trigger.serialize()
    module, _, name = path.rpartition(".")
    made: InboxTrigger = getattr(import_module(module), name)(**kept)
    return made


@pytest.mark.parametrize("before", [True, False])
def test_it_ends_with_the_first_event(tmp_path: Path, before: bool) -> None:
    """Whether it lay there when another triggerer took over, or landed while it waited."""
    inbox = StoredInbox(tmp_path)

    async def story() -> Any:  # noqa: ANN401 - Airflow's event
        if before:
            inbox.land(NOTICE)
        waiting = asyncio.create_task(
            first(again(InboxTrigger(poll_seconds=0.01, idle_seconds=60, place=str(tmp_path))))
        )
        await asyncio.sleep(0.1)
        assert waiting.done() is before
        inbox.land(NOTICE)
        return await waiting

    assert isinstance(asyncio.run(story()), TaskSuccessEvent)


def test_it_ends_by_itself_where_nothing_comes(tmp_path: Path) -> None:
    """As skipped, so that no worker is asked for; half-written files and those of others are nothing."""
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / f".{NOTICE.name}.x").write_text("{")
    (folder / "readme.txt").write_text("x")
    ended = asyncio.run(first(InboxTrigger(poll_seconds=0.01, idle_seconds=0.05, place=str(tmp_path))))
    assert isinstance(ended, TaskSkippedEvent)


def test_the_place_is_the_deployments_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up where the trigger runs, and no address is kept in Airflow's database."""
    monkeypatch.setenv("COSELL_INBOX", str(tmp_path))
    trigger = InboxTrigger(poll_seconds=0.01, idle_seconds=60)
    assert trigger.serialize()[1]["place"] is None
    StoredInbox(tmp_path).land(NOTICE)
    assert isinstance(asyncio.run(first(trigger)), TaskSuccessEvent)
