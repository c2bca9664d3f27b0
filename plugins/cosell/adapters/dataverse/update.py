"""Edits of standing deals: one change set each under its etag, a hundred to a $batch; and the rows as left by them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.closing import closing
from cosell.adapters.dataverse.columns import Columns, sort
from cosell.adapters.dataverse.errors import RefusedCallError, raise_where_denied
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT, CURRENCY, OWNER, USER
from cosell.adapters.dataverse.lines import Parent
from cosell.adapters.dataverse.reader import ETAG, bare, main_columns
from cosell.adapters.dataverse.together import together
from cosell.adapters.transport import NoAnswerError
from cosell.core.errors import RetryLaterError
from cosell.sync.ports import Gone, NoAnswer, Outcome, Rejected, Stale, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cosell.adapters.dataverse.batch import SetAnswer
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.desk import Desk
    from cosell.adapters.dataverse.lines import LineChange
    from cosell.adapters.dataverse.reader import Seen
    from cosell.core.record import Row
    from cosell.sync.ports import Change

_SETS_PER_BATCH, _PARTS_PER_BATCH = 100, 500


@dataclass(slots=True)
class _Edit:
    """One change on its way."""

    change: Change
    columns: Columns
    body: Json = field(default_factory=dict)
    lines: LineChange | None = None
    parts: list[Part] = field(default_factory=list)
    answer: SetAnswer | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        """Give the row's key."""
        return self.change.ref.key.lower()

    @property
    def given_back(self) -> Json | None:
        """Give the main row as our write left it."""
        answer = self.answer.parts[0] if self.answer and self.answer.parts else None
        if answer is None or not isinstance(answer.body, dict):
            return None
        row = {ETAG: answer.headers.get("etag"), **answer.body}
        return row if row[ETAG] else None


class Updater:
    """Writes edits; account and contact columns in one are a fault of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._layout = desk, desk.layout

    async def update(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write them and answer each, in order."""
        edits = [_Edit(change, sort(change.columns, layout=self._layout)) for change in changes]
        await self._resolve(edits)
        await self._compare_lines([edit for edit in edits if _needs_reading(edit)])
        going = [edit for edit in edits if edit.outcome is None]
        for edit in going:
            edit.parts = self._parts(edit)
        await together(_batches(going), self._send)
        await self._read_again([edit for edit in going if edit.outcome is None or isinstance(edit.outcome, Gone)])
        return [edit.outcome or NoAnswer("not answered") for edit in edits]

    async def _resolve(self, edits: Sequence[_Edit]) -> None:
        """Make lookups of the columns that stand for one."""
        writer, lookups = self._desk.line_writer, self._desk.lookups
        owners = [address for edit in edits for address in edit.columns.owners]
        solutions = [one for edit in edits for one in writer.ids(edit.columns.lines or [])] if writer else []
        if owners or solutions or any(edit.columns.currency for edit in edits):
            await lookups.prepare(addresses=owners, solutions=solutions)
        for edit in edits:
            if edit.columns.of(ACCOUNT) or edit.columns.of(CONTACT):
                message = "accounts and contacts are shared rows, which the sync never updates"
                raise ValueError(message)
            edit.body = dict(edit.columns.main)
            if edit.columns.currency:
                self._bind_currency(edit, lookups.currency(edit.columns.currency))
            if edit.columns.owners and (owner := lookups.owner(edit.columns.owners)):
                edit.body[OWNER] = self._layout.tables[USER].address(owner)

    def _bind_currency(self, edit: _Edit, found: str | Rejected) -> None:
        single = self._layout.single(CURRENCY)
        if isinstance(found, Rejected):
            edit.outcome = found
        elif single:
            edit.body[f"{single.related.navigation}@odata.bind"] = single.table.address(found)

    async def _compare_lines(self, edits: Sequence[_Edit]) -> None:
        """Read the rows whose parts depend on what stands; one that moved already is not written at all."""
        standing = await self._desk.reader.by_key([edit.key for edit in edits])
        for edit in edits:
            seen = standing.get(edit.key)
            if seen is None:
                edit.outcome = edit.outcome or Gone()
            elif seen.row.etag != edit.change.etag:
                edit.outcome = edit.outcome or Stale()
            elif edit.outcome is None:
                self._plan_lines(edit, seen)

    def _plan_lines(self, edit: _Edit, seen: Seen) -> None:
        writer, payload = self._desk.line_writer, seen.row.payload
        if writer is not None and edit.columns.lines is not None:
            currency = payload.get("_transactioncurrencyid_value")
            code = edit.columns.currency
            found = self._desk.lookups.currency(code) if code else currency
            parent = Parent(edit.key, found if isinstance(found, str) else None)
            edit.lines = writer.change(parent, edit.columns.lines, standing=seen.lines)
        if not edit.body:
            # The deal's own version guards its solution rows: it is written even if only they change.
            flag = self._layout.shape.flag_column
            edit.body = {flag: payload[flag]}

    def _parts(self, edit: _Edit) -> list[Part]:
        table = self._layout.main
        path = f"{table.address(edit.key).removeprefix('/')}?$select={self._layout.select}"
        headers = {"If-Match": edit.change.etag, "Prefer": "return=representation"}
        parts = [Part("PATCH", path, edit.body, headers), *(edit.lines.parts if edit.lines else ())]
        if edit.change.close_as:
            status = self._desk.settings.close_status
            parts.append(closing(table, edit.key, close_as=edit.change.close_as, status=status))
        return parts

    async def _send(self, edits: Sequence[_Edit]) -> None:
        """Send one batch; what failed for a passing reason once more."""
        again = await self._try(edits)
        if again:
            await self._try(again)

    async def _try(self, edits: Sequence[_Edit]) -> list[_Edit]:
        """Send, note what became of each, and give those worth another try."""
        try:
            # Safe to repeat: every set is guarded by the version that it starts from.
            answers, unsure = await self._desk.client.batch([edit.parts for edit in edits], repeat_safe=True)
        except NoAnswerError as error:
            for edit in edits:
                edit.outcome = NoAnswer(error.what)
            return []
        except RefusedCallError as error:
            raise_where_denied(error.fault, error.what)
            for edit in edits:
                edit.outcome = error.fault.outcome()
            return []
        for edit, answer in zip(edits, answers, strict=True):
            edit.answer = answer
            edit.outcome = _outcome(answer, unsure=unsure)
        return [edit for edit in edits if edit.answer and edit.answer.fault and edit.answer.fault.may_be_passing]

    async def _read_again(self, edits: Sequence[_Edit]) -> None:
        """Complete what the service gave back with the related rows."""
        try:
            rows = await self._desk.reader.by_key([edit.key for edit in edits])
        except (RetryLaterError, RefusedCallError) as error:
            for edit in edits:
                edit.outcome = NoAnswer(str(error))
            return
        for edit in edits:
            seen = rows.get(edit.key)
            if seen is None:
                edit.outcome = Gone()
            elif edit.outcome is None:
                edit.outcome = self._written(edit, seen)
            elif edit.answer and edit.answer.fault:
                # Not the deal is missing but a row that it was to point to.
                edit.outcome = Rejected(edit.answer.fault.code, edit.answer.fault.message)

    def _written(self, edit: _Edit, seen: Seen) -> Written:
        """Give the row as our write left it: its own columns from the write's answer, related rows as just read."""
        left = edit.given_back
        if left is None:
            return Written(seen.row, only_ours=False)
        if edit.change.close_as:
            before = replace(seen.row, payload={**seen.row.payload, **main_columns(self._layout, left)})
            return Written(seen.row, only_ours=self._desk.closed_by_us_alone(seen.row, before=before))
        if any(left.get(name) != seen.row.payload.get(name) for name in self._pointers()):
            return Written(seen.row, only_ours=False)
        return Written(self._merged(seen.row, left, edit=edit))

    def _merged(self, row: Row, left: Json, *, edit: _Edit) -> Row:
        payload = {**row.payload, **main_columns(self._layout, left)}
        lines = self._layout.lines
        written = edit.lines.result(edit.answer.parts[1:]) if edit.lines and edit.answer else None
        if lines and written is not None:
            payload[lines.related.name] = [bare(line) for line in written]
        return replace(row, etag=str(left[ETAG]), payload=payload)

    def _pointers(self) -> list[str]:
        return [single.value_name for single in self._layout.singles.values()]


def _needs_reading(edit: _Edit) -> bool:
    return edit.outcome is None and (edit.columns.lines is not None or not edit.body)


def _outcome(answer: SetAnswer, *, unsure: bool) -> Outcome | None:
    """Give what a fault means; None where the write was done."""
    fault = answer.fault
    if fault is None:
        return None
    # All parts after the first are about rows beneath the deal: one that came or went since means to look again.
    moved = bool(answer.failing) and (fault.is_gone or fault.is_duplicate)
    outcome = Stale() if moved else fault.outcome()
    if isinstance(outcome, Stale) and unsure:
        # After a lost answer the version may have moved by our own first try.
        return NoAnswer("changed since, perhaps by ourselves")
    if isinstance(outcome, Rejected) and answer.failing:
        return Rejected(outcome.code, f"a solution row, or the closing: {outcome.message}")
    return outcome


def _batches(edits: Sequence[_Edit]) -> Iterator[list[_Edit]]:
    """Pack change sets into batches of bounded size."""
    batch: list[_Edit] = []
    parts = 0
    for edit in edits:
        if batch and (len(batch) == _SETS_PER_BATCH or parts + len(edit.parts) > _PARTS_PER_BATCH):
            yield batch
            batch, parts = [], 0
        batch.append(edit)
        parts += len(edit.parts)
    if batch:
        yield batch
