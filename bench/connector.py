"""The pattern of the connector being replaced: eight calls for each record, one after another."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from bench.service import Service

_API = "/api/data/v9.2/"
_LIST = "/v1.0/engagements/referrals/"


@dataclass(frozen=True)
class _Flow:
    """One flow with its two connections."""

    partner_center: httpx.Client
    dataverse: httpx.Client
    currencies: dict[str, str]

    def carry(self, referral_id: str) -> None:
        """Carry one referral: read it, look for its row and its account, create four rows, write the id back."""
        answer = self.partner_center.get(_LIST + referral_id)
        deal: dict[str, Any] = answer.raise_for_status().json()
        self._find("opportunities", "cosell_referralidentifier", referral_id, select="opportunityid")
        profile = deal["customerProfile"]
        self._find("accounts", "name", profile["name"], select="accountid")
        account = self._create("accounts", _account(profile))
        contact = self._create("contacts", _contact(profile, account))
        row = self._create("opportunities", _opportunity(deal, account, contact, self.currencies))
        self._create("cosell_partnercentersolutions", _solution(deal, row))
        patch = [{"op": "replace", "path": "/externalReferenceId", "value": row}]
        headers = {"If-Match": deal["eTag"], "Prefer": "return=representation"}
        # a closed referral refuses the write; the call is made all the same
        self.partner_center.patch(_LIST + referral_id, json=patch, headers=headers)

    def _find(self, table: str, column: str, value: str, *, select: str) -> None:
        literal = value.replace("'", "''")
        params = {"$select": select, "$filter": f"{column} eq '{literal}'"}
        self.dataverse.get(_API + table, params=params).raise_for_status()

    def _create(self, table: str, body: dict[str, Any]) -> str:
        answer = self.dataverse.post(_API + table, json=body).raise_for_status()
        return answer.headers["OData-EntityId"].rsplit("(", 1)[-1].rstrip(")")


def carry_one_by_one(service: Service, referral_ids: list[str]) -> tuple[float, dict[str, int]]:
    """Give the seconds for these referrals, and the requests by app."""
    context = ssl.create_default_context(cafile=service.ca)

    def client(app: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {service.token(app)}"}
        return httpx.Client(base_url=service.url(app), headers=headers, verify=context, timeout=60)

    with client("partner_center") as partner_center, client("dataverse") as dataverse:
        known = dataverse.get(f"{_API}transactioncurrencies", params={"$select": "isocurrencycode"}).json()["value"]
        currencies = {row["isocurrencycode"]: row["transactioncurrencyid"] for row in known}
        flow = _Flow(partner_center, dataverse, currencies)
        service.count()
        began = time.perf_counter()
        for referral_id in referral_ids:
            flow.carry(referral_id)
        seconds = time.perf_counter() - began
    return seconds, {app: counted.get("requests", 0) for app, counted in service.count().items()}


def _account(profile: dict[str, Any]) -> dict[str, Any]:
    address = profile["address"]
    return {
        "name": profile["name"],
        "address1_line1": address["addressLine1"],
        "address1_city": address["city"],
        "address1_postalcode": address["postalCode"],
        "address1_country": address["country"],
    }


def _contact(profile: dict[str, Any], account: str) -> dict[str, Any]:
    person = profile["team"][0] if profile["team"] else {"firstName": "", "lastName": profile["name"][:50]}
    return {
        "firstname": person["firstName"],
        "lastname": person["lastName"],
        "emailaddress1": person.get("email"),
        "parentcustomerid_account@odata.bind": f"/accounts({account})",
    }


def _opportunity(deal: dict[str, Any], account: str, contact: str, currencies: dict[str, str]) -> dict[str, Any]:
    details = deal["details"]
    return {
        "name": deal["name"],
        "description": details["notes"],
        "estimatedvalue": details["dealValue"],
        "estimatedclosedate": details["closingDateTime"][:10],
        "cosell_referralidentifier": deal["id"],
        "transactioncurrencyid@odata.bind": f"/transactioncurrencies({currencies[details['currency']]})",
        "customerid_account@odata.bind": f"/accounts({account})",
        "parentcontactid@odata.bind": f"/contacts({contact})",
        "isrevenuesystemcalculated": False,
    }


def _solution(deal: dict[str, Any], row: str) -> dict[str, Any]:
    solutions = deal["details"]["requirements"]["solutions"] or [{"id": "none", "name": "none"}]
    return {
        "cosell_solutionid": solutions[0]["id"],
        "cosell_name": solutions[0]["name"],
        "cosell_OpportunityId@odata.bind": f"/opportunities({row})",
    }
