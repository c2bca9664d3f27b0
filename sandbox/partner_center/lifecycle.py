"""Which states a referral may go through, and what may be written in each: the published table, narrowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clock import ticks
from sandbox.partner_center.errors import invalid

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

State = tuple[str, str]

SUBSTATUSES = {
    "New": {"Pending", "Received"},
    "Active": {"Accepted"},
    "Closed": {"Won", "Lost", "Declined", "Expired", "Error"},
}
_ACCEPT, _DECLINE, _ERROR = ("Active", "Accepted"), ("Closed", "Declined"), ("Closed", "Error")
_WON, _LOST = ("Closed", "Won"), ("Closed", "Lost")
_STEPS: dict[str, set[State]] = {"New": {_ACCEPT, _DECLINE, _ERROR}, "Active": {_ACCEPT, _WON, _LOST, _ERROR}}
_MICROSOFTS_STEPS: dict[str, set[State]] = {"New": {_ACCEPT, _DECLINE, _WON}, "Active": {_WON, _LOST, _ERROR}}

_STATE_PATHS = {"/status", "/substatus", "/statusReason"}
_WITH_AN_ACCEPTANCE = {
    "/details/dealValue",
    "/details/currency",
    "/details/closingDateTime",
    "/details/notes",
    "/externalReferenceId",
    "/campaignId",
}


def is_step(before: Document, state: State, *, by_microsoft: bool) -> bool:
    """Tell whether its party may move a referral to a state."""
    steps = _MICROSOFTS_STEPS if by_microsoft else _STEPS
    return state in steps.get(before["status"], set())


def check_step(before: Document, *, after: Document, paths: set[str]) -> None:
    """Refuse a change that the referral's state does not allow."""
    if before["status"] == "Closed":
        raise invalid("A closed referral cannot be changed.", inner="referralClosed")
    if ("/status" in paths) != ("/substatus" in paths):
        raise invalid("status and substatus must be changed together.", inner="invalidStatusTransition")
    step: State = (after["status"], after["substatus"])
    if step[1] not in SUBSTATUSES.get(step[0], set()):
        raise invalid(f"{step[1]} is no substatus of {step[0]}.", inner="invalidStatusTransition", target="substatus")
    moved = "/status" in paths
    if moved and not is_step(before, step, by_microsoft=False):
        text = f"A referral cannot go from {before['status']}/{before['substatus']} to {step[0]}/{step[1]}."
        raise invalid(text, inner="invalidStatusTransition", target="status")
    if before["status"] == "New":
        _check_answer(step if moved else None, paths)


def check_reason(world: World, *, after: Document, paths: set[str]) -> None:
    """Refuse a closing that needs a reason and brings none."""
    if "/status" not in paths or after["substatus"] not in world.settings["reason_needed"]:
        return
    if "/statusReason" not in paths or not after.get("statusReason"):
        raise invalid(
            f"statusReason is required for {after['substatus']}.", inner="reasonRequired", target="statusReason"
        )


def stamps(world: World, before: Document, *, after: Document) -> Document:
    """Give the times that a change of state sets."""
    now = ticks(world.clock.now())
    if before["status"] == "New" and after["status"] == "Active":
        return {"acceptedDateTime": now, "expirationDateTime": None}
    if before["status"] != "Closed" and after["status"] == "Closed":
        return {"closedDateTime": now, "expirationDateTime": None}
    return {}


def _check_answer(step: State | None, paths: set[str]) -> None:
    if step is None:
        raise invalid("An unanswered referral can only be accepted or declined.", inner="referralNotAccepted")
    allowed = _STATE_PATHS | (_WITH_AN_ACCEPTANCE if step == _ACCEPT else set())
    if paths - allowed:
        text = f"{', '.join(sorted(paths - allowed))} cannot be changed with this answer."
        raise invalid(text, inner="referralNotAccepted")
