"""(g) A backfill of three years, month by month in sequence, whether or not Partner Center takes filters on time."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bench.carrying import Carrier
from bench.planted import copy_state, plant_state, referrals
from bench.results import Figure
from bench.service import serving

if TYPE_CHECKING:
    from pathlib import Path

_MONTHS = 36
_STATES = frozenset({"open", "won", "lost"})
_TIMES = ("createdDateTime", "updatedDateTime")


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What a backfill took."""

    windows: list[float]
    """Seconds of the tasks, by window."""
    requests: dict[str, int]

    @property
    def seconds(self) -> float:
        """Give the wall of all windows, one after another."""
        return sum(self.windows)


def figures(folder: Path, *, deals: int) -> list[Figure]:
    """Carry the same history twice, each time into an empty CRM."""
    months = _months(datetime.now(UTC))
    history = _born_in(months, deals)
    fresh = plant_state(folder / "history" / "fresh", history)
    taken = _carried(copy_state(fresh, "taken"), history, months, refused=())
    refused = _carried(copy_state(fresh, "refused"), history, months, refused=_TIMES)
    named = [
        (f"wall of {len(months)} monthly runs over {deals} deals, one after another", taken.seconds, refused.seconds),
        ("… of it the median run", statistics.median(taken.windows), statistics.median(refused.windows)),
        ("… of it the longest run", max(taken.windows), max(refused.windows)),
    ]
    return [
        *(_figure(what, ours, beside, unit="s") for what, ours, beside in named),
        *(_figure(f"requests to {app}", number, refused.requests[app]) for app, number in taken.requests.items()),
    ]


def _figure(what: str, measured: float, beside: float, *, unit: str = "requests") -> Figure:
    beside_what = "where Partner Center refuses filters on time"
    return Figure(part="g", what=what, measured=measured, unit=unit, beside=beside, beside_what=beside_what)


def _months(now: datetime) -> list[tuple[datetime, datetime]]:
    """Give the last whole months, oldest first, as Airflow orders a backfill."""
    last = now.year * 12 + now.month - 1
    edges = [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(last - _MONTHS, last + 1)]
    return list(pairwise(edges))


def _born_in(months: list[tuple[datetime, datetime]], number: int) -> list[dict[str, Any]]:
    since, until = (f"{edge:%Y-%m-%dT%H}" for edge in (months[0][0], months[-1][1]))
    # the seed's three years end today, so that some of its deals are too young or too old for whole months
    found = [deal for deal in referrals(int(number * 1.1) + 30) if since <= deal["createdDateTime"] < until]
    if len(found) < number:
        message = f"the seed gave {len(found)} deals in {_MONTHS} months, not {number}"
        raise RuntimeError(message)
    return found[:number]


def _carried(
    state: Path, history: list[dict[str, Any]], months: list[tuple[datetime, datetime]], *, refused: tuple[str, ...]
) -> _Told:
    with serving(state) as service:
        service.refuse_filters("externalReferenceId", *refused)
        service.far()
        carrier = Carrier(service, state / "sync", states=_STATES)
        service.count()
        windows = [sum(carrier.backfill(month).values()) for month in months]
        requests = {app: counted["requests"] for app, counted in service.count().items()}
        service.far(yes=False)
        rows = [row for table in ("opportunity", "lead") for row in service.act("dataverse.find", table=table)]
        _demand_each_once(rows, history, bound=int(str(carrier.counts()["bound"])))
    return _Told(windows=windows, requests=requests)


def _demand_each_once(rows: list[dict[str, Any]], history: list[dict[str, Any]], *, bound: int) -> None:
    found, wanted = (
        Counter(row["cosell_referralidentifier"] for row in rows),
        Counter(str(deal["id"]) for deal in history),
    )
    if found != wanted or bound != len(history):
        message = (
            f"of {len(history)} deals {len(wanted - found)} were not carried, {len(found - wanted)} more than once; "
            f"{bound} are bound"
        )
        raise RuntimeError(message)
