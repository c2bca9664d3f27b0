"""What an operator asks of the mapping and the settings on the command line; nothing is written anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.persons import Persons

ROOT = Path(__file__).parents[2]
CURRENCY = "yaml:3: defaults: column transactioncurrencyid"
ACCOUNT = {"name": "Adatum GmbH", "address1_country": "Deutschland", "address1_line1": "Ring 5"}


def value_in(column: str) -> str:
    """Give the line that has the deal's value in another column."""
    line = f"dataverse: {column}, partner_center: details.dealValue, converter: money, on_conflict: dataverse"
    return f"fields:\n  deal_value: {{{line}}}\n"


def currency(row: str) -> str:
    """Give the line that has new opportunities in a currency that is told by a value."""
    return f"defaults:\n  opportunity: {{transactioncurrencyid: {{{row}, value: XXX}}}}\n"


@pytest.fixture
def overlay(deployed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a memory of its own, and a way to lay lines over the shipped mapping."""
    del deployed
    url = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(url))
    folder = tmp_path / "mappings"
    folder.mkdir()
    monkeypatch.setenv("COSELL_MAPPINGS", str(folder))

    def put(lines: str) -> None:
        (folder / "referral_opportunity.yaml").write_text(f"mapping: referral_opportunity\n{lines}")

    return put


def test_the_shipped_mapping_fits(overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Both tables, against the columns that the CRM has."""
    del overlay
    typed("mapping", "check")
    assert "The mapping fits the columns of the CRM." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            value_in("estimatedvalu"),
            "no column estimatedvalu on table opportunity; did you mean estimatedvalue?",
        ),
        (
            "fields:\n  notes: {partner_center: details.notes, dataverse: Description, merge: append}\n",
            "no column Description on table opportunity; that is the display name of description: write description",
        ),
        (
            "fields:\n  notes: {partner_center: details.notes, dataverse: Topic, merge: append}\n",
            "no column Topic on table opportunity; that is the display name of name: write name",
        ),
        (
            value_in("customerneed"),
            "column customerneed holds text, and converter money needs",
        ),
        (
            "fields:\n  customer_country: {dataverse: account.address1_contry, converter: country}\n",
            "no column address1_contry on table account; did you mean account.address1_country?",
        ),
        (
            "dataverse:\n  related:\n    lead: {table: lead, navigation: originatinglead}\n",
            "has no navigation property originatinglead",
        ),
        (
            "defaults:\n  opportunity: {cosell_region: EMEA}\n",
            "yaml:3: defaults: the CRM has no column cosell_region on table opportunity",
        ),
        (
            currency("table: currency, match: isocurrencycode"),
            f"{CURRENCY} leads to transactioncurrency, not to currency",
        ),
        (
            currency("table: transactioncurrency, match: isocode"),
            "the CRM has no column isocode on table transactioncurrency; did you mean isocurrencycode?",
        ),
        (
            currency("table: transactioncurrency, match: isocurrencycode"),
            f"{CURRENCY} names no row: the mapping's default",
        ),
        (
            "defaults:\n  opportunity: {transactioncurrencyid: EUR}\n",
            "yaml:3: defaults: column transactioncurrencyid is a",
        ),
        (
            'defaults:\n  opportunity: {budgetamount: "ten"}\n',
            "yaml:3: defaults: column budgetamount holds money: expected a number, found 'ten'",
        ),
        (
            "defaults:\n  opportunity: {estimatedclosedate: soon}\n",
            "yaml:3: defaults: column estimatedclosedate holds date: expected a day such as 2026-01-31, found 'soon'",
        ),
        (
            "defaults:\n  opportunity: {description: 5}\n",
            "yaml:3: defaults: column description holds text: expected a text, found 5",
        ),
        (
            "defaults:\n  opportunity: {participatesinworkflow: maybe}\n",
            "yaml:3: defaults: column participatesinworkflow holds boolean: expected true or false, found 'maybe'",
        ),
        (
            "defaults:\n  account: {name: 7}\n",
            "yaml:3: defaults: column account.name holds text: expected a text, found 7",
        ),
        (
            f"defaults:\n  account: {{accountnumber: {'x' * 300}}}\n",
            "yaml:3: defaults: column account.accountnumber holds 20 characters, and the default has 300: shorten it",
        ),
        (
            "defaults:\n  opportunity: {stepname: {table: account, match: name, value: X}}\n",
            "stepname is no lookup: give",
        ),
        (
            "dataverse:\n  related:\n    lead: {table: laed, navigation: originatingleadid}\n",
            "yaml:4: dataverse.related.lead: the CRM has no table laed; did you mean lead?",
        ),
    ],
)
def test_what_cannot_work_is_named_with_file_line_and_field(
    overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str], lines: str, words: str
) -> None:
    """Exit code 1; a column that is missing does not end the look at the others."""
    overlay(lines)
    with pytest.raises(SystemExit) as ended:
        typed("mapping", "check")
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert words in told
    if lines.startswith("fields"):
        assert "referral_opportunity.yaml:3: field" in told


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            value_in("Est. Revenue"),
            "Est. Revenue on table opportunity; that is the display name of estimatedvalue: write estimatedvalue",
        ),
        (
            "fields:\n  close_date: {dataverse: [Est. Close Date], converter: calendar_day}\n",
            "3: field close_date: the CRM has no column Est. Close Date on table opportunity; that is the display name",
        ),
        (
            "fields:\n  own_customer: {dataverse: Potential Customer}\n",
            "that is the display name of customerid: write customerid",
        ),
        (
            "fields:\n  customer_country: {dataverse: 'account.Account Number', converter: country}\n",
            "on table account; that is the display name of account.accountnumber: write account.accountnumber",
        ),
        (
            "defaults:\n  opportunity: {Budget Amount.: 5}\n",
            "3: the CRM has no column Budget Amount. on table opportunity; that is the display name of budgetamount",
        ),
        (value_in("Bugdet Amount"), "no column Bugdet Amount on table opportunity; did you mean budgetamount?"),
    ],
)
def test_a_display_name_that_can_be_no_logical_name_is_looked_up(
    overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str], lines: str, words: str
) -> None:
    """The file cannot be loaded, and is told all the same what to write: by `mapping check` and by the doctor."""
    overlay(lines)
    with pytest.raises(SystemExit, match=re.escape(words)):
        typed("mapping", "check")
    with pytest.raises(SystemExit):
        typed("doctor")
    told = "".join(cell.split("│")[3].strip() + " " for cell in capsys.readouterr().out.splitlines() if "│" in cell)
    assert words in " ".join(told.split())


def test_without_the_crm_a_display_name_is_told_as_such(
    overlay: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By commands that ask no CRM, and where it does not answer."""
    overlay(value_in("Budget Amount"))
    words = "NoLogicalNameError: .*yaml:3: field deal_value: 'Budget Amount' is no logical name: give the column's name"
    with pytest.raises(SystemExit, match=words):
        typed("mapping", "explain", "deal_value")
    monkeypatch.setenv("AIRFLOW_CONN_DATAVERSE_DEFAULT", "{}")
    with pytest.raises(SystemExit, match=words):
        typed("mapping", "check")


def test_two_fields_in_one_column_end_the_command(overlay: Callable[[str], None]) -> None:
    """Before anything is asked of the CRM: a run would carry the deal's name into the other field's path."""
    overlay("fields:\n  own_x: {partner_center: campaignId, dataverse: name}\n")
    words = (
        r"MappingError: .*yaml:3: field own_x: own_x and deal_name both write the column name on dataverse: give each"
    )
    with pytest.raises(SystemExit, match=words):
        typed("mapping", "check")


def test_a_file_that_cannot_be_read_ends_the_command(overlay: Callable[[str], None]) -> None:
    """With file, line and field, as a run would."""
    overlay("fields:\n  deal_value: {converter: mony}\n")
    for words in (["check"], ["doc"], ["explain", "deal_value"], ["try", "x"]):
        with pytest.raises(SystemExit, match=r"MappingError: .*yaml:3: field deal_value: .*did you mean money"):
            typed("mapping", *words)


def test_a_field_is_explained(overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Where it lies, which way it goes, and which file says so; of every mapping that has it."""
    overlay(value_in("budgetamount"))
    typed("mapping", "explain", "deal_value")
    told = capsys.readouterr().out
    assert "deal_value (Deal value) of referral_opportunity" in told
    assert "deal_value (Deal value) of referral_lead" in told
    assert "budgetamount" in told
    assert "both ways; changed on both: the CRM wins" in told
    assert "mappings/referral_opportunity.yaml:3" in told
    with pytest.raises(SystemExit, match=r"no field 'deal_valu'; did you mean deal_value\?"):
        typed("mapping", "explain", "deal_valu")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "budgetamount",
            "no field 'budgetamount'; it is where deal_value lies: airflow cosell mapping explain deal_value",
        ),
        ("details.dealValue", "it is where deal_value lies: "),
        ("name", "it is where deal_name, label, mark lie: airflow cosell mapping explain deal_name"),
        ("Deal value", r"did you mean deal_value\?"),
        ("zzz", "known: audit, call_wanted, "),
    ],
)
def test_a_column_is_not_a_field(overlay: Callable[[str], None], written: str, told: str) -> None:
    """Whoever names a column or a path is told the fields that lie there."""
    overlay(value_in("budgetamount"))
    with pytest.raises(SystemExit, match=told):
        typed("mapping", "explain", written)


def test_the_page_holds_every_field_in_force(
    overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Overlays too, and the fingerprint that a run compares."""
    from cosell.mapping import LEAD_MAPPING, load_mapping  # noqa: PLC0415 - reads the overlay

    overlay("fields:\n  own_region: {partner_center: details.region, dataverse: budgetamount}\n")
    typed("mapping", "doc")
    told = capsys.readouterr().out
    for mapping in (load_mapping(), load_mapping(LEAD_MAPPING)):
        assert f"# {mapping.file.mapping}" in told
        assert mapping.fingerprint in told
        for name in mapping.file.fields:
            assert f"\n| `{name}` |" in told
    assert "| `own_region` | `details.region` | `budgetamount` |" in told


def test_a_referral_is_tried(
    overlay: Callable[[str], None], persons: Persons, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read, and what the CRM would be told; people are no more than counted, and nothing is written."""
    del overlay
    referral = persons.do("create_deal", name="Try me", details={"dealValue": 1234.567})["id"]
    before = len(persons.do("dataverse.find", table="opportunity"))
    capsys.readouterr()
    typed("mapping", "try", referral)
    told = capsys.readouterr().out
    assert f"{referral} in Partner Center (opportunity). Nothing was written." in told
    assert "estimatedvalue = 1234.57" in told.replace('"', "")
    assert "Try me" in told
    assert "@" not in told
    assert len(persons.do("dataverse.find", table="opportunity")) == before


def test_a_row_is_tried(overlay: Callable[[str], None], persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """The other way, flagged or not."""
    del overlay
    account = persons.do("dataverse.create", table="account", **ACCOUNT)
    row = persons.do(
        "dataverse.create", table="opportunity", name="✔ Of ours", customerid=f"account:{account}", estimatedvalue=7
    )
    typed("mapping", "try", row.upper())
    told = capsys.readouterr().out
    assert f"{row} in the CRM (opportunity). Nothing was written." in told
    assert 'name = "Of ours"' in told
    assert 'customerProfile.address.country = "DE"' in told


def test_a_lead_is_tried_by_its_own_mapping(
    overlay: Callable[[str], None], persons: Persons, capsys: pytest.CaptureFixture[str]
) -> None:
    """By what the referral is."""
    del overlay
    referral = persons.do("send_lead", name="A lead")["id"]
    typed("mapping", "try", referral)
    told = capsys.readouterr().out
    assert f"{referral} in Partner Center (lead)" in told
    assert 'subject = "A lead"' in told


HOOKS = """
def before_write_opportunity(deal):
    return {"own_need": f"as {deal['own_size'] or 'nobody'} needs", "deal_name": deal["deal_name"].upper()}
"""
CONVERTERS = """
from cosell.mapping import OwnConverter

own_size = OwnConverter(gives="text", to_dataverse=lambda size: size[0], from_dataverse={"L": "Large"}.get)
"""
OWN = """fields:
  own_need: {dataverse: customerneed}
  own_size: {partner_center: campaignId, dataverse: %s, converter: own_size, authority: partner_center}
"""


@pytest.fixture
def own(overlay: Callable[[str], None], tmp_path: Path) -> Callable[[str], None]:
    """Give a way to lay lines over the shipped mapping, with a converter and a hook of one's own beside them."""
    (tmp_path / "mappings" / "hooks.py").write_text(HOOKS)
    (tmp_path / "mappings" / "converters.py").write_text(CONVERTERS)

    def put(column: str) -> None:
        overlay(OWN % column)

    return put


def test_own_code_is_seen_by_every_command(
    own: Callable[[str], None], persons: Persons, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Check holds its columns against the CRM, explain and doc name file and line, try shows what it gives."""
    own("qualificationcomments")
    folder = tmp_path / "mappings"
    typed("mapping", "check")
    typed("mapping", "explain", "own_size")
    typed("mapping", "explain", "own_need")
    typed("mapping", "doc")
    told = capsys.readouterr().out
    assert "The mapping fits the columns of the CRM." in told
    assert f"converter       own_size ({folder}/converters.py:4)" in told
    assert f"may be filled by before_write_opportunity ({folder}/hooks.py:2)" in told
    assert f"Hook `before_write_opportunity` (`{folder}/hooks.py:2`) may fill" in told
    referral = persons.do("create_deal", name="Try me", campaignId="Large")["id"]
    typed("mapping", "try", referral)
    told = capsys.readouterr().out
    assert 'qualificationcomments = "L"' in told
    assert 'customerneed = "as Large needs"' in told
    assert 'name = "TRY ME"' in told
    wrong = persons.do("create_deal", name="Try me", campaignId="Tiny")["id"]
    with pytest.raises(SystemExit, match="It cannot be read: expected a column's value that own_size reads"):
        typed("mapping", "try", wrong)


def test_a_lookup_is_held_against_the_crm(overlay: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Its table, its column over there, and whether the column points there at all."""
    line = "partner_center: customerProfile.address.country, converter: country, written_on: []"
    country = "fields:\n  customer_country: {%s, dataverse: account.%s, lookup: {table: %s, match: %s}}\n"
    for column, table, match, words in (
        ("parentaccountid", "account", "accountnumber", None),
        (
            "parentaccountid",
            "lead",
            "subject",
            "yaml:3: field customer_country: the table account has no lookup parentaccountid to lead; parentaccountid",
        ),
        ("parentaccountid", "account", "acountnumber", "the CRM's table account has no column acountnumber"),
    ):
        overlay(country % (line, column, table, match))
        if words is None:
            typed("mapping", "check")
            typed("mapping", "explain", "customer_country")
            told = capsys.readouterr().out
            assert "Dynamics 365    account.parentaccountid (row of account by its accountnumber)" in told
            continue
        with pytest.raises(SystemExit):
            typed("mapping", "check")
        assert words in capsys.readouterr().out


def test_a_sign_without_its_line_is_told(overlay: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """By every command that speaks to the CRM, as a run would be stopped."""
    del overlay
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"account_match": ["duns"]}')
    with pytest.raises(SystemExit, match="the setting account_match names duns, and the mapping has no field"):
        typed("mapping", "check")


@pytest.mark.parametrize(
    "written", ["12345678-1234-1234-1234-123456789012", "SOL-12345-ABC", "a/b?c", "..", "../", "%2e"]
)
def test_an_id_that_is_nobody_s_is_told(overlay: Callable[[str], None], written: str) -> None:
    """With what may be wrong."""
    del overlay
    told = (
        f"{written} is neither a referral that the sync's account may see, nor a row of opportunity or lead. Give the"
    )
    with pytest.raises(SystemExit, match=re.escape(told)):
        typed("mapping", "try", written)


def test_an_id_may_be_pasted_as_the_crm_shows_it(
    overlay: Callable[[str], None], persons: Persons, capsys: pytest.CaptureFixture[str]
) -> None:
    """In braces and capitals; no id at all is told."""
    del overlay
    referral = persons.do("create_deal", name="Try me")["id"]
    typed("mapping", "try", f" {{{referral.upper()}}} ")
    assert "in Partner Center (opportunity). Nothing was written." in capsys.readouterr().out
    for nothing in ("", " ", "{}"):
        with pytest.raises(SystemExit, match="CannotResolveError: No id was given"):
            typed("mapping", "try", nothing)


def test_settings_are_listed_with_their_origin(
    overlay: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Type, value, default and where it comes from; the seven of the original by its own names."""
    overlay(value_in("budgetamount"))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"brake_floor": 7, "leads": true}')
    monkeypatch.setenv("COSELL_SCHEDULE", "*/10 * * * *")
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 400)
    typed("settings")
    rows = [
        [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]
        for line in capsys.readouterr().out.splitlines()
    ]
    environment = "environment (AIRFLOW_VAR_COSELL_SETTINGS)"
    assert ["brake_floor", "whole number (from 0)", "7", "50", environment] in rows
    assert ["brake_share", "number (above 0 to 1)", "0.25", "0.25", "default"] in rows
    assert ["leads", "true or false or null", "true", "null", environment] in rows
    assert ["COSELL_SCHEDULE", "cron expression, UTC", "*/10 * * * *", "*/5 * * * *", "environment"] in rows
    value = ["Deal value", "mapping, field deal_value", "column", "budgetamount", "estimatedvalue"]
    assert any(row[:5] == value and row[5].endswith("mappings/referral_opportunity.yaml:3") for row in rows)
    assert any(row[:1] == ["On-hold stage name"] and row[3:5] == ["0/2", "0/2"] for row in rows)
    leads = ["Sync Co-sell opportunity", "leads (the other way round)", "true or false or null", "true", "null"]
    assert [*leads, environment] in rows
    columns = {"Deal value", "Customer Account Country Code", "Deal value currency code"}
    stages = {"Active stage name", "On-hold stage name"}
    seven = columns | stages | {"Display check mark in the opportunity name", "Sync Co-sell opportunity"}
    assert seven <= {row[0] for row in rows}


def test_the_settings_of_the_environment_are_all_there() -> None:
    """Each that the README tells of, with the same default."""
    from cosell.hooks.process import ENVIRONMENT  # noqa: PLC0415 - Airflow takes seconds

    table = (ROOT / "README.md").read_text().partition("Environment variables, the same for every")[2]
    told = re.findall(r"^\| `(COSELL_\w+)` \| (?:`([^`]*)`)? ?\|", table, flags=re.MULTILINE)
    assert dict(told) == {name: default for name, (_, default) in ENVIRONMENT.items()}


def test_a_wrong_setting_is_named(overlay: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Member and what was expected, exit code 1."""
    del overlay
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"marks": "maybe"}')
    with pytest.raises(SystemExit, match="cosell_settings is wrong: marks: expected true or false, found 'maybe'"):
        typed("settings")
