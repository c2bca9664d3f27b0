"""Money needs a currency: its precision rounds, its rate gives the read-only twins in the base currency."""

from decimal import ROUND_HALF_EVEN, Decimal

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import ORGANISATION_ID, Organisation, Row
from sandbox.dataverse.schema import Kind, Table
from sandbox.dataverse.values import rounded

_CURRENCY = "transactioncurrency"


def with_currency(org: Organisation, table: Table, row: Row, *, creating: bool) -> Row:
    """Give the row with its money rounded to its currency, and the twins filled in."""
    amounts = [column.name for column in table.columns.values() if column.kind is Kind.MONEY]
    own = [name for name in amounts if not name.endswith("_base")]
    row = _with_default(org, row, own, creating=creating)
    if row.get("transactioncurrencyid") is None:
        return {**row, "exchangerate": None, **{f"{name}_base": None for name in own}}
    currency = org.get(org.table(_CURRENCY), row["transactioncurrencyid"][1])
    rate = Decimal(currency["exchangerate"])
    settled = {**row, "exchangerate": rounded(rate, 10)}
    for name in own:
        settled |= _amount(row.get(name), name, rate=rate, precision=currency["currencyprecision"])
    return settled


def _with_default(org: Organisation, row: Row, own: list[str], *, creating: bool) -> Row:
    """Give a new row with money the organisation's currency; an old one may not lose its own."""
    if row.get("transactioncurrencyid") is not None or all(row.get(name) is None for name in own):
        return row
    if not creating:
        raise errors.DataverseError(400, "0x80048cfb", "The currency cannot be null.")
    base = org.get(org.table("organization"), ORGANISATION_ID)["basecurrencyid"]
    return {**row, "transactioncurrencyid": base}


def _amount(value: str | None, name: str, *, rate: Decimal, precision: int) -> Row:
    """Give one amount and its twin."""
    if value is None:
        return {name: None, f"{name}_base": None}
    amount = Decimal(value).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_EVEN)
    return {name: rounded(amount, 4), f"{name}_base": rounded(amount / rate, 4)}
