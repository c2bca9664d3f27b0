"""(a) The first load of many referrals into an empty CRM.

Requests and wall, beside a bare replay, the connector's pattern and Microsoft's client. The same loaded pair of
systems then serves (b) and (c).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.connector import carry_one_by_one
from bench.microsoft_client import load
from bench.planted import copy_state
from bench.recorded import Recorder, asks_for_engagement
from bench.replay import replay
from bench.results import Figure
from bench.service import serving

if TYPE_CHECKING:
    from pathlib import Path

    from bench.carrying import Carrier
    from bench.service import Service

CONNECTOR_RECORDS = 300
_ROWS_PER_WRITE = 100
_PC_PER_REFERRAL = 1.05
_TIMES_REPLAY = 1.5
_TIMES_CONNECTOR = 10


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a first load took."""

    deals: int
    tasks: dict[str, float]
    """Seconds by task."""
    cpu: float
    """Seconds that this process worked in them."""
    requests: dict[str, dict[str, int]]
    pages: int
    engagements: int
    """Requests for Microsoft's part of a deal."""
    recorder: Recorder
    width: dict[str, int]
    unsettled: int

    @property
    def seconds(self) -> float:
        """Give the wall time of the tasks, one after another."""
        return sum(self.tasks.values())


def first_load(service: Service, carrier: Carrier, *, deals: int) -> Loaded:
    """Carry everything that there is, and count."""
    recorder = carrier.recorder = Recorder()
    service.far()
    service.count()
    before = time.process_time()
    tasks = carrier.run()
    cpu = time.process_time() - before
    requests = service.count()
    carrier.recorder = None
    told = carrier.counts()
    if told["bound"] != deals:
        message = f"the first load bound {told['bound']} of {deals} deals: {told['report']}"
        raise RuntimeError(message)
    reads = [each for each in recorder.of("partner_center") if each.method == "GET"]
    engagements = sum(asks_for_engagement(each) for each in reads)
    return Loaded(
        deals=deals,
        tasks=tasks,
        cpu=cpu,
        requests=requests,
        pages=len(reads) - engagements,
        engagements=engagements,
        recorder=recorder,
        width=dict(carrier.width),
        unsettled=int(str(told["unsettled"])),
    )


def figures(loaded: Loaded, fresh: Path, *, connector_ids: list[str]) -> list[Figure]:
    """Give the figures of a first load; `fresh` is a copy of the state it started from."""
    crm, partner_center = loaded.requests["dataverse"], loaded.requests["partner_center"]
    hundreds = crm["rows_written"] / _ROWS_PER_WRITE
    per_referral = (partner_center["requests"] - loaded.pages - loaded.engagements) / loaded.deals
    return [
        _seconds("wall of the tasks, one after another", loaded.seconds),
        *(_seconds(f"… of it {task}", seconds) for task, seconds in loaded.tasks.items()),
        Figure(
            part="a",
            what="deals carried",
            measured=loaded.deals,
            unit="deals",
            beside=loaded.unsettled,
            beside_what="left unsettled",
        ),
        Figure(
            part="a",
            what="Dataverse write requests for each 100 rows written",
            measured=crm["writes"] / hundreds,
            unit="requests",
            beside=crm["rows_written"],
            beside_what="rows written",
            target="at most 1",
            met=crm["writes"] <= hundreds,
        ),
        Figure(
            part="a",
            what="Partner Center requests for each referral, besides pages and reads of Microsoft's side",
            measured=per_referral,
            unit="requests",
            beside=loaded.pages,
            beside_what="pages",
            target=f"at most {_PC_PER_REFERRAL}",
            met=per_referral <= _PC_PER_REFERRAL,
        ),
        Figure(
            part="a",
            what="requests for Microsoft's side of a deal, one for each engagement that may have one",
            measured=loaded.engagements,
            unit="requests",
        ),
        *_beside_replay(loaded, copy_state(fresh, "replayed")),
        *_beside_connector(loaded, copy_state(fresh, "one-by-one"), connector_ids),
        _beside_microsoft(loaded, copy_state(fresh, "microsoft")),
    ]


def _beside_replay(loaded: Loaded, state: Path) -> list[Figure]:
    with serving(state) as service:
        service.far()
        floor = replay(service, loaded.recorder, width=loaded.width)
    what = f"bare replay of {floor.requests} requests"
    if floor.otherwise:
        what += f", {floor.otherwise} answered otherwise"
    return [
        Figure(
            part="a",
            what="wall of the tasks",
            measured=loaded.seconds,
            unit="s",
            beside=floor.seconds,
            beside_what=what,
            target=f"at most {_TIMES_REPLAY} times the replay: {loaded.seconds / floor.seconds:.2f}",
            met=loaded.seconds <= _TIMES_REPLAY * floor.seconds,
        ),
        Figure(
            part="a",
            what="CPU of our process in the tasks",
            measured=loaded.cpu,
            unit="s",
            beside=floor.cpu,
            beside_what="the bare replay's own",
        ),
    ]


def _beside_connector(loaded: Loaded, state: Path, referral_ids: list[str]) -> list[Figure]:
    with serving(state) as service:
        service.far()
        seconds, requests = carry_one_by_one(service, referral_ids)
    scaled = loaded.deals / len(referral_ids)
    theirs, ours = requests["dataverse"] * scaled, loaded.requests["dataverse"]["requests"]
    beside = f"8 calls a record, run on {len(referral_ids)}, scaled"
    return [
        Figure(
            part="a",
            what="Dataverse requests",
            measured=ours,
            unit="requests",
            beside=theirs,
            beside_what=beside,
            target=f"at least {_TIMES_CONNECTOR} times fewer: {theirs / ours:.0f}",
            met=theirs >= _TIMES_CONNECTOR * ours,
        ),
        Figure(
            part="a",
            what="wall of the tasks",
            measured=loaded.seconds,
            unit="s",
            beside=seconds * scaled,
            beside_what=beside,
            target=f"at least {_TIMES_CONNECTOR} times faster: {seconds * scaled / loaded.seconds:.0f}",
            met=seconds * scaled >= _TIMES_CONNECTOR * loaded.seconds,
        ),
    ]


def _beside_microsoft(loaded: Loaded, state: Path) -> Figure:
    with serving(state) as service:
        service.far()
        seconds, rows = load(service, loaded.recorder.rows())
    ours = loaded.tasks["push_to_dataverse"]
    return Figure(
        part="a",
        what="push_to_dataverse (with look-ups, closings and reading back)",
        measured=ours,
        unit="s",
        beside=seconds,
        beside_what=f"Microsoft's client creating the same {rows} rows",
        target="not slower",
        met=ours <= seconds,
    )


def _seconds(what: str, seconds: float) -> Figure:
    return Figure(part="a", what=what, measured=seconds, unit="s")
