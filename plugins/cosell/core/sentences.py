"""What a seller reads when a value does not travel: one sentence per cause (docs/troubleshooting.md explains each)."""

from __future__ import annotations

from cosell.core.record import Side

SIDE_NAMES = {Side.PARTNER_CENTER: "Partner Center", Side.DATAVERSE: "the CRM"}

SENTENCES: dict[str, str] = {
    "CONFLICT-1": "{field}: changed in Partner Center and in the CRM since both last agreed. Set it the same on both.",
    "CUT-1": "{field}: {longer} holds more than {shorter} can, so this change is not carried. Change it in {longer}.",
    "FINAL-1": "{field}: carried to {side} only when the deal is created there. This change stays in {other}.",
    "CLOSED-1": "The deal is closed in {side}, so the change of {field} is not carried.",
    "WAIT-1": "The referral is not answered yet; the change of {field} is carried when it has been accepted.",
    "STATUS-1": "A change of {field} after creation is not carried yet; make it on the other side by hand.",
    "STATUS-2": "The opportunity was closed before it was shared; it is not carried.",
    "HELP-1": "Help from Microsoft cannot be asked for from here yet. A new deal waits; else ask in Partner Center.",
    "PAUSED-1": "Sync with Partner Center is set to No: nothing is carried in either direction until it is Yes again.",
    "ORPHAN-1": "This deal is gone from {side}. Nothing was deleted in {other}; changes made there stay there.",
    "SCOPE-1": "This deal is hidden from the account that the sync uses in {side}; changes made in {other} stay there.",
    "NAME-2": "The referral has no deal name, so no opportunity can be made of it.",
    "CUSTOMER-2": "The referral has no customer name, so no opportunity can be made of it.",
    "BOUND-1": "The CRM id of this referral names an opportunity that belongs to another referral.",
    "BOUND-2": "The referral identifier of this opportunity belongs to another opportunity.",
    "HOLD-1": "A person must decide: {detail}",
    "REJECTED-1": "{side} refused this: {detail}",
    "UNANSWERED-1": "The referral waits for an answer in Partner Center; edits are carried after it has been accepted.",
    "SYNCED-1": "In step with Partner Center.",
    "UNMAPPED-1": "The record cannot be read: {detail}",
}


def label(field: str) -> str:
    """Give a field's name as a seller reads it."""
    return field.replace("_", " ").capitalize()


def say(code: str, *, field: str = "", side: Side | None = None, detail: str = "") -> str:
    """Give the sentence of that id with the deal's own words in it."""
    words = {"field": label(field), "detail": detail}
    if side is not None:
        here, there = SIDE_NAMES[side], SIDE_NAMES[side.other]
        words |= {"side": here, "other": there, "longer": here, "shorter": there}
    sentence = SENTENCES[code].format_map(words)
    return sentence[:1].upper() + sentence[1:]
