"""A person without a shell decides by the form of `cosell_resolve`, one with a shell by `airflow cosell`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.core.record import Ref, Side
from cosell.hooks.state import opened

from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.persons import Persons

DAGS = Path(__file__).parents[2] / "dags"
LINE = "fields:\n  deal_value: {partner_center: details.dealValue, dataverse: estimatedvalue, converter: money}\n"
NOTES = "Ask Åsa Nilsson"


@pytest.fixture(scope="module")
def own(deployed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder for the memory and the staged files, which no other test looks into, and for the mapping."""
    del deployed
    folder = tmp_path_factory.mktemp("own")
    state = {"conn_type": "generic", "extra": {"url": f"sqlite:///{folder / 'state.db'}"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(state))
        patch.setenv("COSELL_MAPPINGS", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def settings(own: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the mapping name no winner for the value; give a way to change the settings."""
    (own / "referral_opportunity.yaml").write_text(LINE)

    def put(**members: object) -> None:
        told = {"staged_in": f"file://{own / 'staged'}", **members}
        monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps(told))

    put()
    return put


def run(dag_id: str, **said: object) -> str:
    """Run a DAG as Airflow's own test runner does; give how it ended."""
    dag = DagBag(dag_folder=str(DAGS / f"{dag_id}.py"), load_op_links=False).dags[dag_id]
    return str(dag.test(run_conf=said).state)


def disputed(persons: Persons, value: int) -> str:
    """Let both sides change the value of a deal; give its referral."""
    referral = str(persons.do("create_deal", name="Both changed it", details={"notes": NOTES})["id"])
    assert run("cosell_sync") == "success"
    row = persons.opportunity_of(referral)
    assert row is not None
    persons.do("edit", id=referral, path="/details/dealValue", value=value)
    persons.do("dataverse.update", table="opportunity", row=row["opportunityid"], estimatedvalue=value + 1)
    assert run("cosell_sync") == "success"
    return referral


def held(referral: str) -> Any:  # noqa: ANN401 - an entry or nothing
    """Give why a deal is held."""
    with opened() as state:
        return state.unsettled([Ref(Side.PARTNER_CENTER, referral)]).get(Ref(Side.PARTNER_CENTER, referral))


def value_of(persons: Persons, referral: str) -> tuple[int, int]:
    """Give what both sides hold."""
    row = persons.opportunity_of(referral)
    assert row is not None
    return int(persons.referral(referral)["details"]["dealValue"]), int(float(row["estimatedvalue"]))


def test_the_form_shows_and_resolves(persons: Persons, capfd: pytest.CaptureFixture[str]) -> None:
    """The log names the record, the ids of what is said and what was done, and holds no value and nobody's name."""
    referral = disputed(persons, 5000)
    capfd.readouterr()
    assert run("cosell_resolve", what="show", reason="conflict") == "success"
    shown = "".join(capfd.readouterr())
    assert f"{referral}: conflict since" in shown
    assert "CONFLICT-1" in shown
    assert run("cosell_resolve", what="resolve", record=referral, field="deal_value", take="dataverse") == "success"
    told = "".join(capfd.readouterr())
    assert f"{referral}: deal_value is taken from the CRM and carried to Partner Center" in told
    assert not [each for each in ("5000", "5001", "Nilsson", "Both changed") if each in shown + told]
    assert run("cosell_sync") == "success"
    assert value_of(persons, referral) == (5001, 5001)
    assert held(referral) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"what": "resolve", "field": "deal_value", "take": "dataverse"}, "fill in 'record' in the form"),
        ({"what": "resolve", "record": "nobody's", "field": "notes", "take": "dataverse"}, "no pair that is held"),
        ({"what": "retry"}, "fill in 'record' in the form"),
        ({"what": "retry", "record": "nobody's"}, "nothing to retry"),
        ({"what": "allow brake"}, "No run stands still by a brake"),
        ({"what": "allow mapping"}, "No run stands still by a mapping"),
    ],
)
def test_the_form_says_what_cannot_be_done(said: dict[str, str], why: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The task is red, is not tried again, and its log says why."""
    assert run("cosell_resolve", **said) == "failed"
    assert why in "".join(capfd.readouterr())


def test_the_form_tries_again(persons: Persons, capfd: pytest.CaptureFixture[str]) -> None:
    """One record, or all that are held for a reason."""
    referral = disputed(persons, 6000)
    assert held(referral).due > datetime.now(UTC)
    for said in ({"what": "retry", "record": referral}, {"what": "retry all", "reason": "conflict"}):
        capfd.readouterr()
        assert run("cosell_resolve", **said) == "success"
        assert "retry: 1 held records" in "".join(capfd.readouterr())
        assert held(referral).due <= datetime.now(UTC)
        assert run("cosell_sync") == "success"


def test_the_command_line_lists_resolves_and_retries(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """With the values before and after, which a log must not hold."""
    referral = disputed(persons, 7000)
    capsys.readouterr()
    typed("unsettled", "--reason", "conflict")
    assert referral in capsys.readouterr().out
    typed("resolve", referral, "--field", "deal_value", "--take", "partner_center")
    assert "Deal value in the CRM: 7001 ⇒ 7000" in capsys.readouterr().out
    typed("unsettled", "--reason", "conflict")
    assert "A person took Deal value from" in " ".join(capsys.readouterr().out.split())
    typed("retry", referral)
    assert "1 record is tried again" in capsys.readouterr().out
    assert run("cosell_sync") == "success"
    assert value_of(persons, referral) == (7000, 7000)
    with pytest.raises(SystemExit, match=r"CannotResolveError: .* is no pair that is held"):
        typed("resolve", referral, "--field", "deal_value", "--take", "partner_center")
    for words in (("retry",), ("retry", referral, "--all")):
        with pytest.raises(SystemExit, match="either the id of one record, or --all"):
            typed(*words)
    typed("unsettled", "--reason", "orphan")
    assert "No record is held for that reason." in capsys.readouterr().out


def test_a_side_is_paused_by_the_settings(persons: Persons, settings: Callable[..., None]) -> None:
    """The Variable names the side; taken out of it, the next run carries what waited."""
    referral = str(persons.do("create_deal", name="Paused")["id"])
    settings(paused_sides=["dataverse"])
    assert run("cosell_sync") == "success"
    assert persons.opportunity_of(referral) is None
    assert held(referral).reason == "side_paused"
    settings()
    assert run("cosell_sync") == "success"
    assert persons.opportunity_of(referral) is not None


def test_what_stands_still_is_shown_and_let_through(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed mapping stops the sync until a person allows it."""
    assert run("cosell_sync") == "success"
    (own / "referral_opportunity.yaml").write_text(LINE.replace("money}", "money, on_conflict: partner_center}"))
    assert run("cosell_sync") == "failed"
    capsys.readouterr()
    typed("unsettled")
    shown = " ".join(capsys.readouterr().out.split())
    assert "STOPPED since" in shown
    assert "The mapping of deal_value is not the one in memory" in shown
    assert "airflow cosell allow mapping" in shown
    typed("allow", "mapping")
    assert "The next run of cosell_sync passes this, once." in capsys.readouterr().out
    typed("unsettled")
    assert "The next run passes it." in " ".join(capsys.readouterr().out.split())
    assert run("cosell_sync") == "success"
    typed("unsettled")
    assert "STOPPED" not in capsys.readouterr().out
    with pytest.raises(SystemExit, match="nothing to allow"):
        typed("allow", "mapping")
