"""Which account a customer is: found by name and postal code among those of the CRM and those about to be created."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.keys import account_id, name_key, postal_key
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.adapters.dataverse.client import Json


@dataclass(slots=True)
class AccountPool:
    """Accounts by name; grows with what is about to be created, so that one batch makes no doubles."""

    _by_name: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Name → account id → postal code, as compared."""
    new: dict[str, Json] = field(default_factory=dict)
    """Rows to create, by the key that we chose."""

    def add(self, accounts: Iterable[Json]) -> None:
        """Take in accounts that stand."""
        for account in accounts:
            code = str(account.get("address1_postalcode") or "")
            self._by_name[name_key(str(account.get("name") or ""))][str(account["accountid"]).lower()] = postal_key(
                code
            )

    def place(self, columns: Json) -> str | Rejected:
        """Give the account of a customer, planning it where there is none; or why a person must choose."""
        name, code = str(columns["name"]), postal_key(str(columns.get("address1_postalcode") or ""))
        known = self._by_name[name_key(name)]
        fitting = [key for key, postal in known.items() if not code or postal == code]
        if len(fitting) > 1:
            return _ambiguous(len(fitting), has_code=bool(code))
        return fitting[0] if fitting else self._plan(columns, name=name, code=code)

    def _plan(self, columns: Json, *, name: str, code: str) -> str:
        key = account_id(name, code)
        self.new[key] = {**columns, "accountid": key}
        self._by_name[name_key(name)][key] = code
        return key


def _ambiguous(count: int, *, has_code: bool) -> Rejected:
    if has_code:
        sentence = f"{count} accounts in the CRM have this customer's name and postal code: merge them into one."
    else:
        sentence = (
            f"{count} accounts in the CRM have this customer's name, and the referral has no postal code to choose by: "
            "merge them into one, or create the opportunity by hand with the referral's identifier."
        )
    return Rejected("account_ambiguous", sentence, hold=True)
