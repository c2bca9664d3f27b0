"""Who may call the registration API: an application or a signed-in person, with a token for this audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.partner_center_events import errors
from sandbox.tokens import Denied

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.world import World


def check_caller(world: World, request: Request) -> None:
    """Let a caller in, or raise EventsError; a person's token needs the MFA claim, an application's does not."""
    grant = world.tokens.check(request.headers.get("authorization"), audience="partner_center_events")
    if isinstance(grant, Denied):
        raise errors.unauthenticated()
    if grant.user is not None and not grant.mfa:
        raise errors.without_mfa()
