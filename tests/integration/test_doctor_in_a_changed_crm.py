"""The doctor after an administrator changed the CRM: what is gone is named, and how it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.driven import ended

if TYPE_CHECKING:
    from pathlib import Path

    from local.persons import Persons


MAPPING = "Dynamics 365: mapping"
SETUP = "Run airflow cosell setup, or the DAG cosell_setup."
CORRECT = "Correct the line that is named, in a mapping file of your own."


def line(told: str, check: str) -> tuple[str, str]:
    """Give the verdict and what to do of a check."""
    (cells,) = (row.strip("│").split("│") for row in told.splitlines() if row.startswith(f"│ {check} "))
    return cells[1].strip(), cells[3].partition("[")[0].strip()


def test_a_deleted_choice_value_is_named_and_comes_back(crm: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """By its number and word; setup adds it again, and the doctor is content."""
    crm.do("dataverse.remove_option", table="opportunity", column="cosell_closereason", number=727000003)
    code, told = ended(capsys, "doctor")
    assert code == 1
    assert "add the options 727000003 to cosell_closereason on opportunity" in told
    assert "column cosell_closereason offers no choice 727000003" in told
    assert line(told, MAPPING) == ("wrong", SETUP)
    assert ended(capsys, "setup")[0] == 0
    assert ended(capsys, "doctor")[0] == 0


@pytest.mark.parametrize(
    ("column", "lost"),
    [
        ("cosell_audit", []),
        ("cosell_referralidentifier", ["create the alternate key cosell_OpportunityReferralKey on opportunity"]),
    ],
)
def test_a_deleted_column_is_named_and_comes_back(
    crm: Persons, capsys: pytest.CaptureFixture[str], column: str, lost: list[str]
) -> None:
    """The doctor names it and says setup; setup makes it with what went along, a second one finds nothing to do."""
    crm.do("dataverse.remove_column", table="opportunity", column=column)
    code, told = ended(capsys, "doctor")
    assert code == 1
    assert f"to do: create the column {column} on opportunity" in told
    assert "airflow cosell setup" in told
    code, told = ended(capsys, "setup")
    assert code == 0
    made = f"create the column {column} on opportunity"
    for one in (made, *lost, f"put {column} on the form Opportunity of opportunity"):
        assert one in told
    assert ended(capsys, "doctor")[0] == 0
    assert ended(capsys, "setup") == (0, "0 changes.\n")


def test_a_column_that_forms_require_is_named(
    crm: Persons, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning, here and in `mapping check`, until a default fills it. What the CRM fills by itself is not named."""
    by_itself = (("account", "customersizecode"), ("account", "donotemail"), ("opportunity", "ownerid"))
    for table, column in (("opportunity", "budgetamount"), ("account", "accountnumber"), *by_itself):
        crm.do("dataverse.require", table=table, column=column)
    sentence = "required on the CRM's forms, and nothing fills them: accountnumber on table account, budgetamount on"
    code, told = ended(capsys, "doctor")
    assert (code, sentence in told) == (0, True)
    code, told = ended(capsys, "mapping", "check")
    assert (code, f"warning: {sentence}" in told) == (0, True)
    (tmp_path / "own").mkdir()
    defaults = "defaults:\n  opportunity: {budgetamount: 1}\n  account: {accountnumber: X}\n"
    (tmp_path / "own" / "referral_opportunity.yaml").write_text(f"mapping: referral_opportunity\n{defaults}")
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path / "own"))
    assert "nothing fills them" not in ended(capsys, "doctor")[1]


def test_a_column_that_is_only_read_is_a_warning(crm: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """The sync carries deals without the column for notes to Microsoft, so nothing is wrong; setup would make it."""
    crm.do("dataverse.remove_column", table="opportunity", column="cosell_notestomicrosoft")
    code, told = ended(capsys, "doctor")
    assert (code, "to do: create the column cosell_notestomicrosoft on opportunity" in told) == (0, True)
    assert ended(capsys, "setup")[0] == 0


def test_a_column_of_leads_that_is_gone_is_a_warning(
    crm: Persons, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leads are left out then; with the setting leads they must be kept, and it is wrong."""
    crm.do("dataverse.remove_column", table="lead", column="cosell_audit")
    code, told = ended(capsys, "doctor")
    assert (code, "to do: create the column cosell_audit on lead" in told) == (0, True)
    assert "leads are left out, since the CRM lacks something" in told
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"leads": true}')
    assert ended(capsys, "doctor")[0] == 1


def test_a_column_of_ours_that_is_gone_comes_back_by_setup(crm: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """Dataverse renames by deleting and making anew. It is not taken for another one of ours; the mapping is right."""
    crm.do("dataverse.remove_column", table="opportunity", column="cosell_solutionplay")
    code, told = ended(capsys, "doctor")
    assert code == 1
    assert "to do: create the column cosell_solutionplay on opportunity" in told
    assert "no column cosell_solutionplay on table opportunity (airflow cosell setup mends that)" in told
    assert line(told, MAPPING) == ("wrong", SETUP)
    assert ended(capsys, "setup")[0] == 0
    assert ended(capsys, "doctor")[0] == 0


def test_a_column_of_theirs_that_is_gone_is_for_the_mapping(
    crm: Persons, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setup makes none; where one of ours lacks too, both ways out are told."""
    (tmp_path / "own").mkdir()
    need = "fields:\n  own_need: {dataverse: qualificationcomments}\n"
    (tmp_path / "own" / "referral_opportunity.yaml").write_text(f"mapping: referral_opportunity\n{need}")
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path / "own"))
    crm.do("dataverse.remove_column", table="opportunity", column="qualificationcomments")
    code, told = ended(capsys, "doctor")
    assert (code, line(told, MAPPING)) == (1, ("wrong", CORRECT))
    assert "referral_opportunity.yaml:3: field own_need: the CRM has no column qualificationcomments on table" in told
    crm.do("dataverse.remove_column", table="opportunity", column="cosell_solutionplay")
    assert line(ended(capsys, "doctor")[1], MAPPING) == ("wrong", f"{SETUP} {CORRECT}")
    assert ended(capsys, "setup")[0] == 0
