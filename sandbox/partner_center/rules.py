"""Rules on the content of a deal that the API holds: solutions before sharing, a whole contact before help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.partner_center.errors import invalid

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

VISIBLE = "consentToShareReferralWithMicrosoftSellers"
_CONTACT_PARTS = ("firstName", "lastName", "phoneNumber", "email")


def check_solutions(world: World, referral: Document) -> None:
    """Refuse a visible deal without a solution or (by setting) with one that the catalogue does not know."""
    solutions = referral["details"].get("requirements", {}).get("solutions", [])
    if is_visible(referral) and not solutions:
        raise invalid("Solution id is required before a deal is shared with Microsoft.", target="solutions")
    if not world.settings["check_solution_ids"]:
        return
    known = world.store.table("solution_catalogue")
    for solution in solutions:
        if solution["id"] not in known:
            raise invalid(f"Solution {solution['id']} is not known.", inner="unknownSolution", target="solutions")


def check_visibility(before: Document, *, after: Document) -> None:
    """Refuse to hide a deal that Microsoft may see already."""
    if is_visible(before) and not is_visible(after):
        raise invalid("A deal that was shared with Microsoft cannot be hidden again.", inner="visibilityIsOneWay")


def check_contact(referral: Document) -> None:
    """Refuse a request for help without one whole customer contact."""
    team = referral["customerProfile"].get("team", [])
    if not any(all(member.get(part) for part in _CONTACT_PARTS) for member in team):
        text = "A customer contact with first name, last name, phone number and e-mail is required for co-sell."
        raise invalid(text, target="customerProfile/team")


def check_invitation(body: Document) -> None:
    """Refuse an invitation of Microsoft that does not say what help is wanted, or is no deal of two parties."""
    if body["type"] != "Shared":
        raise invalid("A referral that joins an engagement must be Shared.", target="type")
    code = (body.get("inviteContext") or {}).get("assistanceRequestCode")
    if code in {None, "Unknown"}:
        text = "assistanceRequestCode is required to invite Microsoft."
        raise invalid(text, target="inviteContext/assistanceRequestCode")
    check_contact(body)


def is_visible(referral: Document) -> bool:
    """Tell whether Microsoft's sellers see the deal."""
    return bool(referral["consent"].get(VISIBLE)) or referral["type"] == "Shared"
