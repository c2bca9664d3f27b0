"""The demonstration's last act: the webhook tells of edits in Partner Center, and the regular sync is switched off."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from local.persons import Persons
    from local.scenario import Deal
    from local.stage import Stage

SYNC, EVENTS, REGISTRATION = "cosell_sync", "cosell_events", "cosell_webhook_registration"
_VALUES = (31_000, 32_000, 33_000, 34_000, 35_000)
_PATIENCE_SECONDS, _SECONDS, _LOOKS_EVERY = 180.0, 60.0, 0.1
_ENDED = {"success", "failed"}


class NotCarriedError(RuntimeError):
    """What the webhook should have brought did not come."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One edit of a deal's value: the seconds until the receiver had its event, and until Dynamics had the value."""

    value: int
    accepted: float
    written: float


def carry_by_webhook(stage: Stage, persons: Persons, deal: Deal) -> list[Carried]:
    """Switch the regular sync off, register the receiver, and edit a deal in Partner Center again and again."""
    stage.api.pause(SYNC)
    stage.wait(f"the end of {SYNC}", until=lambda: all(run["state"] in _ENDED for run in stage.api.runs(SYNC)))
    with stage.progress.step("Registering the webhook's receiver in Partner Center"):
        _register(stage)
    with stage.progress.step(f"A seller edits {deal.title!r} in Partner Center, {len(_VALUES)} times"):
        carried = [_edit(persons, deal, value) for value in _VALUES]
    stage.wait(f"the end of {EVENTS}'s work", until=lambda: _is_idle(stage))
    return carried


def show_carried(console: Console, carried: Sequence[Carried]) -> None:
    """Print how long each edit took."""
    title = f"Edits carried by the webhook, {SYNC} switched off: seconds after the edit"
    table = Table(title=title, title_justify="left")
    for heading in ("deal value", "event at the receiver", "value in Dynamics"):
        table.add_column(heading, justify="right")
    for one in carried:
        table.add_row(f"{one.value:,}", f"{one.accepted:.2f}", f"{one.written:.2f}")
    console.print(table)


def promise(carried: Sequence[Carried]) -> tuple[str, bool]:
    """Give what the webhook promises in words, with the seconds, and whether it was kept."""
    slowest = max(one.written for one in carried)
    return f"An edit in Partner Center reaches Dynamics by the webhook: {slowest:.1f} s at most", slowest < _SECONDS


def _register(stage: Stage) -> None:
    run_id = stage.api.trigger(REGISTRATION, conf={"endpoint_url": stage.webhook_url})
    stage.wait(REGISTRATION, until=lambda: stage.api.run_state(REGISTRATION, run_id) in _ENDED)
    if stage.api.run_state(REGISTRATION, run_id) != "success":
        message = f"{REGISTRATION} failed; see {stage.home.airflow / 'logs'}"
        raise NotCarriedError(message)


def _is_idle(stage: Stage) -> bool:
    """Tell whether no run carries: the one there always is waits."""
    running = [run["dag_run_id"] for run in stage.api.runs(EVENTS) if run["state"] not in _ENDED]
    return all(stage.api.tasks(EVENTS, run_id)["carry"]["state"] is None for run_id in running)


def _edit(persons: Persons, deal: Deal, value: int) -> Carried:
    before = {one["id"] for one in _deliveries(persons, deal)}
    began = time.monotonic()
    persons.do("edit", id=deal.referral, path="/details/dealValue", value=value)
    _await(f"the deal value {value}", lambda: float(persons.opportunity(deal.row or "")["estimatedvalue"]) == value)
    written = time.monotonic() - began
    event = [one for one in _deliveries(persons, deal) if one["id"] not in before][-1]
    accepted = datetime.fromisoformat(event["settled"]) - datetime.fromisoformat(event["raised"])
    return Carried(value=value, accepted=accepted.total_seconds(), written=written)


def _deliveries(persons: Persons, deal: Deal) -> list[dict[str, Any]]:
    """Give what the sandbox has sent about a deal, newest first."""
    return list(persons.do("show_deliveries", subject=deal.referral)["deliveries"])


def _await(what: str, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            message = f"{what} did not reach Dynamics within {_PATIENCE_SECONDS:.0f} s; see the runs of {EVENTS}"
            raise NotCarriedError(message)
        time.sleep(_LOOKS_EVERY)
