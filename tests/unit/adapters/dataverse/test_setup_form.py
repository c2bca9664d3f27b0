"""What setup puts on a form: all that lacks, nothing twice, and not a byte of what others made."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cosell.adapters.dataverse.setup.diff import compare
from cosell.adapters.dataverse.setup.form import Lacking, UnreadableFormError, lacking, read_form
from cosell.adapters.dataverse.setup.form_merge import merge
from cosell.adapters.dataverse.setup.form_xml import FormXml
from cosell.adapters.dataverse.setup.labels import labels_for
from cosell.adapters.dataverse.setup.steps import Kind
from setup_examples import ENGLISH, WANTED, complete, form_of, with_table

FORMS = Path(__file__).resolve().parents[4] / "sandbox" / "dataverse" / "forms"
STANDARD = (FORMS / "opportunity.xml").read_text("utf-8")
TABLE = WANTED.tables["opportunity"]
assert TABLE.form
FORM = TABLE.form
VIEWS = {"cosell_partnercentersolution": "9f3a6f5e-0000-4000-8000-000000000001"}


def completed(xml: str, *languages: int) -> str:
    """Give a form as setup leaves it."""
    labels = labels_for(languages or (1033,), base=1033)
    form = read_form(xml)
    lacks = lacking(form, FORM, languages=labels.languages)
    return merge(form, lacks, FormXml(WANTED, TABLE, labels, form=form, views=VIEWS))


def controls(xml: str) -> dict[str, ET.Element]:
    """Give the controls by what they show."""
    return {one.get("datafieldname") or "": one for one in ET.fromstring(xml).iter("control")}  # noqa: S314 - our own


def test_the_list_is_the_originals() -> None:
    """Seven fields and the list of solutions; the obsolete Products is not among them; four are the sync's alone."""
    assert FORM.columns == (
        "cosell_syncwithpartnercenter",
        "cosell_howcanmicrosofthelp",
        "cosell_referralvisibility",
        "cosell_referralidentifier",
        "cosell_referrallink",
        "cosell_microsoftcrmidentifier",
        "cosell_audit",
    )
    assert FORM.locked == set(FORM.columns[3:])
    assert FORM.lists == ("cosell_opportunity_partnercentersolutions",)


def test_a_form_gets_a_tab_at_the_end_and_keeps_every_byte() -> None:
    """Comments, blanks, other languages and attributes nobody knows are as they were."""
    after = completed(STANDARD)
    at = STANDARD.index("</tabs>")
    added = after[at : at + len(after) - len(STANDARD)]
    assert after == STANDARD[:at] + added + STANDARD[at:]
    assert added.startswith("<tab ")
    assert not lacking(read_form(after), FORM, languages=ENGLISH)
    locked = {name for name, one in controls(after).items() if one.get("disabled") == "true"}
    assert locked == FORM.locked
    assert completed(after) == after, "a second time nothing is added"


def test_what_was_put_elsewhere_is_there() -> None:
    """A seller's header or another tab will do; what is hidden will not."""
    control = '<control id="x" datafieldname="cosell_audit" disabled="true" />'
    header = STANDARD.replace("</row>\n    </rows>\n  </header>", f"<cell>{control}</cell></row></rows></header>")
    assert header != STANDARD
    assert "cosell_audit" not in lacking(read_form(header), FORM).columns
    hidden = STANDARD.replace('name="QUOTES"', 'name="QUOTES" data-x=""').replace(
        '<control id="quotecomments"', f'{control}<control id="quotecomments"'
    )
    assert "cosell_audit" in lacking(read_form(hidden), FORM).columns


@pytest.mark.parametrize("column", FORM.columns)
def test_a_field_that_was_taken_off_comes_back_into_its_section(column: str) -> None:
    """No second tab: the row goes where the others are."""
    whole = completed(STANDARD)
    cell = rf'<cell [^>]*>(?:(?!</cell>).)*datafieldname="{column}"(?:(?!</cell>).)*</cell>'
    without = re.sub(cell, "", whole)
    assert lacking(read_form(without), FORM) == Lacking(columns=(column,))
    again = completed(without)
    assert again.count('name="cosell_tab"') == again.count('name="cosell_section"') == 1
    assert not lacking(read_form(again), FORM)


def test_a_section_that_was_taken_off_comes_back_into_the_tab() -> None:
    """Also the list alone."""
    whole = completed(STANDARD)
    for name in ("cosell_section", "cosell_section_cosell_partnercentersolution"):
        without = re.sub(rf'<section [^>]*name="{name}"(?:(?!</section>).)*</section>', "", whole)
        assert without != whole
        again = completed(without)
        assert not lacking(read_form(again), FORM)
        assert again.count('name="cosell_tab"') == 1


@pytest.mark.parametrize("section", ["cosell_section", "cosell_section_cosell_partnercentersolution"])
@pytest.mark.parametrize("rows", ["<rows/>", "<rows />", "<rows></rows>"])
def test_a_section_that_was_emptied_is_filled_again(section: str, rows: str) -> None:
    """It is the one that stands there; a second one of its name and id is what Dynamics refuses."""
    whole = completed(STANDARD)
    filled = rf'(<section [^>]*name="{section}"(?:(?!<rows>).)*)<rows>(?:(?!</rows>).)*</rows>'
    emptied = re.sub(filled, rf"\1{rows}", whole)
    assert emptied != whole
    again = completed(emptied)
    assert not lacking(read_form(again), FORM, languages=ENGLISH)
    assert again == whole


@pytest.mark.parametrize("tag", ["tab", "section", "cell"])
def test_a_part_of_ours_that_is_hidden_keeps_its_id(tag: str) -> None:
    """What a seller shall see is put on anew, under ids that nothing on the form has."""
    whole = completed(STANDARD)
    at = whole.index(f"<{tag} ", whole.index('name="cosell_tab"') - (100 if tag == "tab" else 0))
    after = completed(f'{whole[: at + len(tag) + 1]} visible="false"{whole[at + len(tag) + 1 :]}')
    assert not lacking(read_form(after), FORM, languages=ENGLISH)
    ids = [one.get("id") for one in ET.fromstring(after).iter() if one.tag in {"tab", "section", "cell"}]  # noqa: S314 - our own
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '<control id="a" datafieldname="cosell_audit" />',
            '<control id="a" datafieldname="cosell_audit" disabled="true" />',
        ),
        (
            "<control disabled = 'false' id=\"a\" datafieldname='cosell_audit'>",
            '<control disabled="true" id="a" datafieldname=\'cosell_audit\'>',
        ),
        (
            """<control id="x disabled='no'>" datafieldname="cosell_audit" disabled="false"/>""",
            """<control id="x disabled='no'>" datafieldname="cosell_audit" disabled="true"/>""",
        ),
    ],
)
def test_what_only_the_sync_writes_is_locked(before: str, after: str) -> None:
    """Wherever it stands, however its tag is written."""
    end = "" if before.endswith("/>") else "</control>"
    xml = f"<form><tabs><tab><cell>{before}{end}</cell></tab></tabs></form>"
    assert lacking(read_form(xml), FORM).unlocked == ("cosell_audit",)
    form = read_form(xml)
    pieces = FormXml(WANTED, TABLE, labels_for((1033,), base=1033), form=form, views=VIEWS)
    locked = merge(form, Lacking(unlocked=("cosell_audit",)), pieces)
    assert locked == xml.replace(before, after)
    assert not lacking(read_form(locked), FORM).unlocked


def test_an_id_that_is_taken_is_not_taken_twice() -> None:
    """A hidden control of the same column keeps its id."""
    hidden = '<tab visible="false"><cell><control id="cosell_audit" datafieldname="cosell_audit"/></cell></tab>'
    after = completed(STANDARD.replace("</tabs>", f"{hidden}</tabs>"))
    ids = [one.get("id") for one in ET.fromstring(after).iter("control")]  # noqa: S314 - our own
    assert len(ids) == len(set(ids))


def test_a_new_language_names_what_is_ours_and_keeps_what_others_named() -> None:
    """Czech is switched on later; a German name of our tab and an English one changed by hand stay."""
    english = completed(STANDARD)
    by_hand = english.replace(
        '<label description="Audit" languagecode="1033"/>',
        '<label description="Trail" languagecode="1033"/><label description="Prüfung" languagecode="1031"/>',
    )
    assert by_hand != english
    both = completed(by_hand, 1033, 1029)
    assert '<label description="Prüfung" languagecode="1031"/><label description="Audit" languagecode="1029"/>' in both
    assert "Trail" in both
    assert not lacking(read_form(both), FORM, languages=frozenset({1033, 1029}))
    assert both.count('languagecode="1029"') == 2 + len(FORM.columns) + len(FORM.lists)
    assert completed(STANDARD, 1033, 1029).count('languagecode="1029"') >= both.count('languagecode="1029"')


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("", "no element found"),
        ("<form><tabs></form>", "mismatched tag"),
        ("<form/>", "it has no tabs"),
        ("<form><tabs/></form>", "it has no tabs"),
        ("<dashboard><tabs></tabs></dashboard>", "it begins with dashboard"),
        ('<!DOCTYPE form [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><form><tabs>&b;</tabs></form>', "a document type"),
        ('<!DOCTYPE form SYSTEM "file:///etc/passwd"><form><tabs></tabs></form>', "a document type"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(xml: str, reason: str) -> None:
    """Nothing is guessed, and no entity is followed."""
    with pytest.raises(UnreadableFormError, match=reason):
        read_form(xml)


def test_the_form_that_shows_most_is_completed_else_the_default_one() -> None:
    """One form is enough, and it is the same one every time."""
    bare, whole = form_of(STANDARD, name="A"), form_of(completed(STANDARD), name="Z", default=False)
    forms = with_table(complete(), "opportunity", forms=(bare, form_of(STANDARD, name="Default", default=True)))
    [step] = [one for one in compare(WANTED, forms, languages=ENGLISH).steps if one.kind is Kind.FORM]
    assert step.sentence.startswith("put cosell_syncwithpartnercenter, ")
    assert step.sentence.endswith("on the form A of opportunity")
    both = with_table(complete(), "opportunity", forms=(bare, whole))
    assert not [one for one in compare(WANTED, both, languages=ENGLISH).steps if one.kind is Kind.FORM]
    later = replace(bare, default=False)
    other = with_table(complete(), "opportunity", forms=(later, form_of(STANDARD, name="M")))
    [step] = [one for one in compare(WANTED, other, languages=ENGLISH).steps if one.kind is Kind.FORM]
    assert step.name == "M"


@pytest.mark.parametrize(("forms", "words"), [((), "no active main form"), ((form_of("<form"),), "cannot be read")])
def test_without_a_form_to_complete_a_person_must_see_to_it(forms: tuple[object, ...], words: str) -> None:
    """Said before anything is done; another form that can be read serves."""
    found = with_table(complete(), "opportunity", forms=forms)
    [obstacle] = compare(WANTED, found, languages=ENGLISH).obstacles
    assert words in obstacle
    assert ": " in obstacle
    found = with_table(complete(), "opportunity", forms=(*forms, form_of(STANDARD, name="B")))
    assert not compare(WANTED, found, languages=ENGLISH).obstacles
