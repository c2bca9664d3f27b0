"""Where this deployment's inbox lies: the same for the receiver, which needs no Airflow, and for the DAGs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cosell.core.errors import ConfigurationError
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.home import own_folder

if TYPE_CHECKING:
    from cosell.adapters.storage import StoragePath


def inbox_place(address: str | None = None, *, environment: Environment = DEFAULT) -> StoragePath | str:
    """Give the place that is named, or the environment's in what `COSELL_INBOX` names; else beneath AIRFLOW_HOME.

    Raises ConfigurationError where Airflow knows no such storage.
    """
    named = address or _named(environment) or str(own_folder(environment) / "inbox")
    if "://" not in named:
        return named
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - a receiver with a plain folder runs without Airflow

    try:
        remote = ObjectStoragePath(named)
        remote.fs  # noqa: B018 - asked for now, else the first event would learn that its provider is missing
    except ValueError as error:
        message = f"COSELL_INBOX is {named!r}: {error}; install that storage's Airflow provider"
        raise ConfigurationError(message) from error
    place: StoragePath = remote
    return place


def _named(environment: Environment) -> str | None:
    named = os.environ.get("COSELL_INBOX")
    return f"{named.rstrip('/')}/environment-{environment.name}" if named and environment != DEFAULT else named
