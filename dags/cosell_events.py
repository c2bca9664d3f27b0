"""# Carry what Partner Center tells of, in seconds

Always one run: it waits, without a worker, until an event lies in the inbox, carries the referrals that the events are
about, and ends; the next one begins. An event only says which referral changed: both sides of the deal are read, and
the same steps as in the regular sync do the rest. What is missed here, the next run of `cosell_sync` carries. Where
nothing comes for most of an hour, a run ends as skipped.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import CarryEventsOperator
from cosell.sensors import InboxSensor

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_events"),
        description="Carries the referrals that Partner Center's events are about",
        doc_md=__doc__,
        schedule="@continuous",
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        wait = InboxSensor(task_id="wait", poll_seconds=float(os.environ.get("COSELL_INBOX_POLL", "1")))
        wait >> CarryEventsOperator(task_id="carry")
