"""The mapping file's JSON Schema, so that an editor completes it and underlines what is wrong."""

from __future__ import annotations

import json
from typing import Any

from cosell.mapping.catalogue import KINDS, OWN_PREFIX
from cosell.mapping.converters import CONVERTERS
from cosell.mapping.schema import MappingFile

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Give the schema; a file that lies over another may leave out what it does not change."""
    schema: dict[str, Any] = MappingFile.model_json_schema()
    schema["$schema"] = _DRAFT
    schema["required"] = ["mapping"]
    line = {"anyOf": [{"$ref": "#/$defs/FieldLine"}, {"type": "null"}]}
    schema["properties"]["fields"] = {
        "type": "object",
        "properties": dict.fromkeys(KINDS, line),
        "patternProperties": {f"^{OWN_PREFIX}": line},
        "additionalProperties": False,
    }
    schema["$defs"]["FieldLine"]["properties"]["converter"] = {
        "anyOf": [{"enum": sorted(CONVERTERS)}, {"pattern": f"^{OWN_PREFIX}", "type": "string"}],
        "default": "text",
    }
    schema["$defs"]["DataversePart"]["required"] = []
    return schema


def schema_text() -> str:
    """Give the schema as the file that lies beside the mappings."""
    return json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"
