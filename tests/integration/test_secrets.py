"""Nothing that a whole run writes outside the two systems holds a token; no log or error holds a customer's contact."""

from __future__ import annotations

import logging
import stat
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import CosellError

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined

if TYPE_CHECKING:
    from pathlib import Path

CONTACTS = ("ada@tailspin.example", "+492280000", "secret.person@customer.example", "+4915112345678")
"""Mail addresses and telephone numbers of customers on either side."""


def story(joined: Joined) -> list[str]:
    """Live through creates, edits, a refusal, a conflict, faults and failed tasks; give every error's whole text."""
    errors = []
    account = joined.account()
    person = {"emailaddress1": CONTACTS[2], "telephone1": CONTACTS[3], "lastname": "Person", "firstname": "Secret"}
    contact = crm.create(joined.sandbox, "contact", parentcustomerid=f"account:{account}", **person)
    referral = joined.referral()
    joined.opportunity(account=account, parentcontactid=contact)
    joined.opportunity(account=joined.account(address1_country="Atlantis"), parentcontactid=contact)
    for app, kind in (("dataverse", "drop_after"), ("partner_center", "status"), ("dataverse", "truncate")):
        joined.break_(app, kind, times=12, skip=3)
        facts = joined.facts()
        for task in TASKS:
            try:
                joined.run(facts, tasks=(task,))
            except CosellError as error:
                errors.append(repr(error) + str(error) + repr(error.__cause__) + repr(error.__context__))
        joined.sandbox.faults.clear()
        joined.run(facts)
        joined.later(700)
    portal.edit(joined.sandbox, referral, path="/details/notes", value="theirs")
    crm.update(joined.sandbox, "opportunity", joined.row_of(referral)["opportunityid"], description="ours")
    joined.run(tasks=TASKS[:-1])
    joined.break_("partner_center", "revoke", times=0)
    try:
        joined.run()
    except CosellError as error:
        errors.append(repr(error) + repr(error.__cause__))
    return errors


@pytest.fixture
def lived(tmp_path: Path) -> Joined:
    """Give systems with a story behind them."""
    joined = Joined(tmp_path / "staged", state_url=f"sqlite:///{tmp_path / 'state.db'}")
    story(joined)
    return joined


def tokens(joined: Joined) -> list[str]:
    """Give every token that was ever issued."""
    return list(joined.sandbox.store.table("tokens").keys())


def test_no_token_or_contact_in_logs_and_errors(
    joined: Joined, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the most talkative level, of our loggers and of every library's."""
    caplog.set_level(logging.DEBUG)
    errors = story(joined)
    logged = "\n".join(record.getMessage() + repr(record.__dict__.get("exc_text")) for record in caplog.records)
    printed = "".join(capfd.readouterr())
    assert errors
    assert "cosell" in {record.name.partition(".")[0] for record in caplog.records}
    for text in (logged, printed, *errors):
        assert [secret for secret in (*tokens(joined), *CONTACTS) if secret in text] == []


def test_no_token_in_the_memory_or_in_staged_files(lived: Joined, tmp_path: Path) -> None:
    """Deals may stand there, tokens never."""
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.startswith("state.db") for path in files)
    assert any(path.suffix == ".jsonl" for path in files)
    content = b"\n".join(path.read_bytes() for path in files)
    assert [token for token in tokens(lived) if token.encode() in content] == []
    assert b"Bearer" not in content


def test_what_is_written_is_for_its_owner_only(lived: Joined, tmp_path: Path) -> None:
    """Staged files and the state's database are readable by their owner only."""
    assert lived.runs
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {"0o600"}
    folders = [path for path in (tmp_path / "staged").rglob("*") if path.is_dir()]
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in folders} == {"0o700"}


def test_reports_and_counts_hold_no_contact(lived: Joined) -> None:
    """What a run's report says goes to Airflow's UI too: numbers and words, no people."""
    for number in range(1, lived.runs + 1):
        stored = lived.state.runs(f"run-{number}")
        assert stored is not None
        assert [contact for contact in CONTACTS if contact in repr(stored.report)] == []


def test_a_finished_run_leaves_no_files(joined: Joined, tmp_path: Path) -> None:
    """Deals are staged as long as the run needs them."""
    joined.referral()
    joined.run()
    assert list(tmp_path.rglob("*.jsonl")) == []
