"""$filter text to odata-query's tree, with the spellings that its grammar does not know.

Those are Dataverse's query functions, whose arguments are JSON arrays (`Microsoft.Dynamics.CRM.In(...)`), one-item
lists, and `not` and `in` set close to a bracket. Functions are cut out beforehand and leave a marker in the tree.
"""

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from sandbox.odata.errors import FilterError

MARKER = "crmfunction_"
FUNCTIONS = "Microsoft.Dynamics.CRM."
_TEXT = re.compile(r"'(?:[^']|'')*'")
_FUNCTION = re.compile(r"Microsoft\.Dynamics\.CRM\.(\w+)\(")
_ARGUMENT = re.compile(r"\s*(\w+)\s*=\s*")
_CLOSE = re.compile(r"\s*([,)])")
_LITERAL = r"(?:'(?:[^']|'')*'|[^\s(),']+)"
_ONE_ITEM = re.compile(rf"(\bin)\s*\(\s*({_LITERAL})\s*\)", re.IGNORECASE)
_NOT = re.compile(r"\bnot\(", re.IGNORECASE)
_IN = re.compile(r"\bin\(", re.IGNORECASE)


@dataclass(frozen=True)
class Function:
    """A query function of Dataverse with its named arguments."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Parsed:
    """The tree of a filter, and the functions that its markers stand for."""

    tree: ast._Node
    functions: dict[str, Function] = field(default_factory=dict)


@lru_cache(maxsize=512)
def parse(text: str) -> Parsed:
    """Give the tree of a filter; raises FilterError with the place that could not be read."""
    functions: dict[str, Function] = {}
    plain = _spaced(_cut_functions(text, functions))
    try:
        tree = ODataParser().parse(ODataLexer().tokenize(plain))
    except ODataException as error:
        raise FilterError(f"Syntax error in '{text}': {error}") from error
    if tree is None:
        raise FilterError("An expression was expected, the text is empty.")
    return Parsed(tree, functions)


def _cut_functions(text: str, functions: dict[str, Function]) -> str:
    """Replace each query function by a marker and note what it stands for."""
    kept: list[str] = []
    position = 0
    while found := _next_function(text, position):
        function, end = _read_function(text, found)
        marker = f"{MARKER}{len(functions)}"
        functions[marker] = function
        kept += [text[position : found.start()], marker]
        position = end
    return "".join([*kept, text[position:]])


def _next_function(text: str, position: int) -> re.Match[str] | None:
    """Find the next query function that does not stand inside a text literal."""
    while found := _FUNCTION.search(text, position):
        quoted = next((t for t in _TEXT.finditer(text) if t.start() < found.start() < t.end()), None)
        if quoted is None:
            return found
        position = quoted.end()
    return None


def _read_function(text: str, found: re.Match[str]) -> tuple[Function, int]:
    """Read the named arguments of a function; gives it with the place behind its bracket."""
    arguments: dict[str, Any] = {}
    position = found.end()
    while named := _ARGUMENT.match(text, position):
        arguments[named[1]], position = _read_value(text, named.end())
        close = _CLOSE.match(text, position)
        if close is None:
            break
        position = close.end()
        if close[1] == ")":
            return Function(found[1], arguments), position
    raise FilterError(f"The arguments of '{FUNCTIONS}{found[1]}' could not be read at position {position}.")


def _read_value(text: str, position: int) -> tuple[Any, int]:
    """Read one argument: a quoted text, or JSON."""
    if quoted := _TEXT.match(text, position):
        return quoted[0][1:-1].replace("''", "'"), quoted.end()
    try:
        return json.JSONDecoder().raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise FilterError(f"A quoted text or a JSON array was expected at position {position}.") from error


def _spaced(text: str) -> str:
    """Write one-item lists and close brackets as the grammar wants them, outside of text literals."""
    masked: list[str] = []

    def mask(found: re.Match[str]) -> str:
        masked.append(found[0])
        return f"\x00{len(masked) - 1}\x00"

    bare = _TEXT.sub(mask, text)
    bare = _IN.sub("in (", _NOT.sub("not (", bare))
    bare = _ONE_ITEM.sub(r"\1 (\2,)", bare)
    return re.sub(r"\x00(\d+)\x00", lambda found: masked[int(found[1])], bare)
