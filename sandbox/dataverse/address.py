"""The path of a request below the API's root, taken apart: segments with their keys, still percent-encoded on entry."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sandbox.dataverse import errors
from sandbox.odata import Value

_SEGMENT = re.compile(r"([\w.$]+)(?:\((.*)\))?", re.DOTALL)
_PART = re.compile(r"\s*(@?\w+)\s*=\s*('(?:[^']|'')*'|\[[^\]]*\]|[^,']+)\s*(?:,|$)", re.DOTALL)
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DANGEROUS = re.compile(r"[/<>*%&:\\?+#]")


@dataclass(frozen=True)
class Key:
    """What stands in the brackets behind an entity set: a primary key, or the parts of an alternate one."""

    guid: str | None = None
    parts: tuple[tuple[str, Any], ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Segment:
    """One step of the path; `arguments` is the raw text of the brackets, None without any."""

    name: str
    arguments: str | None = None

    @property
    def key(self) -> Key | None:
        """Give the key that the brackets hold."""
        return None if self.arguments is None else read_key(self.arguments)


def read_path(path: str) -> tuple[Segment, ...]:
    """Take a percent-encoded path apart; slashes inside quoted texts do not part it."""
    return tuple(_segment(piece) for piece in _pieces(path.strip("/")))


def _pieces(path: str) -> list[str]:
    """Cut at slashes, except those inside brackets."""
    pieces, depth, current = [], 0, ""
    for character in path:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "/" and depth <= 0:
            pieces.append(current)
            current = ""
        else:
            current += character
    return [piece for piece in [*pieces, current] if piece]


def _segment(piece: str) -> Segment:
    """Read one step."""
    found = _SEGMENT.fullmatch(unquote(piece))
    if found is None:
        raise errors.no_segment(unquote(piece))
    return Segment(found[1], found[2])


def read_key(text: str) -> Key:
    """Read the inside of a key's brackets."""
    bare = text.strip()
    if _GUID.fullmatch(bare):
        return Key(guid=str(UUID(bare)), text=bare)
    parts, position = [], 0
    while found := _PART.match(bare, position):
        parts.append((found[1], _part_value(found[2].strip())))
        position = found.end()
    if not parts or position != len(bare):
        raise errors.bad_query(f"Bad Request - Error in query syntax: '({text})' is not a valid key.")
    return Key(parts=tuple(parts), text=bare)


def _part_value(text: str) -> Value:
    """Read one part of an alternate key; some characters never reach Dataverse."""
    if text.startswith("'"):
        value = text[1:-1].replace("''", "'")
        if dangerous := _DANGEROUS.search(value):
            raise errors.dangerous_path(dangerous[0])
        return value
    if _GUID.fullmatch(text):
        return str(UUID(text))
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def read_arguments(text: str) -> dict[str, str]:
    """Read the named arguments of a function, as the texts they are."""
    return {found[1]: found[2].strip() for found in _PART.finditer(text)}
