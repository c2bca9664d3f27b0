"""What is wrong in a mapping file is told with file, line, field, what was expected and what may be meant."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED
from cosell.core.errors import ConfigurationError, MappingError, NoLogicalNameError
from cosell.core.record import Side
from cosell.mapping import MappingSettings, load_mapping
from cosell.mapping.export import schema_text

if TYPE_CHECKING:
    from pathlib import Path

NAME = "referral_opportunity"
LINES = "cosell_partnercentersolution"


def overlay(folder: Path, text: str) -> Path:
    """Write a user's file; line 1 is its first line."""
    path = folder / f"{NAME}.yaml"
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def failure(folder: Path) -> MappingError:
    """Give the error of loading the shipped mapping with the folder's file over it."""
    with pytest.raises(MappingError) as caught:
        load_mapping(folders=[SHIPPED, folder])
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        (
            """
            fields:
              deal_value:
                partner_center: details.dealValue
                convertor: money
            """,
            4,
            "deal_value",
            "unknown key 'convertor': did you mean converter?",
        ),
        (
            """
            fields:
              deal_value: {partner_center: details.dealValue, dataverse: estimatedvalue, converter: mony}
            """,
            2,
            "deal_value",
            "unknown converter 'mony': did you mean money?",
        ),
        (
            """
            fields:

              deal_valu:
                partner_center: details.dealValue
                converter: money
            """,
            3,
            "deal_valu",
            "unknown field: did you mean deal_value? (a field of your own begins with own_)",
        ),
        (
            """
            fields:
              notes:
                partner_center: 5
            """,
            3,
            "notes",
            "partner_center: expected a path such as details.dealValue",
        ),
        (
            """
            fields:
              notes:
                partner_center: details..notes
            """,
            3,
            "notes",
            "found 'details..notes'",
        ),
        (
            """
            fields:
              notes:
                partner_center: details.notes
                bookkeeping: "true"
            """,
            4,
            "notes",
            "bookkeeping: expected true or false, found 'true'",
        ),
        (
            """
            fields:
              notes:
                dataverse: description
                created_on: []
                optional: true
            """,
            5,
            "notes",
            "optional is for a column that is only read: set written_on without dataverse",
        ),
        (
            """
            fields:
              notes:
                partner_center: details.notes
                authority: microsoft
            """,
            4,
            "notes",
            "authority: expected 'shared', 'partner_center' or 'dataverse', found 'microsoft'",
        ),
        (
            """
            fields:
              notes: {partner_center: details.notes}
              currency: {partner_center: details.currency, converter: currency}
              notes: {dataverse: description}
            """,
            4,
            "notes",
            "'notes' is there twice, first in line 2",
        ),
        (
            """
            fields:
              notes:
                dataverse: description
                dataverse: notes
            """,
            4,
            "notes",
            "'dataverse' is there twice, first in line 3",
        ),
        (
            """
            fields:
              deal_value:
                dataverse: estimatedvalue
                converter: text
            """,
            4,
            "deal_value",
            "converter 'text' gives text, expected one that gives amount: decimal, money",
        ),
        (
            """
            fields:
              stage:
                dataverse: acount.stage
                converter: stage
            """,
            3,
            "stage",
            "acount.stage: no table 'acount' under related: did you mean account?",
        ),
        (
            """
            fields:
              team:
                partner_center: team
                converter: team
            """,
            3,
            "team",
            "expected parts with a path each: rows, first_name, last_name, email, phone; found a path",
        ),
        (
            """
            fields:
              team:
                converter: team
                dataverse:
                  firstname: owner.firstname
                  last_name: owner.lastname
                  email: owner.internalemailaddress
                  phone: owner.address1_telephone1
            """,
            5,
            "team",
            "unknown part 'firstname': did you mean first_name?",
        ),
        (
            """
            fields:
              notes:
                dataverse: description
                written_on: [partner_center]
            """,
            4,
            "notes",
            "written_on: the field has no path on partner_center",
        ),
        (
            """
            fields:
              help:
                dataverse: cosell_help
                converter: choice
            """,
            2,
            "help",
            "converter 'choice' needs the key 'choices'",
        ),
        (
            """
            fields:
              own_region:
                dataverse: new_region
                converter: choice
                choices:
                  North: 1
                  South: 1
            """,
            6,
            "own_region",
            "the number 1 stands for more than one choice",
        ),
        (
            """
            fields:
              sync_status:
                dataverse: cosell_syncstatus
                converter: choice
                choices: {Wating: 1, Synced: 2, Refused: 3, Conflict: 4, Paused: 5}
            """,
            5,
            "sync_status",
            "unknown choice 'Wating': did you mean Waiting?",
        ),
        (
            """
            fields:
              help:
                dataverse: cosell_help
                converter: choice
                choices: {WorkloadSpecificValueProposition: one}
            """,
            5,
            "help",
            "WorkloadSpecificValueProposition: expected a whole number, found 'one'",
        ),
        (
            """
            fields:
              status:
                dataverse: {state: statecode, detail: statuscode}
                converter: status
                words:
                  dataverse:
                    0/x: open
            """,
            7,
            "status",
            "'0/x': expected state/detail such as Active/Accepted, 0/2 or 0/*",
        ),
        (
            """
            fields:
              flag:
            """,
            2,
            "flag",
            "the field 'flag' is missing and cannot be left out",
        ),
        (
            """
            dataverse: {tabel: opportunity}
            """,
            1,
            None,
            "unknown key 'tabel': did you mean table?",
        ),
        (
            """
            mapping: referral_lead
            """,
            1,
            None,
            "expected mapping: referral_opportunity, found 'referral_lead'",
        ),
        (
            """
            defaults:
              oportunity: {cosell_region: EMEA}
            """,
            2,
            None,
            "no record that the mapping creates: did you mean opportunity?",
        ),
        (
            """
            defaults:
              opportunity:
                cosell_region: [EMEA]
            """,
            3,
            None,
            "cosell_region: expected a text, a number, true or false, found a list",
        ),
        (
            """
            defaults:
              opportunity:
                pricelevelid: {table: pricelevel, mach: name, value: Standard}
            """,
            3,
            None,
            "unknown key 'mach': did you mean match?",
        ),
        (
            """
            defaults:
              systemuser:
                ownerid: {table: systemuser, match: internalemailaddress, value: a@partner.example}
            """,
            3,
            None,
            "only defaults of opportunity, account and contact may name a row",
        ),
        (
            """
            fields:
              notes: &one {dataverse: description}
              stage: *one
            """,
            2,
            None,
            "anchors and aliases are not used here",
        ),
        (
            """
            fields:
              notes: {dataverse: !!python/name:os.system x}
            """,
            2,
            "notes",
            "tags such as",
        ),
        (
            """
            fields:
              notes: {dataverse: description
            """,
            3,
            None,
            "not YAML: ",
        ),
        (
            """
            fields:
              referral_identifier:
                partner_center: id
                dataverse: new_referralid
            """,
            4,
            "referral_identifier",
            "expected the alternate key cosell_referralidentifier",
        ),
        (
            """
            fields:
              Notes: {dataverse: description}
            """,
            2,
            "Notes",
            "unknown field: did you mean notes?",
        ),
        (
            """
            fields:
              notes:
                dataverse: description
                created_on:
                  - datavers
            """,
            5,
            "notes",
            "created_on: expected 'partner_center' or 'dataverse', found 'datavers'",
        ),
        ("just a text\n", 1, None, "expected a table of keys and values, found none"),
        ("- a\n- b\n", 1, None, "expected a table of keys and values, found none"),
        ("", 1, None, "expected a table of keys and values, found none"),
        ("fields:\n\tnotes: {}\n", 2, None, "not YAML: "),
        ("fields: [notes]\n", 1, None, "fields: expected a table of keys and values, found a list"),
        ("{1: 2}\n", 1, None, "unknown key '1'"),
    ],
)
def test_a_wrong_line_is_told_with_file_line_and_field(
    tmp_path: Path, text: str, line: int, field: str | None, problem: str
) -> None:
    """The error names the file, the line, the field, what was expected, what was found, and the nearest known name."""
    path = overlay(tmp_path, text)
    error = failure(tmp_path)
    assert problem in error.problem
    assert error.field == field
    assert (error.file, error.line) == (str(path), line)
    assert str(error).startswith(f"{path}:{line}: ")
    assert "pydantic" not in str(error).lower()


@pytest.mark.parametrize(
    ("lines", "line", "sought"),
    [
        ("fields:\n  notes: {dataverse: Est. Revenue}\n", 2, ("Est. Revenue", "opportunity", "")),
        ("fields:\n  notes:\n    dataverse: Potential Customer\n", 3, ("Potential Customer", "opportunity", "")),
        ("fields:\n  notes: {dataverse: [description, (done)]}\n", 2, ("(done)", "opportunity", "")),
        ("fields:\n  stage: {dataverse: 'account.Address 1: City'}\n", 2, ("Address 1: City", "account", "account")),
        ("fields:\n  solutions: {dataverse: {rows: solutions, id: Solution ID}}\n", 2, ("Solution ID", LINES, "")),
        ("fields:\n  team: {dataverse: {rows: sales_team, email: E-mail}}\n", 2, ("E-mail", "systemuser", "")),
        ("defaults:\n  account:\n    Est. Revenue: 5\n", 3, ("Est. Revenue", "account", "")),
    ],
)
def test_what_can_be_no_logical_name_is_told_with_its_table(
    tmp_path: Path, lines: str, line: int, sought: tuple[str, str, str]
) -> None:
    """A display name, most likely: only who can ask the CRM knows whose; the error holds what to ask for."""
    overlay(tmp_path, lines)
    error = failure(tmp_path)
    assert isinstance(error, NoLogicalNameError)
    assert (error.line, (error.column, error.table, error.root)) == (line, sought)
    assert error.problem.startswith(f"{sought[0]!r} is no logical name: give the column's name on table {sought[1]} as")


@pytest.mark.parametrize(
    "lines", ["defaults:\n  partner_center: {deal value: 5}\n", "fields:\n  notes: {partner_center: deal value}\n"]
)
def test_partner_center_knows_paths_only(tmp_path: Path, lines: str) -> None:
    """No table of the CRM has to do with it."""
    overlay(tmp_path, lines)
    error = failure(tmp_path)
    assert not isinstance(error, NoLogicalNameError)
    assert "expected a path such as details.dealValue" in error.problem
    assert "found 'deal value'" in error.problem


def test_an_error_in_the_shipped_lines_points_to_the_shipped_file(tmp_path: Path) -> None:
    """After laying one file over another, each line is still told where it stands."""
    text = (SHIPPED / f"{NAME}.yaml").read_text("utf-8")
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "converter: money" in line)
    shipped, mine = tmp_path / "shipped", tmp_path / "mine"
    shipped.mkdir()
    mine.mkdir()
    (shipped / f"{NAME}.yaml").write_text(text.replace("converter: money", "converter: monny"), "utf-8")
    overlay(mine, "fields:\n  notes: {dataverse: description}\n")
    with pytest.raises(MappingError) as caught:
        load_mapping(folders=[shipped, mine])
    assert (caught.value.file, caught.value.line) == (str(shipped / f"{NAME}.yaml"), number)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"fields: \x07"])
def test_a_file_that_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    """Bytes that are no UTF-8, or signs that YAML forbids, give a clear error."""
    (tmp_path / f"{NAME}.yaml").write_bytes(content)
    assert "not" in failure(tmp_path).problem


def test_a_misspelled_file_is_not_passed_over(tmp_path: Path) -> None:
    """A file that lies over nothing is an error, with the name that may be meant."""
    (tmp_path / "referral_oportunity.yaml").write_text("fields: {}\n", encoding="utf-8")
    assert "did you mean referral_opportunity.yaml?" in failure(tmp_path).problem


def test_a_folder_that_is_not_there_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelled folder stops the run: its lines would be missing in silence."""
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path / "maping"))
    with pytest.raises(MappingError, match="no such folder"):
        load_mapping()


def test_a_mapping_that_is_nowhere_is_told_with_where_it_was_sought(tmp_path: Path) -> None:
    """An unknown mapping name lists the folders looked in."""
    with pytest.raises(MappingError, match=str(tmp_path)):
        load_mapping("no_such_mapping", folders=[tmp_path])


def test_a_users_line_replaces_the_shipped_line_whole(tmp_path: Path) -> None:
    """What the shipped line said besides is gone; every other line stays, and lines can be added and taken out."""
    overlay(
        tmp_path,
        """
        dataverse:
          related:
            campaign: {table: campaign, navigation: campaignid}
        fields:
          notes: {dataverse: new_notes}
          own_campaign: {partner_center: campaignId, dataverse: campaign.codename, authority: dataverse}
          stage:
        defaults:
          opportunity:
            new_region: NO
            new_since: 2026-01-01
            pricelevelid: {table: pricelevel, match: name, value: Standard}
        """,
    )
    mapping = load_mapping(folders=[SHIPPED, tmp_path])
    assert mapping.fields["notes"].sides == {Side.DATAVERSE}
    assert mapping.fields["own_campaign"].authority is Side.DATAVERSE
    assert "stage" not in mapping.fields
    assert mapping.file.fields["deal_value"] == load_mapping(folders=[SHIPPED]).file.fields["deal_value"]
    assert mapping.shape().related["campaign"].columns == {"codename"}
    assert mapping.defaults(Side.DATAVERSE) == {
        "isrevenuesystemcalculated": False,
        "new_region": "NO",
        "new_since": "2026-01-01",
        "pricelevelid": {"table": "pricelevel", "match": "name", "value": "Standard"},
    }


def test_folders_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without folders given, the shipped one is found and COSELL_MAPPINGS lies over it."""
    overlay(tmp_path, "fields:\n  notes: {dataverse: new_notes}\n")
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path))
    assert load_mapping().file.fields["notes"].dataverse == "new_notes"


def test_a_fingerprint_changes_with_its_line_only(tmp_path: Path) -> None:
    """A changed line changes its field's fingerprint and the whole's; comments, order and blanks change nothing."""
    before = load_mapping(folders=[SHIPPED])
    overlay(tmp_path, "fields:\n  notes: {dataverse: description}\n")
    after = load_mapping(folders=[SHIPPED, tmp_path])
    one, other = before.mapper(limits={}).fingerprints, after.mapper(limits={}).fingerprints
    assert {name for name in one if one[name] != other[name]} == {"notes"}
    assert before.fingerprint != after.fingerprint
    overlay(
        tmp_path,
        "fields: # a comment\n  notes:\n    dataverse:   description\n    merge: append\n"
        "    partner_center: details.notes\n",
    )
    assert load_mapping(folders=[SHIPPED, tmp_path]).fingerprint == before.fingerprint


def test_that_a_column_may_be_missing_is_no_part_of_a_fingerprint(tmp_path: Path) -> None:
    """Nothing that is carried changes with it, so nobody is asked to accept a changed mapping."""
    line = "  own_region: {dataverse: new_region, created_on: [], written_on: []"
    overlay(tmp_path, f"fields:\n{line}}}\n")
    before = load_mapping(folders=[SHIPPED, tmp_path])
    overlay(tmp_path, f"fields:\n{line}, optional: true}}\n")
    after = load_mapping(folders=[SHIPPED, tmp_path])
    assert (before.spare_paths ^ after.spare_paths) == {"new_region"}
    assert before.fingerprint == after.fingerprint
    assert before.mapper(limits={}).fingerprints == after.mapper(limits={}).fingerprints


def test_a_setting_is_part_of_the_fingerprints_that_depend_on_it() -> None:
    """Another time zone makes other days of the same instants: the close date's baselines are dropped, no others."""
    mapping = load_mapping(folders=[SHIPPED])
    one = mapping.mapper(limits={}, settings=MappingSettings(time_zone="UTC")).fingerprints
    other = mapping.mapper(limits={}, settings=MappingSettings(time_zone="Asia/Tokyo")).fingerprints
    assert {name for name in one if one[name] != other[name]} == {"close_date"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"time_zone": "Mars/Olympus"}, "time_zone"), ({"referral_link_template": "https://x.example"}, "{id}")],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], named: str) -> None:
    """A zone that is none, or a link without the id, stops with the setting's name."""
    with pytest.raises(ConfigurationError, match=named):
        MappingSettings(**wrong)


def test_the_schema_beside_the_mappings_is_the_one_that_the_code_exports() -> None:
    """Editors check against what the loader checks."""
    assert (SHIPPED / "mapping.schema.json").read_text("utf-8") == schema_text()


def test_the_shape_of_the_shipped_mapping() -> None:
    """The Dataverse adapter learns tables, keys and columns from the mapping alone."""
    shape = load_mapping(folders=[SHIPPED]).shape()
    assert (shape.table, shape.key) == ("opportunity", "opportunityid")
    assert (shape.referral_id_column, shape.flag_column) == (
        "cosell_referralidentifier",
        "cosell_syncwithpartnercenter",
    )
    assert {name: (one.table, one.navigation, one.many) for name, one in shape.related.items()} == {
        "account": ("account", "customerid_account", False),
        "contact": ("contact", "parentcontactid", False),
        "currency": ("transactioncurrency", "transactioncurrencyid", False),
        "lead": ("lead", "originatingleadid", False),
        "owner": ("systemuser", "owninguser", False),
        "sales_team": ("connection", "record1id", True),
        "solutions": ("cosell_partnercentersolution", "cosell_opportunityid", True),
        "stakeholders": ("connection", "record1id", True),
    }
    leading = {name: (one.to.table, one.to.category, one.to.role) for name, one in shape.related.items() if one.to}
    assert leading == {
        "sales_team": ("systemuser", 1001, "Sales Professional"),
        "stakeholders": ("contact", 1000, "Stakeholder"),
    }
    assert shape.related["solutions"].columns == {
        "cosell_solutionid", "cosell_name", "cosell_price", "cosell_quantity"
    }  # fmt: skip
    assert {"name", "estimatedvalue", "statecode", "cosell_audit"} <= shape.columns
    assert not any("." in column or column in shape.related for column in shape.columns)
