"""# Woken.

The floor of `cosell_events`: the same waiting on an inbox of its own, and then one task that only says when it began.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from airflow.sdk import DAG, BaseOperator, Context
from cosell.sensors import InboxSensor

PLACE = Path(os.environ["BENCH_INBOX"])


class SayWhenOperator(BaseOperator):
    """A task that notes its beginning and empties the inbox."""

    def execute(self, context: Context) -> None:
        """Do that."""
        del context
        began = time.time()
        for event in (PLACE / "events").glob("*.json"):
            event.replace(PLACE / f"{event.name}.{began}")


with DAG(
    dag_id="woken",
    schedule="@continuous",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
):
    poll = float(os.environ.get("COSELL_INBOX_POLL", "1"))
    InboxSensor(task_id="wait", place=str(PLACE), poll_seconds=poll) >> SayWhenOperator(task_id="carry")
