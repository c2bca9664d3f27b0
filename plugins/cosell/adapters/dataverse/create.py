"""New deals, many at a time: customers, opportunities, solution rows, then the reading back and the closing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from cosell.adapters.dataverse.columns import Columns, sort
from cosell.adapters.dataverse.connect import Connecting, NoRoleError
from cosell.adapters.dataverse.customers import filled
from cosell.adapters.dataverse.errors import Fault, RefusedCallError
from cosell.adapters.dataverse.insert import Inserted, Inserter, Placed
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT, CURRENCY, OWNER, USER
from cosell.adapters.dataverse.lines import Parent
from cosell.adapters.dataverse.odata import text
from cosell.core.errors import RetryLaterError
from cosell.sync.ports import Gone, NoAnswer, Outcome, Rejected, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.connect import Connector
    from cosell.adapters.dataverse.customers import Found
    from cosell.adapters.dataverse.desk import Desk
    from cosell.adapters.dataverse.reader import Seen
    from cosell.core.record import Row
    from cosell.sync.ports import Draft

_INSTANT = timedelta(seconds=1)


@dataclass(slots=True)
class _Deal:
    """One draft on its way."""

    draft: Draft
    columns: Columns
    body: Json = field(default_factory=dict)
    currency: str | None = None
    key: str | None = None
    owner: str | None = None
    contacts: list[str] = field(default_factory=list)
    """Rows of the contacts besides its own."""
    outcome: Outcome | None = None

    @property
    def stands(self) -> bool:
        """Tell whether its opportunity was created and nothing went wrong since."""
        return self.key is not None and self.outcome is None


_Deals: TypeAlias = "Sequence[_Deal]"


class Creator:
    """Creates deals; a batch costs a fixed number of requests per some hundred rows of each table."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._layout = desk, desk.layout
        self._inserter = Inserter(desk.client)

    async def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Create them and answer each, in order."""
        deals = [_Deal(draft, sort(draft.columns, layout=self._layout)) for draft in drafts]
        await self._look_up(deals)
        await self._find_customers(deals)
        await self._insert(deals)
        try:
            # A deal with solution rows is taken for whole: its people come before them.
            await self._insert_people(deals)
            await self._insert_lines(deals)
            await self._read_back(deals)
        except (RetryLaterError, RefusedCallError) as error:
            # The opportunities stand; whoever asks again will find them by the referral's id.
            _answer((deal for deal in deals if deal.stands), NoAnswer(str(error)))
        return [deal.outcome or NoAnswer("not answered") for deal in deals]

    async def _look_up(self, deals: _Deals) -> None:
        """Resolve what is only ever found."""
        writer, lookups = self._desk.line_writer, self._desk.lookups
        owners = [address for deal in deals for address in deal.columns.team]
        solutions = [one for deal in deals for one in writer.ids(deal.columns.lines or [])] if writer else []
        joining = any(deal.columns.people for deal in deals)
        await lookups.prepare(addresses=owners, solutions=solutions, roles=joining)
        mains = [filled(deal.columns.main) for deal in deals]
        await self._desk.references.prepare(mains)
        for deal, main in zip(deals, mains, strict=True):
            bound = self._desk.references.bound(main, table=self._layout.main)
            if isinstance(bound, Rejected):
                deal.outcome = bound
                continue
            deal.body = bound
            if deal.columns.currency:
                self._bind_currency(deal, lookups.currency(deal.columns.currency))
            if owner := lookups.owner(deal.columns.team):
                deal.owner = owner
                deal.body[OWNER] = self._layout.tables[USER].address(owner)

    def _bind_currency(self, deal: _Deal, found: str | Rejected) -> None:
        if isinstance(found, Rejected):
            deal.outcome = found
        else:
            deal.currency = found
            self._bind(deal, CURRENCY, found)

    def _bind(self, deal: _Deal, table: str, key: str) -> None:
        single = self._layout.single(table)
        if single is not None:
            deal.body[f"{single.related.navigation}@odata.bind"] = single.table.address(key)

    async def _find_customers(self, deals: _Deals) -> None:
        going = [deal for deal in deals if deal.outcome is None]
        if not going or self._layout.single(ACCOUNT) is None:
            return
        found = await self._desk.customers.resolve([deal.columns.customer for deal in going])
        for deal, (account, (contact, *others)) in zip(going, found, strict=True):
            self._bind_customer(deal, account, table=ACCOUNT)
            self._bind_customer(deal, contact, table=CONTACT)
            deal.contacts = [one for one in others if isinstance(one, str)]
            deal.outcome = deal.outcome or next((one for one in others if isinstance(one, NoAnswer | Rejected)), None)

    def _bind_customer(self, deal: _Deal, found: Found, *, table: str) -> None:
        if isinstance(found, str):
            self._bind(deal, table, found)
        elif found is not None:
            deal.outcome = deal.outcome or found

    async def _insert(self, deals: _Deals) -> None:
        going = [deal for deal in deals if deal.outcome is None]
        answers = await self._inserter.with_their_keys(self._layout.main, [deal.body for deal in going])
        standing = await self._standing(going, answers)
        for deal, answer in zip(going, answers, strict=True):
            if isinstance(answer, Placed):
                deal.key = answer.key
            elif (row := standing.get(self._referral_id(deal))) and isinstance(answer, Fault):
                self._take_standing(deal, row)
            else:
                deal.outcome = _failure(answer, self._layout.main.name)

    async def _standing(self, deals: _Deals, answers: Sequence[Inserted]) -> Mapping[str, Seen]:
        """Give the rows that hold the referral ids of deals that collided."""
        collided = [
            self._referral_id(deal)
            for deal, answer in zip(deals, answers, strict=True)
            if isinstance(answer, Fault) and answer.is_duplicate
        ]
        column = self._layout.shape.referral_id_column
        rows = await self._desk.reader.listed(column, [text(one) for one in collided if one])
        return {str(seen.row.payload[column]).casefold(): seen for seen in rows}

    def _referral_id(self, deal: _Deal) -> str:
        return str(deal.body.get(self._layout.shape.referral_id_column) or "").casefold()

    def _take_standing(self, deal: _Deal, found: Seen) -> None:
        """Go on with a create of ours whose answer was lost; a row that somebody worked on is given as it is."""
        alone = self._desk.touched_by_us_alone(found.row) and _is_as_born(found.row)
        if alone and not found.of(self._layout.lines):
            deal.key = found.row.key
        else:
            deal.outcome = Written(found.row, only_ours=alone)

    async def _insert_people(self, deals: _Deals) -> None:
        """Connect the deals with their people; whom the CRM refuses is missing in what is read back."""
        connector, connections = self._desk.connector, self._layout.connections
        if connector is None or connections is None:
            return
        wanted = [
            (deal, body) for deal in deals if deal.stands for body in self._connecting(deal, connector).new.values()
        ]
        answers = await self._inserter.with_our_keys(connections.table, [body for _, body in wanted])
        for (deal, _), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, NoAnswer):
                deal.outcome = NoAnswer(f"the opportunity was made without all its people; {answer.reason}")

    def _connecting(self, deal: _Deal, connector: Connector) -> Connecting:
        planned, key = Connecting(), str(deal.key)
        users = [one for one in connector.users(deal.columns.joined(USER)) if one != deal.owner]
        with suppress(NoRoleError):
            connector.join(key, USER, users, standing=None, into=planned)
        with suppress(NoRoleError):
            connector.join(key, CONTACT, deal.contacts, standing=None, into=planned)
        return planned

    async def _insert_lines(self, deals: _Deals) -> None:
        writer, lines = self._desk.line_writer, self._layout.lines
        if writer is None or lines is None:
            return
        wanted = [
            (deal, body)
            for deal in deals
            if deal.stands and deal.key and deal.columns.lines
            for body in writer.new(Parent(deal.key, deal.currency), deal.columns.lines)
        ]
        answers = await self._inserter.with_our_keys(lines.table, [body for _, body in wanted])
        for (deal, _), answer in zip(wanted, answers, strict=True):
            if not isinstance(answer, Placed):
                # Not Written: the deal without its solutions would be taken for an edit that removed them.
                # Not Rejected: the opportunity stands, and only the note of its making tells what it should hold.
                why = answer.reason if isinstance(answer, NoAnswer) else f"a solution row was refused: {answer.message}"
                deal.outcome = NoAnswer(f"the opportunity was made without all its solutions; {why}")

    async def _read_back(self, deals: _Deals) -> None:
        standing = {deal.key: deal for deal in deals if deal.stands and deal.key}
        rows = await self._rows(standing)
        ours = {key: self._desk.touched_by_us_alone(row) for key, row in rows.items()}
        to_close = {key: deal.draft.close_as for key, deal in standing.items() if deal.draft.close_as and key in rows}
        if to_close:
            await self._desk.close(to_close)
            closed = await self._rows(to_close)
            for key in to_close:
                after = closed.get(key)
                ours[key] = ours[key] and after is not None and self._desk.closed_by_us_alone(after, before=rows[key])
            rows = {key: row for key, row in {**rows, **closed}.items() if key not in to_close or key in closed}
        for key, deal in standing.items():
            deal.outcome = Written(rows[key], only_ours=ours[key]) if key in rows else Gone()

    async def _rows(self, keys: Iterable[str]) -> dict[str, Row]:
        return {key: seen.row for key, seen in (await self._desk.reader.by_key(list(keys))).items()}


def _is_as_born(row: Row) -> bool:
    """Tell whether no later write of ours can hide somebody else's; both times are whole seconds of one transaction."""
    return bool(row.created and row.changed and row.changed - row.created <= _INSTANT)


def _answer(deals: Iterable[_Deal], outcome: Outcome) -> None:
    for deal in list(deals):
        deal.outcome = outcome


def _failure(answer: Inserted, table: str) -> Outcome:
    if isinstance(answer, NoAnswer):
        return answer
    assert isinstance(answer, Fault)  # noqa: S101 - the caller handled rows that stand
    return Rejected(answer.code or "refused", f"The CRM refused the {table}: {answer.message}")
