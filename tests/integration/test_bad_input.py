"""Bad input gets a clear error or a sentence, and loses nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import (
    AccessDeniedError,
    BrakeError,
    ForeignHostError,
    MappingChangedError,
    RetryLaterError,
    SchemaDriftError,
    StateUnavailableError,
)
from cosell.core.record import Side
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders
from cosell.sync.steps import PlanOptions

from sandbox.dataverse import administering, crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, shipped
from tests.integration.looks import by_name, counts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.joined import Joined


def codes(joined: Joined) -> set[str]:
    """Give the ids of all sentences on unsettled records."""
    some_day = joined.sandbox.clock.now().replace(year=2100)
    return {remark.code for each in joined.state.due(some_day, limit=9) for remark in each.remarks}


# ---------------------------------------------------------------- odd referrals


def test_unknown_members_and_words_are_no_obstacle(joined: Joined) -> None:
    """Members and enum values that no contract names are passed over; the deal is carried and comes to rest."""
    joined.sandbox.settings["extra_members"] = True
    joined.sandbox.settings["mixed_case_keys"] = True
    referral = joined.referral()
    joined.run()
    assert joined.row_of(referral)["estimatedvalue"] == 42000
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_what_microsoft_adds_is_told_once_and_kept(joined: Joined) -> None:
    """A new member and a new word are told by the run that meets them first, and an edit leaves them as they are."""
    referral = joined.referral()
    for path, word in {"/newThing": {"deep": 1}, "/direction": "Sideways"}.items():
        portal.edit(joined.sandbox, referral, path=path, value=word)
    joined.run()
    assert joined.unknown == ("direction=Sideways", "newThing")
    crm.update(joined.sandbox, "opportunity", joined.row_of(referral)["opportunityid"], estimatedvalue=77)
    joined.run()
    shown = joined.shown(referral)
    assert joined.unknown == ()
    assert (shown["details"]["dealValue"], shown["newThing"], shown["direction"]) == (77, {"deep": 1}, "Sideways")


def test_what_microsoft_adds_to_an_item_of_a_list_goes_back_with_it(joined: Joined) -> None:
    """A list is replaced whole: its items keep their new members and words, though others are added or changed."""
    row = joined.opportunity()
    joined.run()
    referral = joined.row(row)["cosell_referralidentifier"]
    place = "/details/requirements/solutions/0/"
    for name, value in {"rank": {"of": 3}, "type": "Bundle"}.items():
        portal.edit(joined.sandbox, referral, path=place + name, value=value)
    joined.run()
    line = {"cosell_solutionid": "SOL-9", "cosell_name": "Ninth", "cosell_opportunityid": row}
    crm.create(joined.sandbox, "cosell_partnercentersolution", **line)
    joined.run()
    first, second = joined.shown(referral)["details"]["requirements"]["solutions"]
    assert (first["rank"], first["type"], second["id"]) == ({"of": 3}, "Bundle", "SOL-9")


def test_an_unknown_status_stops_nobody_else(joined: Joined) -> None:
    """A state that we do not know is no reason to stop: the other deals are carried."""
    joined.sandbox.settings["extra_members"] = {"salesStage": "Brand new", "status": "Dreaming"}
    joined.referral(name="dreamt")
    joined.run()
    joined.sandbox.settings["extra_members"] = False
    joined.referral(name="plain")
    joined.later(700)
    joined.run()
    assert "plain" in by_name(joined)


@pytest.mark.parametrize("name", ["O'Brien", "Zoë 🚀 株式会社", 'A & B <Söhne> "quoted"', "100% of _all_; DROP"])
def test_names_of_all_kinds(joined: Joined, name: str) -> None:
    """Quotes, emoji, markup and wildcards survive both ways, and find the account that they made."""
    members = {"name": name, "customerProfile": {"name": name}}
    joined.referral(**members)
    joined.run()
    joined.referral(**members)
    joined.opportunity(name=name, account=joined.account(name=name))
    joined.run()
    assert {row["name"] for row in joined.rows()} == {f"✔ {name}"}
    assert {each["name"] for each in joined.referrals()} == {name}
    accounts = crm.find(joined.sandbox, "account", name=name)
    assert [account["address1_postalcode"] for account in accounts] == ["53111", "50667"]


def test_escaped_names_are_read_as_meant(joined: Joined) -> None:
    """A service that escapes names for HTML makes neither an odd name nor an edit."""
    joined.sandbox.settings["escape_names"] = True
    joined.referral(name="Q&A <b>", customerProfile={"name": "Tom & Söhne"})
    joined.run()
    assert [row["name"] for row in joined.rows()] == ["✔ Q&A <b>"]
    assert len(crm.find(joined.sandbox, "account", name="Tom & Söhne")) == 1
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_text_that_is_too_long_is_fitted_and_said_so(joined: Joined) -> None:
    """The CRM gets what it can hold, the long original stays, and what is taken from the copy is taken nowhere else."""
    referral = joined.referral(details={"notes": "x" * 5000})
    joined.run()
    row = joined.row_of(referral)
    assert len(row["description"]) == 2000
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row["opportunityid"], description="short")
    joined.run()
    assert joined.shown(referral)["details"]["notes"] == "x" * 5000 + "\nshort"
    for _ in range(2):
        assert "NOTES-1" in joined.row_of(referral)["cosell_audit"], "long enough to be read"
        joined.later(60)
        joined.run()


def test_a_long_name_leaves_room_for_the_mark(joined: Joined) -> None:
    """A name of the column's full length is cut for the mark, and comes to rest."""
    joined.referral(name="N" * 400)
    joined.run()
    (row,) = joined.rows()
    assert (row["name"][0], len(row["name"])) == ("✔", 300)
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_currency_that_the_crm_lacks(joined: Joined) -> None:
    """No opportunity is made in another currency; the report names it, and the others are carried."""
    joined.referral(name="kronor", details={"currency": "ISK"})
    joined.referral(name="euro")
    report = joined.report(joined.run())
    assert set(by_name(joined)) == {"euro"}
    assert report["push_dataverse"]["counts"] == {"created": 1, "set_aside": 1}
    (said,) = [entry.detail for entry in joined.state.history() if entry.action == "set_aside"]
    assert "ISK" in said


@pytest.mark.parametrize(
    ("table", "column"),
    [("opportunity", "cosell_solutionplay"), ("cosell_partnercentersolution", "cosell_quantity"), ("account", "name")],
)
def test_a_column_that_was_renamed_between_two_runs(joined: Joined, table: str, column: str) -> None:
    """The first run that meets it names table, column and way out; nothing is written, and nothing lost."""
    referral = joined.referral()
    joined.run()
    joined.later(60)
    administering.remove_column(joined.sandbox, table, column)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.writes()
    told = f"the CRM's table {table} has no column {column}; airflow cosell setup makes it where it is one of ours,"
    for _ in range(2):
        with pytest.raises(SchemaDriftError, match=re.escape(told)):
            joined.run()
    assert joined.writes() == []
    assert joined.row_of(referral)["estimatedvalue"] == 42000


def test_a_choice_value_that_was_deleted_between_two_runs(joined: Joined) -> None:
    """The deal that needs it waits, with column, number and way out; the others go on."""
    row, other = joined.opportunity(name="one"), joined.opportunity(name="two")
    joined.run()
    joined.later(60)
    administering.remove_option(joined.sandbox, "opportunity", "cosell_closereason", number=727000003)
    portal.close(joined.sandbox, joined.row(row)["cosell_referralidentifier"], reason="Requirement not met")
    crm.update(joined.sandbox, "opportunity", other, estimatedvalue=5)
    joined.run()
    assert joined.shown(joined.row(other)["cosell_referralidentifier"])["details"]["dealValue"] == 5
    audit = joined.row(row)["cosell_audit"]
    assert "The value 727000003 of 'cosell_closereason'" in audit
    assert "airflow cosell setup" in audit


def test_a_default_that_names_a_table_that_is_not_there(joined: Joined, tmp_path: Path) -> None:
    """No deal could be written: the run stops, and says which table, and where to look."""
    row = "{table: currencies, match: isocurrencycode, value: EUR}"
    lines = f"defaults:\n  opportunity:\n    transactioncurrencyid: {row}\n"
    (tmp_path / "referral_opportunity.yaml").write_text(lines)
    joined.mapping = load_mapping(folders=[*default_folders(), tmp_path])
    joined.referral(details={"currency": None})
    told = "the CRM has no table currencies, which the mapping names; see airflow cosell mapping check"
    with pytest.raises(SchemaDriftError, match=told):
        joined.run()


@pytest.mark.parametrize("table", ["opportunity", "account", "contact"])
def test_a_default_of_a_column_that_is_not_there(joined: Joined, tmp_path: Path, table: str) -> None:
    """No record could be made: the run stops before it makes any, the customer's account neither."""
    (tmp_path / "referral_opportunity.yaml").write_text(f"defaults:\n  {table}: {{new_region: EMEA}}\n")
    joined.mapping = load_mapping(folders=[*default_folders(), tmp_path])
    joined.referral()
    with pytest.raises(SchemaDriftError, match=f"the CRM's table {table} has no column new_region; "):
        joined.run()
    assert joined.writes() == []


def test_a_country_that_is_none_is_refused_in_words(joined: Joined) -> None:
    """The seller is told which word on the account is no country."""
    row = joined.opportunity(account=joined.account(address1_country="Atlantis"))
    joined.run()
    assert joined.referrals() == []
    assert "atlantis" in joined.row(row)["cosell_audit"].lower()
    assert "COUNTRY-2" in joined.row(row)["cosell_audit"]


def test_an_account_name_that_fits_two_is_held_for_a_person(joined: Joined) -> None:
    """No third account and no guess; the report says so, and one account fewer lets it be carried."""
    twin, _ = [joined.account(name="Tailspin GmbH", address1_postalcode="53111") for _ in range(2)]
    joined.referral()
    report = joined.report(joined.run())
    assert joined.rows() == []
    assert len(crm.find(joined.sandbox, "account", name="Tailspin GmbH")) == 2
    assert report["push_dataverse"]["counts"] == {"set_aside": 1}
    assert "HOLD-1" in codes(joined)
    crm.delete(joined.sandbox, "account", twin)
    joined.later(700)
    joined.run()
    assert len(joined.rows()) == 1


def test_a_referral_id_pasted_in_capitals(joined: Joined) -> None:
    """A seller's row that names a referral by hand is bound to it, in whichever case."""
    referral = joined.referral(createdDateTime="2026-01-01T00:00:00.0000000Z")
    joined.settings = replace(joined.settings, start="now")
    row = joined.opportunity(cosell_referralidentifier=referral.upper())
    joined.run()
    assert len(joined.referrals()) == 1
    assert joined.shown(referral)["externalReferenceId"] == row


def test_two_referrals_that_name_one_row(joined: Joined) -> None:
    """One is bound; the other is set aside with a sentence, and makes no second opportunity."""
    row = joined.opportunity()
    for _ in range(2):
        joined.referral(externalReferenceId=row)
    joined.run()
    joined.later(700)
    joined.run()
    assert len(joined.rows()) == 1
    assert joined.state.binding_count() == 1
    assert "BOUND-1" in codes(joined)


# ---------------------------------------------------------------- odd services


def test_a_next_link_to_another_host_stops_the_run(joined: Joined) -> None:
    """No token goes to a host that is not the configured one; nothing is written."""
    joined.referral()
    page = {
        "value": [],
        "@nextLink": "https://elsewhere.example/v1.0/engagements/referrals?$skip=1",
        "@odata.nextLink": "https://elsewhere.example/v1.0/engagements/referrals?$skip=1",
        "nextLink": "https://elsewhere.example/v1.0/engagements/referrals?$skip=1",
    }
    joined.break_("partner_center", "status", method="GET", status=200, body=page, times=0)
    with pytest.raises(ForeignHostError):
        joined.run()
    assert joined.rows() == []


@pytest.mark.parametrize("kind", ["truncate", "garbage"])
@pytest.mark.parametrize("app", ["partner_center", "dataverse"])
def test_an_answer_that_stays_broken_fails_the_task(joined: Joined, app: str, kind: str) -> None:
    """It is worth another try later, never an empty list; the watermark stays where it was."""
    joined.referral()
    joined.run()
    before = [joined.state.watermark(side) for side in Side]
    joined.break_(app, kind, method="GET", times=0)
    with pytest.raises(RetryLaterError):
        joined.run()
    assert [joined.state.watermark(side) for side in Side] == before


@pytest.mark.parametrize("app", ["partner_center", "dataverse"])
def test_a_side_that_is_really_empty_stops_the_run(joined: Joined, app: str) -> None:
    """Bindings exist and the side shows nothing at all: the brake names the side and the way out."""
    joined.referral()
    joined.run()
    joined.later(3600)
    if app == "partner_center":
        joined.sandbox.settings["gone_ids"] = [each["id"] for each in joined.referrals()]
    else:
        for row in joined.rows():
            crm.delete(joined.sandbox, "opportunity", row["opportunityid"])
    with pytest.raises(BrakeError, match="Partner Center shows" if app == "partner_center" else "CRM shows"):
        joined.run()
    joined.run(options=PlanOptions(allow_brake=True))
    assert len(joined.referrals()) == 1


def test_a_row_that_is_gone_is_reported_and_nothing_is_deleted(joined: Joined) -> None:
    """The other half of a deleted row stays, unshared with any new row, and the history says so."""
    first, second = joined.referral(name="one"), joined.referral(name="two")
    joined.run()
    crm.delete(joined.sandbox, "opportunity", joined.row_of(first)["opportunityid"])
    portal.edit(joined.sandbox, first, path="/details/dealValue", value=5)
    for _ in range(3):
        joined.run()
        joined.later(700)
    joined.run(joined.facts("reconcile"))
    assert {each["id"] for each in joined.referrals()} == {first, second}
    assert [row["name"] for row in joined.rows()] == ["✔ two"]
    assert "orphan" in {entry.action for entry in joined.state.history()}


def test_a_referral_that_we_may_not_see_any_more(joined: Joined) -> None:
    """403 is not gone: the seller reads that it is out of our sight."""
    first = joined.referral(name="one")
    joined.referral(name="two")
    joined.run()
    row = joined.row_of(first)["opportunityid"]
    joined.sandbox.settings["hidden_ids"] = [first]
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=5)
    for _ in range(3):
        joined.run()
        joined.later(700)
    assert "SCOPE-1" in joined.row(row)["cosell_audit"]


def test_a_brake_stops_a_run_that_changes_too_much(joined: Joined) -> None:
    """Nothing is written, the edits wait, and a run that is allowed carries them."""
    referrals = [joined.referral() for _ in range(3)]
    joined.run()
    joined.later(60)
    joined.settings = replace(joined.settings, brake_floor=1, brake_share=0.1)
    for each in referrals:
        portal.edit(joined.sandbox, each, path="/details/dealValue", value=5)
    joined.writes()
    with pytest.raises(BrakeError, match="3 of 3"):
        joined.run()
    assert joined.writes() == []
    joined.run(joined.facts("manual"), options=PlanOptions(allow_brake=True))
    assert {row["estimatedvalue"] for row in joined.rows()} == {5}


# ---------------------------------------------------------------- ourselves


def test_a_changed_mapping_stops_the_run_until_it_is_accepted(joined: Joined, tmp_path: Path) -> None:
    """The error names the field; accepted once, the next runs go on."""
    referral = joined.referral()
    joined.run()
    joined.later(60)
    folder = tmp_path / "mappings"
    folder.mkdir()
    line = "{partner_center: details.notes, dataverse: description, on_conflict: partner_center}"
    (folder / "referral_opportunity.yaml").write_text(f"fields:\n  notes: {line}\n")
    joined.mapping = load_mapping(folders=[*default_folders(), folder])
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    with pytest.raises(MappingChangedError, match="notes"):
        joined.run()
    joined.run(joined.facts("manual"), options=PlanOptions(accept_mapping=True))
    joined.run()
    assert joined.row_of(referral)["estimatedvalue"] == 5
    joined.mapping = shipped()
    with pytest.raises(MappingChangedError, match="notes"):
        joined.run()


def test_a_wrong_token_stops_the_run(joined: Joined) -> None:
    """Refused twice over, a person must act; nothing is written and the watermark stays."""
    joined.referral()
    joined.break_("dataverse", "revoke", times=0)
    with pytest.raises(AccessDeniedError):
        joined.run()
    assert joined.state.watermark(Side.DATAVERSE) is None


class Down:
    """A memory that does not answer."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Give something that cannot be asked."""

        def refuse(*_: object, **__: object) -> None:
            raise StateUnavailableError(name)

        return refuse


def test_a_state_database_that_is_down(joined: Joined) -> None:
    """The task fails and may be tried again; neither system was written to."""
    joined.referral()

    state, joined.state = joined.state, Down()  # type: ignore[assignment]
    with pytest.raises(StateUnavailableError):
        joined.run()
    joined.state = state
    assert joined.writes() == []
    joined.run()
    assert len(joined.rows()) == 1


def test_two_runs_at_once_on_the_same_records(joined: Joined) -> None:
    """What one run holds the other leaves alone and comes back to; nothing stands twice."""
    joined.referral(name="theirs")
    joined.opportunity(name="ours")
    first, second = joined.facts(), joined.facts()
    for task in TASKS:
        joined.run(first, tasks=(task,))
        joined.run(second, tasks=(task,))
    joined.run()
    told = counts(joined)
    assert (told["opportunity"], told["referral"], told["account"]) == (2, 2, 2)
    assert set(by_name(joined)) == {"theirs", "ours"}


@pytest.mark.parametrize("overtaken", range(1, len(TASKS)))
def test_a_run_that_another_overtakes(joined: Joined, overtaken: int) -> None:
    """A whole run between two tasks of another: no duplicate, no error, no lost edit."""
    referral = joined.referral(name="theirs")
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.opportunity(name="ours")
    slow = joined.facts()
    joined.run(slow, tasks=TASKS[:overtaken])
    crm.update(joined.sandbox, "opportunity", joined.row_of(referral)["opportunityid"], description="meanwhile")
    joined.run()
    joined.run(slow, tasks=TASKS[overtaken:])
    joined.run()
    told = counts(joined)
    assert (told["opportunity"], told["referral"]) == (2, 2)
    assert joined.row_of(referral)["estimatedvalue"] == 5
    assert joined.shown(referral)["details"]["notes"] == "meanwhile"


def test_one_bad_row_never_blocks_the_others(joined: Joined) -> None:
    """Of many new deals the one that the CRM refuses is set aside alone."""
    for number in range(5):
        joined.referral(name=f"deal {number}", details={"currency": "ISK" if number == 2 else "EUR"})
    joined.run()
    assert len(joined.rows()) == 4


def test_adopting_many_rows_is_no_reason_to_brake(joined: Joined) -> None:
    """Rows that another connector left are bound by the hundred; each pair is planned once, none counts as edited."""
    joined.settings = replace(joined.settings, brake_floor=1, brake_share=0.1)
    rows = [joined.opportunity() for _ in range(3)]
    for row in rows:
        joined.referral(externalReferenceId=row)
    report = joined.report(joined.run())
    assert report["plan"]["counts"]["adopted"] == 3
    assert report["plan"]["counts"]["update_partner_center"] == 3
    assert joined.state.binding_count() == 3
