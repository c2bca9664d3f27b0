"""Persons and other runs at work between our requests: nothing of theirs is taken for ours, nothing is doubled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import anyio
import pytest
from cosell.core.errors import AccessDeniedError, ForeignHostError, SchemaDriftError, ThrottledError
from cosell.sync.ports import Stale, Written
from replica_crm import change, draft, line

from sandbox.dataverse import crm
from sandbox.faults import Fault

if TYPE_CHECKING:
    from cosell.adapters.dataverse import DataverseReplica
    from replica_crm import Crm

READ_BACK = "GET https://contoso.crm4.dynamics.com/api/data/v9.2/opportunities?"


def test_an_edit_before_the_reading_back_of_a_create_is_not_ours(crm_at_work: Crm) -> None:
    """What a person changed between our create and its reading is shown, and said to be not ours alone."""

    def edit() -> None:
        (deal,) = crm_at_work.find("opportunity")
        crm_at_work.edit("opportunity", deal["opportunityid"], description="by a person")

    crm_at_work.before(READ_BACK, edit)
    (answer,) = crm_at_work.create(draft())
    assert answer.row.payload["description"] == "by a person"
    assert not answer.only_ours


def test_a_solution_added_before_the_reading_back_is_not_ours(crm_at_work: Crm) -> None:
    """A solution row that a seller added to the new deal is theirs."""

    def add() -> None:
        (deal,) = crm_at_work.find("opportunity")
        crm_at_work.line(deal["opportunityid"], cosell_solutionid="Theirs")

    crm_at_work.before(READ_BACK, add)
    (answer,) = crm_at_work.create(draft(solutions=[line("S1")]))
    assert not answer.only_ours


@pytest.mark.parametrize("moment", [READ_BACK, "$batch"])
def test_an_edit_before_the_closing_is_not_hidden_by_it(crm_at_work: Crm, moment: str) -> None:
    """Closing makes us the last modifier; what a person changed before it, read or not, is still not ours."""

    def edit() -> None:
        (deal,) = crm_at_work.find("opportunity")
        crm_at_work.edit("opportunity", deal["opportunityid"], description="by a person")

    crm_at_work.before(moment, edit)
    (answer,) = crm_at_work.create(draft(close_as="won"))
    assert answer.row.payload["statecode"] == 1
    assert not answer.only_ours


def test_an_edit_after_ours_is_not_mixed_into_it(crm_at_work: Crm) -> None:
    """The row is given as our write left it, with that version: the later edit is found by the next pull."""
    row = crm_at_work.row(crm_at_work.deal(description="old", stepname="Qualify"))
    crm_at_work.before(
        READ_BACK, lambda: crm_at_work.edit("opportunity", row.key, description="by a person", stepname="Close")
    )
    (answer,) = crm_at_work.update(change(row, description="ours"))
    assert answer.only_ours
    assert answer.row.payload["description"] == "ours"
    assert answer.row.payload["stepname"] == "Qualify"
    assert answer.row.etag != crm_at_work.row(row.key).etag


def test_solutions_edited_after_ours_are_not_mixed_into_it(crm_at_work: Crm) -> None:
    """Solution rows too are given as our write left them."""
    deal = crm_at_work.deal()
    kept = crm_at_work.line(deal, cosell_solutionid="Kept", cosell_name="Solution Kept", cosell_quantity=1)
    row = crm_at_work.row(deal)
    crm_at_work.before("$batch", lambda: None)
    crm_at_work.before(READ_BACK, lambda: crm_at_work.edit("cosell_partnercentersolution", kept, cosell_quantity=9))
    wanted = [line("Kept", cosell_quantity=1), line("New")]
    (answer,) = crm_at_work.update(change(row, solutions=wanted))
    held = {one["cosell_solutionid"]: one["cosell_quantity"] for one in answer.row.payload["solutions"]}
    assert held == {"Kept": 1, "New": None}


@pytest.mark.parametrize("wanted", [[line("S1", cosell_quantity=2)], []])
def test_a_solution_edited_before_ours_is_not_overwritten(crm_at_work: Crm, wanted: list[dict[str, object]]) -> None:
    """The deal's version does not move with its solution rows: each that we change or remove is guarded by its own."""
    deal = crm_at_work.deal()
    theirs = crm_at_work.line(deal, cosell_solutionid="S1", cosell_name="Solution S1", cosell_quantity=1)
    row = crm_at_work.row(deal)
    crm_at_work.before("$batch", lambda: crm_at_work.edit("cosell_partnercentersolution", theirs, cosell_quantity=9))
    assert crm_at_work.update(change(row, solutions=wanted)) == [Stale()]
    assert crm_at_work.read("cosell_partnercentersolution", theirs)["cosell_quantity"] == 9


def test_a_solution_removed_before_ours_means_to_look_again(crm_at_work: Crm) -> None:
    """A solution row that a seller deleted meanwhile is no refusal of the deal; nothing of the edit is written."""
    deal = crm_at_work.deal(description="old")
    theirs = crm_at_work.line(deal, cosell_solutionid="S1", cosell_quantity=1)
    row = crm_at_work.row(deal)
    crm_at_work.before("$batch", lambda: crm.delete(crm_at_work.world, "cosell_partnercentersolution", theirs))
    wanted = [line("S1", cosell_quantity=2)]
    assert crm_at_work.update(change(row, description="new", solutions=wanted)) == [Stale()]
    assert crm_at_work.read("opportunity", deal)["description"] == "old"


@pytest.mark.parametrize("act", ["adds", "changes", "removes"])
def test_solutions_that_moved_since_the_plan_mean_to_look_again(crm_at_work: Crm, act: str) -> None:
    """Rows that a seller touched after the edit was planned are neither removed, overwritten nor brought back."""
    deal = crm_at_work.deal()
    theirs = crm_at_work.line(deal, cosell_solutionid="S1", cosell_name="Solution S1", cosell_quantity=1)
    row = crm_at_work.row(deal)
    held = [dict.fromkeys(("cosell_price", "cosell_quantity")) | line("S1", cosell_quantity=1)]
    planned = replace(change(row, solutions=[*held, line("S3")]), held={"solutions": held})
    if act == "adds":
        crm_at_work.line(deal, cosell_solutionid="S2", cosell_name="Solution S2")
    elif act == "changes":
        crm_at_work.edit("cosell_partnercentersolution", theirs, cosell_quantity=9)
    else:
        crm.delete(crm_at_work.world, "cosell_partnercentersolution", theirs)
    before = crm_at_work.find("cosell_partnercentersolution")
    assert crm_at_work.update(planned) == [Stale()]
    assert crm_at_work.find("cosell_partnercentersolution") == before


def test_solutions_that_stand_as_planned_are_written(crm_at_work: Crm) -> None:
    """The rows that the plan saw stand: numbers and spaces that say the same are no difference."""
    deal = crm_at_work.deal()
    crm_at_work.line(deal, cosell_solutionid="S1 ", cosell_name="Solution S1", cosell_quantity=1, cosell_price=10.5)
    row = crm_at_work.row(deal)
    held = [line("S1", cosell_quantity=1, cosell_price=Decimal("10.50"))]
    (answer,) = crm_at_work.update(replace(change(row, solutions=[line("S3")]), held={"solutions": held}))
    assert [one["cosell_solutionid"] for one in answer.row.payload["solutions"]] == ["S3"]


def test_a_currency_changed_after_ours_is_shown_as_theirs(crm_at_work: Crm) -> None:
    """Where a related row was exchanged meanwhile the row is given as it is now, and said to be not ours alone."""
    row = crm_at_work.row(crm_at_work.deal())
    usd = crm.currency("USD")
    crm_at_work.before(READ_BACK, lambda: crm_at_work.edit("opportunity", row.key, transactioncurrencyid=usd))
    (answer,) = crm_at_work.update(change(row, description="ours"))
    assert not answer.only_ours
    assert answer.row.payload["currency"]["isocurrencycode"] == "USD"


def test_two_batches_at_once_share_their_customers(crm_at_work: Crm) -> None:
    """Batches of one task that run side by side make an account that both need once."""

    async def both(replica: DataverseReplica) -> list[object]:
        answers: list[object] = []

        async def one(start: int) -> None:
            drafts = [draft(number, account__name="Shared") for number in range(start, start + 5)]
            same_place = [
                type(each)(each.source, {**each.columns, "account.address1_postalcode": "1"}) for each in drafts
            ]
            answers.extend(await replica.create(same_place))

        async with anyio.create_task_group() as group:
            group.start_soon(one, 1)
            group.start_soon(one, 101)
        return answers

    answers = crm_at_work.ask(both)
    assert all(isinstance(answer, Written) for answer in answers)
    assert len(answers) == 10
    assert len(crm_at_work.find("account")) == 1


def test_another_run_that_makes_the_same_account_is_no_obstacle(crm_at_work: Crm) -> None:
    """An account that appears under our key between look-up and create is used; its neighbours are created."""
    (first,) = crm_at_work.create(draft(1, account__name="Acme", account__address1_postalcode="1"))
    key = first.row.payload["_customerid_value"]
    crm.delete(crm_at_work.world, "opportunity", first.row.key)
    crm.delete(crm_at_work.world, "account", key)
    crm_at_work.before(
        "accounts/Microsoft", lambda: crm.create(crm_at_work.world, "account", accountid=key, name="Acme")
    )
    answers = crm_at_work.create(draft(2, account__name="Acme", account__address1_postalcode="1"), draft(3))
    assert answers[0].row.payload["_customerid_value"] == key
    assert isinstance(answers[1], Written)
    assert len(crm_at_work.find("account")) == 2


@pytest.mark.parametrize(
    "name", ["O'Brien & Sons", "100% #1 + C++", "[x]_y_?", 'The "Best"', "株式会社", "Ünïcode 😀", "a/b\\c;d=e,f:g@h"]
)
def test_names_of_any_spelling_are_found_again(crm_at_work: Crm, name: str) -> None:
    """Quotes, signs with a meaning in URLs, and letters of any script are looked up as they are."""
    account = crm.create(crm_at_work.world, "account", name=name, address1_postalcode="1")
    (answer,) = crm_at_work.create(draft(account__name=name, account__address1_postalcode="1"))
    assert answer.row.payload["_customerid_value"] == account


def test_throttling_is_waited_out(crm_at_work: Crm) -> None:
    """A 429 of a write is no refusal of its rows: nothing was done, and it is asked again after the time named."""
    crm_at_work.changed(None)
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="throttle", method="POST", retry_after=0))
    (answer,) = crm_at_work.create(draft())
    assert isinstance(answer, Written)


def test_throttling_for_too_long_is_said_so(crm_at_work: Crm) -> None:
    """A service that wants longer quiet than a task should wait ends the task, to be repeated later."""
    crm_at_work.changed(None)
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="throttle", times=0, retry_after=3600))
    with pytest.raises(ThrottledError):
        crm_at_work.changed(None)


def test_a_link_to_another_host_is_an_error(crm_at_work: Crm) -> None:
    """The token goes to the configured host and its twin only."""
    crm_at_work.page_size = 1
    crm_at_work.deal()
    crm_at_work.deal()
    crm_at_work.world.settings["dataverse_api_twin"] = "https://elsewhere.example"
    with pytest.raises(ForeignHostError):
        crm_at_work.changed(None)


def test_an_application_that_is_no_user_stops_the_run(crm_at_work: Crm) -> None:
    """Where the CRM does not know our application, a person must add it."""
    crm_at_work.world.settings["dataverse_non_members"] = ["11111111-2222-3333-4444-555555555555"]
    with pytest.raises(AccessDeniedError, match="not a member"):
        crm_at_work.ask(lambda replica: replica.check_access())


def test_drift_that_shows_only_in_use_is_looked_into_at_once(crm_at_work: Crm) -> None:
    """Where the service does not know a name that our memory has, the run stops; what is remembered is read anew."""
    crm_at_work.changed(None)
    body = {"error": {"code": "0x80060888", "message": "Could not find a property named 'stepname'"}}
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", path="opportunities", status=400, body=body))
    crm_at_work.requests()
    with pytest.raises(SchemaDriftError, match="stepname"):
        crm_at_work.changed(None)
    assert [one for one in crm_at_work.requests() if "EntityDefinitions" in one["path"]]


def test_no_address_of_a_person_gets_into_an_error(crm_at_work: Crm) -> None:
    """An error about a query may quote it; whom it was about is left out."""
    body = {"error": {"code": "0x80040203", "message": "Bad query 'emailaddress1 eq 'jane@a.example''"}}
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", path="opportunities", status=400, body=body))
    with pytest.raises(Exception, match="Bad query") as raised:
        crm_at_work.changed(None)
    assert "jane" not in str(raised.value)
