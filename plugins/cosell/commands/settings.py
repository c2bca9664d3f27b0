"""`airflow cosell settings`: every setting with its type, its value, its default and where the value comes from."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import Variable
from rich.table import Table

from cosell.commands.opened import console, environment_of, sentences
from cosell.hooks.process import ENVIRONMENT, refuse_wrong_variables
from cosell.hooks.settings import SETTINGS, START, Wishes, read_start, read_wishes
from cosell.mapping import default_folders, load_mapping

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping

    from cosell.mapping import Mapping as FieldMapping

RULE: Final = (
    "A member of the Variable cosell_settings (of another environment: cosell_settings_ENV) counts before its default. "
    "Where the Variable stands in several places, Airflow takes the secrets backend before the environment "
    "(AIRFLOW_VAR_COSELL_SETTINGS) before its database. A field of the mapping counts as the last folder of "
    "COSELL_MAPPINGS says it; an environment's sub-folder of it comes after them all. "
    "The webhook's receiver reads environment variables of its own (docs/webhook.md)."
)


def show_settings(args: Namespace) -> None:
    """Print all of them, those that Microsoft's own connector had too, and the rule of precedence."""
    from cosell.hooks.world import mappings_in_force

    environment = environment_of(args)
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # as Airflow's own commands do to read Variables
    with sentences():
        refuse_wrong_variables()
        wishes, start = read_wishes(environment), read_start(environment)
        mappings = mappings_in_force(wishes, environment)
    out, table = console(), Table("setting", "type", "value", "default", "comes from")
    origin = _origin(environment.own(SETTINGS))
    for row in (*_members(wishes, origin), _start(start, environment.own(START)), *_environment()):
        table.add_row(*row)
    out.print(table)
    known = Table("setting of Microsoft's connector", "here", "type", "value", "default", "comes from")
    for line in (*_of_settings(wishes, origin), *_of_mapping(mappings[0])):
        known.add_row(*line)
    out.print(known)
    out.print(RULE)


def _members(wishes: Wishes, variable: str) -> Iterator[tuple[str, ...]]:
    kinds = Wishes.model_json_schema()["properties"]
    for name, value in wishes.model_dump(mode="json").items():
        default = Wishes.model_fields[name].get_default(call_default_factory=True)
        yield name, kind_in_words(kinds[name]), _json(value), _json(default), _told(wishes, name, variable)


def _start(start: str | None, variable: str) -> tuple[str, ...]:
    kind = "everything, now, or a time"
    return variable, kind, start or "(not set)", "(none: a first run asks)", _origin(variable) if start else "default"


def _environment() -> Iterator[tuple[str, ...]]:
    for name, (kind, default) in ENVIRONMENT.items():
        origin = "environment" if name in os.environ else "default"
        yield name, kind, os.environ.get(name, default) or "(not set)", default or "(none)", origin


def _of_settings(wishes: Wishes, variable: str) -> Iterator[tuple[str, ...]]:
    """Give those of the seven settings of the original, by its own names, that are settings here too."""
    rows = {row[0]: row[1:] for row in _members(wishes, variable)}
    yield "Display check mark in the opportunity name", "marks", *rows["marks"]
    yield "Active stage name", "accepts", *rows["accepts"]
    yield "Sync Co-sell opportunity", "leads (the other way round)", *rows["leads"]


def _of_mapping(mapping: FieldMapping) -> Iterator[tuple[str, ...]]:
    """Give the others, which the mapping says."""
    shipped = load_mapping(folders=default_folders()[:1])
    for name, field in (
        ("Deal value", "deal_value"),
        ("Customer Account Country Code", "customer_country"),
        ("Deal value currency code", "currency"),
    ):
        held, default = (_column(each, field) for each in (mapping, shipped))
        yield name, f"mapping, field {field}", "column", held, default, _line_of(mapping, field)
    held, default = (_on_hold(each) for each in (mapping, shipped))
    yield "On-hold stage name", "mapping, field status", "state/detail", held, default, _line_of(mapping, "status")


def _column(mapping: FieldMapping, field: str) -> str:
    line = mapping.file.fields.get(field)
    return str(line.dataverse) if line else "(not mapped)"


def _on_hold(mapping: FieldMapping) -> str:
    return ", ".join(pair for pair, word in _status_words(mapping).items() if word == "on_hold")


def _line_of(mapping: FieldMapping, field: str) -> str:
    spot = mapping.spots.get(("fields", field))
    return f"{spot.file}:{spot.line}" if spot else "not mapped"


def _status_words(mapping: FieldMapping) -> Mapping[str, str]:
    words = mapping.file.fields["status"].words or {}
    return words.get("dataverse", {})


def _told(wishes: Wishes, name: str, variable: str) -> str:
    return variable if name in wishes.model_fields_set else "default"


def _origin(variable: str) -> str:
    named = f"AIRFLOW_VAR_{variable.upper()}"
    if named not in os.environ:
        return f"Airflow Variable {variable}"
    in_force = Variable.get(variable, default=None)
    return f"environment ({named})" if in_force == os.environ[named] else f"secrets backend ({variable})"


def kind_in_words(schema: Mapping[str, Any]) -> str:
    """Give the type of a setting as a person says it, from its JSON Schema."""
    if "anyOf" in schema:
        return " or ".join(kind_in_words(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {kind_in_words(schema['items'])}"
    if kind == "object":
        return f"object of {kind_in_words(schema['additionalProperties'])}"
    words = {"boolean": "true or false", "integer": "whole number", "string": "text", "null": "null"}
    return words.get(str(kind), str(kind)) + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {"exclusiveMinimum": "above", "minimum": "from", "maximum": "to"}
    said = [f"{word} {schema[key]:g}" for key, word in words.items() if key in schema]
    return f" ({' '.join(said)})" if said else ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
