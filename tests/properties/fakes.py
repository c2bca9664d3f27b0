"""Two systems in memory that truncate, round and recase, a mapper of plain values, and the faults that strike them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from cosell.core.record import Field, Row, Side, Snapshot, SolutionLine, Value, Window
from cosell.sync.ports import Change, Draft, Gone, NoAnswer, Outcome, Rejected, Stale, Written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
BOTH = frozenset(Side)
NONE: frozenset[Side] = frozenset()

FIELDS = {
    each.name: each
    for each in (
        Field("deal_name", BOTH, written_on=frozenset({DV})),
        Field("deal_value", BOTH, on_conflict=DV),
        Field("notes", BOTH),
        Field("stage", BOTH, authority=DV),
        Field("customer_country", BOTH, written_on=NONE),
        Field("status", BOTH),
        Field("referral_identifier", BOTH, authority=PC, bookkeeping=True),
        Field("crm_id", BOTH, authority=DV, bookkeeping=True),
        Field("flag", frozenset({DV})),
        Field("audit", frozenset({DV}), bookkeeping=True),
        Field("sync_status", frozenset({DV}), bookkeeping=True),
        Field("mark", frozenset({DV}), bookkeeping=True),
    )
}
LENGTHS = {(DV, "notes"): 8, (PC, "notes"): 14, (DV, "deal_name"): 9, (PC, "deal_name"): 14}
DECIMALS = {(DV, "deal_value"): 1, (PC, "deal_value"): 2}
REQUIRED: dict[str, Value] = {
    "currency": "EUR",
    "close_date": date(2027, 1, 31),
    "customer_name": "Tailspin",
    "solutions": (SolutionLine("SOL-1", "One", None, None),),
}


def stored(side: Side, name: str, value: Value) -> Value:
    """Give a value as that side keeps it."""
    if isinstance(value, str) and (side, name) in LENGTHS:
        return value[: LENGTHS[side, name]]
    if isinstance(value, Decimal) and (side, name) in DECIMALS:
        return value.quantize(Decimal(1).scaleb(-DECIMALS[side, name]), rounding=ROUND_HALF_UP)
    if isinstance(value, str) and name == "stage" and side is PC:
        return value.upper()
    if name == "status" and isinstance(value, str):
        return {"new": "on_hold"}.get(value, value) if side is DV else {"on_hold": "new"}.get(value, value)
    return value


class Crash(BaseException):
    """The process was killed here."""


@dataclass
class Faults:
    """What goes wrong at the n-th write from now; each strikes once."""

    countdown: int = 0
    kind: str = ""
    meanwhile: Callable[[], None] | None = None

    def arm(self, kind: str, after: int, meanwhile: Callable[[], None] | None = None) -> None:
        """Let the fault strike at the write that comes after so many others."""
        self.kind, self.countdown, self.meanwhile = kind, after, meanwhile

    def disarm(self) -> None:
        """Call the fault off."""
        self.kind, self.meanwhile = "", None

    def strikes(self, *kinds: str) -> bool:
        """Tell whether one of these faults strikes now."""
        if self.kind not in kinds:
            return False
        if self.countdown > 0:
            self.countdown -= 1
            return False
        self.kind = ""
        return True

    def edit(self) -> None:
        """Let the person act who was waiting for this moment."""
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()


@dataclass
class Ticking:
    """A clock that moves by a second whenever somebody writes, and further when told."""

    now: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now

    def tick(self, seconds: int = 1) -> datetime:
        """Move on."""
        self.now += timedelta(seconds=seconds)
        return self.now


@dataclass
class Record:
    """One record of a fake system."""

    key: str
    values: dict[str, Value]
    version: int
    created: datetime
    changed: datetime


@dataclass
class FakeReplica:
    """One system: keeps what it can hold, guards by version, answers as told."""

    side: Side
    clock: Ticking
    faults: Faults
    create_size: int = 2
    update_size: int = 2
    filter_refused: bool = False
    skipped_foreign: int = 0
    records: dict[str, Record] = field(default_factory=dict)
    ever: dict[tuple[str, str], set[Value]] = field(default_factory=lambda: defaultdict(set))
    """Every value that each field of each record ever held."""
    writes: list[tuple[str, str]] = field(default_factory=list)
    """What the sync wrote: operation and key."""
    complaints: list[str] = field(default_factory=list)
    """Laws that a write of the sync broke on this side."""
    _numbers: int = 0

    # ---------------------------------------------------------------- persons

    def add(self, values: Mapping[str, Value]) -> str:
        """Let a person (or the service) make a record."""
        self._numbers += 1
        key = f"00000000-0000-4000-8000-{1 if self.side is PC else 2}{self._numbers:011}"
        own = {"referral_identifier": key} if self.side is PC else {"crm_id": key}
        now = self.clock.tick()
        self.records[key] = Record(key, {}, 1, now, now)
        self._put(key, {**values, **own})
        return key

    def edit(self, key: str, name: str, value: Value) -> Value:
        """Let a person change one value; gives what is kept."""
        self._put(key, {name: value})
        return self.records[key].values[name]

    def _put(self, key: str, values: Mapping[str, Value]) -> None:
        record = self.records[key]
        for name, value in values.items():
            record.values[name] = stored(self.side, name, value)
            self.ever[key, name].add(record.values[name])
            if name == "stage":  # kept in capitals, which nobody could foresee: what was sent may be remembered too
                self.ever[key, name].add(value)
        record.version += 1
        record.changed = self.clock.tick()

    def etag_noise(self, key: str) -> None:
        """Let the service move the version without changing a value."""
        record = self.records[key]
        record.version += 1
        record.changed = self.clock.tick()

    # ---------------------------------------------------------------- the port

    def _row(self, key: str) -> Row:
        record = self.records[key]
        return Row(self.side, key, str(record.version), dict(record.values), record.changed, record.created)

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give what changed, or was made, in the window."""
        page = []
        for record in list(self.records.values()):
            moment = record.changed if window.by == "changed" else record.created
            if (window.since and moment < window.since) or (window.until and moment >= window.until):
                continue
            if self.side is DV and not (record.values.get("flag") or record.values.get("referral_identifier")):
                continue
            page.append(self._row(record.key))
        for start in range(0, len(page), 2):
            yield page[start : start + 2]

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give records by key."""
        return {key: self._row(key) if key in self.records else Gone() for key in keys}

    async def find(self, field_values: Collection[str], *, by: str, since: datetime | None = None) -> list[Row]:
        """Look up by a link that records carry."""
        name = "referral_identifier" if self.side is DV else "crm_id"
        found = [r for r in self.records.values() if r.values.get(name) in field_values]
        if self.side is PC and self.filter_refused:
            found = [r for r in found if since is not None and r.created >= since]
        return [self._row(record.key) for record in found]

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Make records; the CRM knows a repeat by its alternate key, Partner Center does not."""
        if self.faults.strikes("crash_before"):
            raise Crash
        keys = [self._made(draft) for draft in drafts]
        answered = {key: self._row(key) for key in keys}
        self.faults.edit()
        if self.faults.strikes("crash_after"):
            raise Crash
        if self.faults.strikes("lost_answer"):
            return [NoAnswer("no answer") for _ in drafts]
        if self.side is PC:  # the answer to the write itself; the CRM gives ids only, so its rows are read afterwards
            return [Written(answered[key]) for key in keys]
        return [Written(self._row(key), only_ours=False) for key in keys]

    def _made(self, draft: Draft) -> str:
        values: dict[str, Any] = dict(draft.columns)
        if self.side is DV:
            for record in self.records.values():
                if record.values.get("referral_identifier") == values["referral_identifier"]:
                    return record.key
            if draft.close_as:
                values["status"] = draft.close_as
        else:
            values["status"] = "open"
        key = self.add(values)
        self.writes.append(("create", key))
        return key

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Edit records under their version."""
        if self.faults.strikes("crash_before"):
            raise Crash
        if self.faults.strikes("edit_before"):
            self.faults.edit()
        outcomes = [self._updated(change) for change in changes]
        if self.faults.strikes("crash_after"):
            self.faults.edit()
            raise Crash
        if self.faults.strikes("lost_answer"):
            return [NoAnswer("no answer") for _ in changes]
        return outcomes

    def _updated(self, change: Change) -> Outcome:
        record = self.records.get(change.ref.key)
        if record is None:
            return Gone()
        if str(record.version) != change.etag:
            return Stale()
        if self.side is PC and record.values.get("status") != "open":
            return Rejected("400", "closed or unanswered")
        self._check(record, change)
        self._put(change.ref.key, {**change.columns, **({"status": change.close_as} if change.close_as else {})})
        self.writes.append(("update", change.ref.key))
        return Written(self._row(change.ref.key))

    def _check(self, record: Record, change: Change) -> None:
        """Hold each write of the sync against the laws that can be seen from here."""
        if not change.columns and not change.close_as:
            self.complaints.append("an empty write")
        for name, value in change.columns.items():
            old = record.values.get(name)
            new = stored(self.side, name, value)
            if FIELDS[name].authority is self.side:
                self.complaints.append(f"authority's field {name} was written on its own side")
            if self.side not in FIELDS[name].written_on:
                self.complaints.append(f"{name} cannot be written on {self.side}")
            texts = name in {"notes", "deal_name"} and isinstance(old, str) and isinstance(new, str)
            if texts and new and new != old and str(old).startswith(str(new)):
                self.complaints.append(f"law 5: {name} was cut from {old!r} to {new!r} on {self.side}")
            if new == old and name != "stage":  # the one value whose keeping cannot be foreseen
                self.complaints.append(f"a write of {name} that changes nothing on {self.side}")

    async def is_empty(self) -> bool:
        """Tell whether there is nothing at all."""
        return not self.records


class FakeMapper:
    """Rows hold canonical values already."""

    fields = FIELDS
    fingerprints: Mapping[str, str] = dict.fromkeys(FIELDS, "1")

    def snapshots(self, side: Side, rows: Sequence[Row]) -> list[Snapshot]:
        """Give each row's values."""
        return [Snapshot(side, row.key, row.etag, dict(row.payload), row.changed) for row in rows]  # type: ignore[arg-type]

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as the side keeps it, as far as metadata tells: nobody told of Partner Center's capitals."""
        return value if name == "stage" else stored(side, name, value)

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give nothing: a fake needs no defaults."""
        return {}

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give the values as they are."""
        return dict(values)


class MemoryStaging:
    """Staged files of one run, in memory."""

    def __init__(self) -> None:
        self.files: dict[str, list[dict[str, Any]]] = {}

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Keep a file."""
        self.files[name] = [dict(line) for line in lines]
        return name

    def read(self, name: str) -> list[dict[str, Any]] | None:
        """Give a file, or None where it is gone."""
        return self.files.get(name)

    def remove(self) -> None:
        """Forget every file."""
        self.files.clear()
