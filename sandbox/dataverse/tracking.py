"""Change tracking: all rows of a table, then only what changed or went since, by links that are opaque and expire.

Tables are tracked that the setting names. Deletions are written down with the version that they made; a link tells the
version at which its first page was read, so that what changes while somebody pages comes again.
"""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.dataverse import errors
from sandbox.dataverse.call import MAX_PAGE, Call
from sandbox.dataverse.organisation import PREFIX, Organisation, Row
from sandbox.dataverse.privileges import demand
from sandbox.dataverse.projection import View, chosen_columns, project
from sandbox.dataverse.reading import context_root
from sandbox.dataverse.schema import Table

_REFUSED = ("$filter", "$orderby", "$expand", "$top", "$count")
_DELETED = f"{PREFIX}deleted"


def note_deletion(org: Organisation, table: Table, row_id: str) -> None:
    """Write down that a row went, for those who follow its table."""
    if table.name in org.world.settings["dataverse_tracked_tables"]:
        gone = {"table": table.name, "id": row_id, "version": org.next_version()}
        org.store.table(_DELETED).put(f"{gone['version']:020}", gone)


def is_tracked(call: Call) -> bool:
    """Tell whether a listing asks for changes: by its header the first time, by its link from then on."""
    return call.preferences.track_changes or "$deltatoken" in call.options


def answer_tracked(org: Organisation, table: Table, call: Call) -> dict[str, Any]:
    """Give one page of all rows, or of what changed since a link was given."""
    demand(org, call.caller, "Read", table)
    if table.name not in org.world.settings["dataverse_tracked_tables"]:
        message = f"Entity {table.name} isn't enabled for change tracking."
        raise errors.DataverseError(400, "0x80072491", message)
    if wrong := next((name for name in _REFUSED if name in call.options), None):
        raise errors.bad_query(f"The query parameter {wrong} is not supported with change tracking.")
    select = call.options.get("$select")
    chosen_columns(table, select)
    start = _start(org, call)
    entries = _changed(org, table, start["since"]) if start["since"] is not None else _all(org, table)
    size = call.preferences.page_size or MAX_PAGE
    page = [entry for entry in entries if entry[0] > start["after"]]
    rows, rest = page[:size], page[size:]
    call.tally.rows += len(rows)
    view = View(call.preferences, select)
    context = f"{context_root(org, call)}$metadata#{table.set}"
    value = [_shown(org, table, entry, view=view, context=context) for _, entry in rows]
    more = {**start, "after": rows[-1][0]} if rest else {"since": start["until"], "at": org.now().isoformat()}
    name, token = ("nextLink", "$skiptoken") if rest else ("deltaLink", "$deltatoken")
    link = f"{context_root(org, call)}{table.set}?{_kept(call)}{token}={_sealed(more)}"
    return {"@odata.context": f"{context}{f'({select})' if select else ''}", "value": value, f"@odata.{name}": link}


def _start(org: Organisation, call: Call) -> dict[str, Any]:
    """Give where a page begins: since which version, up to which one, and behind which entry."""
    if (token := call.options.get("$skiptoken")) is not None:
        return _opened(token)
    now = org.next_version()
    if (token := call.options.get("$deltatoken")) is None:
        return {"since": None, "until": now, "after": ""}
    link = _opened(token)
    days = timedelta(days=org.world.settings["dataverse_tracking_days"])
    if org.now() - datetime.fromisoformat(link["at"]) > days:
        message = "Version stamp associated with the client has expired. Please perform a full sync."
        raise errors.DataverseError(400, "0x80044352", message)
    return {"since": link["since"], "until": now, "after": ""}


def _all(org: Organisation, table: Table) -> list[tuple[str, Row | str]]:
    return [(key, org.get(table, key)) for key in org.sorted_keys(table)]


def _changed(org: Organisation, table: Table, since: int) -> list[tuple[str, Row | str]]:
    """Give changed rows, then the keys of those that went and did not come back, each behind its place in the order."""
    changed = [row for row in org.rows(table).values() if row["versionnumber"] > since]
    found: list[tuple[str, Row | str]] = [(f"0{row['versionnumber']:020}", row) for row in changed]
    gone = [one for one in org.store.table(_DELETED).values() if one["table"] == table.name and one["version"] > since]
    left = [one for one in gone if one["id"] not in org.rows(table)]
    return sorted(found) + [(f"1{one['version']:020}", one["id"]) for one in left]


def _shown(org: Organisation, table: Table, entry: Row | str, *, view: View, context: str) -> dict[str, Any]:
    if isinstance(entry, str):
        return {"@odata.context": f"{context}/$deletedEntity", "id": entry, "reason": "deleted"}
    return project(org, table, entry, view)


def _kept(call: Call) -> str:
    tokens = ("$skiptoken=", "%24skiptoken=", "$deltatoken=", "%24deltatoken=")
    kept = [part for part in call.query.split("&") if part and not part.startswith(tokens)]
    # The answer to a link goes on being tracked, with or without the header.
    return "".join(f"{part}&" for part in kept)


def _sealed(parts: dict[str, Any]) -> str:
    return quote(base64.b64encode(json.dumps(parts).encode()).decode(), safe="")


def _opened(token: str) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = json.loads(base64.b64decode(token, validate=True))
    except ValueError as error:
        raise errors.DataverseError(400, "0x80040216", "The delta token is not valid.") from error
    return parts
