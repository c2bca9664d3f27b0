"""The memory's place: the connection `cosell_state_default`, or a file of our own under AIRFLOW_HOME."""

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
from cosell.hooks.absent import confirm_no_connection
from cosell.hooks.home import own_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_CONNECTION = "cosell_state_default"


class SyncStateHook(BaseHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """Opens the state database."""

    conn_name_attr = "state_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    hook_name = "Co-sell sync state"

    def __init__(self, state_conn_id: str = DEFAULT_CONNECTION) -> None:
        super().__init__()
        self.state_conn_id = state_conn_id

    def get_conn(self) -> SqlState:
        """Give the state, its tables made or brought up to date; whoever asks closes it."""
        return open_state(self.url())

    def url(self) -> str:
        """Give the SQLAlchemy URL, hidden in logs."""
        try:
            connection = self.get_connection(self.state_conn_id)
        except AirflowNotFoundException:
            confirm_no_connection(self.state_conn_id)
            return f"sqlite:///{own_folder() / 'state.db'}"
        url = str(connection.extra_dejson.get("url") or "")
        if not url:
            message = f"connection {self.state_conn_id}: extra key url is missing; it holds the SQLAlchemy URL"
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
def opened() -> Iterator[SqlState]:
    """Give the state, closed again afterwards."""
    state = SyncStateHook().get_conn()
    try:
        yield state
    finally:
        state.close()


def _hide(url: str) -> None:
    mask_secret(url)
    try:
        password = make_url(url).password
    except ArgumentError:
        return
    if password:
        mask_secret(str(password))
