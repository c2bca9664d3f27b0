"""Creating deals: customers found or made once, lookups, solution rows, and one bad row never in the others' way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import AccessDeniedError, ConfigurationError
from cosell.sync.ports import NoAnswer, Rejected, Written
from replica_crm import draft, line

from sandbox.dataverse import crm
from sandbox.faults import Fault

if TYPE_CHECKING:
    from replica_crm import Crm

BULK = "opportunities/Microsoft.Dynamics.CRM.CreateMultiple"


def test_a_deal_arrives_whole(crm_at_work: Crm) -> None:
    """Customer, contact, currency, owner and solutions stand with the deal; the answer is the row as it is there."""
    seller = crm.seller(crm_at_work.world)
    (answer,) = crm_at_work.create(
        draft(
            contact__lastname="O'Brien",
            contact__emailaddress1="s.obrien@customer.example",
            currency__isocurrencycode="JPY",
            owner__internalemailaddress=["nobody@contoso.example", "ANA.GARCIA@contoso.example"],
            solutions=[line("S1", cosell_price=12, cosell_quantity=2), line("S2")],
        )
    )
    assert isinstance(answer, Written)
    assert answer.only_ours
    payload = answer.row.payload
    assert payload["account"]["name"] == "Customer 1"
    assert payload["contact"]["emailaddress1"] == "s.obrien@customer.example"
    assert payload["currency"]["isocurrencycode"] == "JPY"
    assert payload["_owninguser_value"] == seller
    assert sorted(one["cosell_solutionid"] for one in payload["solutions"]) == ["S1", "S2"]
    assert {one["_transactioncurrencyid_value"] for one in payload["solutions"]} == {crm.currency("JPY")}
    assert answer.row == crm_at_work.row(answer.row.key)


def test_answers_come_in_the_order_asked(crm_at_work: Crm) -> None:
    """Each draft is answered for itself, in order, whatever was refused between."""
    answers = crm_at_work.create(*(draft(number) for number in range(1, 6)))
    assert [answer.row.payload["name"] for answer in answers] == [f"Deal {number}" for number in range(1, 6)]


def test_a_load_costs_one_write_per_hundred_rows_of_a_kind(crm_at_work: Crm) -> None:
    """Two hundred new deals with account, contact and two solutions cost at most ten writes, and few reads."""
    crm_at_work.changed(None)
    crm_at_work.requests()
    lines = [line("S1"), line("S2")]
    answers = crm_at_work.create(
        *(
            draft(number, contact__lastname="X", contact__emailaddress1=f"x{number}@a.example", solutions=lines)
            for number in range(1, 201)
        )
    )
    assert all(isinstance(answer, Written) and answer.only_ours for answer in answers)
    asked = crm_at_work.requests()
    assert len([one for one in asked if one["write"]]) <= 10
    assert len(asked) <= 30


def test_customers_of_a_batch_are_made_once(crm_at_work: Crm) -> None:
    """Deals of the same customer, in whatever spelling, share one account and one contact."""
    people = {"contact__lastname": "Doe", "contact__emailaddress1": "jane@a.example"}
    crm_at_work.create(
        draft(1, account__name="Zürich AG", account__address1_postalcode="SW1A 1AA", **people),
        draft(2, account__name="ZÜRICH  ag", account__address1_postalcode="sw1a1aa", **people),
        draft(3, account__name="Zürich AG", account__address1_postalcode="8001", **people),
    )
    assert len(crm_at_work.find("account")) == 2
    assert len(crm_at_work.find("contact")) == 2


def test_standing_customers_are_used_and_never_changed(crm_at_work: Crm) -> None:
    """An account of the same name and postal code, and its contact of the same address, are used as they are."""
    account = crm.create(
        crm_at_work.world, "account", name="O'Brien & Co", address1_postalcode="80331", address1_city="München"
    )
    contact = crm.create(
        crm_at_work.world,
        "contact",
        lastname="Old",
        emailaddress1="Jane@A.example",
        **{"parentcustomerid_account@odata.bind": f"/accounts({account})"},
    )
    before = crm_at_work.read("account", account), crm_at_work.read("contact", contact)
    (answer,) = crm_at_work.create(
        draft(
            account__name="o'brien & co",
            account__address1_postalcode="80331",
            account__address1_city="Munich",
            contact__lastname="New",
            contact__emailaddress1="jane@a.example",
        )
    )
    assert answer.row.payload["_customerid_value"] == account
    assert answer.row.payload["_parentcontactid_value"] == contact
    assert (crm_at_work.read("account", account), crm_at_work.read("contact", contact)) == before


def test_the_same_address_at_another_customer_is_another_contact(crm_at_work: Crm) -> None:
    """A contact is looked for within the deal's own account only."""
    person = {"contact__lastname": "Doe", "contact__emailaddress1": "jane@a.example"}
    crm_at_work.create(draft(1, **person))
    (answer,) = crm_at_work.create(draft(2, **person))
    assert isinstance(answer, Written)
    assert len(crm_at_work.find("contact", emailaddress1="jane@a.example")) == 2


def test_an_account_that_fits_twice_is_held_for_a_person(crm_at_work: Crm) -> None:
    """Several of the same name and postal code, or of the name where the referral has no postal code, are held."""
    for code in ("80331", "80331", "10115"):
        crm.create(crm_at_work.world, "account", name="Twin", address1_postalcode=code)
    twice, without, fitting = crm_at_work.create(
        draft(1, account__name="Twin", account__address1_postalcode="80331"),
        draft(2, account__name="Twin", account__address1_postalcode=None),
        draft(3, account__name="Twin", account__address1_postalcode="10115"),
    )
    assert twice.hold
    assert "2 accounts" in twice.message
    assert without.hold
    assert "3 accounts" in without.message
    assert isinstance(fitting, Written)
    assert len(crm_at_work.find("account")) == 3


def test_a_retired_account_is_no_customer(crm_at_work: Crm) -> None:
    """An account that was merged away or deactivated neither fits nor makes the other one ambiguous."""
    active, retired = (
        crm.create(crm_at_work.world, "account", name="Twin", address1_postalcode="80331") for _ in range(2)
    )
    crm_at_work.edit("account", retired, statecode=1, statuscode=2)
    (answer,) = crm_at_work.create(draft(account__name="Twin", account__address1_postalcode="80331"))
    assert answer.row.payload["_customerid_value"] == active


def test_one_account_of_the_name_fits_a_referral_without_postal_code(crm_at_work: Crm) -> None:
    """Without a postal code a single account of the name is the customer."""
    account = crm.create(crm_at_work.world, "account", name="Only", address1_postalcode="80331")
    (answer,) = crm_at_work.create(draft(account__name="Only", account__address1_postalcode=None))
    assert answer.row.payload["_customerid_value"] == account


def test_a_collision_on_a_key_of_ours_means_it_exists(crm_at_work: Crm) -> None:
    """An account that another run created in the meantime (here: renamed since) is used, not doubled, not refused."""
    (first,) = crm_at_work.create(draft(1, account__name="Acme"))
    account = first.row.payload["_customerid_value"]
    crm_at_work.edit("account", account, name="Acme Holding")
    (second, other) = crm_at_work.create(
        draft(2, account__name="Acme", account__address1_postalcode="10001"), draft(3, account__name="Other")
    )
    assert second.row.payload["_customerid_value"] == account
    assert isinstance(other, Written)
    assert len(crm_at_work.find("account")) == 2


def test_an_unknown_currency_is_refused_by_name(crm_at_work: Crm) -> None:
    """A currency that the CRM lacks refuses this deal, in a sentence, and no other; nothing of it is created."""
    refused, fine = crm_at_work.create(draft(1, currency__isocurrencycode="XTS"), draft(2))
    assert refused.code == "currency_unknown"
    assert "XTS" in refused.message
    assert isinstance(fine, Written)
    assert len(crm_at_work.find("account")) == 1


def test_the_default_owner_takes_what_nobody_owns(crm_at_work: Crm) -> None:
    """Where nobody of the team is in the CRM the deal goes to the default owner, else to us."""
    (ours,) = crm_at_work.create(draft(1, owner__internalemailaddress=["nobody@x.example"]))
    assert ours.row.payload["_owninguser_value"] == crm_at_work.ask(lambda replica: replica.check_access())
    crm_at_work.default_owner = "priya.natarajan@contoso.example"
    (theirs,) = crm_at_work.create(draft(2, owner__internalemailaddress=["nobody@x.example"]))
    assert theirs.row.payload["_owninguser_value"] == crm.seller(crm_at_work.world, crm_at_work.default_owner)


def test_a_default_owner_who_is_nobody_stops_the_run(crm_at_work: Crm) -> None:
    """A setting that names no user of the CRM is a fault for a person to mend."""
    crm_at_work.default_owner = "gone@contoso.example"
    with pytest.raises(ConfigurationError, match="default owner"):
        crm_at_work.create(draft())


def test_solutions_point_to_the_catalogue(crm_at_work: Crm) -> None:
    """A solution that the catalogue holds is linked to its entry; one that it lacks still gets id and name."""
    entry = crm.create(crm_at_work.world, "cosell_solutiondetail", cosell_solutionid="Sol-1", cosell_name="Listed")
    crm_at_work.create(draft(solutions=[line("SOL-1"), line("Sol-2")]))
    rows = {row["cosell_solutionid"].casefold(): row for row in crm_at_work.find("cosell_partnercentersolution")}
    assert rows["sol-1"]["cosell_solutiondetailid"] == entry
    assert rows["sol-2"]["cosell_solutiondetailid"] is None
    assert rows["sol-2"]["cosell_name"] == "Solution Sol-2"


def test_one_bad_row_never_blocks_the_others(crm_at_work: Crm) -> None:
    """A refused bulk call is followed by row-level answers: the service's own code and words for the bad one."""
    good, bad, fine = crm_at_work.create(draft(1), draft(2, description="x" * 2001), draft(3))
    assert isinstance(good, Written)
    assert isinstance(fine, Written)
    assert bad.code == "0x80044331"
    assert "description" in bad.message
    assert not bad.hold


def test_a_refused_account_refuses_its_deals_only(crm_at_work: Crm) -> None:
    """Where the CRM does not take an account, its deals are refused in its words and nothing is left half-made."""
    bad, fine = crm_at_work.create(draft(1, account__address1_city="x" * 81), draft(2))
    assert isinstance(bad, Rejected)
    assert "address1_city" in bad.message
    assert isinstance(fine, Written)
    assert len(crm_at_work.find("opportunity")) == 1


def test_tables_without_bulk_support_go_by_batch(crm_at_work: Crm) -> None:
    """Where no table takes CreateMultiple the same rows arrive by $batch, in as few requests."""
    for table in ("account", "opportunity", "cosell_partnercentersolution"):
        crm.bulk(crm_at_work.world, table, "CreateMultiple", supported=False)
    answers = crm_at_work.create(*(draft(number, solutions=[line("S1")]) for number in range(1, 21)))
    assert all(isinstance(answer, Written) and len(answer.row.payload["solutions"]) == 1 for answer in answers)
    writes = [one["path"] for one in crm_at_work.requests(writes=True)]
    assert writes == ["/api/data/v9.2/$batch"] * 3


def test_a_bulk_call_that_is_not_offered_after_all_goes_by_batch(crm_at_work: Crm) -> None:
    """What the probe remembered may be out of date: the refusal falls back to row-level writes."""
    crm_at_work.changed(None)
    crm.bulk(crm_at_work.world, "opportunity", "CreateMultiple", supported=False)
    assert all(isinstance(answer, Written) for answer in crm_at_work.create(draft(1), draft(2)))


def test_a_repeated_draft_gives_the_standing_row(crm_at_work: Crm) -> None:
    """The alternate key tells a repeat: the row that stands is the answer, and there is no second one."""
    (first,) = crm_at_work.create(draft(1))
    again, new = crm_at_work.create(draft(1), draft(2))
    assert again.row.key == first.row.key
    assert isinstance(new, Written)
    assert len(crm_at_work.find("opportunity")) == 2


def test_a_standing_row_that_a_person_edited_is_not_ours_alone(crm_at_work: Crm) -> None:
    """What a person did to the row before the repeat is not mistaken for what we wrote."""
    (first,) = crm_at_work.create(draft(1))
    crm_at_work.edit("opportunity", first.row.key, description="by a person")
    (again,) = crm_at_work.create(draft(1))
    assert not again.only_ours
    assert again.row.payload["description"] == "by a person"


def test_an_unanswered_create_is_said_so_and_not_repeated(crm_at_work: Crm) -> None:
    """A bulk create whose answer is lost is not sent again: each deal is answered NoAnswer, and stands once."""
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="drop_after", path=BULK, times=0))
    answers = crm_at_work.create(draft(1), draft(2))
    assert all(isinstance(answer, NoAnswer) for answer in answers)
    assert len(crm_at_work.find("opportunity")) == 2
    assert len([one for one in crm_at_work.requests() if BULK in one["path"]]) == 1


def test_a_repeat_after_a_lost_answer_completes_the_deal(crm_at_work: Crm) -> None:
    """The row that a lost create left without its solutions is found by the alternate key and completed."""
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="drop_after", path=BULK, times=1))
    wanted = draft(1, solutions=[line("S1")])
    crm_at_work.create(wanted)
    (answer,) = crm_at_work.create(wanted)
    assert isinstance(answer, Written)
    assert [one["cosell_solutionid"] for one in answer.row.payload["solutions"]] == ["S1"]
    assert len(crm_at_work.find("opportunity")) == 1


def test_rows_with_keys_of_our_own_are_repeated_after_a_lost_answer(crm_at_work: Crm) -> None:
    """Accounts and solution rows are sent again where no answer came, and stand once."""
    for path in ("accounts/Micro", "partnercentersolutions/Micro"):
        crm_at_work.world.faults.add(Fault(app="dataverse", kind="drop_after", path=path, times=1))
    (answer,) = crm_at_work.create(draft(solutions=[line("S1")]))
    assert isinstance(answer, Written)
    assert len(crm_at_work.find("account")) == 1
    assert len(crm_at_work.find("cosell_partnercentersolution")) == 1


def test_solution_rows_that_cannot_be_written_are_not_passed_over(crm_at_work: Crm) -> None:
    """A deal that stands without its solutions is neither done nor refused: it would look like an edit of a person."""
    bad, fine = crm_at_work.create(draft(1, solutions=[line("S" * 101)]), draft(2, solutions=[line("S1")]))
    assert isinstance(bad, NoAnswer)
    assert "solution row" in bad.reason
    assert isinstance(fine, Written)


@pytest.mark.parametrize(("close_as", "state", "status"), [("won", 1, 3), ("lost", 2, 4)])
def test_closed_deals_are_created_open_and_then_closed(
    crm_at_work: Crm, close_as: str, state: int, status: int
) -> None:
    """A closed referral becomes an opportunity that was closed by the CRM's own action, solutions and all."""
    (answer,) = crm_at_work.create(draft(close_as=close_as, solutions=[line("S1")]))
    assert (answer.row.payload["statecode"], answer.row.payload["statuscode"]) == (state, status)
    assert answer.only_ours
    assert answer.row == crm_at_work.row(answer.row.key)


def test_a_deal_that_cannot_be_closed_is_written_all_the_same(crm_at_work: Crm) -> None:
    """Where closing fails the row is given with its real state."""
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", request_body="WinOpportunity", status=400))
    (answer,) = crm_at_work.create(draft(close_as="won"))
    assert isinstance(answer, Written)
    assert answer.row.payload["statecode"] == 0


def test_a_missing_privilege_stops_the_run(crm_at_work: Crm) -> None:
    """A role that may not create opportunities is a matter for a person, not for every single deal."""
    crm_at_work.world.settings["dataverse_denied_privileges"] = ["prvCreateOpportunity"]
    with pytest.raises(AccessDeniedError, match="prvCreateOpportunity"):
        crm_at_work.create(draft())


def test_a_default_may_name_a_row_by_a_value(crm_at_work: Crm) -> None:
    """A lookup of the mapping's defaults is found by the value that it names; one that fits nothing stops the run."""
    channel = crm.create(crm_at_work.world, "account", name="Channel")
    named = {"table": "account", "match": "name", "value": "Channel"}
    (answer,) = crm_at_work.create(draft(1, parentaccountid=named))
    assert crm_at_work.read("opportunity", answer.row.key)["parentaccountid"] == channel
    with pytest.raises(ConfigurationError, match="Direct"):
        crm_at_work.create(draft(2, parentaccountid=named | {"value": "Direct"}))


def test_a_batch_that_is_turned_away_leaves_its_deals_unknown(crm_at_work: Crm) -> None:
    """Where the service has no time for the row-level writes either, the deals are asked for again later."""
    crm.bulk(crm_at_work.world, "opportunity", "CreateMultiple", supported=False)
    body = {"error": {"code": "0x80044151", "message": "SQL timeout expired."}}
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", path=r"\$batch", status=400, body=body, times=0))
    assert crm_at_work.create(draft()) == [NoAnswer("0x80044151: SQL timeout expired.")]


def test_nothing_to_do_is_no_request(crm_at_work: Crm) -> None:
    """Empty calls are answered empty, without a write."""
    assert crm_at_work.create() == crm_at_work.update() == []
    assert not crm_at_work.requests(writes=True)
