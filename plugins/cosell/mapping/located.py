"""YAML as plain values together with the line that each stands on, so that an error can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

import yaml

from cosell.core.errors import MappingError

if TYPE_CHECKING:
    from pathlib import Path

    from yaml.nodes import MappingNode, Node

Location = tuple[str | int, ...]
"""Keys and list positions from the top of the file."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A file and a line in it."""

    file: str
    line: int


@dataclass(slots=True)
class Located:
    """The content of one or more merged files."""

    content: dict[str, object]
    spots: dict[Location, Spot] = field(default_factory=dict)

    def spot(self, location: Location) -> Spot:
        """Give where a location stands; where it does not, its nearest parent."""
        here = location
        while here and here not in self.spots:
            here = here[:-1]
        return self.spots[here]


_TEXT_TAG: Final = "tag:yaml.org,2002:str"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_FRACTION = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


def read_yaml(path: Path) -> Located:
    """Read one file; raises MappingError for what cannot be read as a table."""
    file = str(path)
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        raise MappingError("is not UTF-8 text", file=file) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(f"not YAML: {error.problem}", file=file, line=mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:
        raise MappingError("not YAML: a character that YAML does not allow", file=file) from error
    if not isinstance(root, yaml.MappingNode):
        raise MappingError("expected a table of keys and values, found none", file=file, line=1)
    reading = _Reading(file)
    return Located(reading.table(root, ()), reading.spots)


@dataclass(slots=True)
class _Reading:
    """One pass over the nodes of a file."""

    file: str
    spots: dict[Location, Spot] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def value(self, node: Node, location: Location) -> object:
        """Give the plain value of a node."""
        if isinstance(node, yaml.ScalarNode):
            self._refuse_tag(node, location)
            return _plain(node.value) if node.style is None else node.value
        if id(node) in self.seen:
            raise MappingError(
                "anchors and aliases are not used here: write the lines out", file=self.file, line=_line(node)
            )
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.table(node, location)
        items: list[object] = []
        for index, item in enumerate(node.value):
            self.spots[*location, index] = Spot(self.file, _line(item))
            items.append(self.value(item, (*location, index)))
        return items

    def table(self, node: MappingNode, location: Location) -> dict[str, object]:
        """Give a table, its keys as they are written."""
        self.spots.setdefault(location, Spot(self.file, _line(node)))
        table: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in table:
                first = self.spots[*location, key].line
                self._fail(f"{key!r} is there twice, first in line {first}", node=key_node, location=(*location, key))
            self.spots[*location, key] = Spot(self.file, _line(key_node))
            table[key] = self.value(value_node, (*location, key))
        return table

    def _key(self, node: Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fail("expected a name before the colon", node=node, location=())
        return str(node.value)

    def _refuse_tag(self, node: Node, location: Location) -> None:
        if node.tag != _TEXT_TAG:
            self._fail(f"tags such as {node.tag} are not used here", node=node, location=location)

    def _fail(self, problem: str, *, node: Node, location: Location) -> NoReturn:
        raise MappingError(problem, file=self.file, line=_line(node), field=field_of(location))


def field_of(location: Location) -> str | None:
    """Give the field's name of a location, where it lies in one."""
    match location:
        case ("fields", str(name), *_):
            return name
        case _:
            return None


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _plain(written: str) -> object:
    """Give what a word without quotes means. Only true and false are booleans: `NO` is Norway, and a day is a text."""
    if written in _WORDS:
        return _WORDS[written]
    if _INTEGER.fullmatch(written):
        return int(written)
    return float(written) if _FRACTION.fullmatch(written) else written
