"""The marks that the sync wrote are taken off the names, and nothing else is touched."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import AccessDeniedError
from cosell.mapping.converters.marked_name import without_ours
from cosell.sync.unmark import Unmarked, unmark

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.driven import typed
from tests.integration.joined import DV, Joined
from tests.integration.looks import values

if TYPE_CHECKING:
    from pathlib import Path

    from local.persons import Persons


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("✔ Deal", "Deal"),
        ("❌ Deal", "Deal"),
        ("✔\ufe0f Deal", "Deal"),
        ("✔ ❌ Deal", "Deal"),
        ("✔ ✅ Deal", "✅ Deal"),
        ("✅ Deal", "✅ Deal"),
        ("✔Deal", "✔Deal"),
        ("Deal ✔ done", "Deal ✔ done"),
        ("✔ Deal ❌ lost once", "Deal ❌ lost once"),
        (" ✔ Deal", " ✔ Deal"),
        ("✔ ", "✔ "),
        ("✔", "✔"),
        ("Deal", "Deal"),
    ],
)
def test_only_our_own_marks_at_the_front_go(text: str, left: str) -> None:
    """Other signs, other spellings and other places are a person's; a name never becomes empty; twice is once."""
    assert without_ours(text) == left
    assert without_ours(left) == left


def done(joined: Joined, *, write: bool = True, interfere: Any = None) -> dict[str, Unmarked]:  # noqa: ANN401 - a person
    """Take the marks off both tables."""

    async def work() -> dict[str, Unmarked]:
        async with AsyncExitStack() as stack:
            found = {}
            for world in await joined.worlds(stack, "marks"):
                names = await world.replicas[DV].names()
                if interfere and world.is_main:
                    names.rename = interfere(names.rename)
                found[world.table] = await unmark(names, write=write)
            return found

    return asyncio.run(work())


def names_of(joined: Joined) -> list[str]:
    """Give all names of both tables."""
    rows = [row["name"] for row in joined.rows()]
    return sorted(map(str, rows + [row["subject"] for row in crm.find(joined.sandbox, "lead")]))


@pytest.fixture
def marked(joined: Joined) -> Joined:
    """Give deals with a check and a cross, a lead, one that is not shared any more, and names that people wrote."""
    joined.referral(name="Deal ✔ of ours")
    portal.send_lead(joined.sandbox, name="A lead")
    joined.opportunity(name="No country", account=joined.account(address1_country=None))
    joined.opportunity(name="✔ Never shared", cosell_syncwithpartnercenter=False)
    joined.run()
    (refused,) = [row for row in joined.rows() if row["name"] == "❌ No country"]
    crm.update(joined.sandbox, "opportunity", refused["opportunityid"], cosell_syncwithpartnercenter=False)
    (lead,) = crm.find(joined.sandbox, "lead")
    portal.accept(joined.sandbox, lead["cosell_referralidentifier"])
    joined.later(60)
    joined.run()
    assert names_of(joined) == ["✔ A lead", "✔ Deal ✔ of ours", "✔ Never shared", "❌ No country"]
    joined.writes()
    return joined


def test_marks_go_and_nothing_else(marked: Joined) -> None:
    """From both tables, also where the deal is not shared any more; one request a table; what people wrote stays."""
    before = values(marked)
    told = done(marked)
    assert (told["opportunity"].marked, told["opportunity"].removed) == (2, 2)
    assert (told["lead"].marked, told["lead"].removed) == (1, 1)
    assert names_of(marked) == ["A lead", "Deal ✔ of ours", "No country", "✔ Never shared"]
    assert sorted(entry["rows_written"] for entry in marked.writes()) == [1, 2]
    after = values(marked)
    for record, held in before.items():
        changed = {name for name, value in held.items() if after[record][name] != value}
        assert changed <= {"name"}, record
    assert [each.marked for each in done(marked).values()] == [0, 0]
    assert marked.writes() == []


def test_a_run_without_marks_is_quiet_afterwards(marked: Joined) -> None:
    """Nothing is put back, on either side."""
    marked.settings = replace(marked.settings, marks=False)
    done(marked)
    marked.writes()
    for _ in range(2):
        marked.later(600)
        marked.run()
    assert marked.writes() == []
    assert names_of(marked) == ["A lead", "Deal ✔ of ours", "No country", "✔ Never shared"]


def test_counting_writes_nothing(marked: Joined) -> None:
    """The first call only tells."""
    told = done(marked, write=False)
    assert {table: (each.marked, each.removed) for table, each in told.items()} == {
        "opportunity": (2, 0),
        "lead": (1, 0),
    }
    assert marked.writes() == []


def test_a_name_that_a_person_changes_meanwhile_is_kept(marked: Joined) -> None:
    """The edit stays, without the mark."""
    (row,) = [row for row in marked.rows() if "of ours" in str(row["name"])]
    acts = [lambda: crm.update(marked.sandbox, "opportunity", row["opportunityid"], name="✔ Renamed")]

    def interfere(rename: Any) -> Any:  # noqa: ANN401 - a method
        async def renamed(names: Any) -> Any:  # noqa: ANN401 - its arguments
            if acts:
                acts.pop()()
            return await rename(names)

        return renamed

    told = done(marked, interfere=interfere)
    assert (told["opportunity"].removed, told["opportunity"].kept) == (2, [])
    assert "Renamed" in names_of(marked)


def test_a_lost_answer_is_counted_once(marked: Joined) -> None:
    """The request is sent again, and finds that it is done."""
    marked.break_("dataverse", "drop_after", method="POST", times=1)
    told = done(marked)
    assert (told["opportunity"].removed, told["opportunity"].kept) == (2, [])
    assert not [name for name in names_of(marked) if name[0] in "✔❌" and name != "✔ Never shared"]


def test_a_closed_deal_keeps_its_mark_and_is_told(marked: Joined) -> None:
    """Dynamics does not rename what is closed; the others lose theirs."""
    (row,) = [row for row in marked.rows() if "of ours" in str(row["name"])]
    crm.win(marked.sandbox, row["opportunityid"])
    told = done(marked)["opportunity"]
    assert (told.removed, told.kept) == (1, [(row["opportunityid"], "The opportunity is already closed.")])


@pytest.mark.parametrize("missing", ["prvReadOpportunity", "prvWriteOpportunity"])
def test_a_role_that_may_not_is_told_by_the_privilege(marked: Joined, missing: str) -> None:
    """Looking or writing: a sentence with who must add what; the names stay."""
    marked.sandbox.settings["dataverse_denied_privileges"] = [missing]
    with pytest.raises(AccessDeniedError, match=f"lacks the privilege {missing}: an administrator must add it"):
        done(marked)
    assert {"✔ Deal ✔ of ours", "❌ No country"} <= set(names_of(marked))


def test_an_operator_takes_them_off(
    deployed: None,
    persons: Persons,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Asked while runs would write them again, the command says what to set; it counts before it is told to write."""
    del deployed
    state = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(state))
    key = persons.do(
        "dataverse.create", table="opportunity", name="❌ Marked", cosell_syncwithpartnercenter=True, estimatedvalue=7
    )
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", "{}")
    with pytest.raises(SystemExit, match=r"The setting marks is on.*Set it to false in the Variable cosell_settings"):
        typed("remove-marks", "--yes")
    typed("remove-marks")
    assert "opportunity: 1 names looked at, 1 with a mark, 0 removed." in capsys.readouterr().out
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"marks": false}')
    typed("remove-marks", "--yes")
    assert "opportunity: 1 names looked at, 1 with a mark, 1 removed." in capsys.readouterr().out
    (row,) = persons.do("dataverse.find", table="opportunity")
    assert (row["opportunityid"], row["name"]) == (key, "Marked")
