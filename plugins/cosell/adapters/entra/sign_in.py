"""Sign-in by a person with MFA, on any device: the code is shown here, typed there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from cosell.core.errors import SignInNeededError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.adapters.entra.identity import Identity


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a person goes and what they type there."""

    address: str
    code: str


async def sign_in(identity: Identity, *, scope: str, tell: Callable[[SignIn], None]) -> dict[str, Any]:
    """Wait for a person to sign in and give msal's answer, for `RefreshTokenGrant.adopt`."""
    return await anyio.to_thread.run_sync(lambda: _wait_for_person(identity, scope=scope, tell=tell))


def _wait_for_person(identity: Identity, *, scope: str, tell: Callable[[SignIn], None]) -> dict[str, Any]:
    application = identity.application(public=True)
    flow = application.initiate_device_flow(scopes=[scope])
    if "user_code" not in flow:
        raise identity.refusal(flow, scope=scope)
    tell(SignIn(flow["verification_uri"], flow["user_code"]))
    answer: dict[str, Any] = application.acquire_token_by_device_flow(flow)
    if "access_token" not in answer:
        raise identity.refusal(answer, scope=scope)
    if "refresh_token" not in answer:
        message = "the sign-in gave no refresh token: allow offline access for the application"
        raise SignInNeededError(message)
    return answer
