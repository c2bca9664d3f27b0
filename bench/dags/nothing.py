"""# Nothing.

The steps of a sync run with nothing in them: what they take is Airflow's own.
"""

from airflow.sdk import DAG, BaseOperator, Context


class NothingOperator(BaseOperator):
    """A task that is run, unlike Airflow's own empty one, and does nothing."""

    def execute(self, context: Context) -> None:
        """Do nothing."""


with DAG(dag_id="nothing", schedule=None):
    pulls = [NothingOperator(task_id=f"pull_{side}") for side in ("partner_center", "dataverse")]
    pushes = [NothingOperator(task_id=f"push_to_{side}") for side in ("dataverse", "partner_center")]
    (
        pulls
        >> NothingOperator(task_id="plan")
        >> pushes
        >> NothingOperator(task_id="write_back")
        >> NothingOperator(task_id="advance")
    )
