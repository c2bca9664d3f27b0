"""Which account a customer is: found by name and postal code among those of the CRM and those that we create."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.keys import account_id, name_key, postal_key
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cosell.adapters.dataverse.client import Json


@dataclass(slots=True)
class AccountPool:
    """Accounts by name; keeps what this task creates, so that no two batches make doubles."""

    _by_name: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Name → account id → postal code, as compared."""
    _planned: set[str] = field(default_factory=set)
    """Keys of the accounts that this task creates."""

    def look(self, names: Collection[str], accounts: Iterable[Json]) -> None:
        """Take in the accounts that stand under these names now."""
        for name in map(name_key, names):
            held = self._by_name[name]
            self._by_name[name] = {key: postal for key, postal in held.items() if key in self._planned}
        for account in accounts:
            code = str(account.get("address1_postalcode") or "")
            self._by_name[name_key(str(account.get("name") or ""))][str(account["accountid"]).lower()] = postal_key(
                code
            )

    def place(self, columns: Json, *, new: dict[str, Json]) -> str | Rejected:
        """Give the account of a customer, planned into `new` where there is none; or why a person must choose."""
        name, code = str(columns["name"]), postal_key(str(columns.get("address1_postalcode") or ""))
        known = self._by_name[name_key(name)]
        fitting = [key for key, postal in known.items() if not code or postal == code]
        if len(fitting) > 1:
            return _ambiguous(len(fitting), has_code=bool(code))
        if fitting:
            return fitting[0]
        key = account_id(name, code)
        new[key] = {**columns, "accountid": key}
        self._planned.add(key)
        known[key] = code
        return key

    def forget(self, keys: Collection[str]) -> None:
        """Take out planned accounts that could not be created: the next deal of the customer tries again."""
        self._planned.difference_update(keys)
        for known in self._by_name.values() if keys else ():
            for key in known.keys() & keys:
                del known[key]


def _ambiguous(count: int, *, has_code: bool) -> Rejected:
    if has_code:
        sentence = f"{count} accounts in the CRM have this customer's name and postal code: merge them into one."
    else:
        sentence = (
            f"{count} accounts in the CRM have this customer's name, and the referral has no postal code to choose by: "
            "merge them into one, or create the opportunity by hand with the referral's identifier."
        )
    return Rejected("account_ambiguous", sentence, hold=True)
