"""A setup that was done before: indexes, languages, lengths and options are brought up to what is wanted."""

from __future__ import annotations

import pytest
from setup_crm import Crm

from sandbox.dataverse import administering, crm


def test_an_index_that_fails_is_told_and_built_again() -> None:
    """Two rows of one referral: the key is made but cannot serve until a person parts them."""
    one = Crm()
    one.setup()
    key = one("GET", "EntityDefinitions(LogicalName='lead')/Keys").json()["value"][0]
    assert one("DELETE", f"EntityDefinitions(LogicalName='lead')/Keys({key['MetadataId']})").status_code == 204
    rows = [crm.create(one.world, "lead", lastname="A", cosell_referralidentifier="R1") for _ in range(2)]
    [left] = one.setup().left
    assert "two rows hold the same cosell_referralidentifier" in left
    [left] = one.setup().left
    assert one.told[-1] == "build the index of the alternate key cosell_leadreferralkey on lead again"
    crm.delete(one.world, "lead", rows[0])
    assert one.setup().left == ()
    assert one.plan().steps == ()


def test_an_index_that_takes_long_is_left_to_itself() -> None:
    """A big table's index takes its time: the run says so; a later one finds it and counts no change."""
    one = Crm()
    one.world.settings["dataverse_key_seconds"] = 3600
    assert len(one.setup().left) == 3
    plan = one.plan()
    assert len(plan.steps) == 3
    assert plan.changes == 0
    one.world.advance(3600)
    assert one.plan().steps == ()


def test_names_come_in_the_languages_of_the_environment_and_others_survive() -> None:
    """Czech is switched on later; the German name that somebody gave, and an English one changed by hand, stay."""
    one = Crm(languages=(1033, 1031))
    one.setup()
    path = "EntityDefinitions(LogicalName='opportunity')/Attributes(LogicalName='cosell_audit')"
    typed = f"{path}/Microsoft.Dynamics.CRM.MemoAttributeMetadata"
    whole = {name: value for name, value in one("GET", typed).json().items() if name != "@odata.context"}
    names = [{"Label": "Prüfung", "LanguageCode": 1031}, {"Label": "Trail", "LanguageCode": 1033}]
    changed = one("PUT", path, json=whole | {"DisplayName": {"LocalizedLabels": names}})
    assert changed.status_code == 204, changed.text
    assert one("POST", "PublishAllXml", json={}).status_code == 204
    one.world.settings["dataverse_languages"] = [1033, 1031, 1029]
    one.setup()
    labels = one("GET", typed).json()["DisplayName"]["LocalizedLabels"]
    named = {label["LanguageCode"]: label["Label"] for label in labels}
    assert named == {1031: "Prüfung", 1033: "Trail", 1029: "Audit"}
    statuses = one("GET", "GlobalOptionSetDefinitions(Name='cosell_syncstatus')").json()["Options"]
    texts = [text for status in statuses for text in status["Label"]["LocalizedLabels"]]
    czech = [text["Label"] for text in texts if text["LanguageCode"] == 1029]
    assert czech == ["Čeká", "Synchronizováno", "Odmítnuto", "Konflikt", "Pozastaveno"]
    table = one("GET", "EntityDefinitions(LogicalName='cosell_solutiondetail')").json()
    assert {label["LanguageCode"] for label in table["DisplayName"]["LocalizedLabels"]} == {1033, 1029}
    assert one.plan().steps == ()


def test_what_grew_too_short_or_lost_an_option_is_mended() -> None:
    """Columns that an administrator made by an older list are brought up to this one."""
    one = Crm()
    one.setup()
    crm.organisation(one.world).customisations.settle("column", "opportunity.cosell_audit", length=2000)
    administering.remove_option(one.world, "opportunity", "cosell_syncstatus", number=727000003)
    one.told.clear()
    one.setup()
    assert one.told == [
        "add the options 727000003 to cosell_syncstatus",
        "let cosell_audit on opportunity hold 4000 characters",
        "publish the changes",
    ]
    assert one.tables["opportunity"].columns["cosell_audit"].length == 4000
    assert 727000003 in one.tables["lead"].columns["cosell_syncstatus"].options


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        (
            "opportunity",
            "cosell_audit",
            [
                "create the column cosell_audit on opportunity",
                "put cosell_audit on the form Opportunity of opportunity",
                "publish the changes",
            ],
        ),
        (
            "opportunity",
            "cosell_referralidentifier",
            [
                "create the column cosell_referralidentifier on opportunity",
                "put cosell_referralidentifier on the form Opportunity of opportunity",
                "create the alternate key cosell_OpportunityReferralKey on opportunity",
                "publish the changes",
            ],
        ),
        (
            "cosell_partnercentersolution",
            "cosell_opportunityid",
            [
                "create the column cosell_opportunityid on cosell_partnercentersolution",
                "put cosell_opportunity_partnercentersolutions on the form Opportunity of opportunity",
                "publish the changes",
            ],
        ),
    ],
)
def test_a_column_that_an_administrator_deleted_is_made_again(table: str, column: str, told: list[str]) -> None:
    """With the key and the place on the form that went with it; the run after it has nothing to do."""
    one = Crm()
    one.setup()
    administering.remove_column(one.world, table, column)
    one.told.clear()
    assert one.setup().left == ()
    assert one.told == told
    assert column in one.tables[table].columns
    assert one.plan().steps == ()


def test_a_column_made_by_hand_comes_back_too() -> None:
    """Where no setup has ever run, it is made as setup makes it."""
    one = Crm(empty=False)
    administering.remove_column(one.world, "opportunity", "cosell_closereason")
    assert one.setup().left == ()
    assert "create the column cosell_closereason on opportunity" in one.told
    assert len(one.tables["opportunity"].columns["cosell_closereason"].options) == 8
    assert one.plan().steps == ()
