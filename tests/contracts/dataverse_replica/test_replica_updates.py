"""Editing deals: guarded by their etags, answered one by one, given back as the write left them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import AccessDeniedError
from cosell.sync.ports import Gone, NoAnswer, Rejected, Stale, Written
from replica_crm import change, line

from sandbox.dataverse import crm
from sandbox.faults import Fault

if TYPE_CHECKING:
    from replica_crm import Crm

BATCH = r"\$batch"


def test_an_edit_is_written_and_given_back_whole(crm_at_work: Crm) -> None:
    """The answer is the row after our write, related rows and new etag included."""
    row = crm_at_work.row(crm_at_work.deal(estimatedvalue="10"))
    (answer,) = crm_at_work.update(
        change(row, description="Grüße 🎉", estimatedvalue=Decimal("20.50"), currency__isocurrencycode="USD")
    )
    assert isinstance(answer, Written)
    assert answer.only_ours
    assert answer.row == crm_at_work.row(row.key)
    assert answer.row.etag != row.etag
    assert answer.row.payload["description"] == "Grüße 🎉"
    assert answer.row.payload["estimatedvalue"] == Decimal("20.5")
    assert answer.row.payload["currency"]["isocurrencycode"] == "USD"


def test_null_empties_a_column(crm_at_work: Crm) -> None:
    """A null that the mapper asks for reaches the CRM."""
    row = crm_at_work.row(crm_at_work.deal(description="old"))
    crm_at_work.update(change(row, description=None))
    assert crm_at_work.read("opportunity", row.key)["description"] is None


def test_a_hundred_edits_are_one_write(crm_at_work: Crm) -> None:
    """Edits travel a hundred to a $batch, and reading them back costs two requests."""
    rows = [crm_at_work.row(crm_at_work.deal()) for _ in range(100)]
    crm_at_work.requests()
    answers = crm_at_work.update(*(change(row, stepname="Develop") for row in rows))
    assert [answer.row.key for answer in answers] == [row.key for row in rows]
    asked = crm_at_work.requests()
    assert len([one for one in asked if one["write"]]) == 1
    assert len(asked) <= 4


def test_a_moved_version_is_stale_and_nothing_is_written(crm_at_work: Crm) -> None:
    """A row that a person changed since the etag is left alone; the others of the batch are written."""
    moved, gone, fine = (crm_at_work.row(crm_at_work.deal()) for _ in range(3))
    crm_at_work.edit("opportunity", moved.key, description="by a person")
    crm.delete(crm_at_work.world, "opportunity", gone.key)
    answers = crm_at_work.update(*(change(row, description="ours") for row in (moved, gone, fine)))
    assert answers[:2] == [Stale(), Gone()]
    assert isinstance(answers[2], Written)
    assert crm_at_work.read("opportunity", moved.key)["description"] == "by a person"


def test_a_refusal_comes_in_the_services_words(crm_at_work: Crm) -> None:
    """A value that the CRM does not take refuses its own row, with code and message, and no other."""
    bad, fine = (crm_at_work.row(crm_at_work.deal()) for _ in range(2))
    refused, written = crm_at_work.update(change(bad, name="x" * 301), change(fine, name="short"))
    assert refused == Rejected("0x80044331", refused.message)
    assert "'name'" in refused.message
    assert isinstance(written, Written)


def test_an_unknown_currency_is_refused_before_any_write(crm_at_work: Crm) -> None:
    """A currency that the CRM lacks is told in a sentence."""
    row = crm_at_work.row(crm_at_work.deal())
    (answer,) = crm_at_work.update(change(row, currency__isocurrencycode="XTS"))
    assert answer.code == "currency_unknown"
    assert crm_at_work.row(row.key).etag == row.etag


def test_solutions_become_the_wanted_ones(crm_at_work: Crm) -> None:
    """Rows are kept, changed, added and removed as needed; a kept one is not touched."""
    deal = crm_at_work.deal(transactioncurrencyid=crm.currency("USD"))
    kept = crm_at_work.line(deal, cosell_solutionid="Kept", cosell_name="Solution Kept", cosell_quantity=1)
    changed = crm_at_work.line(deal, cosell_solutionid="Changed", cosell_name="Solution Changed", cosell_quantity=1)
    crm_at_work.line(deal, cosell_solutionid="Removed")
    row = crm_at_work.row(deal)
    before = crm_at_work.read("cosell_partnercentersolution", kept)
    wanted = [line("New", cosell_price=5), line("Changed", cosell_quantity=7), line("Kept", cosell_quantity=1)]
    (answer,) = crm_at_work.update(change(row, solutions=wanted))
    assert answer.only_ours
    held = {one["cosell_solutionid"]: one for one in answer.row.payload["solutions"]}
    assert set(held) == {"Kept", "Changed", "New"}
    assert held["Changed"]["cosell_quantity"] == 7
    assert held["Changed"]["cosell_partnercentersolutionid"] == changed
    assert held["New"]["_transactioncurrencyid_value"] == crm.currency("USD")
    assert crm_at_work.read("cosell_partnercentersolution", kept) == before
    there = crm_at_work.row(deal)
    assert {one["cosell_solutionid"] for one in there.payload["solutions"]} == set(held)
    assert answer.row.etag == there.etag


def test_equal_solutions_are_told_apart_by_number(crm_at_work: Crm) -> None:
    """The same solution twice is two rows, and a repeat of the edit changes nothing."""
    row = crm_at_work.row(crm_at_work.deal())
    wanted = [line("S1", cosell_quantity=1), line("S1", cosell_quantity=2)]
    (first,) = crm_at_work.update(change(row, solutions=wanted))
    crm_at_work.update(change(first.row, solutions=wanted))
    assert sorted(one["cosell_quantity"] for one in crm_at_work.find("cosell_partnercentersolution")) == [1, 2]


def test_a_row_that_a_seller_turned_into_another_solution_is_no_obstacle(crm_at_work: Crm) -> None:
    """Our row of one solution, renamed to another by a seller, does not collide with the row that is added anew."""
    row = crm_at_work.row(crm_at_work.deal())
    (first,) = crm_at_work.update(change(row, solutions=[line("S1")]))
    ours = first.row.payload["solutions"][0]["cosell_partnercentersolutionid"]
    crm_at_work.edit("cosell_partnercentersolution", ours, cosell_solutionid="S2", cosell_name="Solution S2")
    (second,) = crm_at_work.update(change(crm_at_work.row(row.key), solutions=[line("S1"), line("S2")]))
    assert isinstance(second, Written)
    assert {one["cosell_solutionid"] for one in crm_at_work.find("cosell_partnercentersolution")} == {"S1", "S2"}


def test_the_deals_version_guards_its_solutions(crm_at_work: Crm) -> None:
    """A deal that moved since keeps its solutions; one whose solutions change gets a new version by it."""
    row = crm_at_work.row(crm_at_work.deal())
    (answer,) = crm_at_work.update(change(row, solutions=[line("S1")]))
    assert answer.row.etag != row.etag
    assert crm_at_work.update(change(row, solutions=[])) == [Stale()]
    assert len(crm_at_work.find("cosell_partnercentersolution")) == 1


def test_a_refused_solution_undoes_the_deals_edit_too(crm_at_work: Crm) -> None:
    """A deal and its solutions are one change set: all of it or nothing."""
    row = crm_at_work.row(crm_at_work.deal(description="old"))
    (answer,) = crm_at_work.update(change(row, description="new", solutions=[line("S" * 101)]))
    assert isinstance(answer, Rejected)
    assert answer.message.startswith("a solution row")
    assert crm_at_work.row(row.key) == row


def test_a_lost_answer_of_an_edit_is_asked_again(crm_at_work: Crm) -> None:
    """Guarded by its version an edit may be sent again; that the first one landed is then not called stale."""
    row = crm_at_work.row(crm_at_work.deal())
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="drop_after", path=BATCH, times=1))
    (answer,) = crm_at_work.update(change(row, description="ours"))
    assert isinstance(answer, NoAnswer)
    assert crm_at_work.read("opportunity", row.key)["description"] == "ours"


def test_a_cut_short_batch_answer_leaves_every_row_unknown(crm_at_work: Crm) -> None:
    """Half an answer is none: nothing is called written that was not read whole."""
    rows = [crm_at_work.row(crm_at_work.deal()) for _ in range(3)]
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="truncate", path=BATCH, times=0, clean=True))
    answers = crm_at_work.update(*(change(row, description="ours") for row in rows))
    assert all(isinstance(answer, NoAnswer) for answer in answers)


@pytest.mark.parametrize(("close_as", "state"), [("won", 1), ("lost", 2)])
def test_an_edit_may_close_the_deal(crm_at_work: Crm, close_as: str, state: int) -> None:
    """Edit and closing are one change set."""
    row = crm_at_work.row(crm_at_work.deal())
    (answer,) = crm_at_work.update(change(row, close_as=close_as, description="last words"))
    assert answer.row.payload["statecode"] == state
    assert answer.row.payload["description"] == "last words"
    assert answer.only_ours


def test_accounts_and_contacts_are_never_updated(crm_at_work: Crm) -> None:
    """A caller that asks for an edit of a shared row is told so at once."""
    row = crm_at_work.row(crm_at_work.deal())
    with pytest.raises(ValueError, match="shared rows"):
        crm_at_work.update(change(row, account__name="Other"))


def test_a_missing_privilege_stops_the_run(crm_at_work: Crm) -> None:
    """A role that may not write at all stops the run."""
    row = crm_at_work.row(crm_at_work.deal())
    crm_at_work.world.settings["dataverse_denied_privileges"] = ["prvWriteOpportunity"]
    with pytest.raises(AccessDeniedError, match="prvWriteOpportunity"):
        crm_at_work.update(change(row, description="ours"))
