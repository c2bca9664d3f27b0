"""Two systems in memory that truncate, round and recase, a mapper of plain values, and the faults that strike them."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from cosell.core.record import Field, Member, Row, Side, Snapshot, SolutionLine, Value, Window
from cosell.sync.ports import PART, Change, Draft, Gone, NoAnswer, Outcome, Rejected, Stale, Tracked, Written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
BOTH = frozenset(Side)
NONE: frozenset[Side] = frozenset()

FIELDS = {
    each.name: each
    for each in (
        Field("deal_name", BOTH, written_on=frozenset({DV})),
        Field("deal_value", BOTH, on_conflict=DV),
        Field("notes", BOTH),
        Field("journal", BOTH, merge="append"),
        Field("team", BOTH, merge="members"),
        Field("solutions", BOTH, on_conflict=DV),
        Field("stage", BOTH, authority=DV),
        Field("customer_country", BOTH, written_on=NONE),
        Field("status", BOTH),
        Field("close_reason", BOTH),
        Field("visibility", BOTH),
        Field("referral_identifier", BOTH, authority=PC, bookkeeping=True),
        Field("crm_id", BOTH, authority=DV, bookkeeping=True),
        Field("engagement_identifier", BOTH, authority=PC, bookkeeping=True),
        *(
            Field(f"microsoft_{name}", BOTH, authority=PC, bookkeeping=True)
            for name in ("status", "contacts", "crm_id")
        ),
        *(Field(f"microsoft_{name}", frozenset({PC})) for name in ("referral", "help")),
        Field("type", frozenset({PC})),
        Field("help", frozenset({DV})),
        Field("originating_lead", frozenset({DV})),
        Field("flag", frozenset({DV})),
        Field("audit", frozenset({DV}), bookkeeping=True),
        Field("sync_status", frozenset({DV}), bookkeeping=True),
        Field("mark", frozenset({DV}), bookkeeping=True),
    )
}
MICROSOFTS = tuple(name for name in FIELDS if name.startswith("microsoft_"))
"""What is read of Microsoft's own referral."""
CLOSED = {"won", "lost", "declined", "expired", "error"}
INSTEAD: dict[Side, dict[str, str]] = {
    PC: {"on_hold": "open"},
    DV: {"new": "on_hold", "declined": "lost", "expired": "lost", "error": "lost"},
}
"""States that a side keeps in place of those that it does not know."""
LEGAL = {"new": {"open", "declined", "error"}, "open": {"won", "lost", "error"}}
"""What Partner Center lets us do with a referral."""
WITH_ACCEPTANCE = {"status", "deal_value", "currency", "close_date", "notes", "crm_id"}
WITH_DECLINE = {"status", "close_reason"}
LENGTHS = {(DV, "notes"): 8, (PC, "notes"): 14, (DV, "deal_name"): 9, (PC, "deal_name"): 14}
LENGTHS |= {(side, "journal"): 40 for side in Side}
DECIMALS = {(DV, "deal_value"): 1, (PC, "deal_value"): 2}
REQUIRED: dict[str, Value] = {
    "currency": "EUR",
    "close_date": date(2027, 1, 31),
    "customer_name": "Tailspin",
    "solutions": (SolutionLine("SOL-1", "One", None, None),),
    "team": (Member("Ana", "Moor", "ana.u@x.example", ""),),
}


def is_user(address: str) -> bool:
    """Tell whether an address is that of a user of the CRM: it takes no others on a team."""
    return address.endswith(".u@x.example")


def stored(side: Side, name: str, value: Value) -> Value:
    """Give a value as that side keeps it."""
    if isinstance(value, str) and (side, name) in LENGTHS:
        return value[: LENGTHS[side, name]]
    if name == "team" and side is DV and isinstance(value, tuple):
        return tuple(each for each in value if isinstance(each, Member) and is_user(each.email))
    if isinstance(value, Decimal) and (side, name) in DECIMALS:
        return value.quantize(Decimal(1).scaleb(-DECIMALS[side, name]), rounding=ROUND_HALF_UP)
    if isinstance(value, str) and name == "stage" and side is PC:
        return value.upper()
    if name == "status" and isinstance(value, str):
        return INSTEAD[side].get(value, value)
    return value


class Crash(BaseException):
    """The process was killed here."""


@dataclass
class Faults:
    """What goes wrong at the n-th write from now; each strikes once."""

    countdown: int = 0
    kind: str = ""
    meanwhile: Callable[[], None] | None = None
    pauses: Iterator[int] = field(default_factory=lambda: iter(()))
    """How many turns each of the next requests leaves to another run that is under way."""

    async def turn(self) -> None:
        """Let another run go on before or after a request."""
        for _ in range(next(self.pauses, 0)):
            await asyncio.sleep(0)

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
    unknown: tuple[str, ...] = ()
    records: dict[str, Record] = field(default_factory=dict)
    ever: dict[tuple[str, str], set[Value]] = field(default_factory=lambda: defaultdict(set))
    """Every value that each field of each record ever held."""
    writes: list[tuple[str, str]] = field(default_factory=list)
    """What the sync wrote: operation and key."""
    edits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often people changed each field of each record."""
    complaints: list[str] = field(default_factory=list)
    """Laws that a write of the sync broke on this side."""
    _numbers: int = 0

    # ---------------------------------------------------------------- persons

    def add(self, values: Mapping[str, Value]) -> str:
        """Let a person (or the service) make a record."""
        self._numbers += 1
        key = f"00000000-0000-4000-8000-{1 if self.side is PC else 2}{self._numbers:011}"
        ours = {"referral_identifier": key, "engagement_identifier": f"e{self._numbers}", "type": "Independent"}
        own = {**ours, **values, "referral_identifier": key} if self.side is PC else {**values, "crm_id": key}
        now = self.clock.tick()
        self.records[key] = Record(key, {}, 1, now, now)
        self._put(key, own)
        return key

    def edit(self, key: str, name: str, value: Value) -> Value:
        """Let a person change one value; gives what is kept."""
        self.edits[key, name] += 1
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

    def row(self, key: str) -> Row:
        """Give a record as it is read."""
        record = self.records[key]
        return Row(self.side, key, str(record.version), dict(record.values), record.changed, record.created)

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give what changed, or was made, in the window."""
        await self.faults.turn()
        page = []
        for record in list(self.records.values()):
            moment = record.changed if window.by == "changed" else record.created
            if (window.since and moment < window.since) or (window.until and moment >= window.until):
                continue
            if self.side is DV and not (record.values.get("flag") or record.values.get("referral_identifier")):
                continue
            page.append(self.row(record.key))
        for start in range(0, len(page), 2):
            yield page[start : start + 2]
            await self.faults.turn()

    async def retired(self, known: Collection[str]) -> None:
        """Give nothing: there is no catalogue."""
        del known

    async def beneath(self) -> dict[str, bool]:
        """Give nothing: a record here holds its rows itself."""
        return {}

    async def track(self, table: str, link: str | None) -> Tracked:
        """Give nothing new: there are no such tables."""
        del table
        return Tracked(link)

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Give its users; Partner Center takes everybody."""
        return [address for address in addresses if self.side is PC or is_user(address)]

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give records by key."""
        await self.faults.turn()
        found = {key: self.row(key) if key in self.records else Gone() for key in keys}
        await self.faults.turn()
        return found

    async def find(self, field_values: Collection[str], *, by: str, since: datetime | None = None) -> list[Row]:
        """Look up by a link that records carry."""
        await self.faults.turn()
        other = {"deal_name": "deal_name", "lead_id": "originating_lead"}.get(by)
        name = other or ("referral_identifier" if self.side is DV else "crm_id")
        found = [r for r in self.records.values() if r.values.get(name) in field_values]
        if self.side is PC and self.filter_refused:
            found = [r for r in found if since is not None and r.created >= since]
        rows = [self.row(record.key) for record in found]
        await self.faults.turn()
        return rows

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Make records; the CRM knows a repeat by its alternate key, Partner Center does not."""
        await self.faults.turn()
        if self.faults.strikes("crash_before"):
            raise Crash
        keys = [self._made(draft) for draft in drafts]
        answered = {key: self.row(key) for key in keys}
        await self.faults.turn()
        self.faults.edit()
        if self.faults.strikes("crash_after"):
            raise Crash
        if self.faults.strikes("lost_answer"):
            return [NoAnswer("no answer") for _ in drafts]
        if self.side is PC:  # the answer to the write itself; the CRM gives ids only, so its rows are read afterwards
            return [Written(answered[key]) for key in keys]
        return [Written(self.row(key), only_ours=False) for key in keys]

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
        await self.faults.turn()
        if self.faults.strikes("crash_before"):
            raise Crash
        if self.faults.strikes("edit_before"):
            self.faults.edit()
        outcomes = [self._updated(change) for change in changes]
        await self.faults.turn()
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
        self._check(record, change)
        if illegal := self._illegal(record, change):
            self.complaints.append(f"{illegal} on {self.side}: {dict(change.columns)} {change.close_as}")
            return Rejected("400", illegal)
        self._put(change.ref.key, {**change.columns, **({"status": change.close_as} if change.close_as else {})})
        self.writes.append(("update", change.ref.key))
        return Written(self.row(change.ref.key))

    def _illegal(self, record: Record, change: Change) -> str | None:
        """Tell why the service refuses the change: a sync that knows the record's state never asks for it."""
        state, columns = str(record.values.get("status")), change.columns
        ours = all(FIELDS[name].bookkeeping for name in columns)
        if self.side is DV:
            if state in CLOSED and (change.close_as or not ours):
                return "a closed opportunity was written"
            return "a state was written that is left to an action" if columns.get("status") in CLOSED else None
        if state in CLOSED:
            return "a closed referral was written"
        if columns.get("visibility") is False:
            return "a deal was hidden"
        step = columns.get("status")
        if step is not None and step not in LEGAL[state]:
            return f"a step from {state} to {step}"
        allowed = WITH_ACCEPTANCE if step == "open" else WITH_DECLINE if step else set()
        return "more than an answer" if state == "new" and set(columns) - allowed else None

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
        return [Snapshot(side, row.key, row.etag, _flat(row), row.changed) for row in rows]

    def read(self, side: Side, rows: Sequence[Row], *, names: Collection[str]) -> list[dict[str, Value]]:
        """Give these fields only."""
        del side
        return [{name: row.payload[name] for name in names if name in row.payload} for row in rows]  # type: ignore[misc]

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as the side keeps it, as far as metadata tells: not of capitals, nor of users."""
        return value if name in {"stage", "team"} else stored(side, name, value)

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give nothing: a fake needs no defaults."""
        return {}

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give the values as they are."""
        return dict(values)


def _flat(row: Row) -> dict[str, Any]:
    """Give our referral's values and, where it was looked at, those of Microsoft's nested in it."""
    values: dict[str, Any] = dict(row.payload)
    part = values.pop(PART, {})
    return {**values, **(dict.fromkeys(MICROSOFTS) if part is None else part)}


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
