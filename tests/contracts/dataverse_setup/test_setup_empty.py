"""From an empty environment to a complete one: once, again, in parts, and never over what a person made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import RetryLaterError, SetupStoppedError
from setup_crm import Crm

from sandbox.dataverse import administering, crm
from sandbox.dataverse.shorthand import catalogue
from sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.dataverse.schema import Column

OURS = ("opportunity", "lead", "cosell_solutiondetail", "cosell_partnercentersolution")


def shape(column: Column) -> tuple[Any, ...]:
    """Give what a client of the CRM notices of a column."""
    ends = {(one.table, one.navigation, one.collection) for one in column.targets}
    options = tuple(column.options.items())
    numbers = (column.length, column.decimals, column.low, column.high)
    return column.kind, column.schema, numbers, options, ends, column.default


def writes(one: Crm) -> list[str]:
    """Give the requests that changed something."""
    return [f"{entry.method} {entry.path}" for entry in one.world.journal.last() if entry.method != "GET"]


def without_waits(sentences: Iterable[str]) -> list[str]:
    """Leave out the waits for indexes: they are built meanwhile, whoever waits."""
    return [each for each in sentences if not each.startswith("wait for the index")]


def test_an_empty_environment_becomes_what_the_sync_was_built_on() -> None:
    """Columns, options, lookups, navigation names, keys and tracking are those of the tables that were made by hand."""
    one = Crm()
    assert not any("cosell" in name for table in one.tables.values() for name in table.columns)
    report = one.setup()
    assert not report.left
    by_hand = catalogue().tables
    for name in OURS:
        made, expected = one.tables[name], by_hand[name]
        assert made.columns.keys() == expected.columns.keys()
        assert {key: shape(column) for key, column in made.columns.items()} == {
            key: shape(column) for key, column in expected.columns.items()
        }
        assert set(made.keys.values()) == set(expected.keys.values())
        assert (made.set, made.key, made.label_column) == (expected.set, expected.key, expected.label_column)
    assert one.world.settings["dataverse_tracked_tables"] == ["connection", "cosell_partnercentersolution"]


def test_a_second_run_does_nothing() -> None:
    """Nothing lacks, so nothing is written: no publishing either, which would publish others' drafts."""
    one = Crm()
    first = one.setup()
    assert len(first.done) > 40
    one.told.clear()
    one.world.journal.clear()
    second = one.setup()
    assert (second.done, second.left, one.told) == ((), (), [])
    assert writes(one) == []


def test_looking_writes_nothing() -> None:
    """A dry run lists what a run then does, in the same words."""
    one = Crm()
    plan = one.plan()
    assert writes(one) == []
    one.setup()
    assert one.told == [step.sentence for step in plan.steps]


def test_tables_made_by_hand_need_nothing() -> None:
    """Who followed the page for administrators has nothing to do."""
    one = Crm(empty=False)
    assert one.plan().steps == ()


def test_everything_sits_in_the_solution() -> None:
    """Also what was there before: made in another solution, it can be carried on with ours."""
    one = Crm()
    made = one(
        "POST",
        "EntityDefinitions(LogicalName='lead')/Attributes",
        json={
            "@odata.type": "Microsoft.Dynamics.CRM.MemoAttributeMetadata",
            "SchemaName": "new_Audit",
            "DisplayName": {"LocalizedLabels": [{"Label": "Audit", "LanguageCode": 1033}]},
            "MaxLength": 100,
        },
    )
    assert made.status_code == 204, made.text
    one.setup()
    rows = one("GET", "solutioncomponents?$select=objectid,componenttype,rootcomponentbehavior").json()["value"]
    held = {row["objectid"]: row for row in rows}
    for name in OURS:
        found = one("GET", f"EntityDefinitions(LogicalName='{name}')?$expand=Attributes,Keys").json()
        whole = held[found["MetadataId"]]["rootcomponentbehavior"] == 0
        parts = [each for each in found["Attributes"] + found["Keys"] if each["SchemaName"].startswith("cosell_")]
        assert parts
        assert whole == name.startswith("cosell_")
        assert whole or {part["MetadataId"] for part in parts} <= held.keys()
    assert held[one("GET", "GlobalOptionSetDefinitions(Name='cosell_syncstatus')").json()["MetadataId"]]
    assert made.headers["OData-EntityId"][-37:-1] not in held


@pytest.mark.parametrize("skip", [0, 7, 46])
@pytest.mark.parametrize("kind", ["status", "drop_before", "drop_after"])
def test_a_setup_that_broke_off_is_picked_up(kind: str, skip: int) -> None:
    """Whatever the request at which it stopped: the next run does the rest, and the one after it nothing."""
    one = Crm()
    denied = {"error": {"code": "0x80040220", "message": "is missing prvCreateEntity privilege"}}
    broken = Fault(kind=kind, app="dataverse", method="POST", skip=skip, times=0, status=403, body=denied)
    number = one.world.faults.add(broken).id
    with pytest.raises(Exception, match=r"(privilege|no answer)"):
        one.setup()
    one.world.faults.remove(number)
    first = one.plan()
    assert first.changes
    one.told.clear()
    one.setup()
    assert without_waits(one.told) == without_waits(step.sentence for step in first.steps)
    assert one.plan().steps == ()


@pytest.mark.parametrize("skip", [0, 7, 46])
def test_a_service_that_fails_for_good_says_how_far_the_setup_came(skip: int) -> None:
    """Airflow tries it again by itself; whoever typed the command learns that it may be."""
    one = Crm()
    broken = Fault(kind="status", app="dataverse", method="POST", skip=skip, times=0, status=503)
    number = one.world.faults.add(broken).id
    with pytest.raises(RetryLaterError) as failed:
        one.setup()
    done = without_waits(one.told)[:-1]
    assert f"503 ({len(done)} steps were done, and the last one told may be" in str(failed.value)
    assert "run it again" in str(failed.value)
    one.world.faults.remove(number)
    one.told.clear()
    assert one.setup().left == ()
    assert not set(created(done)) & set(one.told)


def test_a_setup_that_broke_off_before_publishing_publishes() -> None:
    """All is made but not published: the next run sees that from the solution, and publishes all of it."""
    one = Crm()
    number = one.world.faults.add(Fault(kind="drop_before", app="dataverse", path="PublishXml", times=0)).id
    with pytest.raises(Exception, match="no answer"):
        one.setup()
    one.world.faults.remove(number)
    tracking = "switch on change tracking for connection (it cannot be switched off again)"
    assert [step.sentence for step in one.plan().steps] == [tracking, "publish the changes"]
    one.setup()
    assert one.plan().steps == ()


@pytest.mark.parametrize("kind", ["drop_after", "truncate", "throttle"])
def test_a_lost_answer_or_a_pause_is_no_end(kind: str) -> None:
    """What may have been done is asked again; what is there already is done."""
    one = Crm()
    for skip in range(0, 60, 3):
        one.world.faults.add(Fault(kind=kind, app="dataverse", method="POST", skip=skip, times=1, retry_after=0))
    assert one.setup().left == ()
    assert one.plan().steps == ()


def test_somebody_else_who_customises_is_waited_for() -> None:
    """Dataverse takes one customisation at a time."""
    one = Crm()
    busy = {"error": {"code": "0x80071151", "message": "failed due to another concurrent operation"}}
    fault = Fault(kind="status", app="dataverse", method="POST", path="Attributes", times=3, status=400, body=busy)
    one.world.faults.add(fault)
    assert one.setup().left == ()


UNTOLD: dict[str, dict[str, Any]] = {
    "denied": {
        "status": 403,
        "body": {"error": {"code": "0x80040220", "message": "is missing prvReadRole privilege"}},
    },
    "not offered": {
        "status": 404,
        "body": {"error": {"code": "0x80060888", "message": "Resource not found for the segment"}},
    },
    "of tables alone": {
        "status": 200,
        "body": {"RolePrivileges": [{"PrivilegeName": "prvReadAccount", "Depth": "Global"}]},
    },
}
"""Answers on our privileges that tell nothing of those to customise."""


def untelling(how: str) -> Crm:
    """Give a CRM that does not tell our rights to customise."""
    one = Crm()
    one.world.faults.add(Fault(kind="status", app="dataverse", path="RetrieveUserPrivileges", times=0, **UNTOLD[how]))
    return one


def created(sentences: Iterable[str]) -> list[str]:
    """Give what was made, of what was done."""
    return [each for each in sentences if each.startswith("create ")]


@pytest.mark.parametrize(
    ("privilege", "step"),
    [
        ("prvReadSolution", "look at what is there"),
        ("prvReadSystemForm", "look at what is there"),
        ("prvCreatePublisher", "create the publisher cosell"),
        ("prvCreateSolution", "create the solution cosell"),
        ("prvCreateOptionSet", "create the choice cosell_howcanmicrosofthelp"),
        ("prvCreateEntity", "create the table cosell_solutiondetail"),
        ("prvCreateAttribute", "create the column cosell_syncwithpartnercenter on opportunity"),
        ("prvCreateRelationship", "create the column cosell_opportunityid on cosell_partnercentersolution"),
        ("prvWriteEntity", "switch on change tracking for connection"),
        ("prvReadSavedQuery", "put cosell_syncwithpartnercenter, cosell_howcanmicrosofthelp"),
        ("prvWriteSystemForm", "put cosell_syncwithpartnercenter, cosell_howcanmicrosofthelp"),
        ("prvCreateEntityKey", "create the alternate key cosell_OpportunityReferralKey on opportunity"),
        ("prvWriteSolution", "put connection into the solution"),
        ("prvPublishCustomization", "publish the changes"),
    ],
)
def test_without_one_right_it_says_at_which_step_it_stopped(privilege: str, step: str) -> None:
    """Where the CRM does not tell our rights: step, privilege and way out; each step is whole, the next run goes on."""
    one = untelling("denied")
    whole = created(each.sentence for each in one.plan().steps)
    one.world.settings["dataverse_denied_privileges"] = [privilege]
    with pytest.raises(SetupStoppedError, match=f"the role lacks the privilege {privilege}: give the ") as stopped:
        one.setup()
    assert f"could not {step}" in str(stopped.value)
    assert "the role System Customizer" in str(stopped.value)
    done = created(one.told[: stopped.value.done])
    one.world.settings["dataverse_denied_privileges"] = []
    one.told.clear()
    assert one.setup().left == ()
    assert done + created(one.told) == whole
    assert one.plan().steps == ()


@pytest.mark.parametrize("how", UNTOLD)
def test_rights_that_are_not_told_stop_nothing_beforehand(how: str) -> None:
    """The step that lacks one stops, with what was done before it; where none lacks, all is done."""
    one = untelling(how)
    one.world.settings["dataverse_denied_privileges"] = ["prvCreateAttribute"]
    with pytest.raises(SetupStoppedError, match=r"could not create the column .*: the role lacks the privilege"):
        one.setup()
    one.world.settings["dataverse_denied_privileges"] = []
    assert one.setup().left == ()


@pytest.mark.parametrize(
    "privileges",
    [
        ["prvCreatePublisher"],
        ["prvCreateSolution"],
        ["prvCreateOptionSet"],
        ["prvCreateEntity"],
        ["prvCreateAttribute"],
        ["prvCreateRelationship"],
        ["prvWriteEntity"],
        ["prvWriteSystemForm"],
        ["prvWriteSolution"],
        ["prvPublishCustomization"],
        ["prvCreateAttribute", "prvPublishCustomization"],
    ],
)
def test_without_a_right_nothing_is_begun(privileges: list[str]) -> None:
    """All that lack are named at once, by a dry run too; with them the setup is done whole."""
    one = Crm()
    one.world.settings["dataverse_denied_privileges"] = privileges
    several = "s" if len(privileges) > 1 else ""
    sentence = (
        f"the role lacks the privilege{several} {', '.join(privileges)}: give the application user the role System"
    )
    assert [obstacle.startswith(sentence) for obstacle in one.plan().obstacles] == [True]
    with pytest.raises(SetupStoppedError, match=sentence) as stopped:
        one.setup()
    assert "nothing was changed" in str(stopped.value)
    assert writes(one) == []
    one.world.settings["dataverse_denied_privileges"] = []
    assert one.setup().left == ()
    assert one.plan().steps == ()


@pytest.mark.parametrize("path", ["systemforms", "RetrieveProvisionedLanguages"])
def test_a_crm_without_forms_or_languages_gets_all_the_rest(path: str) -> None:
    """Nothing is put on forms that are not there, and labels are in the organisation's own language."""
    one = Crm()
    gone = {"error": {"code": "0x80060888", "message": "Resource not found for the segment"}}
    one.world.faults.add(Fault(kind="status", app="dataverse", path=path, times=0, status=404, body=gone))
    assert one.setup().left == ()
    assert one.plan().steps == ()
    assert "cosell_audit" in one.tables["opportunity"].columns


def test_an_option_of_a_global_choice_that_is_deleted_comes_back() -> None:
    """Setup adds the number again, with its labels."""
    one = Crm()
    one.setup()
    administering.remove_option(one.world, "opportunity", "cosell_syncstatus", number=727000001)
    assert 727000001 not in one.tables["opportunity"].columns["cosell_syncstatus"].options
    assert one.setup().left == ()
    assert 727000001 in one.tables["opportunity"].columns["cosell_syncstatus"].options
    assert one.plan().steps == ()


def test_a_repair_takes_only_its_own_rights() -> None:
    """What the role may not do besides, and nothing needs, is no obstacle."""
    one = Crm()
    one.setup()
    crm.organisation(one.world).customisations.settle("column", "opportunity.cosell_audit", length=2000)
    administering.remove_option(one.world, "opportunity", "cosell_syncstatus", number=727000003)
    others = ["prvCreateAttribute", "prvCreateEntity", "prvCreateEntityKey", "prvCreateOptionSet", "prvWriteSystemForm"]
    one.world.settings["dataverse_denied_privileges"] = [*others, "prvWriteAttribute", "prvWriteOptionSet"]
    with pytest.raises(SetupStoppedError, match="the role lacks the privileges prvWriteAttribute, prvWriteOptionSet: "):
        one.setup()
    one.world.settings["dataverse_denied_privileges"] = others
    assert one.setup().left == ()
    assert one.plan().steps == ()


def test_without_the_right_to_the_solution_a_repair_does_not_begin() -> None:
    """It is noted in the solution before anything is changed."""
    one = Crm()
    one.setup()
    administering.remove_column(one.world, "lead", "cosell_audit")
    one.world.settings["dataverse_denied_privileges"] = ["prvWriteSolution"]
    one.world.journal.clear()
    with pytest.raises(SetupStoppedError, match="the role lacks the privilege prvWriteSolution") as stopped:
        one.setup()
    assert "nothing was changed" in str(stopped.value)
    assert "cosell_audit" not in one.tables["lead"].columns


def test_a_column_of_another_type_stops_it_before_it_begins() -> None:
    """Nothing is half-done where a person must decide."""
    fresh = Crm()
    made = fresh(
        "POST",
        "publishers",
        json={"uniquename": "cosell", "customizationprefix": "cosell", "customizationoptionvalueprefix": 72700},
    )
    assert made.status_code == 204
    column = {
        "@odata.type": "Microsoft.Dynamics.CRM.IntegerAttributeMetadata",
        "SchemaName": "cosell_Audit",
        "DisplayName": {"LocalizedLabels": [{"Label": "Audit", "LanguageCode": 1033}]},
        "MinValue": 0,
        "MaxValue": 5,
    }
    assert fresh("POST", "EntityDefinitions(LogicalName='lead')/Attributes", json=column).status_code == 204
    fresh.world.journal.clear()
    with pytest.raises(SetupStoppedError, match="cosell_audit of lead is there as Integer, but memo") as stopped:
        fresh.setup()
    assert "nothing was changed" in str(stopped.value)
    assert writes(fresh) == []
