"""Both scenarios of the guide: whole on the simulated systems, and private as they are played on a real tenant."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from argparse import Namespace
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cosell.commands.scenario import run_scenario
from cosell.core.record import SolutionLine
from cosell.scenarios.deal import LABEL, Setting
from cosell.scenarios.from_partner_center import FromPartnerCenter
from cosell.scenarios.from_the_crm import FromTheCrm
from cosell.scenarios.people import People, with_every_field_open
from cosell.scenarios.steps import Outcome, Scenario, Verdict, play
from cosell.sync.steps import PlanOptions
from cosell.sync.tables import main_of

from local.family import Family
from local.home import Home, as_environment, connections
from local.persons import Persons
from local.progress import Progress
from local.stage import Stage
from sandbox.dataverse import crm
from tests.integration.joined import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.joined import Joined

ROOT = Path(__file__).parents[2]
SELLER = "bo.lind@contoso.example"
SETTING = Setting(solution=SolutionLine("SOL-12345-ABC", "Connect", None, Decimal(1)), seller=SELLER, currency="EUR")


def played(
    joined: Joined, make: Callable[[People, Setting], Scenario], *, running: bool = True
) -> dict[str, list[Outcome]]:
    """Play a scenario on empty systems, the sync running or not; give the outcomes by number."""
    told: list[Outcome] = []

    async def carry() -> None:
        facts = joined.facts()
        for task in TASKS if running else ():
            await joined._task(facts, task, PlanOptions())

    async def tell_it() -> None:
        async with AsyncExitStack() as stack:
            world = main_of(await joined.worlds(stack, "people"))
            people = People(world, with_every_field_open(world.mapper), carry=carry, patience=0 if not running else 60)
            await play(make(people, SETTING), tell=told.append)

    asyncio.run(tell_it())
    by_seed: dict[str, list[Outcome]] = {}
    for outcome in told:
        by_seed.setdefault(outcome.step.seed, []).append(outcome)
    return by_seed


def verdicts(outcomes: dict[str, list[Outcome]]) -> dict[str, set[Verdict]]:
    """Give the verdicts by number."""
    return {seed: {one.verdict for one in some} for seed, some in outcomes.items()}


def test_make_scenarios_plays_both_and_prints_each_step() -> None:
    """Every number of the guide's two chapters stands there with its verdict, and the end says that all passed."""
    command = [sys.executable, "-m", "local", "scenarios"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    found = dict(re.findall(r"^(S-\d+)\s+(passed|FAILED|left out|not reached)", done.stdout, flags=re.MULTILINE))
    assert found == dict.fromkeys([f"S-{number}" for number in range(113, 130)], "passed"), done.stdout + done.stderr
    assert "deal value, close date, notes, solutions, team" in done.stdout
    assert done.returncode == 0


def test_on_a_real_tenant_the_first_stays_private(joined: Joined) -> None:
    """No help is asked for, nobody sees it, everything else is done; nothing that is open is left behind."""
    outcomes = verdicts(played(joined, FromTheCrm))
    assert outcomes.pop("S-115") == {Verdict.LEFT_OUT}
    assert set.union(*outcomes.values()) == {Verdict.PASSED}, outcomes
    (referral,) = joined.referrals()
    assert (referral["status"], referral["type"]) == ("Closed", "Independent")
    assert referral["consent"]["consentToShareReferralWithMicrosoftSellers"] is False
    rows = joined.rows()
    assert len(rows) == 2
    assert all(row["statecode"] == 2 and LABEL in row["name"] for row in rows)
    assert all(LABEL in account["name"] for account in crm.find(joined.sandbox, "account"))


def test_on_a_real_tenant_the_second_stays_private(joined: Joined) -> None:
    """One private referral, one opportunity, both closed in the end."""
    assert set.union(*verdicts(played(joined, FromPartnerCenter)).values()) == {Verdict.PASSED}
    (referral,), (row,) = joined.referrals(), joined.rows()
    assert (referral["status"], referral["type"], row["statecode"]) == ("Closed", "Independent", 2)
    assert row["cosell_referralidentifier"] == referral["id"]


@pytest.mark.parametrize(("make", "seed"), [(FromTheCrm, "S-119"), (FromPartnerCenter, "S-128")])
def test_where_nothing_runs_the_scenario_says_so_and_closes(
    joined: Joined, make: Callable[[People, Setting], Scenario], seed: str
) -> None:
    """The step that waits fails, the rest is not reached, and what was made is closed on its own side."""
    outcomes = verdicts(played(joined, make, running=False))
    assert outcomes[seed] == {Verdict.FAILED}
    assert Verdict.NOT_REACHED in set.union(*outcomes.values())
    assert all(row["statecode"] == 2 for row in joined.rows())
    assert all(referral["status"] == "Closed" for referral in joined.referrals())


def arguments(**changes: object) -> Namespace:
    """Give what the command line says."""
    said = {"number": 1, "env": "default", "solution": "SOL-1", "seller": SELLER, "currency": "EUR", "country": "DE"}
    return Namespace(**(said | {"colleague": None, "minutes": 1.0, "yes": False} | changes))


def test_an_unknown_environment_is_an_error_that_says_so() -> None:
    """Those that are known are named."""
    with pytest.raises(SystemExit, match=r"no environment 'stage'; COSELL_ENVIRONMENTS gives default$"):
        run_scenario(arguments(env="stage"))


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a deployment whose connections lead to simulated systems, where no DAG runs."""
    home = Home(folder=tmp_path)
    home.prepare()
    with Family(folder=ROOT, logs=home.logs) as family:
        stage = Stage(home, family=family, progress=Progress())
        stage.start_sandbox()
        url = json.dumps({"extra": {"url": f"sqlite:///{tmp_path}/state.db"}})
        told = {"AIRFLOW_CONN_COSELL_STATE_DEFAULT": url, "AIRFLOW_VAR_COSELL_SETTINGS": "{}"}
        told |= {"AIRFLOW_VAR_COSELL_START": "now", "STATE": str(home.sandbox)}
        yield stage.environment | told | as_environment(connections(stage.facts))


def called(environment: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    """Call the command and give what came of it."""
    command = [sys.executable, "-m", "airflow", "cosell", "scenario", "1", "--solution", "SOL-12345-ABC"]
    command += ["--seller", SELLER, "--currency", "EUR", *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603


def test_the_command_lists_what_it_makes_and_makes_nothing_unasked(deployment: dict[str, str]) -> None:
    """Without --yes and without anybody to ask it ends with the list; with it the story is played and closed."""
    asked = called(deployment)
    assert (asked.returncode, "--yes" in asked.stdout) == (1, True), asked.stdout + asked.stderr
    assert f"opportunity '{LABEL} Scenario 1" in asked.stdout
    assert "S-113" not in asked.stdout
    persons = Persons(json.loads((Path(deployment["STATE"]) / "sandbox.json").read_text()))
    assert persons.do("dataverse.find", table="opportunity") == []
    agreed = called(deployment, "--yes", "--minutes", "0")
    assert agreed.returncode == 1
    assert re.search(r"^S-119 +FAILED .*waiting for the referral", agreed.stdout, flags=re.MULTILINE), agreed.stdout
    (row,) = persons.do("dataverse.find", table="opportunity")
    assert row["statecode"] == 2
