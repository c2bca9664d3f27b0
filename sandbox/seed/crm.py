"""The CRM's own rows: currencies, users and the solution catalogue always; opportunities on request."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import crm
from sandbox.seed.catalogue import CURRENCIES, SOLUTIONS, TEAM
from sandbox.seed.customers import Customer, customers

if TYPE_CHECKING:
    from random import Random

    from sandbox.world import World

_SEED = 20200401
_SPACE = uuid.UUID("2b1f7c0e-6a1d-5c39-8f0a-0c5e1f1d7a11")
_NAMES = ("Warehouse robots", "CRM für alle", "Moving to the cloud ☁️", "O'Hara's analytics", "Licence renewal")
_FLAGGED_SHARE = 0.5


def plant_master_data(world: World) -> None:
    """Store the currencies, the sales team as users and (but in an empty CRM) the solutions that may be sold."""
    for code, (name, symbol, rate, digits) in CURRENCIES.items():
        if crm.find(world, "transactioncurrency", isocurrencycode=code):
            continue
        columns: dict[str, Any] = {
            "transactioncurrencyid": currency_id(code),
            "isocurrencycode": code,
            "currencyname": name,
            "currencysymbol": symbol,
            "exchangerate": rate,
            "currencyprecision": digits,
        }
        crm.create(world, "transactioncurrency", **columns)
    for person in TEAM:
        columns = {
            "systemuserid": _id("user", person.email),
            "firstname": person.first_name,
            "lastname": person.last_name,
            "internalemailaddress": person.email,
            "domainname": person.email,
        }
        crm.create(world, "systemuser", **columns)
    if not crm.has_table(world, "cosell_solutiondetail"):
        return
    for solution in SOLUTIONS:
        columns = {
            "cosell_solutiondetailid": _id("solution", solution.id),
            "cosell_solutionid": solution.id,
            "cosell_name": solution.name,
            "cosell_type": solution.type,
            "cosell_active": solution.active,
        }
        crm.create(world, "cosell_solutiondetail", **columns)


def plant_opportunities(world: World, number: int) -> None:
    """Store that many opportunities with accounts and contacts; about half are flagged for co-sell."""
    rng = random.Random(_SEED)
    pool = customers(rng, max(1, number * 2 // 3)) if number else []
    accounts = {place: _plant_customer(world, rng, customer) for place, customer in enumerate(pool)}
    for _ in range(number):
        place = rng.randrange(len(pool))
        account_id, contact_id = accounts[place]
        _plant_opportunity(
            world, rng, currency=pool[place].place.currency, account_id=account_id, contact_id=contact_id
        )


def currency_id(code: str) -> str:
    """Give the id of a currency's row."""
    return crm.currency(code)


def _plant_customer(world: World, rng: Random, customer: Customer) -> tuple[str, str | None]:
    profile, address = customer.profile, customer.profile["address"]
    account_id = _guid(rng)
    columns: dict[str, Any] = {
        "accountid": account_id,
        "name": profile["name"],
        "address1_line1": address["addressLine1"],
        "address1_line2": address["addressLine2"] or None,
        "address1_city": address["city"],
        "address1_stateorprovince": address["state"] or address["region"],
        "address1_postalcode": address["postalCode"] or None,
        # People write countries as they please, or forget them.
        "address1_country": rng.choice((address["country"], address["country"], address["country"].lower(), None)),
    }
    crm.create(world, "account", **columns)
    contact_ids = [_plant_contact(world, rng, person, account_id=account_id) for person in profile["team"]]
    return account_id, contact_ids[0] if contact_ids else None


def _plant_contact(world: World, rng: Random, person: dict[str, Any], *, account_id: str) -> str:
    contact_id = _guid(rng)
    columns: dict[str, Any] = {
        "contactid": contact_id,
        "firstname": person["firstName"],
        "lastname": person["lastName"],
        "emailaddress1": person["email"],
        "telephone1": person["phoneNumber"] or None,
        "jobtitle": person["title"],
        "parentcustomerid_account@odata.bind": f"/accounts({account_id})",
    }
    crm.create(world, "contact", **columns)
    return contact_id


def _plant_opportunity(world: World, rng: Random, *, currency: str, account_id: str, contact_id: str | None) -> None:
    opportunity_id = _guid(rng)
    closing = world.clock.now() + timedelta(days=rng.randrange(20, 300))
    owner = rng.choice(TEAM)
    columns: dict[str, Any] = {
        "opportunityid": opportunity_id,
        "name": rng.choice(_NAMES),
        "description": rng.choice(("Budget approved.", None)),
        "estimatedvalue": rng.randrange(2_000, 300_000),
        "estimatedclosedate": f"{closing:%Y-%m-%d}",
        "cosell_syncwithpartnercenter": rng.random() < _FLAGGED_SHARE,
        "transactioncurrencyid@odata.bind": f"/transactioncurrencies({currency_id(currency)})",
        "customerid_account@odata.bind": f"/accounts({account_id})",
        "parentaccountid@odata.bind": f"/accounts({account_id})",
        "ownerid@odata.bind": f"/systemusers({_id('user', owner.email)})",
    }
    if contact_id:
        columns["parentcontactid@odata.bind"] = f"/contacts({contact_id})"
    crm.create(world, "opportunity", **columns)
    if rng.random() < 0.8:  # noqa: PLR2004 - most have a solution
        _plant_solution(world, rng, opportunity_id=opportunity_id)


def _plant_solution(world: World, rng: Random, *, opportunity_id: str) -> None:
    solution = rng.choice([one for one in SOLUTIONS if one.active])
    columns: dict[str, Any] = {
        "cosell_partnercentersolutionid": _guid(rng),
        "cosell_solutionid": solution.id,
        "cosell_name": solution.name,
        "cosell_quantity": rng.choice((1, 5, None)),
        "cosell_OpportunityId@odata.bind": f"/opportunities({opportunity_id})",
        "cosell_SolutionDetailId@odata.bind": f"/cosell_solutiondetails({_id('solution', solution.id)})",
    }
    crm.create(world, "cosell_partnercentersolution", **columns)


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{kind}:{name}"))


def _guid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
