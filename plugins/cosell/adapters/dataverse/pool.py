"""Which account a customer is: told by the policy's signs among those of the CRM and those that we create."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cosell.adapters.dataverse.keys import account_id
from cosell.core.accounts import AccountPolicy, Customer, Doubt, Sign, choose, domains_of, told_by
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cosell.adapters.dataverse.client import Json

KEY, NAME, CODE, WEBSITE, EMAIL = "accountid", "name", "address1_postalcode", "websiteurl", "emailaddress1"
_SAID: Final[Mapping[Sign, str]] = {
    "name_and_postal_code": "name and postal code",
    "duns": "D-U-N-S number",
    "alternate_key": "key",
    "email_domain": "e-mail domain",
}


@dataclass(slots=True)
class AccountPool:
    """Accounts by their signs; keeps what this task creates, so that no two batches make doubles."""

    policy: AccountPolicy = field(default_factory=AccountPolicy)
    columns: Mapping[Sign, str] = field(default_factory=dict)
    """Where a sign lies in a column of the user's own."""
    _showing: dict[tuple[Sign, str], dict[str, Customer]] = field(default_factory=lambda: defaultdict(dict))
    _standing: set[str] = field(default_factory=set)
    """Keys of accounts that were met."""
    _planned: set[str] = field(default_factory=set)
    """Keys of the accounts that this task creates."""

    def customer(self, columns: Json, people: Sequence[Json] = ()) -> Customer:
        """Give what tells the customer of an account's columns, and of its people's."""
        emails = [_text(each.get(EMAIL)) for each in (columns, *people)]
        own = {sign: _text(columns.get(column)) for sign, column in self.columns.items()}
        return Customer.of(
            _text(columns.get(NAME)),
            postal_code=_text(columns.get(CODE)),
            duns=own.get("duns"),
            key=own.get("alternate_key"),
            domains=domains_of(emails=emails, website=_text(columns.get(WEBSITE))),
        )

    def look(self, customers: Iterable[Customer], accounts: Iterable[Json]) -> None:
        """Take in the accounts that show these customers' signs now."""
        for sign, value in {each for customer in customers for each in self._signs(customer)}:
            held = self._showing[sign, value]
            self._showing[sign, value] = {key: one for key, one in held.items() if key in self._planned}
        for account in accounts:
            key = str(account[KEY]).lower()
            self._standing.add(key)
            self._show(key, self.customer(account))

    def place(self, columns: Json, customer: Customer, *, new: dict[str, Json]) -> str | Rejected | None:
        """Give a customer's account, planned into `new` where there is none; why a person must choose; None: no name.

        A customer that names its account by key, as a user's hook may, is that account's.
        """
        if columns.get(KEY):
            return self._named(str(columns[KEY]).lower())
        if not columns.get(NAME):
            return None
        chosen = choose(customer, self.policy, standing=lambda sign, value: self._showing[sign, value].items())
        if isinstance(chosen, Doubt):
            return _doubtful(chosen, customer, self.policy)
        return chosen or self._plan(columns, customer, new=new)

    def forget(self, keys: Collection[str]) -> None:
        """Take out planned accounts that could not be created: the next deal of the customer tries again."""
        self._planned.difference_update(keys)
        for known in self._showing.values() if keys else ():
            for key in known.keys() & keys:
                del known[key]

    def _plan(self, columns: Json, customer: Customer, *, new: dict[str, Json]) -> str:
        key = account_id(*told_by(customer, self.policy))
        new[key] = {**columns, KEY: key}
        self._planned.add(key)
        self._show(key, customer)
        return key

    def _show(self, key: str, customer: Customer) -> None:
        for sign, value in self._signs(customer):
            self._showing[sign, value][key] = customer

    def _signs(self, customer: Customer) -> list[tuple[Sign, str]]:
        return [(sign, value) for sign in self.policy.match for value in customer.values(sign)]

    def _named(self, key: str) -> str | Rejected:
        if key in self._standing:
            return key
        sentence = "The hook resolve_account names an account that the CRM does not have, or not active: correct it."
        return Rejected("account_unknown", sentence, hold=True)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _doubtful(doubt: Doubt, customer: Customer, policy: AccountPolicy) -> Rejected:
    if doubt.sign is None:
        signs = ", ".join(_SAID[sign] for sign in policy.match)
        sentence = (
            f"No account in the CRM is this customer by {signs}, and the setting account_none is hold: "
            "create the account, or create the opportunity by hand with the referral's identifier."
        )
    elif doubt.sign != "name_and_postal_code":
        sentence = f"{doubt.count} accounts in the CRM have this customer's {_SAID[doubt.sign]}: merge them into one."
    elif customer.postal_code:
        sentence = f"{doubt.count} accounts in the CRM have this customer's name and postal code: merge them into one."
    else:
        sentence = (
            f"{doubt.count} accounts in the CRM have this customer's name, and the referral has no postal code to "
            "choose by: merge them into one, or create the opportunity by hand with the referral's identifier."
        )
    return Rejected("account_unknown" if doubt.sign is None else "account_ambiguous", sentence, hold=True)
