"""Referrals as the API shows them, with the oddities that real payloads have had (each a switch)."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

# Published as it stands here, misspelt and on Microsoft's host: nothing to build on.
_LINKS = "https://api.partner.microsoft.com/v1.0/engagments/referrals"
_UNKNOWN: Document = {
    "aiInsights": {"score": 0.7, "reasons": ["propensity"]},
    "quality": "Excellent",
    "dealSensitivity": "Guarded",
    "callToAction": "SomethingNew",
}


def shown(world: World, referral: Document) -> Document:
    """Give a referral as it goes over the wire."""
    settings = world.settings
    answer = {**referral, "links": _links(referral)} if "id" in referral and "engagementId" in referral else referral
    extra = settings["extra_members"]
    if extra:
        answer = _merged(answer, extra if isinstance(extra, dict) else _UNKNOWN)
    if settings["escape_names"]:
        answer = _escaped(answer)
    return _recased(answer) if settings["mixed_case_keys"] else answer


def _links(referral: Document) -> Document:
    related = f"{_LINKS}?$filter=engagementId eq {referral['engagementId']}"
    return {
        "relatedReferrals": {"uri": related, "method": "GET"},
        "self": {"uri": f"{_LINKS}/{referral['id']}", "method": "GET"},
    }


def _merged(referral: Document, extra: Document) -> Document:
    merged = dict(referral)
    for name, value in extra.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _escaped(referral: Document) -> Document:
    escaped = dict(referral)
    if isinstance(referral.get("name"), str):
        escaped["name"] = html.escape(referral["name"])
    profile = referral.get("customerProfile")
    if isinstance(profile, dict):
        escaped["customerProfile"] = {**profile, "name": html.escape(profile["name"])}
    return escaped


def _recased(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give the same JSON with every member name of even length starting with a capital, annotations left alone."""
    if isinstance(value, list):
        return [_recased(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_capital(name): _recased(item) for name, item in value.items()}


def _capital(name: str) -> str:
    return name if name.startswith("@") or len(name) % 2 else name[:1].upper() + name[1:]
