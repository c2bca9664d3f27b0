"""Our own house: storage, settings, and the webhook that leads to it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cosell.core.checkup.finding import Finding, doubt, fine, wrong
from cosell.core.registration import drift

if TYPE_CHECKING:
    from collections.abc import Collection

    from cosell.core.checkup.doors import Reached
    from cosell.core.registration import Known, Registration

_SERVER, _MISSING = 500, 404


def start(said: str | None, *, has_run: bool) -> Finding:
    """Judge whether a first run knows where to begin."""
    if has_run:
        return fine("the sync has run before: it goes on where it was")
    if said is None:
        return wrong(
            "the Airflow Variable cosell_start{_env} is not set, and no run was completed yet",
            "Say where to begin: airflow variables set cosell_start{_env} now (or everything, or a time).",
        )
    if said not in {"now", "everything"} and not _is_time(said):
        return wrong(
            f"the Airflow Variable cosell_start{{_env}} is {said!r}, which is no time",
            "Say where to begin: airflow variables set cosell_start{_env} now (or everything, or such as 2026-01-31).",
        )
    return fine(f"the first run begins at: {said}")


def _is_time(said: str) -> bool:
    try:
        datetime.fromisoformat(said)
    except ValueError:
        return False
    return True


def neighbours(contradictions: Collection[str], *, may: str) -> Finding:
    """Judge whether other environments of this deployment get in this one's way."""
    if contradictions:
        return wrong("; ".join(contradictions), "Change one of the two as it says: every run refuses until then.")
    return fine(f"in Partner Center it may do: {may.replace('_', ' ')}")


def storage(problem: str | None, *, place: str, setting: str) -> Finding:
    """Judge a trial of writing, reading and removing a file."""
    if problem is None:
        return fine(f"written, read and removed in {place}")
    return wrong(f"{place}: {problem}", f"Let Airflow's user write, read and delete there, or change {setting}.")


def webhook(standing: Registration | None, *, ours: Known | None) -> Finding:
    """Judge where Partner Center's events go; the regular sync is the safety net of all of them."""
    fix = "Register the receiver's address with the DAG cosell_webhook_registration{_env}."
    if standing is None:
        return doubt("no address is registered: changes in Partner Center arrive with the regular sync only", fix)
    if ours is None:
        return doubt(f"the events go to {standing.shown}, which this deployment did not register", fix)
    problem = drift(standing, ours)
    return doubt(problem, fix) if problem else fine(f"{standing.shown} is sent {len(standing.names)} kinds of events")


def receiver(reached: Reached) -> Finding:
    """Judge whether the registered address leads to a receiver; it takes no more than events, so a refusal is good."""
    if reached.status is not None and reached.status < _SERVER and reached.status != _MISSING:
        return fine(f"{reached.address} answers")
    said = reached.problem if reached.status is None else f"answers {reached.status}"
    return doubt(
        f"{reached.address}: {said}",
        "Start the receiver, or open the way to it (docs/webhook.md); from this machine the address may be closed.",
    )
