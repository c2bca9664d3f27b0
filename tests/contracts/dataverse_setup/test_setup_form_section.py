"""The form section in a real environment: put on, published, found again, never over what others made."""

from __future__ import annotations

from typing import Any

import pytest
from cosell.core.errors import SetupStoppedError
from setup_crm import Crm

from sandbox.dataverse import administering, crm, forms
from sandbox.faults import Fault

FORM = forms.form_id("opportunity")
UNPUBLISHED = f"systemforms({FORM})/Microsoft.Dynamics.CRM.RetrieveUnpublished()"


def form_of(one: Crm, path: str = f"systemforms({FORM})") -> str:
    """Give the opportunity's main form, as published unless told otherwise."""
    answer = one("GET", path, params={"$select": "formxml"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["formxml"])


def change(one: Crm, xml: str, **headers: str) -> Any:  # noqa: ANN401 - what httpx gives
    """Change the form as a form designer does."""
    return one("PATCH", f"systemforms({FORM})", json={"formxml": xml}, headers={"If-Match": "*", **headers})


def test_sellers_see_the_section_after_a_setup() -> None:
    """It is published, in the solution, and found whole by the next run; rows of ours can be filled in too."""
    one = Crm(languages=(1033, 1029))
    one.setup()
    xml = form_of(one)
    assert 'datafieldname="cosell_syncwithpartnercenter"' in xml
    target = "cosell_partnercentersolution"
    views = one(
        "GET", "savedqueries", params={"$filter": f"returnedtypecode eq '{target}' and isdefault eq true"}
    ).json()
    assert (
        f"<ViewId>{{{views['value'][0]['savedqueryid'].upper()}}}</ViewId>"
        "<RelationshipName>cosell_opportunity_partnercentersolutions</RelationshipName>"
        f"<TargetEntityType>{target}</TargetEntityType><IsUserView>false</IsUserView>"
    ) in xml
    assert 'description="Doporučení' in xml or 'description="Identifikátor' in xml
    assert "Übersicht &amp; Verlauf" in xml
    rows = one("GET", "systemforms", params={"$filter": "objecttypecode eq 'cosell_partnercentersolution'"}).json()
    assert 'datafieldname="cosell_solutiondetailid"' in rows["value"][0]["formxml"]
    held = one("GET", "solutioncomponents", params={"$filter": f"objectid eq {FORM}"}).json()["value"]
    assert [row["componenttype"] for row in held] == [60]
    assert one.plan().steps == ()


def test_a_change_that_is_not_published_is_nobodys_to_see_and_nobodys_to_lose() -> None:
    """Somebody's draft is what setup builds on; until it is published sellers see the form of before."""
    one = Crm()
    before = form_of(one)
    draft = before.replace("Opportunity Information", "Opportunity Facts")
    assert change(one, draft).status_code == 204
    assert form_of(one) == before
    assert form_of(one, UNPUBLISHED) == draft
    one.setup()
    after = form_of(one)
    assert "Opportunity Facts" in after
    assert after == form_of(one, UNPUBLISHED)


def test_a_field_that_an_administrator_took_off_is_put_back() -> None:
    """The next run says which, and puts that one alone."""
    one = Crm()
    one.setup()
    xml = form_of(one)
    start = xml.index('<row><cell id="', xml.index('datafieldname="cosell_syncwithpartnercenter"'))
    end = xml.index("</row>", start) + len("</row>")
    assert "cosell_howcanmicrosofthelp" in xml[start:end]
    assert change(one, xml[:start] + xml[end:]).status_code == 204
    one.told.clear()
    one.setup()
    assert one.told == ["put cosell_howcanmicrosofthelp on the form Opportunity of opportunity", "publish the changes"]
    assert one.plan().steps == ()


def test_a_form_that_cannot_be_read_stops_it_before_it_begins() -> None:
    """Nothing is half-done, and nothing is written over it."""
    one = Crm()
    org = crm.organisation(one.world)
    rows = org.rows(org.table(forms.FORM))
    rows.put(FORM, {**(rows.get(FORM) or {}), "formxml": "<form><tabs>"})
    with pytest.raises(SetupStoppedError, match="the form Opportunity of opportunity cannot be read") as stopped:
        one.setup()
    assert "nothing was changed" in str(stopped.value)
    org.rows(org.table(forms.FORM)).put(FORM, {**(rows.get(FORM) or {}), "formactivationstate": 0})
    with pytest.raises(SetupStoppedError, match="opportunity has no active main form"):
        one.setup()


def test_a_table_without_a_default_view_is_told() -> None:
    """A list shows a view by its id: where there is none the sentence says which table, and the next run goes on."""
    one = Crm()
    org = crm.organisation(one.world)
    rows = org.rows(org.table(forms.VIEW))
    one.setup()
    administering.remove_column(one.world, "cosell_partnercentersolution", "cosell_opportunityid")
    view = forms.view_id("cosell_partnercentersolution")
    rows.put(view, {**(rows.get(view) or {}), "isdefault": False})
    with pytest.raises(SetupStoppedError, match="cosell_partnercentersolution has no default view: set one"):
        one.setup()
    rows.put(view, {**(rows.get(view) or {}), "isdefault": True})
    one.setup()
    assert one.plan().steps == ()


def test_a_form_that_may_not_be_changed_is_told_by_its_name() -> None:
    """The sentence names the form; all before it is done and is not done again."""
    one = Crm()
    denied = {"error": {"code": "0x8004f026", "message": "The evaluation of the current component failed."}}
    fault = Fault(kind="status", app="dataverse", method="PATCH", path="systemforms", times=0, status=400, body=denied)
    number = one.world.faults.add(fault).id
    with pytest.raises(SetupStoppedError, match=r"could not put .* on the form Opportunity of opportunity"):
        one.setup()
    one.world.faults.remove(number)
    one.told.clear()
    one.setup()
    assert [told for told in one.told if told.startswith("create the column")] == []
    assert one.plan().steps == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('datafieldname="name"', 'datafieldname="new_name"', "new_name does not exist"),
        ("opportunity_connections1", "opportunity_connections9", "opportunity_connections9 does not lead"),
        ("<IsUserView>false", "<IsUserView>true", "is none of connection"),
        (f"{{{forms.view_id('connection')}}}", f"{{{forms.view_id('lead')}}}", "is none of connection"),
        ('control id="name"', 'control id="parentcontactid"', "stands twice"),
        ("{5B773807-9FB2-42db-97C3-7A91EFF8ADFF}", "{4273EDBD-AC1D-40D3-9FB2-095C621B552D}", "cannot show"),
        ('languagecode="1031"', 'languagecode="1036"', "labels in"),
        ('<labels><label description="Topic" languagecode="1033" /></labels>', "", "has no label"),
        ("{5b2c7a40-62b3-4f5c-a0b4-1b2f4f1a7d03}", "cell3", "no id in braces"),
        ("<row />", "", "spans"),
        ("<row />", "<cell />", "rows cannot hold cell"),
        ("</form>", "", "not well-formed"),
    ],
)
def test_the_sandbox_takes_no_form_that_is_not_one(old: str, new: str, words: str) -> None:
    """Names that there are, ids that stand once, parts in their places."""
    one = Crm()
    answer = change(one, form_of(one).replace(old, new))
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
