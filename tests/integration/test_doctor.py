"""`airflow cosell doctor` and `enable` on the sandbox: a checklist that names the thing and the fix."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from cosell.hooks.dataverse import DataverseHook

from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from local.persons import Persons

Row = tuple[str, str, str]
"""Verdict, what was seen, what to do."""
NORMAL = {
    "dataverse_denied_privileges": [],
    "dataverse_non_members": [],
    "dataverse_pending_keys": {},
    "dataverse_privilege_depths": {},
    "expired_secrets": [],
    "mpn_id": "1234567",
    "referrals_role": "admin",
    "refresh_grace_seconds": 3600,  # each test begins with the connection's own refresh token
}


@pytest.fixture
def seller(deployed: None, persons: Persons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Persons]:
    """Give both systems in order, with some deals; a memory and a place for files of its own."""
    del deployed
    url = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(url))
    monkeypatch.setenv("COSELL_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps({"staged_in": f"file://{tmp_path}/staged"}))
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 1000)
    persons.set(**NORMAL)
    for number in range(6):
        persons.do("create_deal", name=f"Deal {number}", team=[{"email": "bo.lind@contoso.example"}])
    yield persons
    persons.set(**NORMAL)


@pytest.fixture
def overlay(seller: Persons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a way to lay lines over the shipped mapping."""
    del seller
    folder = tmp_path / "mappings"
    folder.mkdir()
    monkeypatch.setenv("COSELL_MAPPINGS", str(folder))

    def put(lines: str) -> None:
        (folder / "referral_opportunity.yaml").write_text(f"mapping: referral_opportunity\n{lines}")

    return put


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Row]]]:
    """Give a way to call the doctor: the exit code, and what it says of each check."""

    def call(env: str = "default") -> tuple[int, dict[str, Row]]:
        capsys.readouterr()
        code = exit_of("doctor", env=env)
        return code, rows_of(capsys.readouterr().out)

    return call


def exit_of(command: str, *, env: str = "default") -> int:
    """Call `airflow cosell COMMAND`; give its exit code."""
    try:
        typed(command, "--env", env)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def rows_of(printed: str) -> dict[str, Row]:
    """Give the table's rows by the name of the check; a cell may go over several lines."""
    rows: dict[str, list[str]] = {}
    name = ""
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.replace("┃", "│").strip("│").split("│")]
        if len(cells) != 4 or cells[0] == "check":
            continue
        name = cells[0] or name
        held = rows.setdefault(name, ["", "", ""])
        rows[name] = [f"{before} {cell}".strip() for before, cell in zip(held, cells[1:], strict=True)]
    return {name: (row[0], row[1], row[2]) for name, row in rows.items()}


def changed(facts: dict[str, Any], name: str, **changes: object) -> str:
    """Give a connection to the sandbox with other parts."""
    from local.home import connections  # noqa: PLC0415 - only here

    connection = connections(facts)[f"{name}_default"]
    own = {key: value for key, value in changes.items() if key in {"host", "password"}}
    extra = {key: value for key, value in changes.items() if key not in own}
    return json.dumps({**connection, **own, "extra": {**connection["extra"], **extra}})


def test_all_is_well(seller: Persons, doctor: Callable[..., tuple[int, dict[str, Row]]]) -> None:
    """Every check is made and content; that there is no webhook yet is a warning, and nothing is written."""
    seller._ask("DELETE", "requests", {})
    code, rows = doctor()
    not_ok = {name: row for name, row in rows.items() if row[0] != "ok"}
    assert set(not_ok) == {"webhook", "webhook's receiver"}, not_ok
    assert not_ok["webhook"][0] == "warning"
    assert code == 0
    assert len(rows) == 30
    requests = seller._ask("GET", "requests", {})
    assert [one for one in requests["last"] if one["write"] and one["app"] != "entra"] == []


def test_no_secret_is_shown(
    seller: Persons, facts: dict[str, Any], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither secrets nor tokens nor anybody's address."""
    del seller
    caplog.set_level(logging.DEBUG)
    exit_of("doctor")
    told = "".join(capsys.readouterr()) + caplog.text
    assert facts["dataverse"]["client_secret"] not in told
    assert "eyJ" not in told
    assert "@contoso" not in told


@pytest.mark.parametrize(
    ("settings", "check", "verdict", "words", "fix"),
    [
        (
            {"dataverse_denied_privileges": ["prvWriteOpportunity"]},
            "Dynamics 365: privileges",
            "wrong",
            "the role lacks prvWriteOpportunity",
            "CRM administrator add them to the role",
        ),
        (
            {"dataverse_denied_privileges": ["prvReadConnection"]},
            "Dynamics 365: privileges",
            "warning",
            "prvReadConnection: sales team and stakeholders",
            "role",
        ),
        (
            {"dataverse_privilege_depths": {"prvReadOpportunity": "Basic"}},
            "Dynamics 365: privileges",
            "warning",
            "prvReadOpportunity (Basic)",
            "Organization",
        ),
        (
            {"dataverse_pending_keys": {"opportunity": ["cosell_referralidentifier"]}},
            "Dynamics 365: alternate keys",
            "wrong",
            "wait for the index of the alternate key cosell_referralidentifier",
            "airflow cosell setup",
        ),
        (
            {"referrals_role": "none"},
            "Partner Center: role and view",
            "wrong",
            "does not let us list referrals",
            "the role Referrals admin in Partner Center",
        ),
        (
            {"referrals_role": "user"},
            "Partner Center: role and view",
            "warning",
            "no referral is visible",
            "Referrals admin with the scope of your whole account",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_fix(  # noqa: PLR0913, PLR0917 - an example of a row
    seller: Persons,
    doctor: Callable[..., tuple[int, dict[str, Row]]],
    settings: dict[str, object],
    check: str,
    verdict: str,
    words: str,
    fix: str,
) -> None:
    """In one line; the others are made all the same. Exit code 1 for what is wrong, 0 for a warning."""
    seller.set(**settings)
    code, rows = doctor()
    assert rows[check][0] == verdict
    assert words in rows[check][1]
    assert fix in rows[check][2]
    assert "[CHECK-" in rows[check][2]
    assert code == (verdict == "wrong")
    assert rows["Dynamics 365: token"][0] == "ok"


def test_a_partial_view_is_suspected(seller: Persons, doctor: Callable[..., tuple[int, dict[str, Row]]]) -> None:
    """The account is in the team of all that it sees, as a Referrals user would be: no proof, so a warning."""
    for number in range(5):
        seller.do("create_deal", name=f"Mine {number}", team=[{"email": "integration@contoso.example"}])
    seller.set(referrals_role="user")
    code, rows = doctor()
    assert code == 0
    assert rows["Partner Center: role and view"][0] == "warning"
    assert "as a Referrals user would see them" in rows["Partner Center: role and view"][1]


def test_an_expired_secret_is_named(
    seller: Persons, facts: dict[str, Any], doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """What stands on it is not checked; Partner Center is."""
    seller.set(expired_secrets=[facts["dataverse"]["client_id"]])
    code, rows = doctor()
    assert code == 1
    token = rows["Dynamics 365: token"]
    assert token[0] == "wrong"
    assert "has expired (invalid_client (AADSTS7000222)): make a new one in Entra ID" in token[1]
    assert rows["Dynamics 365: application user"][:2] == ("not checked", "because of: Dynamics 365: token")
    assert rows["Dynamics 365: mapping"][0] == "not checked"
    assert rows["Partner Center: role and view"][0] == "ok"


def test_an_application_that_is_no_user_is_named(
    seller: Persons, facts: dict[str, Any], doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """With who mends it."""
    seller.set(dataverse_non_members=[facts["dataverse"]["client_id"]])
    code, rows = doctor()
    assert code == 1
    assert "not a member of the organization" in rows["Dynamics 365: application user"][1]
    assert "add the application as an application user" in rows["Dynamics 365: application user"][2]
    works, said = DataverseHook().test_connection()
    assert (works, "an administrator must add the application user to this environment" in said) == (False, True), said


@pytest.mark.parametrize(
    ("name", "changes", "check", "words"),
    [
        ("dataverse", {"host": "partner_center"}, "Dynamics 365: address", "answers 404 where a sign-in"),
        ("dataverse", {"host": "https://127.0.0.1:9"}, "Dynamics 365: address", "no connection"),
        ("dataverse", {"host": "https://no-such-host.invalid"}, "Dynamics 365: address", "no such host"),
        ("dataverse", {"verify": True}, "Dynamics 365: address", "certificate is not trusted"),
        ("dataverse", {"authority": "other"}, "Dynamics 365: sign-in service", "there is no such tenant"),
        ("dataverse", {"host": ""}, "Dynamics 365: address", "host is empty"),
        ("dataverse", {"password": "wrong"}, "Dynamics 365: token", "AADSTS7000215"),
        ("partner_center", {"host": "entra"}, "Partner Center: address", "another address"),
        ("partner_center", {"partner_id": "77", "organization_id": ""}, "Partner Center: PartnerID", "says 77"),
    ],
)
def test_a_wrong_connection_is_named(  # noqa: PLR0913, PLR0917 - an example of a row
    seller: Persons,
    facts: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    doctor: Callable[..., tuple[int, dict[str, Row]]],
    name: str,
    changes: dict[str, Any],
    check: str,
    words: str,
) -> None:
    """The environment's address, the tenant, the trust, the secret, the partner id: each in its own line."""
    del seller
    named = {key: facts["urls"].get(value, value) if key == "host" else value for key, value in changes.items()}
    if "authority" in named:
        named["authority"] = f"{facts['urls']['entra']}/00000000-0000-0000-0000-000000000000"
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}_DEFAULT", changed(facts, name, **named))
    code, rows = doctor()
    assert code == 1
    assert rows[check][0] == "wrong"
    assert words in rows[check][1]
    assert rows[check][2]


@pytest.mark.parametrize(
    ("lines", "check", "words"),
    [
        (
            "fields:\n  notes: {partner_center: details.notes, dataverse: Description, merge: append}\n",
            "Dynamics 365: mapping",
            "that is the display name of description: write description",
        ),
        (
            "fields:\n  audit: {dataverse: cosell_audits, bookkeeping: true}\n",
            "Dynamics 365: mapping",
            "no column cosell_audits on table opportunity; did you mean cosell_audit?",
        ),
        (
            "fields:\n  deal_value: {partner_center: details.dealValue, dataverse: customerneed, converter: money}\n",
            "Dynamics 365: mapping",
            "column customerneed holds text, and converter money needs",
        ),
        (
            "defaults:\n  account: {primarycontactid: {table: contact, match: fullname, value: Nobody}}\n",
            "Dynamics 365: mapping",
            "defaults: column account.primarycontactid names no row",
        ),
        ("fields:\n  notes: {converter: txt}\n", "settings and mapping files", "referral_opportunity.yaml:3"),
    ],
)
def test_a_mapping_that_cannot_work_is_named(
    overlay: Callable[[str], None],
    doctor: Callable[..., tuple[int, dict[str, Row]]],
    lines: str,
    check: str,
    words: str,
) -> None:
    """A display name, a column of another name, another type, a lookup without match, a word that there is not."""
    overlay(lines)
    code, rows = doctor()
    assert code == 1
    assert rows[check][0] == "wrong"
    assert words in rows[check][1]
    assert rows["Partner Center: role and view"][0] == "ok"


def test_a_table_whose_rows_are_named_must_be_readable(
    seller: Persons, overlay: Callable[[str], None], doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """By a default or a field's lookup: their privileges belong to the role then."""
    overlay("defaults:\n  opportunity: {ownerid: {table: team, match: name, value: Contoso}}\n")
    seller.set(dataverse_denied_privileges=["prvAppendToTeam"])
    assert "the role lacks prvAppendToTeam" in doctor()[1]["Dynamics 365: privileges"][1]


def test_places_and_beginning_are_tried(
    seller: Persons, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """Where files travel and land, and whether a first run knows where to begin."""
    del seller
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COSELL_INBOX", str(tmp_path / "file"))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps({"staged_in": f"file://{tmp_path}/file"}))
    monkeypatch.delenv("AIRFLOW_VAR_COSELL_START")
    code, rows = doctor()
    assert code == 1
    assert rows["storage of the inbox"][:2] == ("wrong", f"{tmp_path}/file: FileExistsError: File exists")
    assert rows["storage of staged files"][0] == "wrong"
    assert rows["where to begin"][0] == "wrong"


def test_another_environment_is_examined_by_its_own_names(
    seller: Persons,
    facts: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    doctor: Callable[..., tuple[int, dict[str, Row]]],
) -> None:
    """Its own connections and Variables; one that leads to the CRM of another is wrong."""
    del seller
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    for name in ("partner_center", "dataverse"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}_TEST", changed(facts, name))
    code, rows = doctor("test")
    assert code == 1
    assert rows["other environments"][0] == "wrong"
    assert "lead to the same Dynamics 365" in rows["other environments"][1]
    assert "airflow variables set cosell_start_test now" in rows["where to begin"][2]
    assert rows["Dynamics 365: privileges"][0] == "ok"
    monkeypatch.delenv("AIRFLOW_CONN_DATAVERSE_TEST")
    assert "there is no connection dataverse_test" in doctor("test")[1]["Dynamics 365: address"][1]


def test_a_flow_of_microsoft_s_connector_is_noticed(
    seller: Persons, doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """Two connectors must not write the same deals; where the role may not look, that is said."""
    flow = {"name": "Dynamics 365 to Partner Center (Insider Preview)", "category": 5, "type": 1}
    row = seller.do("dataverse.create", table="workflow", **flow)
    assert doctor()[1]["Dynamics 365: other connector"][0] == "ok", "it is a draft"
    seller.do("dataverse.update", table="workflow", row=row, statecode=1, statuscode=2)
    code, rows = doctor()
    assert code == 1
    assert rows["Dynamics 365: other connector"][0] == "wrong"
    assert "Dynamics 365 to Partner Center (Insider Preview)" in rows["Dynamics 365: other connector"][1]
    seller.set(dataverse_denied_privileges=["prvReadWorkflow"])
    code, rows = doctor()
    assert (code, rows["Dynamics 365: other connector"][0]) == (0, "not checked")
    seller.do("dataverse.delete", table="workflow", row=row)


def test_a_connection_that_is_not_there_is_named(
    seller: Persons, monkeypatch: pytest.MonkeyPatch, doctor: Callable[..., tuple[int, dict[str, Row]]]
) -> None:
    """A name and the step of the README; the other system is looked at all the same."""
    del seller
    monkeypatch.delenv("AIRFLOW_CONN_DATAVERSE_DEFAULT")
    code, rows = doctor()
    assert code == 1
    assert rows["Dynamics 365: address"][0] == "wrong"
    assert "there is no connection dataverse_default" in rows["Dynamics 365: address"][1]
    assert rows["Partner Center: role and view"][0] == "ok"


def test_a_sign_in_that_is_spent_is_named(seller: Persons, doctor: Callable[..., tuple[int, dict[str, Row]]]) -> None:
    """An access token that is still good does not hide it."""
    assert doctor()[1]["Partner Center: token"][0] == "ok"
    seller.do("revoke_refresh_tokens")  # for good: no test may follow that signs in
    code, rows = doctor()
    assert code == 1
    assert rows["Partner Center: token"][0] == "wrong"
    assert "airflow cosell sign-in" in rows["Partner Center: token"][2]
