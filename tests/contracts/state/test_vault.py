"""What the token vault holds on every state: sealed, shared, redeemed by one task at a time."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import pytest
from cosell.adapters.vault import HOLD, TokenVault
from cosell.core.errors import ConfigurationError, ServiceUnavailableError
from cryptography.fernet import Fernet, MultiFernet

if TYPE_CHECKING:
    from conftest import Example
    from cosell.adapters.state import SqlState

OLD, NEW = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())


class Readable:
    """What Airflow gives in place of a Fernet where the key is empty."""

    def encrypt(self, msg: bytes) -> bytes:
        """Give it back as it is."""
        return msg

    def decrypt(self, msg: bytes) -> bytes:
        """Give it back as it is."""
        return msg


def a_vault(state: SqlState, *keys: Fernet, now: datetime | None = None) -> TokenVault:
    """Give a vault with these keys, at a fixed time where one is given."""
    clock = None if now is None else lambda: now
    return TokenVault(state, cipher=MultiFernet(keys or (OLD,)), is_encrypted=True, clock=clock)


def everything_stored(state: SqlState) -> str:
    """Give all that the state holds of secrets."""
    return repr(
        [(sealed, sealed.ciphertext, sealed.origin) for name in state.sealed_names() if (sealed := state.sealed(name))]
    )


def test_secret_is_shared_and_sealed(state: SqlState) -> None:
    """Another task reads the secret; the database holds nothing of it."""
    secret = uuid4().hex
    a_vault(state).put("graph", secret)
    assert a_vault(state).get("graph") == secret
    assert a_vault(state).get("other") is None
    assert secret not in everything_stored(state)


def test_access_token_ends_five_minutes_early(state: SqlState, example: Example) -> None:
    """A token is given out until five minutes before its end, so that no request outlives it."""
    a_vault(state).put("graph", "token", expires=example.at(60))
    assert a_vault(state, now=example.at(54.9)).get("graph") == "token"
    assert a_vault(state, now=example.at(55)).get("graph") is None


def test_later_secret_takes_the_place_of_the_former(state: SqlState) -> None:
    """One name, one secret."""
    vault = a_vault(state)
    vault.put("graph", "one")
    vault.put("graph", "two")
    assert vault.get("graph") == "two"
    assert state.sealed_names() == ["graph"]


def test_rotated_refresh_token_is_used(state: SqlState) -> None:
    """After a redemption the rotated token is the one to redeem; before it, the connection's."""
    vault = a_vault(state)
    assert vault.refresh_token("partner", configured="first") == "first"
    vault.keep_refresh_token("partner", "rotated", configured="first")
    assert a_vault(state).refresh_token("partner", configured="first") == "rotated"
    assert a_vault(state).refresh_token("partner", configured="") == "rotated"


def test_another_token_in_the_connection_wins(state: SqlState) -> None:
    """A person who puts a new token into the connection is obeyed, and only for as long as it is new."""
    vault = a_vault(state)
    vault.keep_refresh_token("partner", "rotated", configured="first")
    assert vault.refresh_token("partner", configured="second") == "second"
    vault.keep_refresh_token("partner", "rotated again", configured="second")
    assert vault.refresh_token("partner", configured="second") == "rotated again"


def test_hash_of_a_token_tells_nothing(state: SqlState) -> None:
    """Neither the tokens nor equal hashes for equal tokens can be found in what is stored."""
    rotated, configured = uuid4().hex, uuid4().hex
    vault = a_vault(state)
    for name in ("one", "two"):
        vault.keep_refresh_token(name, rotated, configured=configured)
    stored = everything_stored(state)
    assert rotated not in stored
    assert configured not in stored
    assert state.sealed("one").origin != state.sealed("two").origin


def test_rotation_of_keys(state: SqlState) -> None:
    """With a new first key old secrets stay readable; once sealed again the old key may go."""
    a_vault(state, OLD).put("graph", "token", expires=datetime(2100, 1, 1, tzinfo=UTC))
    a_vault(state, OLD).keep_refresh_token("partner", "rotated", configured="first")
    both = a_vault(state, NEW, OLD)
    assert both.get("graph") == "token"
    assert a_vault(state, NEW).get("graph") is None
    assert both.reencrypt() == 2
    only_new = a_vault(state, NEW)
    assert only_new.get("graph") == "token"
    assert only_new.refresh_token("partner", configured="first") == "rotated"
    assert state.sealed("graph").expires == datetime(2100, 1, 1, tzinfo=UTC)


def test_token_rotated_while_keys_rotate_stays(state: SqlState) -> None:
    """Sealing again never puts an older token back."""
    vault = a_vault(state)
    vault.put("partner", "old")
    former = state.sealed("partner").ciphertext
    vault.put("partner", "new")
    state.reseal("partner", former=former, ciphertext=former)
    assert vault.get("partner") == "new"


def test_lost_key_is_told_without_the_secret(state: SqlState, caplog: pytest.LogCaptureFixture) -> None:
    """A secret whose key is gone counts as absent: the connection's token is used, the log gives the name."""
    rotated, configured = uuid4().hex, uuid4().hex
    a_vault(state, OLD).keep_refresh_token("partner", rotated, configured=configured)
    with caplog.at_level(logging.DEBUG):
        assert a_vault(state, NEW).refresh_token("partner", configured=configured) == configured
        assert a_vault(state, NEW).reencrypt() == 0
    assert "partner" in caplog.text
    assert rotated not in caplog.text
    assert configured not in caplog.text


def test_empty_key_stops_the_run(state: SqlState) -> None:
    """Without a key, by Airflow's word or by what the cipher does, nothing is stored."""
    with pytest.raises(ConfigurationError, match="fernet_key"):
        TokenVault(state, cipher=OLD, is_encrypted=False)
    with pytest.raises(ConfigurationError, match="fernet_key"):
        TokenVault(state, cipher=Readable(), is_encrypted=True)


def test_repr_shows_nothing(state: SqlState) -> None:
    """Neither the vault nor a sealed secret shows what it holds."""
    vault = a_vault(state)
    vault.put("graph", "token")
    assert repr(vault) == "TokenVault()"
    assert state.sealed("graph").ciphertext not in repr(state.sealed("graph"))


async def redeem(vault: TokenVault, redeemed: list[str]) -> None:
    """Do what a hook does for an access token."""
    async with vault.alone("partner"):
        if vault.get("graph") is None:
            redeemed.append("by me")
            await anyio.sleep(0.01)
            vault.put("graph", "token")


def test_one_task_at_a_time_redeems(state: SqlState) -> None:
    """Of tasks that need a token at once, one redeems and the others use what it got."""
    redeemed: list[str] = []

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(redeem, a_vault(state), redeemed)

    anyio.run(all_at_once)
    assert redeemed == ["by me"]


def test_failed_redemption_lets_the_next_one_try(state: SqlState) -> None:
    """The right to redeem is given back when the task that had it fails."""
    vault = a_vault(state)

    async def fail() -> None:
        async with vault.alone("partner"):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        anyio.run(fail)
    redeemed: list[str] = []
    anyio.run(redeem, vault, redeemed)
    assert redeemed == ["by me"]


def test_names_are_redeemed_independently(state: SqlState) -> None:
    """Holding one name keeps nobody from another."""
    vault = a_vault(state)

    async def both() -> None:
        with anyio.fail_after(5):
            async with vault.alone("one"), vault.alone("two"):
                pass

    anyio.run(both)


@pytest.mark.parametrize(("waited", "succeeds"), [(HOLD, True), (2 * HOLD, False)])
def test_task_that_died_redeeming_blocks_nobody_for_long(
    state: SqlState, example: Example, waited: timedelta, *, succeeds: bool
) -> None:
    """The right to redeem ends by itself; who waits longer than that without getting it is told."""
    state.take_leases([["token:partner"]], run_id="dead", now=example.now, until=example.now + HOLD)
    clock = iter([example.now, example.now, example.now + waited])
    vault = TokenVault(state, cipher=OLD, is_encrypted=True, clock=lambda: next(clock))

    async def wait_for_the_dead() -> bool:
        try:
            async with vault.alone("partner"):
                return True
        except ServiceUnavailableError:
            return False

    assert anyio.run(wait_for_the_dead) is succeeds
