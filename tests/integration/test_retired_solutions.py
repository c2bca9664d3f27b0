"""A solution that is offered no more is told on the open deals that hold it, and nothing else happens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cosell.core.record import Ref

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import PC, Joined

if TYPE_CHECKING:
    from cosell.sync.ports import Unsettled

TABLE = "cosell_solutiondetail"
SOLUTION = {"id": "SOL-12345-ABC", "name": "Tailspin Connect", "type": "Name"}


def entry(joined: Joined) -> str:
    """Give the catalogue's entry of the solution."""
    (row,) = crm.find(joined.sandbox, TABLE, cosell_solutionid=SOLUTION["id"])
    return str(row["cosell_solutiondetailid"])


def deal(joined: Joined, **members: Any) -> str:  # noqa: ANN401 - members of a referral
    """Let a deal with the solution be carried; a further run is quiet."""
    referral = joined.referral(details={"requirements": {"solutions": [SOLUTION]}}, **members)
    joined.run()
    joined.run()
    return referral


def retire(joined: Joined, **columns: Any) -> None:  # noqa: ANN401 - columns of a row
    """Let a person change the entry, so late that no window shows the deals that hold it."""
    joined.later(3600)
    joined.run()
    joined.later(3600)
    crm.update(joined.sandbox, TABLE, entry(joined), **columns)
    joined.writes()


def held(joined: Joined, referral: str) -> Unsettled | None:
    """Give what is kept of the deal."""
    return joined.state.unsettled([Ref(PC, referral)]).get(Ref(PC, referral))


def test_a_retired_solution_is_told_and_the_deal_goes_on(joined: Joined) -> None:
    """One line in Audit, a check mark, one write; edits travel, and a further run is quiet."""
    solution = {**SOLUTION, "id": "SOL-34104-EBB"}
    other = joined.referral(name="Another", details={"requirements": {"solutions": [solution]}})
    referral = deal(joined)
    retire(joined, cosell_active=False)
    joined.run()
    row = joined.row_of(referral)
    assert "A solution on this deal is offered no more: Tailspin Connect." in row["cosell_audit"]
    assert "[SOLUTION-3]" in row["cosell_audit"]
    assert (row["name"][0], row["cosell_syncstatus"]) == ("✔", 727000001)
    assert joined.row_of(other)["cosell_audit"] == "In step with Partner Center."
    assert joined.written() == 1
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=77000)
    joined.run()
    assert joined.row_of(referral)["estimatedvalue"] == 77000
    assert "[SOLUTION-3]" in joined.row_of(referral)["cosell_audit"]
    joined.writes()
    for _ in range(3):
        joined.run()
        joined.later(3600)
        assert joined.writes() == []


def test_it_goes_when_the_solution_is_offered_again(joined: Joined) -> None:
    """Whichever way it was retired."""
    referral = deal(joined)
    retire(joined, statecode=1, statuscode=2)
    joined.run()
    assert "[SOLUTION-3]" in joined.row_of(referral)["cosell_audit"]
    retire(joined, statecode=0, statuscode=1)
    joined.run()
    assert joined.row_of(referral)["cosell_audit"] == "In step with Partner Center."
    assert held(joined, referral) is None


def test_it_goes_when_another_solution_is_chosen(joined: Joined) -> None:
    """The seller follows the sentence."""
    referral = deal(joined)
    retire(joined, cosell_active=False)
    joined.run()
    key = joined.row_of(referral)["opportunityid"]
    (line,) = crm.find(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=key)
    columns = {"cosell_solutionid": "SOL-34104-EBB", "cosell_name": "Contoso Supply Chain"}
    joined.later(60)
    crm.update(joined.sandbox, "cosell_partnercentersolution", line["cosell_partnercentersolutionid"], **columns)
    joined.run()
    assert joined.row_of(referral)["cosell_audit"] == "In step with Partner Center."
    assert [one["id"] for one in joined.shown(referral)["details"]["requirements"]["solutions"]] == ["SOL-34104-EBB"]


def test_a_new_deal_with_a_retired_solution_is_told_too(joined: Joined) -> None:
    """It is carried, and the run after says so."""
    retire(joined, cosell_active=False)
    referral = deal(joined)
    assert "[SOLUTION-3]" in joined.row_of(referral)["cosell_audit"]


def test_a_closed_deal_is_left_alone(joined: Joined) -> None:
    """Nobody can choose another solution there."""
    referral = deal(joined)
    portal.close(joined.sandbox, referral)
    joined.run()
    joined.run()
    retire(joined, cosell_active=False)
    joined.run()
    assert joined.written() == 0
    assert "SOLUTION-3" not in joined.row_of(referral)["cosell_audit"]


def test_a_dry_run_finds_it_and_keeps_nothing(joined: Joined) -> None:
    """The next run still finds it."""
    referral = deal(joined)
    retire(joined, cosell_active=False)
    joined.run(joined.facts(dry_run=True))
    assert joined.written() == 0
    joined.run()
    assert "[SOLUTION-3]" in joined.row_of(referral)["cosell_audit"]


def test_rows_that_are_not_bound_are_left_alone(joined: Joined) -> None:
    """A seller's opportunity that is not shared is not even read."""
    key = joined.opportunity(cosell_syncwithpartnercenter=False, solutions=0)
    line = {"cosell_solutionid": SOLUTION["id"], "cosell_name": SOLUTION["name"]}
    crm.create(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=key, **line)
    joined.run()
    retire(joined, cosell_active=False)
    joined.run()
    assert joined.written() == 0
    assert joined.row(key)["cosell_audit"] is None
