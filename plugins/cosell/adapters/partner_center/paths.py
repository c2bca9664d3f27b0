"""Wire paths as the mapping writes them: dots, and a selector where an array's element is told by a member."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<member>[^=\[\]]+)=(?P<wanted>[^\]]*)\])?(?:\.|$)")


class Step(NamedTuple):
    """One step of a path; with a member, into the array's element whose member holds the wanted value."""

    name: str
    member: str | None
    wanted: str | None


def steps(path: str) -> list[Step]:
    """Give the steps of `details.requirements.additionalRequirements.attributes[type=X].id`."""
    found: list[Step] = []
    place = 0
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            message = f"{path!r} is no wire path"
            raise ValueError(message)
        found.append(Step(match["name"], match["member"], match["wanted"]))
        place = match.end()
    return found


def put(body: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a path, making what leads there."""
    *way, last = steps(path)
    place = body
    for step in way:
        place = _into(place, step)
    if last.member is not None:
        message = f"{path!r} ends in a selector, not in a member"
        raise ValueError(message)
    place[last.name] = value


def _into(place: dict[str, Any], step: Step) -> dict[str, Any]:
    if step.member is None:
        inner: dict[str, Any] = place.setdefault(step.name, {})
        return inner
    elements: list[dict[str, Any]] = place.setdefault(step.name, [])
    for element in elements:
        if element.get(step.member) == step.wanted:
            return element
    elements.append({step.member: step.wanted})
    return elements[-1]
