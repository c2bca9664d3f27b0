"""Dotted paths into a payload: `details.dealValue`, `account.name`, `attributes[type=CustomerMarketplaceIntent].id`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cosell.mapping.cells import MISSING, Unreadable, kind_of

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

    def of(self, payload: object) -> object:
        """Give what the payload holds there: null beneath null, missing beneath missing."""
        here = payload
        for step in self.steps:
            here = step.among(here) if isinstance(step, Chosen) else member(here, step)
            if here is None or here is MISSING or isinstance(here, Unreadable):
                return here
        return here


def member(container: object, name: str) -> object:
    """Give a member of an object; of a list of objects the first that has it (payloads show both shapes)."""
    if isinstance(container, dict | Mapping):
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
