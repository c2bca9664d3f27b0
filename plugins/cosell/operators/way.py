"""The way as tasks: what every DAG that carries deals is made of."""

from __future__ import annotations

from cosell.operators.steps import AdvanceOperator, PlanOperator, PullOperator, PushOperator, WriteBackOperator


def lay_way(*, whole: bool = False) -> None:
    """Put the seven tasks, in their order, into the DAG that is being made; `whole`: its runs read both sides whole."""
    pulls = [
        PullOperator(task_id="pull_partner_center", side="partner_center", whole=whole),
        PullOperator(task_id="pull_dataverse", side="dataverse", whole=whole),
    ]
    pushes = [
        PushOperator(task_id="push_to_dataverse", side="dataverse", whole=whole),
        PushOperator(task_id="push_to_partner_center", side="partner_center", whole=whole),
    ]
    (
        pulls
        >> PlanOperator(task_id="plan", whole=whole)
        >> pushes
        >> WriteBackOperator(task_id="write_back", whole=whole)
        >> AdvanceOperator(task_id="advance", whole=whole)
    )
