"""Dotted paths into a payload: `details.dealValue`, `account.name`, `attributes[type=CustomerMarketplaceIntent].id`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.mapping.cells import MISSING, Unreadable, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(\[(?P<by>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>[^\[\].=]+)\])?")
PATH_SHAPE = "a path such as details.dealValue or attributes[type=CustomerMarketplaceIntent].id"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The item of a list whose member `by` holds `value`."""

    by: str
    value: str

    def among(self, items: object) -> object:
        """Give the item; null where the list has none, missing where there is no list."""
        if items is MISSING or items is None or isinstance(items, Unreadable):
            return items
        if not isinstance(items, list):
            return Unreadable("a list", kind_of(items))
        return next((item for item in items if isinstance(item, Mapping) and item.get(self.by) == self.value), None)


@dataclass(frozen=True, slots=True)
class Path:
    """A way from the payload's top to one value."""

    text: str
    steps: tuple[str | Chosen, ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read a dotted path; raises ValueError where it is none."""
        steps: list[str | Chosen] = []
        for part in text.split("."):
            found = _STEP.fullmatch(part)
            if found is None:
                raise ValueError(text)
            steps.append(found["name"])
            if found["by"]:
                steps.append(Chosen(found["by"], found["value"]))
        return cls(text, tuple(steps))


@dataclass(frozen=True, slots=True)
class Payloads:
    """Many payloads as columns: what one path shares with another is walked once for all rows."""

    payloads: Sequence[object]
    walked: dict[tuple[str | Chosen, ...], list[object]] = field(default_factory=dict)

    def cells(self, path: Path) -> list[object]:
        """Give what each payload holds there: null beneath null, missing beneath missing."""
        return self._at(path.steps)

    def _at(self, steps: tuple[str | Chosen, ...]) -> list[object]:
        if not steps:
            return list(self.payloads)
        if steps not in self.walked:
            above, step = self._at(steps[:-1]), steps[-1]
            self.walked[steps] = (
                _members(above, step) if isinstance(step, str) else [step.among(cell) for cell in above]
            )
        return self.walked[steps]


def _members(containers: list[object], name: str) -> list[object]:
    return [
        container.get(name, MISSING) if container.__class__ is dict else member(container, name)
        for container in containers
    ]


def member(container: object, name: str) -> object:
    """Give a member of an object; of a list of objects the first that has it (payloads show both shapes)."""
    if container is None or container is MISSING or isinstance(container, Unreadable):
        return container
    if isinstance(container, Mapping):
        return container.get(name, MISSING)
    if isinstance(container, list):
        return next((item[name] for item in container if isinstance(item, Mapping) and name in item), MISSING)
    return Unreadable("an object", kind_of(container))


def is_path(text: str) -> bool:
    """Tell whether a text is a dotted path."""
    try:
        Path.parse(text)
    except ValueError:
        return False
    return True
