"""The sign-ins of this deployment: how each does, and who is told, once, when a person must sign in again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.core.errors import SignInNeededError
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.partner_center_events import PartnerCenterEventsHook
from cosell.hooks.state import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cosell.adapters.entra import SignIn
    from cosell.adapters.state import SqlState
    from cosell.core.sign_in import SignInHealth
    from cosell.hooks.api_connection import ApiConnection
    from cosell.hooks.api_hook import SignedInHook


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSignIn:
    """One sign-in that this deployment needs."""

    connection: str
    health: SignInHealth


async def sign_in(tell: Callable[[SignIn], None], *, is_of_events: bool, environment: Environment = DEFAULT) -> str:
    """Wait for a person to sign in with MFA, keep the tokens, try them, and give what was answered."""
    hook = _hook(environment, is_of_events=is_of_events)
    with opened(environment) as state:
        await hook.sign_in(state, tell=tell)
    return f"Signed in; the tokens are kept encrypted in the state database. {await hook.look()}."


def standing_sign_ins(state: SqlState, environment: Environment = DEFAULT) -> list[StandingSignIn]:
    """Give Partner Center's, and the one for registering the webhook where it has a connection of its own.

    Raises ConfigurationError where Partner Center has no connection.
    """
    referrals, events = (_hook(environment, is_of_events=is_of_events) for is_of_events in (False, True))
    standing = [_standing(referrals, referrals.own(), state)]
    given = events.given()
    return standing if given is None else [*standing, _standing(events, given, state)]


def _hook(environment: Environment, *, is_of_events: bool) -> SignedInHook:
    return (PartnerCenterEventsHook if is_of_events else PartnerCenterHook).of(environment)


def _standing(hook: SignedInHook, api: ApiConnection, state: SqlState) -> StandingSignIn:
    health = hook.grant(api, state).health
    return StandingSignIn(connection=hook.conn_id, health=health)


@contextmanager
def telling_once(tell: Callable[[dict[str, str]], object], environment: Environment = DEFAULT) -> Iterator[None]:
    """Let `tell` be called when a person must sign in, and not again until the sign-in has given a token since.

    Where `tell` fails, it is called again next time.
    """
    try:
        yield
    except SignInNeededError as error:
        _tell_once(error, tell, environment)
        raise


def _tell_once(error: SignInNeededError, tell: Callable[[dict[str, str]], object], environment: Environment) -> None:
    hook, now = _hook(environment, is_of_events=error.is_of_events), datetime.now(UTC)
    with opened(environment) as state:
        grant = hook.grant(hook.get_conn(), state)
        health = grant.health
        if not health.error:
            # The sign-in gave a token, and Partner Center itself did not take it.
            health = health.after_refusal(str(error), now, is_beyond_renewal=True)
        if health.is_told:
            return
        grant.keep_health(replace(health, is_told=True))
        try:
            tell(_told(hook, health, error))
        except BaseException:
            grant.keep_health(health)
            raise


def _told(hook: SignedInHook, health: SignInHealth, error: SignInNeededError) -> dict[str, str]:
    since = health.refused.isoformat() if health.refused else ""
    return {"connection": hook.conn_id, "since": since, "error": str(error), "command": hook.sign_in_command}
