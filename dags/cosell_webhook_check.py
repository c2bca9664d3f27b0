"""# Look after the webhook's registration

Partner Center sends its events to one address only, and whoever registers last has them. Once a day this looks whether
address and events are still as `cosell_webhook_registration` left them. It fails where they are not, and says who has
them now. Where nothing was registered from here, it says so and is green.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from cosell.hooks.environment import environments
from cosell.operators import CheckRegistrationOperator

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_webhook_check"),
        description="Fails where somebody else has taken the webhook's registration",
        doc_md=__doc__,
        schedule=CronTriggerTimetable(os.environ.get("COSELL_WEBHOOK_CHECK_SCHEDULE", "10 5 * * *"), timezone="UTC"),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        default_args={"environment": environment.name, "retries": 3, "retry_delay": timedelta(minutes=1)},
        tags=["cosell", environment.name],
    ):
        CheckRegistrationOperator(task_id="look")
