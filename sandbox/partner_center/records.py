"""The referrals of all parties: stored, indexed, stamped with eTag and times, and expired when nobody answers them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clock import ticks
from sandbox.partner_center import errors
from sandbox.partner_center_events.outbox import raise_event
from sandbox.tenant import tenant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Document, Index, Order, Table
    from sandbox.world import World

MICROSOFT = "msft"
_NEVER = "~"
_ANSWER_DAYS = 14


def new_id() -> str:
    """Give a new id for a referral or an engagement."""
    return str(uuid.uuid4())


def table(world: World) -> Table:
    """Give the table of referrals."""
    return world.store.table("referrals")


def by_engagement(world: World) -> Index:
    """Give the index of referrals by engagement id."""
    return table(world).index("engagement", lambda referral: referral["engagementId"].casefold())


def ordered_by(world: World, member: str) -> Order:
    """Give the order of referrals by a member that all of them have."""
    return table(world).order(member, lambda referral: referral[member])


def require(world: World, referral_id: str) -> Document:
    """Give a referral that the caller may see; raises ReferralError for others."""
    referral = table(world).get(referral_id.lower())
    if referral is None or referral_id in world.settings["gone_ids"]:
        raise errors.not_found(referral_id)
    if referral_id in world.settings["hidden_ids"] or not is_in_sight(world, referral):
        raise errors.forbidden("The caller's role does not reach this referral.")
    return referral


def is_in_sight(world: World, referral: Document) -> bool:
    """Tell whether the signed-in person's role reaches a referral: a Referrals user sees those of its own team."""
    if world.settings["referrals_role"] != "user":
        return True
    return tenant_of(world).user in {member.get("email") for member in referral.get("team") or []}


def of_engagement(world: World, engagement_id: str) -> Iterator[Document]:
    """Walk the referrals of all parties of an engagement."""
    for key in by_engagement(world).get(engagement_id.casefold()):
        referral = table(world).get(key)
        if referral is not None:
            yield referral


def is_ours(world: World, referral: Document) -> bool:
    """Tell whether a referral belongs to the partner whose API this is."""
    return bool(referral["organizationId"] == world.settings["organization_id"])


def add(world: World, referral: Document) -> Document:
    """Store a new referral; ids, times and eTag are set where it does not bring its own."""
    now = ticks(world.clock.now())
    fresh = {
        "id": new_id(),
        "engagementId": new_id(),
        "createdDateTime": now,
        "updatedDateTime": referral.get("createdDateTime", now),
        **referral,
        "eTag": _etag(world),
    }
    table(world).put(fresh["id"], fresh)
    _tell(world, fresh, what="created")
    return fresh


def change(world: World, referral: Document) -> Document:
    """Store the new content of a referral, with a new time of change and eTag."""
    changed = {**referral, "updatedDateTime": ticks(world.clock.now()), "eTag": _etag(world)}
    table(world).put(changed["id"], changed)
    _tell(world, changed, what="updated")
    return changed


def answer_until(world: World) -> str:
    """Give the moment until which a referral that starts now may be answered."""
    return ticks(world.clock.now() + timedelta(days=_ANSWER_DAYS))


def expire_due(world: World) -> None:
    """Close every unanswered referral whose time is over."""
    due = table(world).order("expiry", lambda referral: referral.get("expirationDateTime") or _NEVER)
    now = ticks(world.clock.now())
    for key in list(_until(world, due, now)):
        expire(world, table(world).get(key) or {})


def expire(world: World, referral: Document) -> Document:
    """Close a referral as expired."""
    closing = {"status": "Closed", "substatus": "Expired", "expirationDateTime": None}
    return change(world, {**referral, **closing, "closedDateTime": ticks(world.clock.now())})


def _tell(world: World, referral: Document, *, what: str) -> None:
    """Raise the event of a change: of our referral, or of another party's in an engagement that we are part of."""
    if is_ours(world, referral):
        raise_event(world, f"referral-{what}", subject=referral["id"])
        return
    ours = next((one for one in of_engagement(world, referral["engagementId"]) if is_ours(world, one)), None)
    if ours is not None:
        named = ours if world.settings["related_events_name"] == "ours" else referral
        raise_event(world, f"related-referral-{what}", subject=named["id"])


def _until(world: World, due: Order, now: str) -> Iterator[str]:
    for key in due.between():
        referral = table(world).get(key) or {}
        if (referral.get("expirationDateTime") or _NEVER) > now:
            return
        yield key


def _etag(world: World) -> str:
    # Shaped like the document store behind the real service: a part that counts and a part that is the time in seconds.
    counters = world.store.table("counters")
    number = (counters.get("etag") or {"last": 0x0A00C1D2})["last"] + 1
    counters.put("etag", {"last": number})
    seconds = int(world.clock.now().timestamp())
    return f'"{number:08x}-0000-0800-0000-{seconds:08x}"'
