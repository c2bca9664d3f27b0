"""Tells a connection or variable that is not there from one that Airflow could not be asked for.

Airflow gives both the same answer, and going on without them would mean another state database or other settings.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection, GetVariable

from cosell.core.errors import ConfigurationError, StateUnavailableError

if TYPE_CHECKING:
    from airflow.sdk import Connection

_UNREADABLE = (
    "connection {} cannot be read: the environment variable {} holds neither a JSON object with a conn_type nor a URI "
    '(its value is not shown here); write it such as {{"conn_type": "...", "host": "...", "login": "..."}}'
)


def confirm_no_connection(conn_id: str) -> None:
    """Come back where Airflow says that there is no such connection; raise where it does not answer.

    Raises ConfigurationError where an environment variable gives it, which Airflow passes over in silence if it cannot
    read it.
    """
    _refuse_variable(conn_id)
    _confirm(GetConnection(conn_id=conn_id), ErrorType.CONNECTION_NOT_FOUND)


def refuse_unreadable(connection: Connection) -> None:
    """Raise ConfigurationError where any text was taken for a URI, and so for a connection of no type."""
    if not connection.conn_type:
        _refuse_variable(connection.conn_id)


def _refuse_variable(conn_id: str) -> None:
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    if os.environ.get(name):
        raise ConfigurationError(_UNREADABLE.format(conn_id, name))


def confirm_no_variable(key: str) -> None:
    """Come back where Airflow says that there is no such variable; raise where it does not answer."""
    _confirm(GetVariable(key=key), ErrorType.VARIABLE_NOT_FOUND)


def _confirm(question: GetConnection | GetVariable, not_found: ErrorType) -> None:
    supervisor = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if supervisor is None:
        return  # a command line or the API server has asked Airflow's database itself
    answer = supervisor.send(question)
    if not isinstance(answer, ErrorResponse) or answer.error is not not_found:
        message = f"Airflow did not tell whether {question.type} has an answer"
        raise StateUnavailableError(message)
