"""The steps of the way as Airflow tasks; what is heavy is imported when a task runs, not when a DAG file is read."""

from cosell.operators.steps import AdvanceOperator, PlanOperator, PullOperator, PushOperator, WriteBackOperator

__all__ = ["AdvanceOperator", "PlanOperator", "PullOperator", "PushOperator", "WriteBackOperator"]
