"""What a caller sent, read as a referral: names in any case, every value checked."""

from __future__ import annotations

import copy
from functools import cache, reduce
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from sandbox.partner_center.errors import ReferralError, invalid
from sandbox.partner_center.members import ReferralBody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from sandbox.store import Document


def read_body(given: Any) -> Document:  # noqa: ANN401 - whatever the caller sent
    """Give the members of a referral, checked, with their names in their own case; raises ReferralError."""
    if not isinstance(given, dict):
        raise invalid("The body must be one JSON object.", inner="malformedBody")
    return checked(_in_own_case(given, ReferralBody))


def checked(referral: Mapping[str, Any]) -> Document:
    """Give the members a caller may write, with times set right; raises ReferralError for the first wrong one."""
    try:
        return ReferralBody.model_validate(referral).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_context=False)[0]) from error


def checked_anew(referral: Mapping[str, Any], *, before: Mapping[str, Any]) -> Document:
    """Give them as `checked` does, but for what stood before: that a caller gives it back is no fault of its own."""
    stood = [(_place(one["loc"]), one["input"]) for one in _faults(before)]
    members = [one for one in _faults(referral) if isinstance(one["loc"][-1], str)]
    old = [one for one in members if (_place(one["loc"]), one["input"]) in stood]
    rest = copy.deepcopy(dict(referral))
    for one in old:
        del _parent(rest, one["loc"])[one["loc"][-1]]
    known = checked(rest)
    for one in old:
        _parent(known, one["loc"])[one["loc"][-1]] = one["input"]
    return known


def _faults(referral: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        ReferralBody.model_validate(referral)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)
    return []


def _place(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """Give where a member stands, whichever item of a list it is in."""
    return tuple("*" if isinstance(step, int) else step for step in loc)


def _parent(referral: Document, loc: tuple[int | str, ...]) -> Any:  # noqa: ANN401 - a list or an object
    return reduce(lambda within, step: within[step], loc[:-1], referral)


def _refusal(first: ErrorDetails) -> ReferralError:
    path = "/".join(str(step) for step in first["loc"])
    return invalid(f"{path}: {first['msg']}.", target=path)


def writable(referral: Document) -> Document:
    """Give the part of a stored referral that a caller may have written."""
    return {name: referral[name] for name in ReferralBody.model_fields if name in referral}


def _in_own_case(given: Any, model: type[BaseModel]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(given, list):
        return [_in_own_case(item, model) for item in given]
    if not isinstance(given, dict):
        return given
    names = {name.casefold(): name for name in model.model_fields}
    taken: dict[str, Any] = {}
    for said, value in given.items():
        name = names.get(str(said).casefold(), str(said))
        part = _part_of(model, name)
        taken[name] = _in_own_case(value, part) if part else value
    return taken


@cache
def _part_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    return _first_part(model.model_fields[name].annotation) if name in model.model_fields else None


def _first_part(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((part for part in map(_first_part, get_args(annotation)) if part), None)
