"""Accounts and contacts of new deals: found, else created with a key that a repeat chooses again; never updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cosell.adapters.dataverse.accounts import Accounts
from cosell.adapters.dataverse.errors import Fault
from cosell.adapters.dataverse.insert import Inserted, Inserter, Placed
from cosell.adapters.dataverse.keys import contact_id
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT
from cosell.adapters.dataverse.making import Making
from cosell.adapters.dataverse.odata import any_of, text
from cosell.adapters.dataverse.together import together
from cosell.core.accounts import name_key
from cosell.mapping.shape import is_named
from cosell.sync.ports import NoAnswer, Outcome, Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.pool import AccountPool
    from cosell.adapters.dataverse.references import References

Found: TypeAlias = str | Outcome | None
"""A row's key; None: the deal names nobody; or why the deal cannot be created."""

_PARENT = "parentcustomerid"


class Customers:
    """Resolves the customers of many deals in a few requests."""

    def __init__(
        self,
        client: DataverseClient,
        *,
        tables: Mapping[str, Table],
        references: References,
        pool: AccountPool,
        contact_defaults: Mapping[str, object],
    ) -> None:
        self._client, self._tables, self._inserter = client, tables, Inserter(client)
        self._references, self._pool, self._contact_defaults = references, pool, contact_defaults
        self._new_accounts = Making(lambda new: self._create(ACCOUNT, new))
        self._new_contacts = Making(lambda new: self._create(CONTACT, new))

    async def resolve(self, customers: Sequence[tuple[Json, Sequence[Json]]]) -> list[tuple[Found, list[Found]]]:
        """Give account and contacts for each deal's columns of them, in order."""
        accounts = await self._accounts(customers)
        asked = zip(accounts, [people for _, people in customers], strict=True)
        contacts = iter(await self.contacts([(account, person) for account, people in asked for person in people]))
        return [
            (account, [next(contacts) for _ in people])
            for account, (_, people) in zip(accounts, customers, strict=True)
        ]

    async def contacts(self, people: Sequence[tuple[Found, Json]]) -> list[Found]:
        """Give the contact of each account's columns, in order: found by e-mail, else created."""
        if CONTACT not in self._tables:
            return [None for _ in people]
        named = [(account, filled(columns)) for account, columns in people]
        known = await self._of_address({str(columns["emailaddress1"]) for _, columns in named if has_address(columns)})
        new: dict[str, Json] = {}
        placed = [self._place(account, columns, known=known, new=new) for account, columns in named]
        failed = await self._new_contacts.create(new, wanted=())
        return [failed.get(one, one) if isinstance(one, str) else one for one in placed]

    async def _accounts(self, wanted: Sequence[tuple[Json, Sequence[Json]]]) -> list[Found]:
        told = [(filled(columns), self._pool.customer(columns, people)) for columns, people in wanted]
        accounts = Accounts(self._client, self._tables[ACCOUNT], policy=self._pool.policy, columns=self._pool.columns)
        self._pool.look([customer for _, customer in told], await accounts.like(told))
        new: dict[str, Json] = {}
        placed = [self._pool.place(columns, customer, new=new) for columns, customer in told]
        failed = await self._new_accounts.create(new, wanted={one for one in placed if isinstance(one, str)})
        self._pool.forget(failed)
        return [failed.get(one, one) if isinstance(one, str) else one for one in placed]

    def _place(
        self, account: Found, columns: Json, *, known: Mapping[tuple[str, str], str], new: dict[str, Json]
    ) -> str | None:
        """Give the contact's key, planning the row where there is none."""
        if not isinstance(account, str) or not (has_address(columns) or columns.get("lastname")):
            return None
        person = str(columns.get("emailaddress1") or f"{columns.get('firstname', '')} {columns['lastname']}")
        standing = known.get((account, name_key(person))) if has_address(columns) else None
        if standing:
            return standing
        key = contact_id(account, person)
        navigation = self._tables[CONTACT].to(ACCOUNT, column=_PARENT).navigation
        bind = {f"{navigation}@odata.bind": self._tables[ACCOUNT].address(account)}
        new.setdefault(key, {**self._contact_defaults, **columns, "contactid": key, **bind})
        return key

    async def _of_address(self, addresses: Collection[str]) -> dict[tuple[str, str], str]:
        """Give contacts by account and e-mail; of doubles the one that was there first."""

        async def piece(condition: str) -> list[Json]:
            select = f"contactid,emailaddress1,_{_PARENT}_value,createdon"
            return await self._client.rows(
                self._tables[CONTACT].set_name, params={"$select": select, "$filter": condition}
            )

        parts = await together(any_of("emailaddress1", [text(one) for one in sorted(addresses)]), piece)
        rows = [row for part in parts for row in part]
        rows.sort(key=lambda row: (str(row["createdon"]), str(row["contactid"])), reverse=True)
        return {
            (str(row[f"_{_PARENT}_value"]).lower(), name_key(str(row["emailaddress1"]))): str(row["contactid"]).lower()
            for row in rows
        }

    async def _create(self, table: str, new: Mapping[str, Json]) -> dict[str, Outcome]:
        """Create the planned rows; give what the deals of those that failed are answered."""
        await self._references.prepare(new.values())
        bound = {key: self._references.bound(row, table=self._tables[table]) for key, row in new.items()}
        failed: dict[str, Outcome] = {key: row for key, row in bound.items() if isinstance(row, Rejected)}
        rows = {key: row for key, row in bound.items() if not isinstance(row, Rejected)}
        answers = await self._inserter.with_our_keys(self._tables[table], list(rows.values()))
        answered = zip(rows, answers, strict=True)
        return failed | {
            key: _failure(answer, table=table) for key, answer in answered if not isinstance(answer, Placed)
        }


def _failure(answer: Inserted, *, table: str) -> Outcome:
    if isinstance(answer, NoAnswer):
        return NoAnswer(f"the {table}: {answer.reason}")
    assert isinstance(answer, Fault)  # noqa: S101 - the third kind was handled by the caller
    return Rejected(answer.code or "refused", f"The CRM refused to create the {table}: {answer.message}")


def filled(columns: Json) -> Json:
    """Give the columns that say something."""
    return {name: value for name, value in columns.items() if not _says_nothing(value)}


def _says_nothing(value: object) -> bool:
    return value is None or value == "" or (is_named(value) and value["value"] in {None, ""})


def has_address(columns: Json) -> bool:
    """Tell whether a contact has an e-mail address."""
    return bool(columns.get("emailaddress1"))
