"""Waits for something in the inbox: with a worker for one look, in the triggerer from then on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSkipException

from cosell.hooks.environment import DEFAULT, Environment

if TYPE_CHECKING:
    from airflow.sdk import Context

IDLE_SECONDS = 55 * 60
"""A run that nothing came to ends, and the next one begins: an hour of runs is what an operator can look through."""
_SPARE_SECONDS = 300


class InboxSensor(BaseSensorOperator):  # type: ignore[misc]  # Airflow's annotations are not read
    """Ends once an event lies in the inbox; where none comes for most of an hour, as skipped.

    Where no triggerer is at work the scheduler ends the waiting a little later, as failed; the next try looks first.
    """

    def __init__(
        self,
        *,
        poll_seconds: float = 1,
        place: str | None = None,
        environment: str = DEFAULT.name,
        **settings: Any,  # noqa: ANN401 - Airflow's own keywords
    ) -> None:
        """Make the task; `place`: where the inbox lies, if not where `COSELL_INBOX` says."""
        super().__init__(**settings)
        self.poll_seconds, self.place, self.environment = poll_seconds, place, Environment(environment)

    def execute(self, context: Context) -> None:
        """Look; wait where nothing is there."""
        if self.poke(context):
            return
        from cosell.triggers.inbox import InboxTrigger

        place, environment = self.place, self.environment.name
        trigger = InboxTrigger(
            poll_seconds=self.poll_seconds, idle_seconds=IDLE_SECONDS, place=place, environment=environment
        )
        self.log.info("wait: nothing lies in the inbox; the triggerer looks every %s s", self.poll_seconds)
        self.defer(trigger=trigger, method_name="woken", timeout=timedelta(seconds=IDLE_SECONDS + _SPARE_SECONDS))

    def woken(self, context: Context, event: object = None) -> None:
        """Go on where no triggerer could end the task by itself, as in `airflow dags test`."""
        del event
        if not self.poke(context):
            raise AirflowSkipException("nothing came to the inbox")

    def poke(self, context: Context) -> bool:
        """Tell whether something lies in the inbox."""
        del context
        from cosell.adapters.inbox import StoredInbox
        from cosell.hooks.inbox import inbox_place

        return bool(StoredInbox(inbox_place(self.place, environment=self.environment)).landed())
