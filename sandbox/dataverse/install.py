"""What an environment holds from the start, put there once: people, currencies, bulk messages, publisher."""

import uuid
from typing import Any

from sandbox.dataverse import forms, metadata, solutions, write
from sandbox.dataverse.bulk import CREATE, UPDATE
from sandbox.dataverse.organisation import ORGANISATION_ID, PREFIX, SYSTEM_USER_ID, Caller, Organisation
from sandbox.world import World

SETTINGS: dict[str, Any] = {
    "dataverse_api_twin": "",
    "dataverse_closed_lead": "custom",
    "dataverse_closed_opportunity": "custom",
    "dataverse_customised": True,
    "dataverse_denied_privileges": [],
    "dataverse_failing_keys": [],
    "dataverse_import_seconds": 1.0,
    "dataverse_key_seconds": 1.0,
    "dataverse_languages": [1033],
    "dataverse_non_members": [],
    "dataverse_pending_keys": {},
    "dataverse_privilege_depths": {},
    "dataverse_required_columns": {},
    "dataverse_revenue_by_system": True,
    "dataverse_tracked_tables": ["connection", "cosell_partnercentersolution"],
    "dataverse_tracking_days": 7,
}
"""Switches: host to write links with; which columns of a closed lead or opportunity may change (custom, all, none);
whether it starts with what co-sell needs (see `start_empty`); privileges taken away (prvReadLead, prvCreateAttribute
...), and how deep others go (Basic, Local, Deep; else Global); keys whose index cannot be built, and how long others
take, and how long imports of solutions take; languages that are switched on, the base one first; client ids that are
no members; keys by table whose index is not built; default of isrevenuesystemcalculated for rows made by the API;
columns by table without which a plug-in of the organisation refuses new rows of an application; tables with change
tracking, and for how many days its links are good."""

_ROOT = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c00")
_CURRENCIES = (
    ("EUR", "Euro", "€", 2, "1.0000000000"),
    ("USD", "US Dollar", "$", 2, "1.0800000000"),
    ("GBP", "Pound Sterling", "£", 2, "0.8600000000"),
    ("JPY", "Yen", "¥", 0, "163.0000000000"),
    ("SEK", "Swedish Krona", "kr", 2, "11.4000000000"),
    ("CHF", "Swiss Franc", "CHF", 2, "0.9400000000"),
    ("DKK", "Danish Krone", "kr.", 2, "7.4600000000"),
    ("PLN", "Zloty", "zł", 2, "4.3000000000"),
    ("INR", "Indian Rupee", "₹", 2, "90.0000000000"),
    ("BRL", "Brazilian Real", "R$", 2, "5.9000000000"),
    ("AUD", "Australian Dollar", "A$", 2, "1.6500000000"),
    ("CAD", "Canadian Dollar", "C$", 2, "1.4800000000"),
)
SELLERS = (
    ("Ana", "García", "ana.garcia@contoso.example"),
    ("Jürgen", "Müller", "juergen.mueller@contoso.example"),
    ("Priya", "Natarajan", "priya.natarajan@contoso.example"),
    ("Sinéad", "O'Brien", "sinead.obrien@contoso.example"),
)
CONNECTION_ROLES = (
    ("Stakeholder", 1000),
    ("Decision Maker", 1000),
    ("Account Manager", 1001),
    ("Sales Professional", 1001),
    ("Friend", 3),
)
"""Names and categories of some roles that every environment has."""
_WITH_FORMS = {"opportunity", "lead", "account", "contact", "connection"}
_WITHOUT = {("contact", CREATE), ("connection", CREATE), ("connection", UPDATE)}
"""Bulk messages that a table lacks from the start; `dataverse.bulk` changes it."""


def row_id(*parts: str) -> str:
    """Give the fixed primary key of a row that every environment starts with."""
    return str(uuid.uuid5(_ROOT, "/".join(parts)))


def start_empty(world: World) -> None:
    """Let a new world's environment begin without any column or table of co-sell; one that began is left alone."""
    world.settings.declare(SETTINGS)
    if len(world.store.table(f"{PREFIX}organization")):
        return
    world.settings["dataverse_customised"] = False
    world.settings["dataverse_tracked_tables"] = []


def open_organisation(world: World) -> Organisation:
    """Give the environment of a world, furnished on first use."""
    world.settings.declare(SETTINGS)
    org = Organisation(world)
    if ORGANISATION_ID not in org.rows(org.table("organization")):
        with org.store.atomic():
            _furnish(org)
    return org


def _furnish(org: Organisation) -> None:
    """Create the rows."""
    for iso, name, symbol, precision, rate in _CURRENCIES:
        values = {"isocurrencycode": iso, "currencyname": name, "currencysymbol": symbol}
        numbers = {"currencyprecision": precision, "exchangerate": rate}
        _put(org, "transactioncurrency", row_id("currency", iso), values | numbers)
    languages = org.world.settings["dataverse_languages"]
    base = ["transactioncurrency", row_id("currency", "EUR")]
    _put(
        org, "organization", ORGANISATION_ID, {"name": "Contoso", "basecurrencyid": base, "languagecode": languages[0]}
    )
    _put(org, "systemuser", SYSTEM_USER_ID, {"lastname": "SYSTEM", "domainname": "SYSTEM"})
    for first, last, mail in SELLERS:
        values = {"firstname": first, "lastname": last, "internalemailaddress": mail, "domainname": mail}
        _put(org, "systemuser", row_id("seller", mail), values)
    for name, category in CONNECTION_ROLES:
        _put(org, "connectionrole", row_id("role", name), {"name": name, "category": category})
    _put(org, "team", row_id("team"), {"name": "Contoso", "isdefault": True, "teamtype": 0})
    for table in (
        org.table(name) for name in org.catalogue.tables if name in _WITH_FORMS or name.startswith("cosell_")
    ):
        forms.furnish(org, table)
    _publisher(org, "new", unique="DefaultPublishercontoso", options=10_000)
    if org.world.settings["dataverse_customised"]:
        _publisher(org, "cosell", unique="cosell", options=72_700)
        _solution(org)
    _messages(org)


def _publisher(org: Organisation, prefix: str, *, unique: str, options: int) -> None:
    """Create a publisher."""
    values = {
        "uniquename": unique,
        "friendlyname": unique,
        "customizationprefix": prefix,
        "customizationoptionvalueprefix": options,
    }
    _put(org, "publisher", row_id("publisher", prefix), values)


def _solution(org: Organisation) -> None:
    """Create the solution of our columns, with all that it holds."""
    solution = {"uniquename": "cosell", "friendlyname": "cosell", "version": "1.0.0.0"}
    publisher = ["publisher", row_id("publisher", "cosell")]
    _put(org, "solution", row_id("solution"), solution | {"publisherid": publisher})
    for table in org.catalogue.tables.values():
        if table.custom:
            solutions.hold(org, row_id("solution"), metadata.metadata_id(table.name), kind=solutions.TABLE)
        for column in table.columns.values():
            if column.custom and not table.custom:
                part = metadata.metadata_id(table.name, column.name)
                solutions.hold(org, row_id("solution"), part, kind=solutions.COLUMN, table=table)
        for key in table.keys:
            if key.startswith("cosell_") and not table.custom:
                part = metadata.metadata_id(table.name, "key", key)
                solutions.hold(org, row_id("solution"), part, kind=solutions.KEY, table=table)
    connection = metadata.metadata_id("connection")
    solutions.hold_table(org, row_id("solution"), connection, behaviour=solutions.ALONE)
    form = forms.form_id("opportunity")
    solutions.hold(org, row_id("solution"), form, kind=solutions.FORM, table=org.table("opportunity"))


def _messages(org: Organisation) -> None:
    """Create the bulk messages and say which tables take part."""
    for message in (CREATE, UPDATE):
        _put(org, "sdkmessage", row_id("message", message), {"name": message})
        for table in org.catalogue.tables:
            if (table, message) not in _WITHOUT:
                allow_bulk(org, table, message)


def allow_bulk(org: Organisation, table: str, message: str) -> None:
    """Let a table take part in a bulk message."""
    message_id = row_id("message", message)
    values = {"name": message, "primaryobjecttypecode": table, "sdkmessageid": ["sdkmessage", message_id]}
    _put(org, "sdkmessagefilter", row_id("filter", message, table), values)


def forbid_bulk(org: Organisation, table: str, message: str) -> None:
    """Take a table out of a bulk message."""
    org.rows(org.table("sdkmessagefilter")).delete(row_id("filter", message, table))
    org.next_version()


def _put(org: Organisation, table_name: str, key: str, values: dict[str, Any]) -> None:
    """Create one row, unless it is there."""
    table = org.table(table_name)
    if key not in org.rows(table):
        write.insert(org, table, {table.key: key, **values}, caller=Caller(SYSTEM_USER_ID, person=True))
