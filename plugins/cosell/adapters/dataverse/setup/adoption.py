"""Columns of Microsoft's own connector, told by their display names: those that can take the place of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.errors import RefusedCallError, raise_for_call
from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.setup.labels import ENGLISH, catalogue
from cosell.adapters.dataverse.setup.obstacles import SERVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.dataverse.client import Json, Wire
    from cosell.adapters.dataverse.setup.wanted import Column, Wanted

_CHOICE = "Picklist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A column that is not ours."""

    name: str
    type: str
    labels: frozenset[str]
    options: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """What people read, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One of ours, and the column that may take its place."""

    column: str
    label: str
    stranger: str
    numbers: Mapping[int, int] = field(default_factory=dict)
    """Numbers of its options, by ours."""
    problem: str = ""
    """Why it cannot; empty: it can."""


async def read_strangers(wire: Wire, *, table: str, prefix: str) -> list[Stranger]:
    """Give the columns that others added to a table."""
    client = DataverseClient(wire)
    path = f"EntityDefinitions(LogicalName={text(table)})/Attributes"
    expand = "OptionSet($select=Options),GlobalOptionSet($select=Options)"
    try:
        columns = await client.rows(path, params={"$select": "LogicalName,AttributeType,DisplayName,IsCustomAttribute"})
        choices = await client.rows(
            f"{path}/Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
            params={"$select": "LogicalName", "$expand": expand},
        )
    except RefusedCallError as error:
        raise_for_call(error)
    options = {str(one["LogicalName"]): _options(one) for one in choices}
    return [
        Stranger(
            name=str(one["LogicalName"]),
            type=str(one["AttributeType"]),
            labels=_texts(one.get("DisplayName")),
            options=options.get(str(one["LogicalName"]), {}),
        )
        for one in columns
        if one.get("IsCustomAttribute") and not str(one["LogicalName"]).startswith(f"{prefix}_")
    ]


def _options(choice: Json) -> dict[int, frozenset[str]]:
    shown = [cast("Json", one) for name in ("GlobalOptionSet", "OptionSet") if (one := choice.get(name))]
    options = cast("list[Json]", shown[0]["Options"]) if shown else []
    return {int(str(one["Value"])): _texts(one.get("Label")) for one in options}


def _texts(label: object) -> frozenset[str]:
    localized = label.get("LocalizedLabels") if isinstance(label, dict) else None
    return frozenset(_plain(str(one["Label"])) for one in localized or [] if one.get("Label"))


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()


def keyed(wanted: Wanted, *, table: str) -> frozenset[str]:
    """Give our columns that an alternate key stands on, which another's column cannot replace."""
    return frozenset(column for columns in wanted.tables[table].keys.values() for column in columns)


def candidates(wanted: Wanted, strangers: Iterable[Stranger], *, table: str) -> Iterator[Candidate]:
    """Give those that are called as the columns on the original's form are, in any language that we have words for."""
    form = wanted.tables[table].form
    known = list(strangers)
    for name in form.columns if form else ():
        called = {_plain(words.columns[name]) for words in catalogue().values()}
        found = [one for one in known if one.labels & called]
        if found:
            yield _candidate(wanted, wanted.tables[table].columns[name], found)


def _candidate(wanted: Wanted, column: Column, found: list[Stranger]) -> Candidate:
    label = catalogue()[ENGLISH].columns[column.name]
    first = Candidate(column=column.name, label=label, stranger=found[0].name)
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        return _without(first, f"several columns are called so ({names}): map the field to one of them by hand")
    if found[0].type not in SERVING[column.type]:
        return _without(
            first, f"it is {found[0].type}, not {column.type.replace('_', '/')}: the field keeps our column"
        )
    if column.choice is None:
        return first
    numbers = dict(_numbers(column.choice, wanted.choices[column.choice], found[0]))
    called = catalogue()[ENGLISH].choices[column.choice]
    if lacking := [called[number] for number in wanted.choices[column.choice] if number not in numbers]:
        said = ", ".join(lacking)
        return _without(first, f"it has no option called {said}: add it in the CRM, or map the field by hand")
    return Candidate(column=column.name, label=label, stranger=found[0].name, numbers=numbers)


def _without(candidate: Candidate, problem: str) -> Candidate:
    return Candidate(column=candidate.column, label=candidate.label, stranger=candidate.stranger, problem=problem)


def _words(choice: str) -> dict[int, set[str]]:
    """Give what our options are called, by number."""
    found: dict[int, set[str]] = {}
    for words in catalogue().values():
        for number, called in words.choices[choice].items():
            if isinstance(number, int):
                found.setdefault(number, set()).add(_plain(called))
    return found


def _numbers(choice: str, ours: Iterable[int], stranger: Stranger) -> Iterator[tuple[int, int]]:
    words = _words(choice)
    for number in ours:
        same = next((theirs for theirs, called in stranger.options.items() if called & words[number]), None)
        if same is not None:
            yield number, same
