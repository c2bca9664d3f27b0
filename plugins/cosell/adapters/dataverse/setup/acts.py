"""How each kind of step is done: the request or requests that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid5

from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.setup import bodies
from cosell.adapters.dataverse.setup.form import lacking
from cosell.adapters.dataverse.setup.form_merge import merge
from cosell.adapters.dataverse.setup.form_xml import FormXml
from cosell.adapters.dataverse.setup.forms import chosen
from cosell.adapters.dataverse.setup.reading import read_forms, read_view
from cosell.adapters.dataverse.setup.steps import Kind
from cosell.core.errors import SetupStoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.setup.found import Found
    from cosell.adapters.dataverse.setup.labels import Labels
    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.adapters.dataverse.setup.wanted import Wanted

_OURS = UUID("8f4e6a52-7d0b-5a3c-9d8e-3b0c5f7a1e65")
"""Rows that setup creates have keys of its own choice, so that a repeated create collides."""
_TABLE, _COLUMN, _CHOICE, _KEY, _FORM = 1, 2, 9, 14, 60
"""Kinds of component, as solutions number them."""
_MERGE = {"MSCRM.MergeLabels": "true"}


class Acts:
    """Does steps in one CRM."""

    def __init__(self, client: DataverseClient, wanted: Wanted, found: Found, *, labels: Labels) -> None:
        self._client, self._wanted, self._found, self._labels = client, wanted, found, labels
        self._in_solution = {"MSCRM.SolutionUniqueName": wanted.solution}
        self._publisher_id = found.publisher or _own_id("publisher")
        self._solution_id = found.solution.id if found.solution else _own_id("solution")
        self._acts: Mapping[Kind, Callable[[Step], Awaitable[None]]] = {
            Kind.PUBLISHER: self._publisher,
            Kind.SOLUTION: self._solution,
            Kind.CHOICE: self._choice,
            Kind.OPTIONS: self._options,
            Kind.TABLE: self._table,
            Kind.COLUMN: self._column,
            Kind.LENGTH: self._length,
            Kind.TRACK: self._track,
            Kind.LABEL: self._label,
            Kind.OPTION_LABELS: self._option_labels,
            Kind.FORM: self._form,
            Kind.MEMBER: self._member,
            Kind.KEY: self._key,
            Kind.PUBLISH: self._publish,
            Kind.REPAIR: self._repair,
        }

    async def do(self, step: Step) -> None:
        """Do one step."""
        await self._acts[step.kind](step)

    async def begin(self) -> None:
        """Note in the solution that it is being changed."""
        await self._describe(bodies.UNFINISHED)

    async def _describe(self, words: str) -> None:
        path = f"solutions({self._solution_id})"
        await self._client.define("PATCH", path, body={"description": words}, headers={"If-Match": "*"})

    async def _publisher(self, _step: Step) -> None:
        body = bodies.publisher(self._wanted) | {"publisherid": self._publisher_id}
        await self._client.define("POST", "publishers", body=body, headers={})

    async def _solution(self, _step: Step) -> None:
        body = bodies.solution(self._wanted, self._labels, publisher_id=self._publisher_id)
        await self._client.define("POST", "solutions", body=body | {"solutionid": self._solution_id}, headers={})

    async def _choice(self, step: Step) -> None:
        body = bodies.choice(step.name, self._wanted.choices[step.name], self._labels)
        await self._make("GlobalOptionSetDefinitions", body)

    async def _options(self, step: Step) -> None:
        choice = self._choice_of(step)
        for number in step.numbers:
            body = {"Value": number, "Label": bodies.option(choice, number, self._labels)}
            body |= {"SolutionUniqueName": self._wanted.solution}
            await self._client.define("POST", "InsertOptionValue", body=_place(step) | body, headers={})

    async def _option_labels(self, step: Step) -> None:
        choice, labels = self._choice_of(step), self._labels.only(step.numbers)
        for number in self._wanted.choices[choice]:
            body = {"Value": number, "Label": bodies.option(choice, number, labels), "MergeLabels": True}
            await self._client.define("POST", "UpdateOptionValue", body=_place(step) | body, headers={})

    def _choice_of(self, step: Step) -> str:
        """Give the choice whose words the options take, also where a column has options of its own."""
        return str(self._wanted.tables[step.table].columns[step.name].choice) if step.table else step.name

    async def _table(self, step: Step) -> None:
        await self._make("EntityDefinitions", bodies.table(self._wanted.tables[step.table], self._labels))

    async def _column(self, step: Step) -> None:
        table = self._wanted.tables[step.table]
        column = table.columns[step.name]
        if column.to:
            body = bodies.relationship(column, table=table, labels=self._labels)
            await self._make("RelationshipDefinitions", body)
        else:
            await self._make(f"{_address(step.table)}/Attributes", bodies.column(column, self._labels))

    async def _key(self, step: Step) -> None:
        columns = self._wanted.tables[step.table].keys[step.name]
        await self._make(f"{_address(step.table)}/Keys", bodies.key(step.name, columns, self._labels))

    async def _make(self, path: str, body: Json) -> None:
        await self._client.define("POST", path, body=body, headers=self._in_solution)

    async def _length(self, step: Step) -> None:
        await self._put_column(step, {"MaxLength": step.numbers[0]})

    async def _track(self, step: Step) -> None:
        await self._put(_address(step.table), _address(step.table), {"ChangeTrackingEnabled": True})

    async def _label(self, step: Step) -> None:
        labels = self._labels.only(step.numbers)
        if step.name:
            column = self._wanted.tables[step.table].columns[step.name]
            await self._put_column(step, {"DisplayName": bodies.column_label(column, labels)})
            return
        names = bodies.table(self._wanted.tables[step.table], labels)
        changes = {member: names[member] for member in ("DisplayName", "DisplayCollectionName")}
        await self._put(_address(step.table), _address(step.table), changes)

    async def _put_column(self, step: Step, changes: Json) -> None:
        path = f"{_address(step.table)}/Attributes(LogicalName={text(step.name)})"
        kind = self._found.tables[step.table].columns[step.name].type
        await self._put(f"{path}/Microsoft.Dynamics.CRM.{kind}AttributeMetadata", path, changes)

    async def _put(self, read_from: str, path: str, changes: Json) -> None:
        """Give a definition whole again, with changes: what were left out would be set back."""
        present = await self._client.get(read_from)
        whole = {name: value for name, value in present.items() if name != "@odata.context"}
        await self._client.define("PUT", path, body={**whole, **changes}, headers={**self._in_solution, **_MERGE})

    async def _form(self, step: Step) -> None:
        """Complete the form as it is at this moment: it may have come with the table, in this run."""
        table, forms = self._wanted.tables[step.table], await read_forms(self._client, step.table)
        if forms is None:
            return
        best = chosen(forms, table.form) if table.form else None
        if best is None or table.form is None:
            raise SetupStoppedError([f"{step.table} has no active main form that can be read: save one anew"])
        found, form = best
        lists = {name: self._wanted.relationships[name].logical_name for name in table.form.lists}
        views = {target: await read_view(self._client, target) for target in lists.values()}
        lacks = lacking(form, table.form, languages=self._labels.languages)
        pieces = FormXml(self._wanted, table, self._labels, form=form, views=views)
        body: Json = {"formxml": merge(form, lacks, pieces)}
        headers = {**self._in_solution, "If-Match": "*"}
        await self._client.define("PATCH", f"systemforms({found.id})", body=body, headers=headers)

    async def _member(self, step: Step) -> None:
        part, kind = self._component(step)
        body: Json = {
            "ComponentId": part,
            "ComponentType": kind,
            "SolutionUniqueName": self._wanted.solution,
            "AddRequiredComponents": False,
        }
        if kind == _TABLE:
            body["DoNotIncludeSubcomponents"] = self._wanted.tables[step.table].schema_name is None
        await self._client.define("POST", "AddSolutionComponent", body=body, headers={})

    def _component(self, step: Step) -> tuple[str, int]:
        """Give id and kind of what a step puts into the solution."""
        if not step.table:
            return self._found.choices[step.name].id, _CHOICE
        table = self._found.tables[step.table]
        if not step.name:
            return table.id, _TABLE
        if step.name in table.columns:
            return table.columns[step.name].id, _COLUMN
        if key := next((key.id for key in table.keys if key.name == step.name), None):
            return key, _KEY
        return next(form.id for form in table.forms or () if form.name == step.name), _FORM

    async def _publish(self, _step: Step) -> None:
        columns = (column for table in self._wanted.tables.values() for column in table.columns.values())
        shown = {column.choice for column in columns if column.choice}
        rows = await self._client.rows("GlobalOptionSetDefinitions", params={"$select": "Name"})
        # A choice that is not there cannot be published: columns made by hand may have options of their own.
        there = sorted(shown & {str(row["Name"]) for row in rows})
        await self._client.define("POST", "PublishXml", body=bodies.publishing(self._wanted.tables, there), headers={})
        await self._describe(bodies.FINISHED)

    async def _repair(self, step: Step) -> None:
        body = cast("Json", {"EntityLogicalName": step.table, "EntityKeyLogicalName": step.name.lower()})
        await self._client.define("POST", "ReactivateEntityKey", body=body, headers={})


def _place(step: Step) -> Json:
    """Give where options stand: in a global choice, or in a column."""
    if step.table:
        return {"EntityLogicalName": step.table, "AttributeLogicalName": step.name}
    return {"OptionSetName": step.name}


def _address(table: str) -> str:
    return f"EntityDefinitions(LogicalName={text(table)})"


def _own_id(what: str) -> str:
    return str(uuid5(_OURS, what))
