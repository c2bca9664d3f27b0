"""Solutions: which one a change names, and what each of them holds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

from sandbox.dataverse import errors, metadata, write
from sandbox.dataverse.organisation import SYSTEM_USER_ID, Caller, Organisation, Row

if TYPE_CHECKING:
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.schema import Table

TABLE, COLUMN, CHOICE, RELATIONSHIP, KEY, FORM = 1, 2, 9, 10, 14, 60
WHOLE, ALONE, SHELL = 0, 1, 2
_HEADER = "mscrm.solutionuniquename"


def named(org: Organisation, call: Call) -> Row | None:
    """Give the solution that a request puts its piece into; raises where it may not be changed."""
    name = call.headers.get(_HEADER) or call.options.get("SolutionUniqueName", "").strip("'")
    return by_name(org, name) if name else None


def by_name(org: Organisation, name: str) -> Row:
    """Give an unmanaged solution; raises where there is none of this name."""
    found = [row for row in org.rows(org.table("solution")).values() if row.get("uniquename") == name]
    if not found:
        raise errors.DataverseError(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    if found[0].get("ismanaged"):
        message = f"Cannot update solution '{name}' because it is a managed solution."
        raise errors.DataverseError(400, "0x8004f024", message)
    return found[0]


def hold_table(org: Organisation, solution: str, table: str, *, behaviour: int) -> None:
    """Put a table into a solution: with all its parts, with what is said of itself alone, or as a shell."""
    _put(org, solution, table, kind=TABLE, behaviour=behaviour)


def hold(org: Organisation, solution: str, part: str, *, kind: int, table: Table | None = None) -> None:
    """Put a piece into a solution; the table that it belongs to comes along as a shell."""
    if table is not None:
        _put(org, solution, metadata.metadata_id(table.name), kind=TABLE, behaviour=SHELL)
        if _holds_whole(org, solution, metadata.metadata_id(table.name)):
            return
    _put(org, solution, part, kind=kind, behaviour=WHOLE if kind == TABLE else None)


def _holds_whole(org: Organisation, solution: str, table: str) -> bool:
    row = org.rows(org.table("solutioncomponent")).get(_row_id(solution, table)) or {}
    return row.get("rootcomponentbehavior") == WHOLE


def _row_id(solution: str, part: str) -> str:
    return str(uuid5(NAMESPACE_OID, f"{solution}/{part}"))


def _put(org: Organisation, solution: str, part: str, *, kind: int, behaviour: int | None) -> None:
    table = org.table("solutioncomponent")
    present = org.rows(table).get(_row_id(solution, part))
    if present is not None:
        if behaviour is not None and behaviour < present.get("rootcomponentbehavior", WHOLE):
            org.rows(table).put(_row_id(solution, part), {**present, "rootcomponentbehavior": behaviour})
        return
    values = {
        "solutioncomponentid": _row_id(solution, part),
        "objectid": part,
        "componenttype": kind,
        "rootcomponentbehavior": behaviour,
        "solutionid": ["solution", solution],
    }
    write.insert(org, table, values, caller=Caller(SYSTEM_USER_ID, person=True))


def forget(org: Organisation, part: str) -> None:
    """Take a piece that is gone out of every solution."""
    rows = org.rows(org.table("solutioncomponent"))
    for key in [key for key in rows.keys() if (rows.get(key) or {}).get("objectid") == part]:  # noqa: SIM118
        rows.delete(key)
