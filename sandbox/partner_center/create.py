"""POST: our own new deal, which is at once Active/Accepted, or a second referral that invites Microsoft to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.clock import ticks
from sandbox.partner_center import errors, records
from sandbox.partner_center.body import read_body
from sandbox.partner_center.rules import check_contact, check_invitation, check_solutions

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

_SYSTEM_MEMBERS: dict[str, Any] = {
    "externalReferenceId": None,
    "statusReason": None,
    "expirationDateTime": None,
    "acceptedDateTime": None,
    "closedDateTime": None,
    "team": [],
    "target": [],
    "campaignId": None,
    "salesStage": None,
    "referralSource": None,
    "callToAction": None,
    "referralProgram": None,
    "favorite": False,
    "isSpam": False,
    "quality": "Unknown",
    "dealSensitivity": "None",
    "createdVia": None,
    "lastModifiedVia": None,
    "lastRunId": None,
    "tags": [],
    "registrationStatus": "None",
    "trackingInfo": {"microsoftMsxId": None},
}


def create(world: World, given: Any) -> Document:  # noqa: ANN401 - whatever the caller sent
    """Create what the body asks for and give the new referral; raises ReferralError."""
    body = read_body(given)
    check_solutions(world, body)
    engagement_id = body.pop("engagementId", None)
    asks_microsoft = any(target["id"].casefold() == records.MICROSOFT for target in body.get("target", []))
    if engagement_id:
        return _join(world, body, engagement_id=engagement_id, asks_microsoft=asks_microsoft)
    if asks_microsoft:
        raise errors.invalid("engagementId is required to invite Microsoft.", target="engagementId")
    if body["type"] == "Shared":
        check_contact(body)
    return own_deal(world, body)


def own_deal(world: World, body: Document) -> Document:
    """Store a deal that the partner starts; whatever state the body names, it begins Active/Accepted."""
    now = ticks(world.clock.now())
    body = {**body, "createdDateTime": body.get("createdDateTime", now)}
    invited_by = {"organizationId": world.settings["organization_id"], "organizationName": _our_name(world)}
    given_context = {name: value for name, value in (body.get("inviteContext") or {}).items() if name != "invitedBy"}
    referral = {
        **complete(world, body),
        "organizationId": world.settings["organization_id"],
        "organizationName": _our_name(world),
        "direction": world.settings["own_direction"],
        "status": "Active",
        "substatus": "Accepted",
        "acceptedDateTime": body["createdDateTime"],
        "inviteContext": {"notes": None, "assistanceRequestCode": "Unknown", **given_context, "invitedBy": invited_by},
    }
    return records.add(world, referral)


def microsofts_referral(world: World, body: Document, *, engagement_id: str) -> Document:
    """Store Microsoft's own, unanswered referral of an engagement that the partner started."""
    invited_by = {"organizationId": world.settings["organization_id"], "organizationName": _our_name(world)}
    referral = {
        **complete(world, body),
        "engagementId": engagement_id,
        "organizationId": records.MICROSOFT,
        "organizationName": "Microsoft",
        "mpnId": None,
        "direction": "Incoming",
        "status": "New",
        "substatus": "Pending",
        "expirationDateTime": records.answer_until(world),
        "inviteContext": {**(body.get("inviteContext") or {}), "invitedBy": invited_by},
    }
    return records.add(world, referral)


def _join(world: World, body: Document, *, engagement_id: str, asks_microsoft: bool) -> Document:
    parties = list(records.of_engagement(world, engagement_id))
    ours = next((referral for referral in parties if records.is_ours(world, referral)), None)
    if ours is None:
        raise errors.ReferralError(404, "itemNotFound", "The engagement was not found.", "engagementNotFound")
    if not asks_microsoft:
        raise errors.ReferralError(409, "invalidRequest", "You are part of this engagement already.", "conflict")
    if ours["status"] != "Active":
        raise errors.invalid("Microsoft can only be invited to an active deal.", inner="referralNotActive")
    if any(referral["organizationId"] == records.MICROSOFT for referral in parties):
        raise errors.ReferralError(409, "invalidRequest", "Microsoft was invited to this deal before.", "conflict")
    check_invitation(body)
    # The invitation shows the deal to Microsoft by itself.
    shown = {**ours["consent"], "consentToShareReferralWithMicrosoftSellers": True}
    check_solutions(world, {**ours, "consent": shown})
    records.change(world, {**ours, "consent": shown})
    return microsofts_referral(world, body, engagement_id=ours["engagementId"])


def complete(world: World, body: Document) -> Document:
    """Give a body with the members that the system sets."""
    profile, details = body["customerProfile"], body["details"]
    return {
        **_SYSTEM_MEMBERS,
        "qualification": "SalesQualified",
        "mpnId": world.settings["mpn_id"],
        **body,
        "customerProfile": {"size": None, "team": [], "ids": [], **profile, "isMatchingComplete": False},
        "details": {"notes": None, **details, "requirements": {"solutions": [], **details.get("requirements", {})}},
    }


def _our_name(world: World) -> str:
    return str(world.settings["organization_name"])
