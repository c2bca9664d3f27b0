"""(b) A run with nothing to do, and (c) a run after persons edited opportunities, where many pairs are bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.recorded import Recorder, asks_for_engagement
from bench.results import Figure

if TYPE_CHECKING:
    from bench.carrying import Carrier

_PAST_THE_OVERLAP = 3600.0
_PC_PER_EDIT = 1.05


def idle(carrier: Carrier) -> dict[str, int]:
    """Give requests and writes of a run with the overlap past; a run before it reads what the first load changed."""
    carrier.service.far()
    for _ in range(2):
        carrier.later(_PAST_THE_OVERLAP)
        carrier.run()
    carrier.later(_PAST_THE_OVERLAP)
    carrier.service.count()
    _, engagements = _run(carrier)
    counted = carrier.service.count()
    told = carrier.counts()
    return {
        "pairs": int(str(told["bound"])),
        "unsettled": int(str(told["unsettled"])),
        "requests": sum(app.get("requests", 0) for app in counted.values()) - engagements,
        "engagements": engagements,
        "writes": sum(app.get("writes", 0) for app in counted.values()),
    }


def idle_figures(few: dict[str, int], many: dict[str, int]) -> list[Figure]:
    """Hold the run with many pairs beside that with few."""
    beside = f"with {few['pairs']} pairs"
    return [
        Figure(
            part="b",
            what=f"writes with {many['pairs']} pairs ({many['unsettled']} unsettled)",
            measured=many["writes"],
            unit="requests",
            beside=few["writes"],
            beside_what=beside,
            target="none",
            met=many["writes"] == 0,
        ),
        Figure(
            part="b",
            what=f"requests with {many['pairs']} pairs, besides reads of Microsoft's side",
            measured=many["requests"],
            unit="requests",
            beside=few["requests"],
            beside_what=beside,
            target="not more with more pairs",
            met=many["requests"] <= few["requests"],
        ),
        Figure(
            part="b",
            what=f"hourly reads of Microsoft's side with {many['pairs']} pairs",
            measured=many["engagements"],
            unit="requests",
            beside=few["engagements"],
            beside_what=beside,
        ),
    ]


def edits(carrier: Carrier, number: int) -> list[Figure]:
    """Let persons change that many open opportunities, and give what the next run asks Partner Center for each."""
    service = carrier.service
    rows: list[dict[str, Any]] = service.act("dataverse.find", table="opportunity", statecode=0)
    service.far(yes=False)
    for row in rows[:number]:
        service.act(
            "dataverse.update",
            table="opportunity",
            row=row["opportunityid"],
            estimatedvalue=4711,
            description="Edited.",
        )
    service.far()
    carrier.later(60)
    service.count()
    seconds, engagements = _run(carrier)
    counted = service.count()["partner_center"]
    edited = min(number, len(rows))
    updated = carrier.counts()["report"]["push_partner_center"]["counts"]["updated"]  # type: ignore[index]
    if updated != edited:
        message = f"{updated} of {edited} edits were carried"
        raise RuntimeError(message)
    per_edit = (counted["requests"] - engagements) / edited
    return [
        Figure(
            part="c",
            what=f"Partner Center requests for each of {edited} edits, besides reads of Microsoft's side",
            measured=per_edit,
            unit="requests",
            beside=engagements,
            beside_what="reads of Microsoft's side",
            target=f"at most {_PC_PER_EDIT}",
            met=per_edit <= _PC_PER_EDIT,
        ),
        Figure(part="c", what="wall of the tasks", measured=seconds, unit="s"),
    ]


def _run(carrier: Carrier) -> tuple[float, int]:
    """Do a run; gives the seconds of its tasks, and its requests for Microsoft's side of deals."""
    recorder = carrier.recorder = Recorder()
    seconds = sum(carrier.run().values())
    carrier.recorder = None
    return seconds, sum(map(asks_for_engagement, recorder.exchanges))
