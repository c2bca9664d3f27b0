"""A run that died half-way, wherever that was, finishes the job when its tasks are cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import RetryLaterError

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined
from tests.integration.kept import Kept, keep, on_disk
from tests.integration.looks import by_name, counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = pytest.mark.campaign

MOMENTS = 14
"""Moments of a run at which the memory is written, and a little more."""
COMPLETE = {"opportunity": 6, "account": 5, "contact": 2, "cosell_partnercentersolution": 6, "referral": 5}


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """The memory of a process that is killed at its n-th writing, before or after it is done."""

    def __init__(self, state: object, *, at: int, after: bool) -> None:
        self._state, self._left, self._after = state, at, after

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Give what the state gives; `note` and `settle` may be the last that is asked."""
        known: Callable[..., object] = getattr(self._state, name)
        if name not in {"note", "settle"}:
            return known

        def last(content: Iterable[object]) -> None:
            self._left -= 1
            if self._left < 0 and not self._after:
                raise Killed
            known(content)
            if self._left < 0:
                raise Killed

        return last


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Tell of pairs that agree, and of people who edited, created and forgot a country since."""
    folder = tmp_path_factory.mktemp("morning")
    joined = on_disk(folder)
    names = {"portal": joined.referral(name="portal")}
    names["crm"] = joined.opportunity(name="crm")
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, names["portal"], path="/details/dealValue", value=50001)
    crm.update(joined.sandbox, "opportunity", names["crm"], estimatedclosedate="2027-04-30")
    names["fight"], _ = joined.dispute("fight")
    joined.referral(name="new referral")
    joined.opportunity(name="new row")
    joined.opportunity(name="refused", account=joined.account(name="Nowhere", address1_country=None))
    return keep(joined, folder=folder, names=names)


def assert_done(joined: Joined, names: dict[str, str]) -> None:
    """Hold everything that the morning asked for."""
    found = by_name(joined)
    assert set(found) == {"portal", "fight", "crm", "new referral", "new row"}
    assert [name for name, deal in found.items() if not deal.agree()] == ["fight"]
    assert found["portal"].row["estimatedvalue"] == 50001
    assert found["crm"].referral["details"]["closingDateTime"][:10] == "2027-04-30"
    assert all(deal.referral["externalReferenceId"] == deal.row["opportunityid"] for deal in found.values())
    assert {row["name"] for row in joined.rows()} == {
        "✔ portal",
        "❌ fight",
        "✔ crm",
        "✔ new referral",
        "✔ new row",
        "❌ refused",
    }
    assert counts(joined) == COMPLETE


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_cleared_after_a_kill(morning: Kept, tmp_path: Path, moment: int) -> None:
    """Killed just before or after any writing of the memory, and cleared: the job is done once, the next run quiet."""
    joined = morning.go_on(tmp_path)
    facts, state = joined.facts(), joined.state
    joined.state = Mortal(state, at=moment, after=moment % 2 == 1)  # type: ignore[assignment]
    try:
        joined.run(facts)
    except Killed:
        joined.state = state
        joined.run(facts)
    assert_done(joined, morning.names)
    joined.written()
    joined.later(11 * 60)
    joined.state = state
    joined.run()
    assert joined.written() == 0


@pytest.mark.parametrize("moment", range(1, MOMENTS, 4))
def test_left_after_a_kill(morning: Kept, tmp_path: Path, moment: int) -> None:
    """Killed and never cleared: the next runs, once the leases are over, do the job."""
    joined = morning.go_on(tmp_path)
    state = joined.state
    joined.state = Mortal(state, at=moment, after=True)  # type: ignore[assignment]
    try:
        joined.run()
    except Killed:
        joined.state = state
    joined.later(16 * 60)
    joined.run()
    assert_done(joined, morning.names)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "garbage"])
@pytest.mark.parametrize("app", ["partner_center", "dataverse"])
def test_cleared_after_a_system_was_down(morning: Kept, tmp_path: Path, app: str, kind: str) -> None:
    """A system that fails in the midst of a run fails a task or puts records off; cleared, the run does the job."""
    joined = morning.go_on(tmp_path)
    facts = joined.facts()
    joined.break_(
        app, kind, times=0, method="POST" if app == "dataverse" else None, skip=0 if app == "dataverse" else 4
    )
    for task in TASKS:
        try:
            joined.run(facts, tasks=(task,))
        except RetryLaterError:
            break
    joined.sandbox.faults.clear()
    joined.run(facts)
    joined.run()
    assert_done(joined, morning.names)


@pytest.mark.parametrize("landed", [0, 1])
def test_a_half_made_deal_is_completed(tmp_path: Path, landed: int) -> None:
    """Solution rows that did not land are no edit of a seller: they are made, and none is taken from the referral."""
    joined = Joined(tmp_path)
    lines = [{"id": f"SOL-{number}", "name": f"Solution {number}", "type": "Name"} for number in range(2)]
    referral = joined.referral(details={"requirements": {"solutions": lines}})
    facts, path = joined.facts(), r"CreateMultiple|\$batch"
    joined.break_("dataverse", "drop_before", times=0, path=path, request_body="SOL-")
    joined.run(facts)
    joined.sandbox.faults.clear()
    row = joined.row_of(referral)["opportunityid"]
    for line in lines[:landed]:
        told = {"cosell_solutionid": line["id"], "cosell_name": line["name"]}
        crm.create(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row, **told)
    joined.later(60)
    joined.run()
    found = crm.find(joined.sandbox, "cosell_partnercentersolution")
    assert sorted(line["cosell_solutionid"] for line in found) == ["SOL-0", "SOL-1"]
    assert joined.shown(referral)["details"]["requirements"]["solutions"] == lines
    assert joined.row(row)["name"] == "✔ Tailspin rollout"
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
