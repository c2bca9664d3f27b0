"""Columns of Microsoft's own connector: found by what people call them, adopted where they serve, never doubled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.setup.adoption import candidates, keyed, read_strangers
from cosell.adapters.dataverse.setup.labels import catalogue
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.mapping import load_mapping
from cosell.mapping.adoption import only_read, overlay, renamed
from cosell.mapping.loader import default_folders
from setup_crm import Crm

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.adapters.dataverse.setup.adoption import Candidate

WANTED = load_wanted()
HELP = [text for number, text in catalogue()[1033].choices["cosell_howcanmicrosofthelp"].items() if number != "name"]


def label(text: str) -> dict[str, Any]:
    """Give a label in English."""
    return {"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]}


def column(name: str, kind: str, called: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a body
    """Give the body of a column."""
    typed = f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
    return {"@odata.type": typed, "SchemaName": name, "DisplayName": label(called), **more}


def options(*texts: str) -> dict[str, Any]:
    """Give the options of a choice of its own, numbered from 100000000."""
    numbered = [{"Value": 100000000 + place, "Label": label(text)} for place, text in enumerate(texts)]
    return {"OptionSet": {"IsGlobal": False, "OptionSetType": "Picklist", "Options": numbered}}


YES_NO = {
    "OptionSet": {"TrueOption": {"Value": 1, "Label": label("Yes")}, "FalseOption": {"Value": 0, "Label": label("No")}}
}
TEXT = {"MaxLength": 100, "FormatName": {"Value": "Text"}}
OLD = (
    column("new_Sync", "Boolean", "Sync with Partner Center", **YES_NO),
    column("new_ReferralId", "String", "Referral Identifier", **TEXT),
    column("new_Help", "Picklist", " How can  Microsoft HELP? ", **options(*reversed(HELP))),
    column("new_Visible", "Picklist", "Microsoft Partner Center Referral Visibility", **options("Visible")),
    column("new_CrmId", "Integer", "Microsoft CRM Identifier", MinValue=0, MaxValue=9),
    column("new_Link", "String", "Referral Link", **TEXT),
    column("new_Link2", "String", "Referral Link", **TEXT),
    column("new_Audit", "Memo", "Audit", MaxLength=2000),
    column("new_Mine", "String", "Something else", **TEXT),
)


@pytest.fixture
def old() -> Crm:
    """Give an environment that another connector worked in."""
    one = Crm()
    for body in OLD:
        answer = one("POST", "EntityDefinitions(LogicalName='opportunity')/Attributes", json=body)
        assert answer.status_code == 204, answer.text
    return one


def found(one: Crm) -> dict[str, Candidate]:
    """Give what can be adopted, and what cannot, by our column."""

    async def look() -> list[Candidate]:
        async with one.transport() as transport:
            strangers = await read_strangers(transport, table="opportunity", prefix="cosell")
            return list(candidates(WANTED, strangers, table="opportunity"))

    return {each.column: each for each in asyncio.run(look())}


def test_columns_are_found_by_what_people_call_them(old: Crm) -> None:
    """Case and blanks do not matter, types and options do; what cannot serve says why."""
    told = found(old)
    good = {name: one.stranger for name, one in told.items() if not one.problem}
    assert good == {
        "cosell_syncwithpartnercenter": "new_sync",
        "cosell_referralidentifier": "new_referralid",
        "cosell_howcanmicrosofthelp": "new_help",
        "cosell_audit": "new_audit",
    }
    assert told["cosell_howcanmicrosofthelp"].numbers[727000000] == 100000005
    assert "no option called Not visible" in told["cosell_referralvisibility"].problem
    assert "it is Integer, not text" in told["cosell_microsoftcrmidentifier"].problem
    assert "several columns are called so (new_link, new_link2)" in told["cosell_referrallink"].problem


def test_where_nobody_was_before_nothing_is_found() -> None:
    """Our own columns are not another's, on a CRM that was set up."""
    one = Crm()
    assert found(one) == {}
    one.setup()
    assert found(one) == {}


def test_an_adopted_column_is_not_doubled(old: Crm, tmp_path: Path) -> None:
    """The file holds with the shipped mapping; setup makes what is left, and its form shows that."""
    taken = {name: one for name, one in found(old).items() if not one.problem}
    identifier = taken.pop(*keyed(WANTED, table="opportunity"))
    file = load_mapping(folders=default_folders()).file
    columns = {name: one.stranger for name, one in taken.items()}
    lines = renamed(file, columns, numbers={name: one.numbers for name, one in taken.items()})
    lines |= only_read("other_referral_identifier", identifier.stranger)
    (tmp_path / "referral_opportunity.yaml").write_text(overlay("referral_opportunity", lines))
    mapping = load_mapping(folders=[*default_folders(), tmp_path])
    fields = mapping.file.fields
    assert (fields["flag"].dataverse, fields["consent"].dataverse) == ("new_sync", "new_sync")
    assert fields["flag"].converter == "yes_no"
    assert fields["help"].choices is not None
    assert fields["help"].choices["WorkloadSpecificValueProposition"] == 100000005
    assert fields["visibility"].dataverse == "cosell_referralvisibility"
    assert fields["other_referral_identifier"].written_on == []
    reached = needed_columns(mapping.shape(), settings=Settings(organisation=""))
    left = WANTED.only(reached).tables["opportunity"]
    assert not left.columns.keys() & columns.keys()
    assert "cosell_referralidentifier" in left.columns
    assert left.form
    assert set(left.form.columns) == {
        "cosell_referralvisibility",
        "cosell_referralidentifier",
        "cosell_referrallink",
        "cosell_microsoftcrmidentifier",
    }
