"""FormattedValue: what a person would read in the CRM, in US English."""

from datetime import datetime
from decimal import Decimal

from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.schema import Column, Kind
from sandbox.odata import Value


def formatted(org: Organisation, column: Column, row: Row) -> str | None:
    """Give the text of a value, or None where Dataverse annotates none."""
    stored = row.get(column.name)
    if stored is None:
        return None
    if column.options:
        return column.options.get(stored)
    if column.kind is Kind.LOOKUP:
        return _label(org, stored)
    if column.kind is Kind.MONEY:
        return _money(org, stored, row)
    return _plain(column.kind, stored)


def _plain(kind: Kind, stored: Value) -> str | None:
    """Give the text of a value that needs no other row."""
    match kind:
        case Kind.YESNO:
            return "Yes" if stored else "No"
        case Kind.TIME:
            return f"{datetime.fromisoformat(stored):%-m/%-d/%Y %-I:%M %p}"
        case Kind.DATE:
            return f"{datetime.fromisoformat(stored):%-m/%-d/%Y}"
        case Kind.INT | Kind.BIGINT:
            return f"{stored:,}"
        case Kind.DECIMAL:
            return f"{Decimal(stored):,}"
    return None


def _label(org: Organisation, stored: list[str]) -> str | None:
    """Give the name of the row that a lookup points to."""
    table = org.table(stored[0])
    row = org.rows(table).get(stored[1])
    return None if row is None else row.get(table.label_column)


def _money(org: Organisation, stored: str, row: Row) -> str:
    """Give an amount with its currency's symbol."""
    currency = row.get("transactioncurrencyid")
    found = org.rows(org.table("transactioncurrency")).get(currency[1]) if currency else None
    symbol = found["currencysymbol"] if found else ""
    return f"{symbol}{Decimal(stored):,.2f}"
