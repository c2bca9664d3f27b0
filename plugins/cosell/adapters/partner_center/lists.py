"""Lists that are replaced whole: what their items hold besides what we know of goes back untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.adapters.partner_center.patch import Operation

_TOLD_BY = {"/team": "email", "/customerProfile/team": "email", "/details/requirements/solutions": "id"}
"""The lists, and the member that tells their items apart."""
_OURS_TO_EMPTY = frozenset({"price", "quantity"})
"""Members that we leave out of an item where there is nothing to say."""
_OF_THE_NEW = frozenset({"type"})
"""Members that we say of a new item; one that stands keeps its own, which may be a word of next year's."""


def replaces_lists(operations: Sequence[Operation]) -> bool:
    """Tell whether a list is to be replaced whole."""
    return any(each["path"] in _TOLD_BY for each in operations)


def completed(operations: Sequence[Operation], *, standing: Mapping[str, Any]) -> list[Operation]:
    """Give the operations with the items of lists completed from those that stand."""
    return [_completed(each, standing) if each["path"] in _TOLD_BY else each for each in operations]


def _completed(operation: Operation, standing: Mapping[str, Any]) -> Operation:
    path, wanted = operation["path"], operation["value"]
    place: Any = standing
    for step in path.strip("/").split("/"):
        place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, list) or not isinstance(wanted, list):
        return operation
    by = _TOLD_BY[path]
    known = {_told(item, by): item for item in reversed(place) if isinstance(item, dict) and _told(item, by)}
    return {**operation, "value": [_item(known.get(_told(item, by)), item) for item in wanted]}


def _item(standing: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in (standing or {}).items() if name not in _OURS_TO_EMPTY}
    return {**kept, **wanted, **{name: kept[name] for name in _OF_THE_NEW if kept.get(name)}}


def _told(item: Mapping[str, Any], by: str) -> str:
    return str(item.get(by) or "").strip().casefold()
