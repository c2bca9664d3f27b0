"""The partner's referrals of three years: mostly open deals, some invitations, closed ones, and a few leads."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.clock import ticks
from sandbox.partner_center import create, records
from sandbox.seed.catalogue import FORMER, SOLUTIONS, TEAM
from sandbox.seed.customers import Customer, customers

if TYPE_CHECKING:
    from random import Random

    from sandbox.store import Document
    from sandbox.world import World

_YEARS = timedelta(days=3 * 365)
_SEED = 20200331
_NAMES = (
    "ERP move",
    "Azure migration",
    "Modern workplace 🚀",
    "Data & AI jumpstart",
    "O'Brien's CRM",
    "Zero-Trust „Pilot“",
    "SAP on Azure",
    "Field service rollout",
    "数据平台",
    "Supply chain <phase 2>",
)
_NOTES = ("Q4 project.\nBudget approved.", "Kunde möchte bis Jahresende starten.", "Asked for a demo 👍🏽", "", None)
_STAGES = (None, None, "Qualify", "Develop", "Propose", "100", "40")
_LOSS_REASONS = ("Customer chose another vendor", "Budget was not adequate", "Customer did not respond")


class _Kind(NamedTuple):
    """One sort of referral, and how many of a hundred are of it."""

    weight: int
    status: tuple[str, str]
    type: str = "Independent"
    qualification: str = "SalesQualified"
    invited_by: str | None = "ours"
    visible: bool = False
    with_microsoft: bool = False


_KINDS = (
    _Kind(26, ("Active", "Accepted")),
    _Kind(20, ("Active", "Accepted"), visible=True),
    _Kind(9, ("Active", "Accepted"), "Shared", visible=True, with_microsoft=True),
    _Kind(
        5, ("Active", "Accepted"), "Shared", qualification="None", invited_by="msft", visible=True, with_microsoft=True
    ),
    _Kind(6, ("New", "Pending"), "Shared", invited_by="msft", visible=True, with_microsoft=True),
    _Kind(1, ("New", "Received"), "Shared", invited_by="msft", visible=True, with_microsoft=True),
    _Kind(13, ("Closed", "Won"), visible=True),
    _Kind(7, ("Closed", "Lost")),
    _Kind(3, ("Closed", "Expired"), "Shared", invited_by="msft", visible=True),
    _Kind(2, ("Closed", "Declined"), "Shared", invited_by="msft", visible=True),
    _Kind(4, ("Active", "Accepted"), qualification="Direct", invited_by=None),
    _Kind(2, ("New", "Pending"), qualification="Direct", invited_by="msft"),
    _Kind(2, ("Active", "Accepted"), qualification="MarketingQualified", invited_by="msft"),
)


def plant_referrals(world: World, number: int) -> None:
    """Store that many referrals of the partner (and Microsoft's own ones beside them), the same for the same number."""
    rng = random.Random(_SEED)
    pool = customers(rng, max(1, number * 2 // 5))
    kinds = rng.choices(_KINDS, weights=[kind.weight for kind in _KINDS], k=number)
    now = world.clock.now()
    for kind in kinds:
        _plant(world, rng, kind, customer=rng.choice(pool), now=now)


def _plant(world: World, rng: Random, kind: _Kind, *, customer: Customer, now: datetime) -> None:
    created = _created(rng, kind, now)
    body = _body(rng, kind, customer=customer, created=created)
    ours = create.own_deal(
        world, {**body, "id": _guid(rng), "engagementId": _guid(rng), **_times(rng, kind, created, now)}
    )
    settled = {**ours, **_state(rng, kind, ours), **_origin(kind, ours)}
    records.table(world).put(ours["id"], settled)
    if kind.with_microsoft:
        plant_microsofts(world, rng, settled)


def _body(rng: Random, kind: _Kind, *, customer: Customer, created: datetime) -> Document:
    solutions = [] if kind.qualification == "Direct" else rng.sample(SOLUTIONS, rng.choice((1, 1, 1, 2, 3)))
    closing = created + timedelta(days=rng.randrange(30, 400))
    attributes = [{"type": "CustomerMarketplaceIntent", "id": rng.choice(("HaveNotDecided", "Yes", "No"))}]
    return {
        "name": f"{customer.profile['name']} - {rng.choice(_NAMES)}",
        "type": kind.type,
        "qualification": kind.qualification,
        "externalReferenceId": None,
        "customerProfile": customer.profile,
        "consent": {
            "consentToToShareInfoWithOthers": True,
            "consentToContact": True,
            "consentToShareReferralWithMicrosoftSellers": kind.visible,
        },
        "details": {
            "notes": rng.choice(_NOTES),
            "dealValue": _value(rng, customer.place.currency),
            "currency": customer.place.currency,
            "closingDateTime": f"{closing:%Y-%m-%d}T{rng.choice(('00:00:00', '00:00:00', '23:00:00'))}Z",
            "requirements": {
                "solutions": [{"id": one.id, "name": one.name, "type": one.type} for one in solutions],
                "additionalRequirements": {"attributes": attributes if rng.random() < 0.8 else []},  # noqa: PLR2004
            },
        },
        "team": _team(rng),
        "salesStage": rng.choice(_STAGES),
        "campaignId": rng.choice((None, None, None, "FY26-SUMMER")),
    }


def _value(rng: Random, currency: str) -> float | int:
    value = round(rng.lognormvariate(10.5, 1.0), 2)
    return int(value) if currency == "JPY" or rng.random() < 0.6 else value  # noqa: PLR2004 - mostly round figures


def _team(rng: Random) -> list[dict[str, Any]]:
    people = [FORMER] if rng.random() < 0.05 else rng.sample(TEAM, rng.choice((1, 1, 2)))  # noqa: PLR2004 - one in twenty
    return [
        {"firstName": one.first_name, "lastName": one.last_name, "phoneNumber": one.phone, "email": one.email}
        for one in people
    ]


def _created(rng: Random, kind: _Kind, now: datetime) -> datetime:
    if kind.status[0] == "New":
        return now - timedelta(minutes=rng.randrange(60, 12 * 24 * 60))
    return now - timedelta(seconds=rng.randrange(20 * 24 * 3600, int(_YEARS.total_seconds())))


def _times(rng: Random, kind: _Kind, created: datetime, now: datetime) -> Document:
    changed = created + (now - created) * rng.random() * 0.98
    settled = {"createdDateTime": ticks(created), "updatedDateTime": ticks(changed)}
    if kind.status[0] == "New":
        settled["expirationDateTime"] = ticks(created + timedelta(days=14))
    return settled


def _state(rng: Random, kind: _Kind, ours: Document) -> Document:
    status, substatus = kind.status
    state: Document = {"status": status, "substatus": substatus}
    if status == "New" or substatus in {"Expired", "Declined"}:
        state["acceptedDateTime"] = None
    if status == "Closed":
        state["closedDateTime"] = ours["updatedDateTime"]
        state["statusReason"] = rng.choice(_LOSS_REASONS) if substatus in {"Lost", "Declined"} else None
    return state


def _origin(kind: _Kind, ours: Document) -> Document:
    if kind.invited_by == "ours":
        return {}
    invited_by = {"organizationId": "msft", "organizationName": "Microsoft"} if kind.invited_by else None
    return {"direction": "Incoming", "inviteContext": {**ours["inviteContext"], "invitedBy": invited_by}}


def plant_microsofts(world: World, rng: Random, ours: Document) -> None:
    """Store Microsoft's referral beside ours: mostly accepted, with its own number; else declined or expired."""
    accepted = rng.random() < 0.7 or ours["status"] == "New"  # noqa: PLR2004 - most requests are accepted
    body = {**ours, "id": _guid(rng)}
    theirs = create.microsofts_referral(world, body, engagement_id=ours["engagementId"])
    state = ("Active", "Accepted") if accepted else ("Closed", rng.choice(("Declined", "Expired")))
    tracking = {"microsoftMsxId": f"7-{theirs['id'][:8].upper()}" if accepted else None}
    settled = {"status": state[0], "substatus": state[1], "expirationDateTime": None, "trackingInfo": tracking}
    records.table(world).put(theirs["id"], {**theirs, **settled})


def _guid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
