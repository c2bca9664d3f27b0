"""Waiting for the test event of the webhook, as a task."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from cosell.core.errors import NotDeliveredError, RetryLaterError
from cosell.hooks.environment import DEFAULT, Environment
from cosell.operators.outcome import ObeyRetryAfter, told_to_airflow
from cosell.operators.telling import alarming

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cosell.core.trial import Verdict


class ArrivalSensor(BaseSensorOperator):  # type: ignore[misc]  # Airflow's annotations are not read
    """Waits, without a worker between two looks, until the test event is in our inbox and told as delivered."""

    def __init__(self, *, after: str, patience: timedelta, environment: str = DEFAULT.name, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own
        """Make the task; `after`: the id of the task that asks for the event."""
        settings = {
            "mode": "reschedule",
            "poke_interval": 10,
            "timeout": (2 * patience).total_seconds(),
            "retry_policy": ObeyRetryAfter(),
        } | settings
        super().__init__(**settings)
        self.after, self.patience, self.environment = after, patience, Environment(environment)

    def poke(self, context: Context) -> bool:
        """Look once; raises what ends the waiting."""
        told = context["ti"].xcom_pull(task_ids=self.after)
        waited = datetime.now(UTC) - datetime.fromisoformat(told["asked"])
        with told_to_airflow(), alarming(self.environment):
            try:
                verdict = asyncio.run(self._look(told["correlation_id"], waited))
            except RetryLaterError as error:
                if waited >= self.patience:
                    raise
                self.log.warning("looked in vain: %s", error)
                return False
            if verdict.ended and not verdict.works:
                raise NotDeliveredError(verdict.sentence)
        self.log.info("%s (%.0f s after it was asked for)", verdict.sentence, waited.total_seconds())
        return verdict.works

    async def _look(self, correlation_id: str, waited: timedelta) -> Verdict:
        from cosell.adapters.inbox import StoredInbox
        from cosell.core.trial import judge
        from cosell.hooks.inbox import inbox_place
        from cosell.hooks.partner_center_events import open_office
        from cosell.sync.registering import has_arrived

        async with open_office(self.environment) as office:
            attempts = await office.registry.attempts(correlation_id)
            inbox = StoredInbox(inbox_place(environment=self.environment))
            arrived = has_arrived(office, inbox, correlation_id)
        return judge(arrived=arrived, attempts=attempts, waited=waited, patience=self.patience)
