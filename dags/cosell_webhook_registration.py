"""# Let Partner Center send its events here

Start it by hand, with the form. It shows what is registered now and what would change, and registers the receiver's
address; another address, or events that nobody here asked for, only with *Overwrite*. What stood before is kept and can
be put back. Then it asks for a test event and waits until that lies in our inbox and Partner Center calls it delivered.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import ArrivalSensor, AskForTestOperator, RegisterOperator
from cosell.operators.params import REGISTRATION_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_webhook_registration"),
        description="Registers the webhook's address in Partner Center, and tries it",
        doc_md=__doc__,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        params=REGISTRATION_PARAMS,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        (
            RegisterOperator(task_id="register")
            >> AskForTestOperator(task_id="ask_for_test_event", after="register")
            >> ArrivalSensor(task_id="await_test_event", after="ask_for_test_event", patience=timedelta(minutes=10))
        )
