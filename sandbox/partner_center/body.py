"""What a caller sent, read as a referral: names in any case, every value checked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from sandbox.partner_center.errors import invalid
from sandbox.partner_center.members import ReferralBody

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = "/".join(str(step) for step in first["loc"])
        raise invalid(f"{path}: {first['msg']}.", target=path) from error


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
