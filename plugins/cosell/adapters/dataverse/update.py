"""Edits of standing deals: one change set each under its etag, a hundred to a $batch; and the rows as left by them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.closing import closing, disqualified
from cosell.adapters.dataverse.columns import sort
from cosell.adapters.dataverse.edit import Edit, batches
from cosell.adapters.dataverse.errors import RefusedCallError, raise_where_denied
from cosell.adapters.dataverse.joining import plan_people
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT, CURRENCY, LEAD, OWNER, USER
from cosell.adapters.dataverse.lines import Parent
from cosell.adapters.dataverse.reader import ETAG, main_columns
from cosell.adapters.dataverse.together import together
from cosell.adapters.transport import NoAnswerError
from cosell.core.errors import RetryLaterError
from cosell.sync.ports import Gone, NoAnswer, Outcome, Rejected, Stale, Written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.adapters.dataverse.batch import SetAnswer
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.desk import Desk
    from cosell.adapters.dataverse.reader import Seen
    from cosell.core.record import Row
    from cosell.sync.ports import Change


class Updater:
    """Writes edits; account and contact columns in one are a fault of the caller's."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._layout = desk, desk.layout

    async def update(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write them and answer each, in order."""
        edits = [Edit(change, sort(change.columns, layout=self._layout)) for change in changes]
        await self._resolve(edits)
        await self._compare_lines([edit for edit in edits if edit.needs_reading])
        going = [edit for edit in edits if edit.outcome is None]
        for edit in going:
            edit.parts = self._parts(edit)
        await together(batches(going), self._send)
        await self._read_again([edit for edit in going if edit.outcome is None or isinstance(edit.outcome, Gone)])
        return [edit.outcome or NoAnswer("not answered") for edit in edits]

    async def _resolve(self, edits: Sequence[Edit]) -> None:
        """Make lookups of the columns that stand for one."""
        writer, lookups = self._desk.line_writer, self._desk.lookups
        people = [address for edit in edits for address in edit.columns.team]
        solutions = [one for edit in edits for one in writer.ids(edit.columns.lines or [])] if writer else []
        joining = any(edit.columns.people for edit in edits)
        if people or solutions or joining or any(edit.columns.currency for edit in edits):
            await lookups.prepare(addresses=people, solutions=solutions, roles=joining)
        references = self._desk.references
        await references.prepare(edit.columns.main for edit in edits)
        for edit in edits:
            if edit.columns.of(ACCOUNT):
                message = "accounts are shared rows, which the sync never updates"
                raise ValueError(message)
            bound = references.bound(edit.columns.main, table=self._layout.main)
            if isinstance(bound, Rejected):
                edit.outcome = bound
                continue
            edit.body = bound
            if edit.columns.currency:
                self._bind_currency(edit, lookups.currency(edit.columns.currency))
            if edit.columns.owners and (owner := lookups.owner(edit.columns.owners)):
                edit.body[OWNER] = self._layout.tables[USER].address(owner)

    def _bind_currency(self, edit: Edit, found: str | Rejected) -> None:
        single = self._layout.single(CURRENCY)
        if isinstance(found, Rejected):
            edit.outcome = found
        elif single:
            edit.body[f"{single.related.navigation}@odata.bind"] = single.table.address(found)

    async def _compare_lines(self, edits: Sequence[Edit]) -> None:
        """Read the rows whose parts depend on what stands; one that moved already is not written at all."""
        standing = await self._desk.reader.by_key([edit.key for edit in edits])
        for edit in edits:
            seen = standing.get(edit.key)
            if seen is None:
                edit.outcome = edit.outcome or Gone()
            elif seen.row.etag != edit.change.etag or self._lines_moved(edit, seen):
                edit.outcome = edit.outcome or Stale()
            elif edit.outcome is None:
                edit.seen = seen
                self._plan_lines(edit, seen)
        going = [edit for edit in edits if edit.outcome is None]
        await self._bind_contacts(going, standing)
        await plan_people(self._desk, going)

    async def _bind_contacts(self, edits: Sequence[Edit], standing: Mapping[str, Seen]) -> None:
        """Have deals point to the contacts that they are to have: found beneath their accounts, or created."""
        account, contact = self._layout.single(ACCOUNT), self._layout.single(CONTACT)
        wanted = [edit for edit in edits if edit.columns.of(CONTACT)]
        if not wanted or account is None or contact is None:
            return
        employers = [standing[edit.key].row.payload.get(account.value_name) for edit in wanted]
        people = [
            (one if isinstance(one, str) else None, e.columns.of(CONTACT))
            for one, e in zip(employers, wanted, strict=True)
        ]
        for edit, found in zip(wanted, await self._desk.customers.contacts(people), strict=True):
            if isinstance(found, str):
                edit.body[f"{contact.related.navigation}@odata.bind"] = contact.table.address(found)
            elif found is not None:
                edit.outcome = found

    def _lines_moved(self, edit: Edit, seen: Seen) -> bool:
        writer, lines = self._desk.line_writer, self._layout.lines
        held = edit.change.held.get(lines.related.name) if lines else None
        if writer is None or edit.columns.lines is None or held is None:
            return False
        return writer.moved(seen.of(lines), held=cast("list[Json]", held))

    def _plan_lines(self, edit: Edit, seen: Seen) -> None:
        writer, payload = self._desk.line_writer, seen.row.payload
        if writer is not None and edit.columns.lines is not None:
            currency = payload.get("_transactioncurrencyid_value")
            code = edit.columns.currency
            found = self._desk.lookups.currency(code) if code else currency
            parent = Parent(edit.key, found if isinstance(found, str) else None)
            edit.lines = writer.change(parent, edit.columns.lines, standing=seen.of(self._layout.lines))
        if not edit.body:
            # The deal's own version guards its solution rows: it is written even if only they change.
            flag = self._layout.shape.flag_column
            edit.body = {flag: payload[flag]}

    def _parts(self, edit: Edit) -> list[Part]:
        table = self._layout.main
        path = f"{table.address(edit.key).removeprefix('/')}?$select={self._layout.select}"
        headers = {"If-Match": edit.change.etag, "Prefer": "return=representation"}
        is_lead = table.name == LEAD
        if edit.change.close_as and is_lead:
            edit.body |= disqualified(self._desk.settings)
        parts = [Part("PATCH", path, edit.body, headers), *(edit.lines.parts if edit.lines else ())]
        if edit.people and self._layout.connections:
            parts += edit.people.parts(self._layout.connections)
        if edit.change.close_as and not is_lead:
            status = self._desk.settings.close_status
            parts.append(closing(table, edit.key, close_as=edit.change.close_as, status=status))
        return parts

    async def _send(self, edits: Sequence[Edit]) -> None:
        """Send one batch; what failed for a passing reason once more."""
        again = await self._try(edits)
        if again:
            await self._try(again)

    async def _try(self, edits: Sequence[Edit]) -> list[Edit]:
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
            edit.outcome = _outcome(edit, answer, unsure=unsure)
        return [edit for edit in edits if edit.answer and edit.answer.fault and edit.answer.fault.may_be_passing]

    async def _read_again(self, edits: Sequence[Edit]) -> None:
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

    def _written(self, edit: Edit, seen: Seen) -> Written:
        """Give the row as our write left it: its own columns from the write's answer, related rows as just read."""
        left = edit.given_back
        if left is None:
            return Written(seen.row, only_ours=False)
        if edit.change.close_as:
            before = replace(seen.row, payload={**seen.row.payload, **main_columns(self._layout, left)})
            return Written(seen.row, only_ours=self._desk.closed_by_us_alone(seen.row, before=before))
        if any(left.get(name) != seen.row.payload.get(name) for name in self._pointers()):
            return Written(seen.row, only_ours=False)
        return Written(self._merged(seen, left, edit=edit))

    def _merged(self, seen: Seen, left: Json, *, edit: Edit) -> Row:
        payload = {**seen.row.payload, **main_columns(self._layout, left)}
        lines, connections = self._layout.lines, self._layout.connections
        if edit.lines and edit.answer and lines:
            written = edit.lines.result(edit.answer.parts[1 : 1 + len(edit.lines.parts)])
            payload |= {} if written is None else lines.nested(written)
        if edit.people and edit.seen and connections:
            before, after = edit.seen.of(connections), seen.of(connections)
            payload |= connections.nested(edit.people.result(before, after, key=connections.table.key))
        return replace(seen.row, etag=str(left[ETAG]), payload=payload)

    def _pointers(self) -> list[str]:
        named = [f"_{one.column}_value" for one in self._layout.naming if not one.root]
        return [*(single.value_name for single in self._layout.singles.values()), *named]


def _outcome(edit: Edit, answer: SetAnswer, *, unsure: bool) -> Outcome | None:
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
        return Rejected(outcome.code, f"{edit.part_named(answer.failing)}: {outcome.message}")
    return outcome
