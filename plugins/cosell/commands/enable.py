"""`airflow cosell enable`: switches the DAGs on, in their order, where the doctor finds nothing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.commands.doctor import shown
from cosell.commands.opened import console, environment_of
from cosell.core.checkup.finding import Verdict, is_content
from cosell.hooks.checkup.checks import WEBHOOK

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

ORDER: Final = ("cosell_sync", "cosell_events", "cosell_reconcile", "cosell_webhook_check")
"""First what decides where to begin and catches what others miss; then what is quick; then what looks after both."""
_BY_WEBHOOK: Final = frozenset({"cosell_events", "cosell_webhook_check"})
_UNKNOWN = (
    "Nothing was switched on: Airflow does not know {}. Copy dags/*.py to the DAGs folder, and wait until Airflow has "
    "read them."
)


def switch_on(args: Namespace) -> None:
    """Un-pause the DAGs; nothing where anything is wrong, or one is not known. A warning does not stop it."""
    environment = environment_of(args)
    found = shown(environment)
    if not is_content(found.values()):
        raise SystemExit("Nothing was switched on: first mend what is wrong above.")
    has_webhook = found[WEBHOOK].verdict is Verdict.OK
    wanted = [environment.own(plain) for plain in ORDER if has_webhook or plain not in _BY_WEBHOOK]
    paused = _paused(wanted)
    if unknown := [dag_id for dag_id in wanted if dag_id not in paused]:
        raise SystemExit(_UNKNOWN.format(", ".join(unknown)))
    out = console()
    for dag_id in wanted:
        if paused[dag_id]:
            _unpause(dag_id)
        out.print(f"{dag_id} {'is on now' if paused[dag_id] else 'was on already'}.")
    for dag_id in map(environment.own, ORDER):
        if dag_id not in wanted:
            out.print(f"{dag_id} stays as it is: no webhook of this deployment is registered.")


def _paused(dag_ids: Iterable[str]) -> dict[str, bool]:
    """Tell which of the DAGs that Airflow knows are paused."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    question = select(DagModel).where(DagModel.dag_id.in_(tuple(dag_ids)), DagModel.is_stale.is_(False))
    with create_session() as session:
        return {dag.dag_id: dag.is_paused for dag in session.scalars(question)}


def _unpause(dag_id: str) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.get(DagModel, dag_id).is_paused = False
