"""# Carry the deals of the past

Never due by itself. Ask for a span of history with Airflow's own backfill, from the UI (Trigger, Backfill) or with
`airflow backfill create --dag-id cosell_backfill --from-date 2023-01-01 --to-date 2025-12-31 --max-active-runs 3`.
Each run carries the deals created in its month, each deal once; the watermark of the regular sync is left alone.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import lay_way
from cosell.operators.params import BACKFILL_PARAMS
from cosell.timetables import HistoryTimetable

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_backfill"),
        description="Carries the deals of the past, a month at a time, when asked",
        doc_md=__doc__,
        schedule=HistoryTimetable(os.environ.get("COSELL_BACKFILL_SCHEDULE", "0 0 1 * *"), timezone="UTC"),
        start_date=datetime(2010, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        # the UI opens the dialogue, Backfill too, only where runs by hand are allowed; the timetable refuses those
        allowed_run_types=["scheduled", "backfill", "manual"],
        max_active_runs=4,
        params=BACKFILL_PARAMS,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        lay_way()
