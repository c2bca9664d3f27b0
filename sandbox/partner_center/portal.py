"""What persons do in the Partner Center portal: the seller's own side, and Microsoft's."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

import jsonpointer

from sandbox.clock import ticks
from sandbox.partner_center import create, records
from sandbox.partner_center.body import writable
from sandbox.partner_center.errors import ReferralError
from sandbox.partner_center.example import example
from sandbox.partner_center.lifecycle import SUBSTATUSES, is_step, stamps
from sandbox.world import ActError

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

_BY_MICROSOFT: Document = {"invitedBy": {"organizationId": records.MICROSOFT, "organizationName": "Microsoft"}}
_SELLER = {"firstName": "Megan", "lastName": "Bowen", "phoneNumber": "+14255550100", "email": "megan@microsoft.example"}


def create_deal(world: World, **fields: Any) -> Document:  # noqa: ANN401 - members of a referral
    """Let a seller create a deal in the portal; `fields` are members of a referral, laid over a whole example."""
    return create.own_deal(world, _prepared(world, fields))


def invite(world: World, **fields: Any) -> Document:  # noqa: ANN401 - members of a referral
    """Let Microsoft invite the partner to a deal: our referral New/Pending, Microsoft's own one Active/Accepted."""
    body = _prepared(world, {"type": "Shared", **fields})
    context = body.pop("inviteContext", {})
    invitation = {**context, **_BY_MICROSOFT}
    theirs_body = {name: value for name, value in body.items() if name != "id"}
    engagement_id = body.get("engagementId") or records.new_id()
    theirs = create.microsofts_referral(world, theirs_body, engagement_id=engagement_id)
    _microsoft_active(world, {**theirs, "inviteContext": invitation})
    received = {"inviteContext": invitation, "engagementId": engagement_id, "id": fields.get("id", records.new_id())}
    return _received(world, {**theirs, **body, **received})


def send_lead(world: World, **fields: Any) -> Document:  # noqa: ANN401 - members of a referral
    """Let a lead of the marketplace reach the partner, New/Pending; `qualification` makes it one of a Microsoft seller.

    Nobody else has a part in its engagement, and no team of ours is on it yet.
    """
    details = {"customerRequestedContact": False, **fields.pop("details", {})}
    lead = {"type": "Independent", "qualification": "Direct", "team": [], "inviteContext": _BY_MICROSOFT}
    body = _prepared(world, {**lead, **fields, "details": details})
    given = {"expirationDateTime": records.answer_until(world), "engagementId": records.new_id()}
    return _received(world, create.complete(world, {**given, **body}))


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
    return _expired(world, _known(world, referral_id))


def ask_microsoft(
    world: World, referral_id: str, *, code: str = "GeneralOrOther", notes: str | None = None
) -> Document:
    """Let the partner ask for Microsoft's help on an own deal; gives Microsoft's referral."""
    ours = _open(world, referral_id)
    told = ("name", "qualification", "customerProfile", "consent", "details", "team")
    body = {name: value for name, value in writable(ours).items() if name in told}
    target = {"type": "BusinessProfileLocation", "id": records.MICROSOFT}
    invitation = {"inviteContext": {"assistanceRequestCode": code, "notes": notes}, "target": [target]}
    try:
        return create.create(world, {**body, **invitation, "type": "Shared", "engagementId": ours["engagementId"]})
    except ReferralError as refusal:
        raise ActError(refusal.message) from refusal


def touch(world: World, referral_id: str) -> Document:
    """Give a referral a new eTag and time of change, and nothing else."""
    return records.change(world, _known(world, referral_id))


def microsoft_accepts(world: World, referral_id: str, *, sellers: list[Document] | None = None) -> Document:
    """Let Microsoft accept its part of our referral's engagement: its sellers and CRM id are shown from now on."""
    return _microsoft_active(world, microsofts(world, referral_id), sellers=sellers)


def microsoft_declines(world: World, referral_id: str, *, reason: str | None = None) -> Document:
    """Let Microsoft decline its part of our referral's engagement; gives Microsoft's referral."""
    return _moved(world, microsofts(world, referral_id), ("Closed", "Declined"), reason=reason)


def microsoft_expires(world: World, referral_id: str) -> Document:
    """Let Microsoft's fourteen days to answer be over; gives Microsoft's referral."""
    return _expired(world, microsofts(world, referral_id))


def microsoft_closes(world: World, referral_id: str, *, substatus: str = "Won") -> Document:
    """Let Microsoft close its part of our referral's engagement; gives Microsoft's referral."""
    return _moved(world, microsofts(world, referral_id), ("Closed", substatus))


def microsofts(world: World, referral_id: str) -> Document:
    """Give Microsoft's own referral in the engagement of ours."""
    parties = records.of_engagement(world, _known(world, referral_id)["engagementId"])
    found = next((one for one in parties if one["organizationId"] == records.MICROSOFT), None)
    if found is None:
        message = f"Microsoft has no part in the engagement of {referral_id}"
        raise ActError(message)
    return found


def show(world: World, referral_id: str) -> Document:
    """Give a referral as it is stored."""
    return _known(world, referral_id)


def _received(world: World, referral: Document) -> Document:
    """Store a referral that somebody sent us."""
    ours = {
        "organizationId": world.settings["organization_id"],
        "organizationName": world.settings["organization_name"],
        "mpnId": referral.get("mpnId") or world.settings["mpn_id"],
        "direction": "Incoming",
        "status": referral.get("status", "New"),
        "substatus": referral.get("substatus", "Pending"),
    }
    return records.add(world, {**referral, **ours})


def _microsoft_active(world: World, theirs: Document, *, sellers: list[Document] | None = None) -> Document:
    tracking = {**(theirs.get("trackingInfo") or {}), "microsoftMsxId": f"7-{theirs['id'][:8].upper()}"}
    shown = {"team": [_SELLER] if sellers is None else sellers, "trackingInfo": tracking}
    return _moved(world, {**theirs, **shown}, ("Active", "Accepted"))


def _expired(world: World, referral: Document) -> Document:
    if referral["status"] != "New":
        message = f"referral {referral['id']} was answered and cannot expire"
        raise ActError(message)
    return records.expire(world, referral)


def _moved(world: World, referral: Document, state: tuple[str, str], *, reason: str | None = None) -> Document:
    by_microsoft = referral["organizationId"] == records.MICROSOFT
    if not is_step(referral, state, by_microsoft=by_microsoft):
        now = f"{referral['status']}/{referral['substatus']}"
        message = f"referral {referral['id']} is {now} and cannot become {'/'.join(state)}"
        raise ActError(message)
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
