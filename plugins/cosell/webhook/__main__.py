"""`python -m cosell.webhook`: the receiver as a process of its own, as `make webhook` starts it."""

from __future__ import annotations

import logging
import os
import sys

import uvicorn

from cosell.core.errors import ConfigurationError
from cosell.webhook.app import create_app
from cosell.webhook.settings import settings_from_environment

_MOST_CONNECTIONS = 1000
_LISTENS = "127.0.0.1:8090"


def main() -> int:
    """Serve until a signal; 2 where the settings are wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        app = create_app(settings_from_environment())
        host, port = _listens(os.environ.get("COSELL_WEBHOOK_LISTEN") or _LISTENS)
    except ConfigurationError as error:
        sys.stderr.write(f"cosell: {error}\n")
        return 2
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )
    return 0


def _listens(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        message = f"COSELL_WEBHOOK_LISTEN is {text!r}, and should be HOST:PORT"
        raise ConfigurationError(message)
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    sys.exit(main())
