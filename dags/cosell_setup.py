"""# Set up Dynamics 365

Start it by hand, once before the first sync and after an upgrade. It brings the tables, columns, choices, alternate
keys and form section that co-sell needs into the CRM, all in the solution `cosell`, and publishes them. The task's log
tells every step. A dry run only lists what lacks. With *What to do* on *check*, everything that the sync stands on is
looked at, and nothing is written; the task fails where anything is wrong, and its log says how to mend it. A run that
broke off goes on where it stopped; where nothing lacks, nothing is written.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import SetupOperator
from cosell.operators.params import SETUP_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_setup"),
        description="Brings the tables, columns, choices, keys and form that co-sell needs into Dynamics 365",
        doc_md=__doc__,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=SETUP_PARAMS,
        default_args={
            "environment": environment.name,
            "retries": 3,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(hours=2),
        },
        tags=["cosell", environment.name],
    ):
        SetupOperator(task_id="set_up")
