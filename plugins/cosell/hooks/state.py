"""An environment's memory: its connection such as `cosell_state_default`, or a file of ours under AIRFLOW_HOME."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from cosell.adapters.state import SqlState, open_state
from cosell.core.errors import ConfigurationError, CosellError
from cosell.core.record import Side
from cosell.hooks.absent import confirm_no_connection, refuse_unreadable
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.home import own_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNER = "environment"
"""Under this name the memory keeps whose it is."""


class SyncStateHook(BaseHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """Opens the state database of an environment."""

    hook_name = "Co-sell sync state"

    def __init__(self, environment: Environment = DEFAULT) -> None:
        super().__init__()
        self.environment, self.conn_id = environment, environment.connection("cosell_state")

    def get_conn(self) -> SqlState:
        """Give the state, its tables made or brought up to date; whoever asks closes it.

        Raises ConfigurationError where it is another environment's: what one remembers would mislead the other.
        """
        state = open_state(self.url())
        owner = _owner(state)
        if owner is None:
            state.remember(_OWNER, self.environment.name)
        elif owner != self.environment.name:
            state.close()
            raise ConfigurationError(
                f"connection {self.conn_id}: this state database is of the environment {owner}; give "
                f"{self.environment.name} a database of its own"
            )
        return state

    def url(self) -> str:
        """Give the SQLAlchemy URL, hidden in logs."""
        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException:
            confirm_no_connection(self.conn_id)
            return f"sqlite:///{own_folder(self.environment) / 'state.db'}"
        url = str(connection.extra_dejson.get("url") or "")
        if not url:
            refuse_unreadable(connection)
            message = f"connection {self.conn_id}: extra key url is missing; it holds the SQLAlchemy URL"
            raise ConfigurationError(message)
        _hide(url)
        return url

    def test_connection(self) -> tuple[bool, str]:
        """Tell whether the state database answers."""
        try:
            state = self.get_conn()
        except CosellError as error:
            return False, str(error)
        state.close()
        return True, "The state database answers and its tables are up to date"


@contextmanager
def opened(environment: Environment = DEFAULT) -> Iterator[SqlState]:
    """Give an environment's state, closed again afterwards."""
    state = SyncStateHook(environment).get_conn()
    try:
        yield state
    finally:
        state.close()


def _owner(state: SqlState) -> str | None:
    """Give whose memory it is; one that was filled before there were names is the default's, an empty one nobody's."""
    owner = state.recall(_OWNER)
    if owner is None and (state.revision() or any(state.watermark(side) for side in Side)):
        return DEFAULT.name
    return None if owner is None else str(owner)


def _hide(url: str) -> None:
    mask_secret(url)
    try:
        password = make_url(url).password
    except ArgumentError:
        return
    if password:
        mask_secret(str(password))
