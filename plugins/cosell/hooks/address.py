"""Where Partner Center reaches our receiver: as told, or on Airflow's API server, whose plugin serves it."""

from __future__ import annotations

import os

from cosell.core.errors import ConfigurationError

PATH = "/cosell/webhook"
ADDRESS = "COSELL_WEBHOOK_URL"
_TRUST = "COSELL_WEBHOOK_TRUST"
"""Where this is set, the plugin serves the receiver."""


def address_to_register() -> str:
    """Give the receiver's public address. Raises ConfigurationError where no receiver is known to be there."""
    if not os.environ.get(ADDRESS) and not os.environ.get(_TRUST):
        raise ConfigurationError(f"No address to register is known: fill in the endpoint URL, or set {ADDRESS}")
    return own_address()


def own_address() -> str:
    """Give where the receiver is, or would be if Airflow's API server served it."""
    named = os.environ.get(ADDRESS)
    if named:
        return named
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - the receiver runs without Airflow

    return str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/") + PATH
