"""# Decide on what is held

Start it by hand. The form does what `airflow cosell unsettled`, `resolve`, `retry` and `allow` do on the command line;
the task's log tells what was done. Nothing is written to either system here: the next run of `cosell_sync` does that.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import HoldingOperator
from cosell.operators.params import HOLDING_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_resolve"),
        description="Decides on held records by a form: choose a value, try again, let a brake through",
        doc_md=__doc__,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        params=HOLDING_PARAMS,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        HoldingOperator(task_id="decide")
