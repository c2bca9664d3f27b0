"""# Compare both sides whole

Once a day, beside the regular sync: list every referral and every opportunity that co-sell concerns, and settle what
windows missed. Finds deals that are gone from one side, puts back what was changed by hand in our own columns, and
binds deals that belong together but were never bound, such as those of another connector. Start it by hand with *Dry
run*, then read `airflow cosell plan RUN_ID`: linked, ambiguous, new. The watermark of the regular sync is left alone.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable
from cosell.hooks.environment import environments
from cosell.operators import lay_way
from cosell.operators.params import RECONCILE_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_reconcile"),
        description="Compares both sides whole and settles what windows missed",
        doc_md=__doc__,
        schedule=CronDataIntervalTimetable(os.environ.get("COSELL_RECONCILE_SCHEDULE", "30 3 * * *"), timezone="UTC"),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        params=RECONCILE_PARAMS,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        lay_way(whole=True)
