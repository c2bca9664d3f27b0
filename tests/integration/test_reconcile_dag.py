"""Whole runs of the real DAG over everything: a dry one that tells what is linked and new, then the real one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.dag_processing.dagbag import DagBag

from tests.integration.driven import typed

if TYPE_CHECKING:
    from local.persons import Persons

DAGS = Path(__file__).parents[2] / "dags"
pytestmark = pytest.mark.usefixtures("deployed")


def run(**params: object) -> str:
    """Run the DAG as Airflow's own test runner does; give the run's id."""
    dag = DagBag(dag_folder=str(DAGS / "cosell_reconcile.py"), load_op_links=False).dags["cosell_reconcile"]
    done = dag.test(run_conf=params)
    assert done.state == "success"
    return str(done.run_id)


def test_deals_are_told_and_then_linked(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """Before any other run: one deal of each side tied by an id, one that is new; the dry run writes nothing."""
    row, _ = persons.sell("Old deal", customer="Customer AB", country="SE")
    tied = persons.do("create_deal", name="Old deal", externalReferenceId=row)["id"]
    new = persons.do("create_deal", name="New deal")["id"]
    before = persons.opportunity(row)
    run_id = run(dry_run=True)
    capsys.readouterr()
    typed("plan", run_id)
    shown = capsys.readouterr().out
    assert "Unbound deals: 1 linked, 0 ambiguous, 1 new (0 in Partner Center, 1 in the CRM)" in shown
    assert "ADOPT" in shown
    assert persons.opportunity(row) == before
    assert persons.opportunity_of(new) is None
    run()
    assert persons.opportunity(row)["cosell_referralidentifier"] == tied
    made = persons.opportunity_of(new)
    assert made is not None
    assert made["name"] == "✔ New deal"
