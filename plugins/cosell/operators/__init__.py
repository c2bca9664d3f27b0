"""The steps of the way as Airflow tasks; what is heavy is imported when a task runs, not when a DAG file is read."""

from cosell.operators.arrival import ArrivalSensor
from cosell.operators.events import CarryEventsOperator
from cosell.operators.holding import HoldingOperator
from cosell.operators.registration import AskForTestOperator, CheckRegistrationOperator, RegisterOperator
from cosell.operators.setup import SetupOperator
from cosell.operators.sign_in import SignInOperator
from cosell.operators.steps import AdvanceOperator, PlanOperator, PullOperator, PushOperator, WriteBackOperator
from cosell.operators.way import lay_way

__all__ = [
    "AdvanceOperator",
    "ArrivalSensor",
    "AskForTestOperator",
    "CarryEventsOperator",
    "CheckRegistrationOperator",
    "HoldingOperator",
    "PlanOperator",
    "PullOperator",
    "PushOperator",
    "RegisterOperator",
    "SetupOperator",
    "SignInOperator",
    "WriteBackOperator",
    "lay_way",
]
