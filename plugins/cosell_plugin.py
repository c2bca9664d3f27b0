"""The one file that Airflow's plugin loader reads: it hands over what lives in the installed package."""

from __future__ import annotations

import logging
import os
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from cosell.core.errors import ConfigurationError
from cosell.timetables import HistoryTimetable


class CosellPlugin(AirflowPlugin):
    """Tells Airflow about the timetable of the backfill, and the webhook to mount on the API server."""

    name = "cosell"
    timetables = [HistoryTimetable]  # noqa: RUF012 - Airflow reads a plain list from the class

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Give the webhook; a property, since every task's process makes this object and only the API server asks."""
        if not os.environ.get("COSELL_WEBHOOK_TRUST"):
            return []
        from cosell.webhook.app import create_app  # noqa: PLC0415 - heavy
        from cosell.webhook.settings import settings_from_environment  # noqa: PLC0415 - heavy

        try:
            app = create_app(settings_from_environment(), path="/webhook")
        except ConfigurationError as error:
            logging.getLogger(__name__).error("the webhook is not served: %s", error)  # noqa: TRY400 - says it all
            return []
        return [{"app": app, "url_prefix": "/cosell", "name": "cosell webhook"}]
