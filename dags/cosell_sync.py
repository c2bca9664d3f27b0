"""# Keep Partner Center and Dynamics 365 the same

Every few minutes: read what changed on both sides, plan, write each side's part, tell each side what the other
learned, and remember how far both were read. Start it by hand with the form to read another span of time, single
referrals, or to see what would change (dry run). Failed or done, any task may be cleared and run again.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable
from cosell.hooks.environment import environments
from cosell.operators import lay_way
from cosell.operators.params import SYNC_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_sync"),
        description="Keeps referrals and opportunities the same on both sides",
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable(os.environ.get("COSELL_SCHEDULE", "*/5 * * * *"), timezone="UTC"),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        params=SYNC_PARAMS,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        lay_way()
