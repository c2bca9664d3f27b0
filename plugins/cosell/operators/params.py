"""The forms of a run: what a person may say when starting one."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

_ISO_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$"


def _switch(title: str, description: str) -> Param:
    return Param(default=False, type="boolean", title=title, description=description)


def _moment(title: str, description: str) -> Param:
    return Param(
        default=None,
        type=["null", "string"],
        format="date-time",
        pattern=_ISO_TIME,  # Airflow checks the format only where an optional library is installed
        title=title,
        description=description,
    )


_SAFETY: dict[str, Param] = {
    "allow_brake": _switch(
        "Allow more changes than the brake", "Go on although more bound pairs change than a run should change"
    ),
    "accept_mapping": _switch(
        "Accept the changed mapping", "Take over a mapping file that is not the one remembered from the last run"
    ),
    "dry_run": _switch(
        "Dry run", "Only plan: nothing is written to either system; read it with `airflow cosell plan RUN_ID`"
    ),
}

SYNC_PARAMS: dict[str, Any] = {
    "since": _moment("Since", "Read what changed from this time on (manual runs); empty: from the watermark"),
    "until": _moment("Until", "Read what changed before this time (manual runs); empty: up to now"),
    "referral_ids": Param(
        default=None,
        type=["null", "array"],
        items={"type": "string"},
        title="Referral ids",
        description="Only these referrals and their opportunities, one id a line (manual runs)",
    ),
    **_SAFETY,
}

BACKFILL_PARAMS: dict[str, Any] = {
    "states": Param(
        default=["open", "won"],
        type="array",
        items={"type": "string", "enum": ["new", "open", "won", "lost", "declined", "expired"]},
        examples=["new", "open", "won", "lost", "declined", "expired"],
        title="States",
        description="Which deals are carried, by their state in Partner Center or Dynamics",
    ),
    **_SAFETY,
}
