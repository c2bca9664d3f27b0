"""What persons do in the Partner Center portal: the seller's own side, and Microsoft's."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

import jsonpointer

from sandbox.clock import ticks
from sandbox.partner_center import create, records
from sandbox.partner_center.example import example
from sandbox.partner_center.lifecycle import SUBSTATUSES, stamps
from sandbox.world import ActError

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

_SELLER = {"firstName": "Megan", "lastName": "Bowen", "phoneNumber": "+14255550100", "email": "megan@microsoft.example"}


def create_deal(world: World, **fields: Any) -> Document:  # noqa: ANN401 - members of a referral
    """Let a seller create a deal in the portal; `fields` are members of a referral, laid over a whole example."""
    return create.own_deal(world, _prepared(world, fields))


def invite(world: World, **fields: Any) -> Document:  # noqa: ANN401 - members of a referral
    """Let Microsoft invite the partner to a deal: our referral New/Pending, Microsoft's own one Active/Accepted."""
    body = _prepared(world, {"type": "Shared", **fields})
    context = body.pop("inviteContext", {})
    invitation = {**context, "invitedBy": {"organizationId": records.MICROSOFT, "organizationName": "Microsoft"}}
    theirs = create.microsofts_referral(world, body, engagement_id=body.get("engagementId") or records.new_id())
    _microsoft_active(world, {**theirs, "inviteContext": invitation})
    ours = {
        **theirs,
        **body,
        "id": fields.get("id", records.new_id()),
        "engagementId": theirs["engagementId"],
        "organizationId": world.settings["organization_id"],
        "organizationName": world.settings["organization_name"],
        "mpnId": body.get("mpnId", world.settings["mpn_id"]),
        "direction": "Incoming",
        "inviteContext": invitation,
        "status": fields.get("status", "New"),
        "substatus": fields.get("substatus", "Pending"),
    }
    return records.add(world, ours)


def edit(world: World, referral_id: str, *, path: str, value: Any) -> Document:  # noqa: ANN401 - any JSON
    """Let a seller change one member (`/name`, `/details/notes`, or with dots) of a deal that is not closed."""
    referral = _open(world, referral_id)
    changed = copy.deepcopy(referral)
    pointer = path if path.startswith("/") else "/" + path.replace(".", "/")
    try:
        jsonpointer.set_pointer(changed, pointer, value)
    except jsonpointer.JsonPointerException as error:
        message = f"{pointer} leads nowhere: {error}"
        raise ActError(message) from error
    return records.change(world, changed)


def accept(world: World, referral_id: str) -> Document:
    """Let the partner accept an invitation in the portal."""
    return _moved(world, _open(world, referral_id), ("Active", "Accepted"))


def decline(world: World, referral_id: str, *, reason: str | None = None) -> Document:
    """Let the partner decline an invitation in the portal."""
    return _moved(world, _open(world, referral_id), ("Closed", "Declined"), reason=reason)


def close(world: World, referral_id: str, *, substatus: str = "Won", reason: str | None = None) -> Document:
    """Let the partner close a deal in the portal."""
    if substatus not in SUBSTATUSES["Closed"]:
        message = f"{substatus!r} is no way to close; known are {sorted(SUBSTATUSES['Closed'])}"
        raise ActError(message)
    return _moved(world, _open(world, referral_id), ("Closed", substatus), reason=reason)


def expire(world: World, referral_id: str) -> Document:
    """Let the answer time of an unanswered referral be over."""
    return records.expire(world, _open(world, referral_id))


def touch(world: World, referral_id: str) -> Document:
    """Give a referral a new eTag and time of change, and nothing else."""
    return records.change(world, _known(world, referral_id))


def microsoft_accepts(world: World, referral_id: str) -> Document:
    """Let Microsoft accept its part of our referral's engagement; gives Microsoft's referral."""
    return _microsoft_active(world, _microsofts(world, referral_id))


def microsoft_declines(world: World, referral_id: str) -> Document:
    """Let Microsoft decline its part of our referral's engagement; gives Microsoft's referral."""
    return _moved(world, _microsofts(world, referral_id), ("Closed", "Declined"))


def show(world: World, referral_id: str) -> Document:
    """Give a referral as it is stored."""
    return _known(world, referral_id)


def _microsoft_active(world: World, theirs: Document) -> Document:
    tracking = {**(theirs.get("trackingInfo") or {}), "microsoftMsxId": f"7-{theirs['id'][:8].upper()}"}
    return _moved(world, {**theirs, "team": [_SELLER], "trackingInfo": tracking}, ("Active", "Accepted"))


def _moved(world: World, referral: Document, state: tuple[str, str], *, reason: str | None = None) -> Document:
    after = {**referral, "status": state[0], "substatus": state[1]}
    said = {"statusReason": reason} if reason is not None else {}
    return records.change(world, {**after, **said, **stamps(world, referral, after=after)})


def _known(world: World, referral_id: str) -> Document:
    referral = records.table(world).get(referral_id)
    if referral is None:
        message = f"there is no referral {referral_id}"
        raise ActError(message)
    return referral


def _open(world: World, referral_id: str) -> Document:
    referral = _known(world, referral_id)
    if referral["status"] == "Closed":
        message = f"referral {referral_id} is closed and cannot be changed"
        raise ActError(message)
    return referral


def _microsofts(world: World, referral_id: str) -> Document:
    parties = records.of_engagement(world, _known(world, referral_id)["engagementId"])
    found = next((one for one in parties if one["organizationId"] == records.MICROSOFT), None)
    if found is None:
        message = f"Microsoft has no part in the engagement of {referral_id}"
        raise ActError(message)
    return found


def _prepared(world: World, fields: dict[str, Any]) -> Document:
    body = _laid_over(example(world), fields)
    for name in ("createdDateTime", "updatedDateTime"):
        if name in body:
            body[name] = ticks(datetime.fromisoformat(body[name]))
    return body


def _laid_over(base: Document, fields: Document) -> Document:
    laid = dict(base)
    for name, value in fields.items():
        inner = laid.get(name)
        laid[name] = _laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return laid
