"""Tokens of a signed-in person, for Partner Center: shared, renewed by one task at a time, rotated without loss."""

import anyio
import pytest
from cosell.adapters.entra import AccessToken, Identity, RefreshTokenGrant, SignIn, sign_in
from cosell.core.errors import SignInNeededError

from sandbox.entra import refresh
from sandbox.entra import sign_in as person_signs_in
from sandbox.world import World
from tests.contracts.entra.desk import Vault, Wire

pytestmark = pytest.mark.anyio
SCOPE = "https://api.partner.microsoft.com/.default"


def grant(identity: Identity, vault: Vault, token: str | None) -> RefreshTokenGrant:
    """Give one task's source of tokens."""
    return RefreshTokenGrant(identity, scope=SCOPE, refresh_token=token, vault=vault)


async def test_refresh_token_gives_a_person_s_token(world: World, partner: Identity, vault: Vault) -> None:
    """The access token belongs to the signed-in person and carries MFA."""
    token = await grant(partner, vault, person_signs_in(world)).token()
    found = world.tokens.check(f"Bearer {token}", audience="partner_center")
    assert getattr(found, "user", None)
    assert getattr(found, "mfa", False)


async def test_tasks_share_one_token(world: World, partner: Identity, vault: Vault, wire: Wire) -> None:
    """Tasks at the same time redeem the refresh token once."""
    given, got = person_signs_in(world), set[str]()

    async def task() -> None:
        got.add(await grant(partner, vault, given).token())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(task)
    assert len(got) == 1
    assert wire.grants() == 1


async def test_rotated_token_is_kept_before_the_new_one_is_used(world: World, partner: Identity, vault: Vault) -> None:
    """The successor is in the vault first: a crash in between costs nothing."""
    await grant(partner, vault, person_signs_in(world)).token()
    assert vault.kept == ["refresh", "access"]


async def test_rotated_token_is_used_when_the_given_one_is_dead(world: World, partner: Identity, vault: Vault) -> None:
    """The connection's token dies after its first use; its successor in the vault goes on."""
    given = person_signs_in(world)
    first = await grant(partner, vault, given).token()
    world.advance(120)
    assert await grant(partner, vault, given).token(refused=first) != first


async def test_given_token_is_tried_when_the_kept_one_is_dead(world: World, partner: Identity, vault: Vault) -> None:
    """A spent token in the vault does not hide one in the connection that is still good."""
    source = grant(partner, vault, person_signs_in(world))
    vault.keep_refresh_token("spent", origin=source.origin)
    assert await source.token()


async def test_other_token_in_the_connection_wins(world: World, partner: Identity, vault: Vault) -> None:
    """A new sign-in, told by its hash, is used at once; nothing of the former one is."""
    first = await grant(partner, vault, person_signs_in(world)).token()
    refresh.revoke_all(world)
    second = await grant(partner, vault, person_signs_in(world)).token()
    assert second != first
    assert [one.value for one in vault.access.values()][-1] == second


async def test_refused_token_is_renewed_for_all(world: World, partner: Identity, vault: Vault, wire: Wire) -> None:
    """Another task's newer token is taken before a new one is asked for."""
    given = person_signs_in(world)
    one, other = grant(partner, vault, given), grant(partner, vault, given)
    first = await one.token()
    assert await other.token() == first
    second = await one.token(refused=first)
    assert await other.token(refused=first) == second
    assert wire.grants() == 2


@pytest.mark.parametrize("token", [None, "", "nonsense"])
async def test_without_a_good_refresh_token_a_person_must_sign_in(
    partner: Identity, vault: Vault, token: str | None
) -> None:
    """Missing or spent: the run stops and names the command."""
    with pytest.raises(SignInNeededError, match="sign-in"):
        await grant(partner, vault, token).token()


async def test_person_signs_in_on_another_device(world: World, partner: Identity, vault: Vault) -> None:
    """The code is shown, confirmed elsewhere, and what comes back replaces everything before."""
    source = grant(partner, vault, None)
    vault.keep_access_token(SCOPE, AccessToken("stale", world.clock.now()), origin=source.origin)

    def tell(shown: SignIn) -> None:
        world.acts["approve_device"](world, {"user_code": shown.code})

    answer = await sign_in(partner, scope=SCOPE, tell=tell)
    source.adopt(answer)
    assert await source.token() == answer["access_token"]
    assert vault.refresh_token(origin=source.origin) == answer["refresh_token"]


def test_tokens_are_not_shown(world: World, partner: Identity) -> None:
    """Neither secret nor token is in what Python shows of them."""
    assert "very-secret" not in repr(AccessToken("very-secret", world.clock.now()))
    assert str(partner.secret) not in repr(partner)


async def test_how_a_sign_in_does_is_known(world: World, partner: Identity, vault: Vault) -> None:
    """When it last gave a token; since when and why it gives none; and a new sign-in wipes that away."""
    source = grant(partner, vault, person_signs_in(world))
    first = await source.token()
    used = source.health.renewed
    assert (used is not None, source.health.signed_in, source.health.error) == (True, None, "")
    refresh.revoke_all(world)
    for _ in range(2):
        with pytest.raises(SignInNeededError) as refused:
            await source.token(refused=first)
    assert source.health.error == str(refused.value)
    assert source.health.renewed == used
    source.adopt({"access_token": "a", "refresh_token": "r", "expires_in": 3600})
    assert (source.health.error, source.health.refused) == ("", None)
    assert source.health.signed_in == source.health.renewed


async def test_how_one_sign_in_does_says_nothing_of_another(world: World, partner: Identity, vault: Vault) -> None:
    """A connection that somebody tries with a wrong token leaves what is known of the good one as it is."""
    good = grant(partner, vault, person_signs_in(world))
    await good.token()
    with pytest.raises(SignInNeededError):
        await grant(partner, vault, "nonsense").token()
    assert good.health.error == ""
