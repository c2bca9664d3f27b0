"""What only connections know: each is two rows, one as either record sees it, that come, change and go together."""

import uuid
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import Organisation, Row

CONNECTION = "connection"
_SEEN_FROM_THE_OTHER = {
    "record1id": "record2id",
    "record2id": "record1id",
    "record1roleid": "record2roleid",
    "record2roleid": "record1roleid",
    "record1objecttypecode": "record2objecttypecode",
    "record2objecttypecode": "record1objecttypecode",
}


def completed(org: Organisation, row: Row) -> Row:
    """Give a connection with what the service fills in: the kinds of both records, and the other one's name."""
    records = {number: row.get(f"record{number}id") for number in (1, 2)}
    if (missing := next((number for number, record in records.items() if record is None), None)) is not None:
        raise errors.DataverseError(400, "0x80040203", f"The required field 'record{missing}id' is missing.")
    if records[1] == records[2]:
        raise errors.DataverseError(400, "0x80048217", "Cannot connect a record to itself.")
    kinds = {f"record{number}objecttypecode": org.table(record[0]).code for number, record in records.items() if record}
    return {
        "ismaster": True,
        "relatedconnectionid": [CONNECTION, str(uuid.uuid4())],
        **row,
        "name": _name(org, records[2]),
        **kinds,
    }


def mirrored(org: Organisation, row: Row) -> Row:
    """Give the row as the other record sees it."""
    turned: dict[str, Any] = {_SEEN_FROM_THE_OTHER.get(name, name): value for name, value in row.items()}
    related = {"relatedconnectionid": [CONNECTION, row["connectionid"]], "ismaster": not row["ismaster"]}
    return {**turned, "connectionid": row["relatedconnectionid"][1], "name": _name(org, row["record1id"]), **related}


def _name(org: Organisation, record: list[str]) -> object:
    """Give what a record is called."""
    table = org.table(record[0])
    return org.get(table, record[1]).get(table.label_column)
