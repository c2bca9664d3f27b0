"""invite: ask Microsoft for help with deals that stand in Partner Center, each once however often this is tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.actions import Said
from cosell.core.clocks import clocks_of
from cosell.core.engagement import PREFIX
from cosell.core.record import InFlight, Row, Side, Snapshot
from cosell.core.sentences import say
from cosell.sync.parallel import in_parallel
from cosell.sync.planned import refs_of
from cosell.sync.ports import (
    OUTCOME_NAMES,
    EngagementRead,
    HalfChange,
    HistoryEntry,
    Invitation,
    NoAnswer,
    Rejected,
    Settlement,
    Written,
)
from cosell.sync.standing import mark_of, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.actions import Invite
    from cosell.core.record import Binding, Half, Value
    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import Outcome, RunRecord, Unsettled
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
BATCH = 64


@dataclass(frozen=True, slots=True)
class _Request:
    """One invitation as it goes out."""

    line: PlanLine
    invite: Invite
    binding: Binding
    half: Half
    """What is remembered of our referral."""

    @property
    def engagement_id(self) -> str:
        """Give the engagement that Microsoft is asked into."""
        return str(self.half.values.get("engagement_identifier") or "")

    def note(self, world: World, run: RunRecord) -> InFlight:
        """Give the note that is left before it goes out."""
        return InFlight(PC, self.binding.refs[1], "invite", run.run_id, world.clock(), self.binding.referral_id)

    def invitation(self, world: World) -> Invitation:
        """Give it in the words of the port."""
        told = {name: value for name, value in self.invite.values.items() if PC in world.mapper.fields[name].sides}
        notes = self.invite.values.get("help_notes")
        return Invitation(
            self.binding.referral_id,
            self.engagement_id,
            self.invite.help,
            notes=notes if isinstance(notes, str) else None,
            columns=world.mapper.wire(PC, told, held={}),
        )


async def invite(world: World, run: RunRecord, lines: Sequence[PlanLine]) -> Counter[str]:
    """Ask Microsoft for help with the deals of these lines that stand now and that this run still holds."""
    requests = _ready(world, run, [line for line in lines if line.plan.invite is not None])
    batches = [requests[start : start + BATCH] for start in range(0, len(requests), BATCH)]
    counts = await in_parallel(batches, lambda batch: _send(world, run, batch))
    return sum(counts, Counter())


def _ready(world: World, run: RunRecord, lines: Sequence[PlanLine]) -> list[_Request]:
    """Leave out what was not created, what has an unconfirmed write, was just refused, or is not held any more."""
    refs = {ref for line in lines for ref in refs_of(line)}
    bindings = world.state.bindings(refs)
    known = {ref for binding in bindings.values() for ref in binding.refs}
    halves, entries = world.state.halves(known), world.state.unsettled(known)
    open_writes = {note.source for note in world.state.in_flight(known) if note.operation != "invite"}
    held = world.state.held_leases({ref.key for ref in refs}, run_id=run.run_id, now=world.clock())
    requests = []
    for line in lines:
        binding = next((bindings[ref] for ref in refs_of(line) if ref in bindings), None)
        if binding is None or line.plan.invite is None or not open_writes.isdisjoint(binding.refs):
            continue
        request = _Request(line, line.plan.invite, binding, halves[binding.refs[0]])
        mine = held.issuperset(ref.key for ref in refs_of(line))
        if request.engagement_id and mine and not _just_refused(line, entries.get(binding.refs[0])):
            requests.append(request)
    return requests


def _just_refused(line: PlanLine, entry: Unsettled | None) -> bool:
    """Tell whether something befell the record since its plan was made."""
    return entry is not None and mark_of(entry) != line.clears and entry.reason != line.plan.reason


async def _send(world: World, run: RunRecord, requests: Sequence[_Request]) -> Counter[str]:
    if world.engagements is None:
        return Counter()
    notes = [request.note(world, run) for request in requests]
    world.state.note(notes)
    outcomes = await world.engagements.invite([request.invitation(world) for request in requests])
    prior = world.state.unsettled([request.binding.refs[0] for request in requests])
    world.state.settle(
        [
            _settlement(world, request, note, outcome, prior=prior.get(request.binding.refs[0]))
            for request, note, outcome in zip(requests, notes, outcomes, strict=True)
        ]
    )
    return Counter("invited" if isinstance(each, Written) else OUTCOME_NAMES[type(each)] for each in outcomes)


def _settlement(
    world: World, request: _Request, note: InFlight, outcome: Outcome, *, prior: Unsettled | None
) -> Settlement:
    ref, now, other = request.binding.refs[0], world.clock(), request.binding.row_id
    match outcome:
        case Written():
            values = _part_of(world, outcome.row)
            part = str(values.get(f"{PREFIX}referral") or "") or None
            return Settlement(
                halves=(HalfChange(ref, values=values),),
                clear=(note,),
                history=(HistoryEntry(now, note.run_id, ref, "invited", other, "help", new=request.invite.help),),
                engagement=EngagementRead(request.engagement_id, ref.key, part, now, watched=True),
                clocks={ref.key: clocks_of({**request.half.values, **values})},
            )
        case Rejected():
            said = Said("REJECTED-1", say("REJECTED-1", side=PC, detail=outcome.message), "help")
            entry = standing(ref, "set_aside", (*request.line.plan.said, said), prior=prior, now=now)
            known = {remark.sentence for remark in prior.remarks} if prior else set()
            line = HistoryEntry(now, note.run_id, ref, "set_aside", other, "help", detail=f"{PC}: {said.sentence}")
            return Settlement(clear=(note,), unsettled=entry, history=() if said.sentence in known else (line,))
        case NoAnswer():
            return Settlement(unsettled=standing(ref, "in_flight", (), prior=prior, now=now))
        case _:
            return Settlement(clear=(note,), unsettled=standing(ref, "notified", (), prior=prior, now=now))


def _part_of(world: World, row: Row) -> dict[str, Value]:
    """Give what our referral, read with Microsoft's, says of Microsoft's part."""
    (mapped,) = world.mapper.snapshots(PC, [row])
    values = mapped.values if isinstance(mapped, Snapshot) else {}
    return {name: value for name, value in values.items() if name.startswith(PREFIX)}
