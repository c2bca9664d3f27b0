"""What sellers and Microsoft do in the two simulated systems, by their own screens: never through our sync."""

from __future__ import annotations

import json
import ssl
import urllib.request
from typing import Any

SELLER = "bo.lind@contoso.example"
_TIMEOUT_SECONDS = 20


class Persons:
    """Everybody who touches a deal by hand."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._control = f"{facts['urls']['dataverse']}/_sandbox"
        trust = ssl.create_default_context(cafile=facts["ca"])
        self._web = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )

    def do(self, act: str, **said: Any) -> Any:  # noqa: ANN401 - JSON
        """Let somebody do something, and give what came of it."""
        return self._ask("POST", "act", {"do": act, **said})

    def set(self, **switches: Any) -> None:  # noqa: ANN401 - JSON
        """Turn switches of the simulation."""
        self._ask("PUT", "settings", switches)

    def referral(self, referral_id: str) -> dict[str, Any]:
        """Give a referral as Partner Center holds it."""
        return dict(self.do("show_referral", id=referral_id))

    def opportunity(self, row_id: str) -> dict[str, Any]:
        """Give an opportunity as the CRM holds it."""
        return dict(self.do("dataverse.read", table="opportunity", row=row_id))

    def opportunity_of(self, referral_id: str) -> dict[str, Any] | None:
        """Give the opportunity that carries a referral's id."""
        found = self.do("dataverse.find", table="opportunity", cosell_referralidentifier=referral_id)
        return dict(found[0]) if found else None

    def sell(self, name: str, *, customer: str, country: str | None, value: int = 25_000) -> tuple[str, str]:
        """Let a seller enter a customer and a flagged opportunity; give the ids of opportunity and account."""
        address = {"address1_line1": "Kungsgatan 1", "address1_city": "Stockholm", "address1_postalcode": "111 43"}
        account = self.do(
            "dataverse.create", table="account", by=SELLER, name=customer, address1_country=country, **address
        )
        contact = self._contact(account)
        (euro,) = self.do("dataverse.find", table="transactioncurrency", isocurrencycode="EUR")
        columns = {
            "name": name,
            "estimatedvalue": value,
            "estimatedclosedate": "2027-06-30",
            "cosell_syncwithpartnercenter": True,
            "transactioncurrencyid@odata.bind": f"/transactioncurrencies({euro['transactioncurrencyid']})",
            "customerid_account@odata.bind": f"/accounts({account})",
            "parentaccountid@odata.bind": f"/accounts({account})",
            "parentcontactid@odata.bind": f"/contacts({contact})",
        }
        row = str(self.do("dataverse.create", table="opportunity", by=SELLER, **columns))
        self._solution(row)
        return row, str(account)

    def _contact(self, account: str) -> str:
        person = {"firstname": "Åsa", "lastname": "Nilsson", "emailaddress1": "asa@customer.example"}
        bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
        return str(self.do("dataverse.create", table="contact", by=SELLER, telephone1="+46800001", **person, **bind))

    def _solution(self, row: str) -> None:
        (entry,) = self.do("dataverse.find", table="cosell_solutiondetail", cosell_solutionid="SOL-12345-ABC")
        columns = {
            "cosell_OpportunityId@odata.bind": f"/opportunities({row})",
            "cosell_SolutionDetailId@odata.bind": f"/cosell_solutiondetails({entry['cosell_solutiondetailid']})",
            "cosell_solutionid": entry["cosell_solutionid"],
            "cosell_name": entry["cosell_name"],
            "cosell_quantity": 10,
        }
        self.do("dataverse.create", table="cosell_partnercentersolution", by=SELLER, **columns)

    def _ask(self, method: str, path: str, said: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - this machine
            f"{self._control}/{path}", method=method, data=json.dumps(said).encode(), headers=headers
        )
        with self._web.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return json.load(answer)
