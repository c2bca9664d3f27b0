"""PATCH: an array of replace and add on the allow-listed paths, applied whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonpatch
import jsonpointer

from sandbox.partner_center import errors, lifecycle, records, rules
from sandbox.partner_center.body import checked_anew, writable

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

PATHS = frozenset(
    {
        "/campaignId",
        "/consent/consentToShareReferralWithMicrosoftSellers",
        "/customerProfile/team",
        "/customerProfile/team/-",
        "/details/closingDateTime",
        "/details/currency",
        "/details/dealValue",
        "/details/notes",
        "/details/requirements/solutions",
        "/details/requirements/solutions/-",
        "/externalReferenceId",
        "/referralProgram",
        "/salesStage",
        "/status",
        "/substatus",
        "/statusReason",
        "/team",
        "/team/-",
    }
)
_OPERATIONS = {"replace", "add"}
_MEMBERS = {"op", "path", "value"}
_VALUE = "/details/dealValue"


def patch(world: World, referral: Document, given: Any) -> Document:  # noqa: ANN401 - whatever the caller sent
    """Apply a JSON Patch to our referral and give it as stored; raises ReferralError."""
    if not records.is_ours(world, referral):
        raise errors.forbidden("Another party's referral can only be read.")
    operations = [_operation(world, item) for item in _array(given)]
    paths = {operation["path"] for operation in operations}
    after = _applied(referral, operations)
    lifecycle.check_step(referral, after=after, paths=paths)
    lifecycle.check_reason(world, after=after, paths=paths)
    rules.check_visibility(referral, after=after)
    # An old deal may lack what is demanded today; only what this patch touches is judged anew.
    if paths & {"/details/requirements/solutions", "/consent/consentToShareReferralWithMicrosoftSellers"}:
        rules.check_solutions(world, after)
    return records.change(world, {**after, **lifecycle.stamps(world, referral, after=after)})


def _array(given: Any) -> list[Any]:  # noqa: ANN401 - whatever the caller sent
    if not isinstance(given, list) or not given:
        raise errors.invalid("The body must be an array of operations.", inner="malformedPatch")
    return given


def _operation(world: World, item: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the caller sent
    if not isinstance(item, dict) or set(item) != _MEMBERS:
        raise errors.invalid("An operation has exactly op, path and value.", inner="malformedPatch")
    if item["op"] not in _OPERATIONS:
        raise errors.invalid(f"The operation {item['op']!r} is not supported.", inner="unsupportedOperation")
    if item["path"] not in PATHS:
        raise errors.invalid(f"The path {item['path']!r} cannot be changed.", inner="pathNotAllowed")
    if item["path"].endswith("/-") and item["op"] != "add":
        raise errors.invalid("An element can only be added at the end.", inner="unsupportedOperation")
    return {**item, "value": _number(world, item["value"])} if item["path"] == _VALUE else item


def _number(world: World, value: Any) -> Any:  # noqa: ANN401 - whatever the caller sent
    if world.settings["deal_value_as"] == "number":
        return value
    if not isinstance(value, str):
        raise errors.invalid("dealValue must be a string.", target="details/dealValue")
    try:
        return float(value)
    except ValueError as error:
        raise errors.invalid("dealValue is no number.", target="details/dealValue") from error


def _applied(referral: Document, operations: list[dict[str, Any]]) -> Document:
    try:
        after = jsonpatch.apply_patch(referral, operations)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        raise errors.invalid(f"The patch does not fit the referral: {error}", inner="malformedPatch") from error
    return {**after, **checked_anew(writable(after), before=writable(referral))}
