"""New rows of one table: in bulk where the table takes it, else or after a refusal each for itself in a $batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.errors import Fault, RefusedCallError, raise_where_denied
from cosell.adapters.dataverse.keys import id_in
from cosell.adapters.dataverse.odata import any_of, pieces
from cosell.adapters.dataverse.together import together
from cosell.adapters.transport import NoAnswerError
from cosell.sync.ports import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cosell.adapters.dataverse.batch import PartAnswer, SetAnswer
    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table

ROWS_PER_WRITE = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """The row stands."""

    key: str
    existed: bool = False
    """It stood before; what it holds is not what we sent."""


Inserted: TypeAlias = Placed | Fault | NoAnswer


class Inserter:
    """Creates rows; one answer each, in order."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    async def with_our_keys(self, table: Table, bodies: Sequence[Json]) -> list[Inserted]:
        """Create rows whose primary key we chose: a repeat collides, and a row that stands already is as good."""
        answers = await self._insert(table, bodies, repeat_safe=True)
        doubtful = [
            str(body[table.key])
            for body, answer in zip(bodies, answers, strict=True)
            if isinstance(answer, Fault) and answer.is_duplicate
        ]
        # A collision may also be with another row, on an alternate key that this CRM added to its table.
        standing = await self.standing(table, doubtful)
        return [
            Placed(str(body[table.key]), existed=True)
            if isinstance(answer, Fault) and answer.is_duplicate and body[table.key] in standing
            else answer
            for body, answer in zip(bodies, answers, strict=True)
        ]

    async def with_their_keys(self, table: Table, bodies: Sequence[Json]) -> list[Inserted]:
        """Create rows whose primary key the service gives; never repeated without an answer."""
        return await self._insert(table, bodies, repeat_safe=False)

    async def standing(self, table: Table, keys: Collection[str]) -> set[str]:
        """Give those of the keys that are there."""

        async def piece(condition: str) -> list[Json]:
            return await self._client.rows(table.set_name, params={"$select": table.key, "$filter": condition})

        found = await together(any_of(table.key, keys), piece)
        return {str(row[table.key]).lower() for part in found for row in part}

    async def _insert(self, table: Table, bodies: Sequence[Json], *, repeat_safe: bool) -> list[Inserted]:
        async def some(part: Sequence[Json]) -> list[Inserted]:
            return await self._some(table, part, repeat_safe=repeat_safe)

        answers = await together(pieces(bodies, ROWS_PER_WRITE), some)
        return [answer for part in answers for answer in part]

    async def _some(self, table: Table, bodies: Sequence[Json], *, repeat_safe: bool) -> list[Inserted]:
        try:
            if table.creates_many:
                try:
                    return await self._at_once(table, bodies, repeat_safe=repeat_safe)
                except RefusedCallError as error:
                    raise_where_denied(error.fault, error.what)
            # The bulk call was undone whole and does not say which row was at fault.
            return await self._each(table, bodies, repeat_safe=repeat_safe)
        except RefusedCallError as error:
            return [_settled(error.fault, unsure=False) for _ in bodies]
        except NoAnswerError as error:
            return [NoAnswer(error.what) for _ in bodies]

    async def _at_once(self, table: Table, bodies: Sequence[Json], *, repeat_safe: bool) -> list[Inserted]:
        ids = await self._client.create_multiple(
            table.set_name, table=table.name, targets=bodies, repeat_safe=repeat_safe
        )
        return [Placed(key) for key in ids]

    async def _each(self, table: Table, bodies: Sequence[Json], *, repeat_safe: bool) -> list[Inserted]:
        parts = [Part("POST", table.set_name, body) for body in bodies]
        answers, unsure = await self._client.batch([[part] for part in parts], repeat_safe=repeat_safe)
        results = [_result(answer, table=table) for answer in answers]
        again = [place for place, result in enumerate(results) if isinstance(result, Fault) and result.may_be_passing]
        if again:
            second, _ = await self._client.batch([[parts[place]] for place in again], repeat_safe=repeat_safe)
            for place, answer in zip(again, second, strict=True):
                results[place] = _result(answer, table=table)
        return [_settled(result, unsure=unsure) for result in results]


def _result(answer: SetAnswer, *, table: Table) -> Inserted:
    if answer.fault is not None:
        return answer.fault
    key = _key(answer.parts[0], table)
    return Placed(key) if key else NoAnswer("a row was created without telling its key")


def _settled(result: Inserted, *, unsure: bool) -> Inserted:
    if isinstance(result, Fault) and result.is_passing:
        return NoAnswer(result.text)
    return replace(result, existed=unsure) if isinstance(result, Placed) else result


def _key(answer: PartAnswer, table: Table) -> str:
    body = answer.body if isinstance(answer.body, dict) else {}
    address = answer.headers.get("odata-entityid") or answer.headers.get("location") or ""
    return str(body.get(table.key) or id_in(address) or "").lower()
