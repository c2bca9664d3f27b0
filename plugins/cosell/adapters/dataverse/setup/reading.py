"""Reads what is there: the CRM's languages, publisher and solution, and of what is wanted all that there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.setup.bodies import FINISHED
from cosell.adapters.dataverse.setup.found import (
    Found,
    FoundChoice,
    FoundColumn,
    FoundForm,
    FoundKey,
    FoundSolution,
    FoundTable,
)
from cosell.core.errors import SetupStoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.setup.wanted import Table, Wanted

NEWEST = {"Consistency": "Strong"}
"""Definitions are read past the service's cache, which may be half a minute old."""
_MISSING = 404
_MAIN, _ACTIVE = 2, 1
_PUBLIC = 0
"""Kinds and states of forms and views, as Dynamics numbers them."""
_WHOLE = 0
"""What a solution says of a table that it holds with all its parts."""
_TYPED: Mapping[str, Mapping[str, str]] = {
    "String": {"$select": "LogicalName,MaxLength"},
    "Memo": {"$select": "LogicalName,MaxLength"},
    "DateTime": {"$select": "LogicalName,Format"},
    "Lookup": {"$select": "LogicalName,Targets"},
    "Picklist": {
        "$select": "LogicalName",
        "$expand": "OptionSet,GlobalOptionSet",
    },
}


async def read(client: DataverseClient, wanted: Wanted) -> Found:
    """Give what is there."""
    base = await _base_language(client)
    return replace(
        await read_definitions(client, wanted),
        languages=await _languages(client) or frozenset({base}),
        base_language=base,
        publisher=await _publisher(client, wanted),
        solution=await _solution(client, wanted),
    )


async def read_definitions(client: DataverseClient, wanted: Wanted) -> Found:
    """Give tables and choices alone, which whoever works in the CRM may read, but for forms where they are wanted."""
    tables = {name: await _table(client, table) for name, table in wanted.tables.items()}
    choices = {name: await _choice(client, name) for name in wanted.choices}
    return Found(
        choices={name: choice for name, choice in choices.items() if choice},
        tables={name: table for name, table in tables.items() if table},
    )


async def _languages(client: DataverseClient) -> frozenset[int]:
    """Give the languages of the CRM; none where it does not tell them."""
    try:
        answer = await client.get("RetrieveProvisionedLanguages")
    except RefusedCallError as error:
        if error.fault.status != _MISSING:
            raise
        return frozenset()
    return frozenset(cast("list[int]", answer["RetrieveProvisionedLanguages"]))


async def _base_language(client: DataverseClient) -> int:
    row = await client.first("organizations", params={"$select": "languagecode"})
    return int(str((row or {})["languagecode"]))


async def _publisher(client: DataverseClient, wanted: Wanted) -> str | None:
    rows = await client.rows(
        "publishers",
        params={
            "$select": "publisherid,uniquename",
            "$filter": f"customizationprefix eq {text(wanted.publisher.prefix)}",
            "$orderby": "createdon",
        },
    )
    own = [row for row in rows if row["uniquename"] == wanted.publisher.name]
    return str((own or rows)[0]["publisherid"]) if rows else None


async def _solution(client: DataverseClient, wanted: Wanted) -> FoundSolution | None:
    row = await client.first(
        "solutions",
        params={
            "$select": "solutionid,ismanaged,description",
            "$expand": "publisherid($select=customizationprefix)",
            "$filter": f"uniquename eq {text(wanted.solution)}",
        },
    )
    if row is None:
        return None
    parts = await client.rows(
        "solutioncomponents",
        params={
            "$select": "objectid,rootcomponentbehavior",
            "$filter": f"_solutionid_value eq {row['solutionid']}",
        },
    )
    return FoundSolution(
        id=str(row["solutionid"]),
        prefix=str(cast("Json", row["publisherid"])["customizationprefix"]),
        managed=bool(row["ismanaged"]),
        finished=row.get("description") in {None, FINISHED},
        members=frozenset(str(part["objectid"]) for part in parts),
        whole=frozenset(str(part["objectid"]) for part in parts if part.get("rootcomponentbehavior") == _WHOLE),
    )


async def _choice(client: DataverseClient, name: str) -> FoundChoice | None:
    try:
        found = await client.get(f"GlobalOptionSetDefinitions(Name={text(name)})")
    except RefusedCallError as error:
        if error.fault.status == _MISSING or error.fault.is_gone:
            return None
        raise
    return FoundChoice(id=str(found["MetadataId"]), options=_options(found) or {})


async def read_forms(client: DataverseClient, table: str) -> tuple[FoundForm, ...] | None:
    """Give the active main forms of a table, with changes that are not published yet; None in a CRM without forms."""
    try:
        rows = await client.rows(
            "systemforms/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()",
            params={
                "$select": "formid,name,formxml,isdefault",
                "$filter": f"objecttypecode eq {text(table)} and type eq {_MAIN} and formactivationstate eq {_ACTIVE}",
            },
        )
    except RefusedCallError as error:
        if error.fault.status != _MISSING:
            raise
        return None
    forms = (
        FoundForm(
            id=str(row["formid"]), name=str(row["name"]), xml=str(row["formxml"]), default=bool(row.get("isdefault"))
        )
        for row in rows
    )
    return tuple(sorted(forms, key=lambda form: form.name))


async def read_view(client: DataverseClient, table: str) -> str:
    """Give the id of the view that a table's lists show."""
    row = await client.first(
        "savedqueries",
        params={
            "$select": "savedqueryid",
            "$filter": f"returnedtypecode eq {text(table)} and querytype eq {_PUBLIC} and isdefault eq true",
        },
    )
    if row is None:
        raise SetupStoppedError([f"{table} has no default view: set one in the table's views"])
    return str(row["savedqueryid"])


async def _table(client: DataverseClient, wanted: Table) -> FoundTable | None:
    name = wanted.logical_name
    path = f"EntityDefinitions(LogicalName={text(name)})"
    try:
        found = await client.get(
            path,
            params={"$select": "MetadataId,LogicalName,DisplayName,ChangeTrackingEnabled,CanChangeTrackingBeEnabled"},
        )
    except RefusedCallError as error:
        if error.fault.status == _MISSING or error.fault.is_gone:
            return None
        raise
    columns = await client.rows(
        f"{path}/Attributes", params={"$select": "MetadataId,LogicalName,AttributeType,DisplayName"}
    )
    keys = await client.rows(
        f"{path}/Keys", params={"$select": "MetadataId,LogicalName,KeyAttributes,EntityKeyIndexStatus"}
    )
    details: dict[str, Json] = {}
    for kind in sorted({str(column["AttributeType"]) for column in columns} & _TYPED.keys()):
        rows = await client.rows(
            f"{path}/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata", params=_TYPED[kind]
        )
        details |= {str(row["LogicalName"]): row for row in rows}
    return FoundTable(
        id=str(found["MetadataId"]),
        columns={
            str(column["LogicalName"]): _column(column, details.get(str(column["LogicalName"]), {}))
            for column in columns
        },
        keys=tuple(_key(key) for key in keys),
        tracked=bool(found["ChangeTrackingEnabled"]),
        trackable=bool(cast("Json", found["CanChangeTrackingBeEnabled"])["Value"]),
        forms=await read_forms(client, name) if wanted.form else (),
        languages=_languages_of(found.get("DisplayName")),
    )


def _column(column: Json, detail: Json) -> FoundColumn:
    length = detail.get("MaxLength")
    shown = [one for name in ("GlobalOptionSet", "OptionSet") if isinstance(one := detail.get(name), dict)]
    choice = next((str(one["Name"]) for one in shown if one.get("IsGlobal")), None)
    return FoundColumn(
        id=str(column["MetadataId"]),
        type=str(column["AttributeType"]),
        length=length if isinstance(length, int) else None,
        format=str(detail["Format"]) if "Format" in detail else None,
        options=next((options for one in shown if (options := _options(one)) is not None), None),
        choice=choice,
        targets=frozenset(cast("list[str]", detail.get("Targets") or [])),
        languages=_languages_of(column.get("DisplayName")),
    )


def _options(option_set: Json) -> dict[int, frozenset[int]] | None:
    options = option_set.get("Options")
    if not isinstance(options, list):
        return None
    return {int(one["Value"]): _languages_of(one.get("Label")) for one in options}


def _key(key: Json) -> FoundKey:
    return FoundKey(
        id=str(key["MetadataId"]),
        name=str(key["LogicalName"]),
        columns=frozenset(cast("list[str]", key["KeyAttributes"])),
        status=str(key["EntityKeyIndexStatus"]),
    )


def _languages_of(label: object) -> frozenset[int]:
    localized = label.get("LocalizedLabels") if isinstance(label, dict) else None
    return frozenset(int(one["LanguageCode"]) for one in localized or [] if one.get("Label"))
