"""Who may call the Referrals API: a signed-in person's token for this audience, with the MFA claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.partner_center import errors
from sandbox.tokens import Denied

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.answers import Answer
    from sandbox.world import World


def refusal(world: World, request: Request) -> Answer | None:
    """Give the answer to a caller who is not let in, or None for one who is."""
    grant = world.tokens.check(request.headers.get("authorization"), audience="partner_center")
    if isinstance(grant, Denied):
        return errors.unauthenticated().answer()
    if grant.user is None:
        return errors.forbidden("App-only access is not supported by this API.").answer()
    if not grant.mfa:
        return errors.without_mfa(nested=world.settings["mfa_error"] == "nested")
    if world.settings["referrals_role"] == "none":
        return errors.forbidden("The caller is neither Referrals admin nor Referrals user.").answer()
    return None
