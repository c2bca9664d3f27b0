"""Accounts that may be the customers of new deals, read by every sign at once: some requests per hundred customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.keys import is_id
from cosell.adapters.dataverse.odata import any_of, any_term, both, text
from cosell.adapters.dataverse.pool import CODE, EMAIL, KEY, NAME, WEBSITE
from cosell.adapters.dataverse.together import together
from cosell.core.accounts import SIGN_FIELDS, spellings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table
    from cosell.core.accounts import AccountPolicy, Customer, Sign


class Accounts:
    """Reads the accounts of one organisation."""

    def __init__(
        self, client: DataverseClient, table: Table, *, policy: AccountPolicy, columns: Mapping[Sign, str]
    ) -> None:
        self._client, self._table, self._policy, self._columns = client, table, policy, columns

    async def like(self, customers: Sequence[tuple[Json, Customer]]) -> list[Json]:
        """Give the active accounts that show a sign of one of these customers, or bear the key that one names."""
        select = [KEY, NAME, CODE, *self._columns.values()]
        if "email_domain" in self._policy.match:
            select += [WEBSITE, EMAIL]

        async def piece(condition: str) -> list[Json]:
            params = {"$select": ",".join(dict.fromkeys(select)), "$filter": both(condition, "statecode eq 0")}
            return await self._client.rows(self._table.set_name, params=params)

        found = await together(list(self._conditions(customers)), piece)
        return [account for part in found for account in part]

    def _conditions(self, customers: Sequence[tuple[Json, Customer]]) -> Iterator[str]:
        yield from any_of(KEY, sorted({key for columns, _ in customers if is_id(key := str(columns.get(KEY) or ""))}))
        told = [(columns, customer) for columns, customer in customers if not columns.get(KEY)]
        for sign in self._policy.match:
            if sign == "email_domain":
                yield from any_term(_of_domain(each) for each in sorted({d for _, one in told for d in one.domains}))
            else:
                column = self._columns[sign] if sign in SIGN_FIELDS else NAME
                written = {str(columns[column]) for columns, _ in told if columns.get(column)}
                values = {each for value in written for each in spellings(sign, value)}
                yield from any_of(column, [text(value) for value in sorted(values)])


def columns_needed(policy: AccountPolicy) -> frozenset[str]:
    """Give the account's columns that finding one needs, besides those of the mapping."""
    domain = {WEBSITE, EMAIL} if "email_domain" in policy.match else set()
    return frozenset({KEY, NAME, CODE, *domain})


def _of_domain(domain: str) -> str:
    return f"(contains({WEBSITE},{text(domain)}) or endswith({EMAIL},{text('@' + domain)}))"
