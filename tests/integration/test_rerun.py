"""Any task of a finished run may be run again: at once or weeks later, with its staged files there or gone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined
from tests.integration.kept import Kept, keep, on_disk
from tests.integration.looks import by_name, counts, values

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400


def _first_deals(joined: Joined) -> dict[str, str]:
    """Give deals that both sides agree on."""
    names = {name: joined.referral(name=name) for name in ("portal value", "quiet")}
    rows = {name: joined.opportunity(name=name) for name in ("crm day", "crm quiet")}
    joined.run()
    found = by_name(joined)
    return names | rows | {f"row of {name}": found[name].row["opportunityid"] for name in names}


def _busy_day(joined: Joined, names: dict[str, str]) -> None:
    """Let people make all kinds of work for one run."""
    portal.edit(joined.sandbox, names["portal value"], path="/details/dealValue", value=50001)
    crm.update(joined.sandbox, "opportunity", names["crm day"], estimatedclosedate="2027-04-30")
    names["fight"], names["row of fight"] = joined.dispute("fight")
    names["new referral"] = joined.referral(name="new referral")
    names["new row"] = joined.opportunity(name="new row")
    names["refused"] = joined.opportunity(name="refused", account=joined.account(name="Nowhere", address1_country=None))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Tell of a run with creates and updates both ways, a conflict and a refusal; its files are kept twice."""
    folder = tmp_path_factory.mktemp("finished")
    joined = on_disk(folder)
    names = _first_deals(joined)
    joined.later(60)
    _busy_day(joined, names)
    facts = joined.run(tasks=TASKS[:-1])
    shutil.copytree(joined.folder, folder / "staged before advance")
    joined.run(facts, tasks=TASKS[-1:])
    return keep(joined, folder=folder, names=names)


def again(joined: Joined, task: str, *, staged: bool) -> None:
    """Run one task of the finished run once more."""
    if staged:
        shutil.copytree(joined.folder.parent / "staged before advance", joined.folder, dirs_exist_ok=True)
    joined.written()
    joined.run(replace(joined.facts(), run_id="run-2"), tasks=(task,))


@pytest.mark.parametrize(("days", "staged"), [(0, False), (30, True)], ids=["at once", "weeks later"])
@pytest.mark.parametrize("task", TASKS)
def test_a_rerun_changes_nothing(finished: Kept, tmp_path: Path, task: str, days: int, *, staged: bool) -> None:
    """Where nobody edited, a task that is run again, and the run after it, write nothing."""
    joined = finished.go_on(tmp_path)
    before = values(joined)
    joined.later(days * DAY)
    again(joined, task, staged=staged)
    joined.run()
    assert joined.written() == 0
    assert values(joined) == before


@pytest.mark.parametrize(("days", "staged"), [(0, True), (30, False)], ids=["at once", "weeks later"])
@pytest.mark.parametrize("task", TASKS)
def test_a_rerun_loses_no_edit(finished: Kept, tmp_path: Path, task: str, days: int, *, staged: bool) -> None:
    """Where people edited since, every edit is on both sides in the end, and nothing stands twice."""
    joined, names = finished.go_on(tmp_path), finished.names
    before = counts(joined)
    joined.later(days * DAY + 60)
    portal.edit(joined.sandbox, names["portal value"], path="/details/dealValue", value=60002)
    portal.edit(joined.sandbox, names["new referral"], path="/details/notes", value="fresh from the portal")
    crm.update(joined.sandbox, "opportunity", names["row of portal value"], description="fresh from the CRM")
    crm.update(joined.sandbox, "opportunity", names["crm day"], estimatedclosedate="2027-06-30")
    crm.update(joined.sandbox, "opportunity", names["new row"], estimatedvalue=777)
    again(joined, task, staged=staged)
    joined.run()
    joined.later(16 * 60)
    joined.run()
    found = by_name(joined)
    assert [name for name, deal in found.items() if not deal.agree()] == ["fight"]
    assert found["portal value"].row["estimatedvalue"] == 60002
    assert found["portal value"].referral["details"]["notes"] == "fresh from the CRM"
    assert found["new referral"].row["description"] == "fresh from the portal"
    assert found["crm day"].referral["details"]["closingDateTime"][:10] == "2027-06-30"
    assert found["new row"].referral["details"]["dealValue"] == 777
    assert counts(joined) == before


@pytest.mark.parametrize("task", TASKS)
def test_a_rerun_writes_no_old_value(finished: Kept, tmp_path: Path, task: str) -> None:
    """A value that moved on since, on both sides, is not put back by a task whose files tell of the former one."""
    joined, names = finished.go_on(tmp_path), finished.names
    joined.later(60)
    portal.edit(joined.sandbox, names["portal value"], path="/details/dealValue", value=60002)
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, names["portal value"], path="/details/dealValue", value=42000)
    joined.run()
    joined.later(DAY)
    again(joined, task, staged=True)
    assert joined.written() == 0
    assert joined.row(names["row of portal value"])["estimatedvalue"] == 42000
    assert joined.shown(names["portal value"])["details"]["dealValue"] == 42000
