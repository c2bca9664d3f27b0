"""What the hooks of the three APIs share: the connection, its test, and the sign-in of a person."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from cosell.adapters.entra import RefreshTokenGrant, SignIn, sign_in
from cosell.adapters.state import open_state
from cosell.core.errors import ConfigurationError, CosellError
from cosell.hooks.absent import confirm_no_connection, refuse_unreadable
from cosell.hooks.api_connection import ApiConnection, read_connection
from cosell.hooks.environment import DEFAULT, Environment, environments
from cosell.hooks.state import opened
from cosell.hooks.vault import SharedTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport


class ApiHook(BaseHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """Opens an API by an Airflow connection."""

    conn_name_attr = "conn_id"
    conn_type: str

    def __init__(self, conn_id: str | None = None) -> None:
        super().__init__()
        self.conn_id: str = conn_id or self.default_conn_name
        self._home: Environment | None = None
        """Whose sign-in a connection without a name of its own was found to be."""

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Give the hook of an environment's own connection."""
        return cls(environment.connection(cls.conn_type))

    @property
    def environment(self) -> Environment:
        """Give the environment whose connection this is; the default one for any other id."""
        return self._namesake() or self._home or DEFAULT

    def _namesake(self) -> Environment | None:
        return next((each for each in environments() if each.connection(self.conn_type) == self.conn_id), None)

    @property
    def sign_in_command(self) -> str:
        """Give what a person types to sign in for this connection."""
        return f"airflow cosell sign-in{self.environment.option}"

    def given(self) -> ApiConnection | None:
        """Give what the connection says, checked; None where there is none."""
        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException:
            confirm_no_connection(self.conn_id)
            return None
        refuse_unreadable(connection)
        return read_connection(connection, conn_type=self.conn_type, sign_in=self.sign_in_command)

    def own(self) -> ApiConnection:
        """Give what the connection of this very id says, checked. Raises ConfigurationError where there is none."""
        given = self.given()
        if given is None:
            message = f"there is no connection {self.conn_id}: enter it, see Connect a real tenant in the README"
            raise ConfigurationError(message)
        return given

    def get_conn(self) -> ApiConnection:
        """Give what the connection says, checked. Raises ConfigurationError where there is none."""
        return self.own()

    def test_connection(self) -> tuple[bool, str]:
        """Tell whether a token is given and the API answers."""
        try:
            return True, asyncio.run(self.look())
        except CosellError as error:
            return False, str(error)

    async def look(self) -> str:
        """Give what the API answered, in a sentence."""
        raise NotImplementedError


class SignedInHook(ApiHook):
    """Opens an API as a signed-in person, whose tokens are kept encrypted in the state."""

    def open_transport(self, state: SqlState) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        raise NotImplementedError

    def grant(self, api: ApiConnection, state: SqlState) -> RefreshTokenGrant:
        """Give the way to this connection's tokens."""
        tokens = SharedTokens(state, sign_in=self.sign_in_of(api))
        return RefreshTokenGrant(api.identity, scope=api.scope, refresh_token=api.text("refresh_token"), vault=tokens)

    def sign_in_of(self, api: ApiConnection) -> str:
        """Give the name of the sign-in whose tokens these are; empty for the usual one."""
        del api
        return ""

    @contextmanager
    def marking_the_sign_in(self, api: ApiConnection) -> Iterator[None]:
        """Let an error that asks for a sign-in say whose."""
        del api
        yield

    async def sign_in(self, state: SqlState, *, tell: Callable[[SignIn], None]) -> None:
        """Wait for a person to sign in with MFA for this connection, and keep the tokens."""
        api = self.own()
        self.grant(api, state).adopt(await sign_in(api.identity, scope=api.scope, tell=tell))

    async def look(self) -> str:
        """Give what the API answered to a new token, in a sentence."""
        self._home = self._found_home(self.get_conn())
        api = self.get_conn()
        with self._memory() as state, self.marking_the_sign_in(api):
            grant = self.grant(api, state)
            await grant.token(refused=await grant.token())  # a shared token would hide that the sign-in is spent
            async with self.open_transport(state) as transport:
                return await self._answer(transport, state)

    def _found_home(self, api: ApiConnection) -> Environment | None:
        """Give the environment whose sign-in this is.

        Airflow's form tries a connection under an id of its own making, and what it holds need not be saved yet.
        """
        return self._namesake() or next((each for each in environments() if self._is_of(each, api)), None)

    @contextmanager
    def _memory(self) -> Iterator[SqlState]:
        """Give the state that keeps this sign-in's tokens; where no environment has it, one that is forgotten."""
        if self._home is not None:
            with opened(self._home) as state:
                yield state
        else:
            state = open_state("sqlite://")
            yield state
            state.close()

    def _is_of(self, environment: Environment, api: ApiConnection) -> bool:
        """Tell whether the connection, under whatever id, signs in as the one of an environment does."""
        try:
            own = type(self).of(environment).given()
        except ConfigurationError:
            return False
        return own is not None and _person(own) == _person(api)

    async def _answer(self, transport: Transport, state: SqlState) -> str:
        """Give what the API answered, in a sentence."""
        raise NotImplementedError


def _person(api: ApiConnection) -> tuple[object, ...]:
    """Give what tells one sign-in from another."""
    return api.identity.authority, api.identity.client_id, api.text("refresh_token")
