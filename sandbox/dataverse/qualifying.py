"""QualifyLead: an open lead becomes an account, a contact and an opportunity, as far as each is asked for.

Custom columns stay with the lead: Dataverse copies only what a mapping of its own names, and nobody made one for them.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.dataverse import errors, lead, write
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.privileges import demand
from sandbox.dataverse.schema import Table

_SWITCHES = ("CreateAccount", "CreateContact", "CreateOpportunity")
_ADDRESS = tuple(
    f"address1_{part}" for part in ("line1", "line2", "line3", "city", "stateorprovince", "postalcode", "country")
)
_TAKEN: dict[str, dict[str, str]] = {
    "account": {"companyname": "name", "revenue": "revenue", "numberofemployees": "numberofemployees"}
    | {name: name for name in (*_ADDRESS, "telephone1", "emailaddress1", "websiteurl", "industrycode", "description")},
    "contact": {name: name for name in ("firstname", "lastname", "jobtitle", "telephone1", "mobilephone")}
    | {name: name for name in (*_ADDRESS, "emailaddress1", "websiteurl", "description")},
    "opportunity": {"subject": "name", "estimatedamount": "estimatedvalue"}
    | {name: name for name in ("budgetamount", "description", "estimatedclosedate")},
}
"""Which column of the lead goes to which column of each new row."""


def qualify(org: Organisation, row: Row, body: dict[str, Any], *, caller: Caller) -> list[tuple[Table, Row]]:
    """Qualify a lead as a body says, and give the rows that came of it."""
    _check(org, row, body)
    made = dict(_made(org, row, body, caller))
    points = {f"parent{name}id": made[name] for name in ("account", "contact") if name in made}
    if "opportunity" in made:
        points["qualifyingopportunityid"] = made["opportunity"]
    lookups = {column: [other[0].name, other[1][other[0].key]] for column, other in points.items()}
    demand(org, caller, "Write", org.table("lead"))
    states = {"statecode": lead.QUALIFIED, "statuscode": body["Status"]}
    write.change(org, org.table("lead"), row, {**states, **lookups}, caller=caller)
    return list(made.values())


def _check(org: Organisation, row: Row, body: dict[str, Any]) -> None:
    missing = [name for name in _SWITCHES if not isinstance(body.get(name), bool)]
    if missing or not isinstance(body.get("Status"), int):
        name = (*missing, "Status")[0]
        raise errors.bad_payload("leads", f"The parameter '{name}' must not be null.")
    if body["Status"] not in org.table("lead").states[lead.QUALIFIED].reasons:
        raise errors.bad_state("lead", body["Status"], lead.QUALIFIED)
    if row["statecode"] != lead.OPEN:
        raise lead.closed()


def _made(org: Organisation, row: Row, body: dict[str, Any], caller: Caller) -> Iterator[tuple[str, tuple[Table, Row]]]:
    """Create what is asked for, each row pointing to the ones before it."""
    account, contact = row.get("parentaccountid"), row.get("parentcontactid")
    if body["CreateAccount"]:
        table, made = _new(org, row, "account", {}, caller)
        account = [table.name, made[table.key]]
        yield "account", (table, made)
    if body["CreateContact"]:
        table, made = _new(org, row, "contact", {"parentcustomerid": account}, caller)
        contact = [table.name, made[table.key]]
        yield "contact", (table, made)
    if body["CreateOpportunity"]:
        customer = _named(org, body, "OpportunityCustomerId", {"account", "contact"})
        currency = _named(org, body, "OpportunityCurrencyId", {"transactioncurrency"})
        points = {
            "customerid": customer or account or contact or row.get("customerid"),
            "parentaccountid": account,
            "parentcontactid": contact,
            "transactioncurrencyid": currency or row.get("transactioncurrencyid"),
        }
        yield "opportunity", _new(org, row, "opportunity", points, caller)


def _new(org: Organisation, row: Row, name: str, points: Row, caller: Caller) -> tuple[Table, Row]:
    table = org.table(name)
    demand(org, caller, "Create", table)
    taken = {column: row[source] for source, column in _TAKEN[name].items() if source in row}
    values = {**taken, **points, "originatingleadid": ["lead", row[org.table("lead").key]]}
    return table, write.insert(org, table, values, caller=caller)


def _named(org: Organisation, body: dict[str, Any], parameter: str, tables: set[str]) -> list[str] | None:
    """Give the row that a parameter names by its type and primary key."""
    given = body.get(parameter)
    if given is None:
        return None
    named = str(given.get("@odata.type", "")).lstrip("#").rpartition(".")[2] if isinstance(given, dict) else ""
    if named not in tables:
        raise errors.bad_payload("leads", f"'@odata.type' of '{parameter}' must name one of {sorted(tables)}.")
    table = org.table(named)
    return [named, org.get(table, str(given.get(table.key, "")).lower())[table.key]]
