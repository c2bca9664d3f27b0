"""Columns that name a row of another table by a value: read as the value, written as the row, in few requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import SchemaDriftError
from cosell.mapping.shape import Named
from cosell.sync.ports import Rejected, Written
from replica_crm import SHAPE, change, draft

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from replica_crm import Crm

COLUMN = "parentaccountid"
GROUP = Named("account", "accountnumber")
READ_BACK = "GET https://contoso.crm4.dynamics.com/api/data/v9.2/opportunities?"


@pytest.fixture
def at_work(crm_at_work: Crm) -> Crm:
    """Give a CRM in which opportunities and accounts belong to groups, told by their numbers."""
    related = dict(SHAPE.related)
    account = related["account"]
    related["account"] = replace(account, columns=account.columns | {COLUMN})
    named = {COLUMN: GROUP, f"account.{COLUMN}": GROUP}
    crm_at_work.shape = replace(SHAPE, columns=SHAPE.columns | {COLUMN}, related=related, named=named)
    for number in ("G1", "G2"):
        crm.create(crm_at_work.world, "account", name=f"Group {number}", accountnumber=number)
    return crm_at_work


def group(number: str | None) -> dict[str, object]:
    """Give a group as the mapper writes it."""
    return GROUP.value(number, field="own_group")


def of(at_work: Crm, number: str) -> str:
    """Give the key of a group."""
    (row,) = at_work.find("account", accountnumber=number)
    return str(row["accountid"])


def test_a_value_is_written_as_its_row_and_read_as_itself(at_work: Crm) -> None:
    """On the main row and on a new account; whatever the case of its letters."""
    (answer,) = at_work.create(draft(**{COLUMN: group("g1"), f"account__{COLUMN}": group("G2")}))
    assert isinstance(answer, Written)
    assert answer.row.payload[COLUMN] == "G1"
    account = answer.row.payload["account"]
    assert isinstance(account, dict)
    assert account[COLUMN] == "G2"
    assert at_work.read("opportunity", answer.row.key)[COLUMN] == of(at_work, "G1")
    assert at_work.row(answer.row.key).payload == answer.row.payload


def test_an_edit_points_to_another_row_or_to_none(at_work: Crm) -> None:
    """Null clears it."""
    (answer,) = at_work.create(draft(**{COLUMN: group("G1")}))
    (moved,) = at_work.update(change(answer.row, **{COLUMN: group("G2")}))
    assert moved.row.payload[COLUMN] == "G2"
    (cleared,) = at_work.update(change(moved.row, **{COLUMN: group(None)}))
    assert cleared.row.payload[COLUMN] is None
    assert at_work.read("opportunity", answer.row.key)[COLUMN] is None


def test_a_value_without_a_row_holds_its_record_alone(at_work: Crm) -> None:
    """Of a new deal, of its account, of an edit; two rows of one value are none either."""
    crm.create(at_work.world, "account", name="Twin", accountnumber="G2")
    main, customer, good = at_work.create(
        draft(1, **{COLUMN: group("G9")}), draft(2, **{f"account__{COLUMN}": group("G2")}), draft(3)
    )
    assert isinstance(main, Rejected)
    assert "no account whose accountnumber is 'G9'" in main.message
    assert "own_group" in main.message
    assert isinstance(customer, Rejected)
    assert "2 account whose accountnumber is 'G2'" in customer.message
    (edit,) = at_work.update(change(good.row, **{COLUMN: group("G9")}))
    assert isinstance(edit, Rejected)


def test_many_values_cost_few_requests(at_work: Crm) -> None:
    """They are asked for a hundred at a time, each once."""
    for number in range(150):
        crm.create(at_work.world, "account", name=f"N{number}", accountnumber=f"N{number}")
    at_work.requests()
    answers = at_work.create(*(draft(number, **{COLUMN: group(f"N{number % 150}")}) for number in range(200)))
    assert all(isinstance(each, Written) for each in answers)
    reads = [one["path"] for one in at_work.requests(writes=False)]
    asked = [path for path in reads if "/accounts?" in path and "accountnumber" in path]
    assert len(asked) <= 2


def test_a_row_that_a_person_chose_after_our_write_is_theirs(at_work: Crm) -> None:
    """What is read back is not mixed of our version and their choice."""
    (answer,) = at_work.create(draft(**{COLUMN: group("G1")}))
    at_work.before(READ_BACK, lambda: at_work.edit("opportunity", answer.row.key, **{COLUMN: of(at_work, "G2")}))
    (given,) = at_work.update(change(answer.row, description="ours"))
    assert given.row.payload[COLUMN] == "G2"
    assert not given.only_ours


def test_a_column_that_leads_elsewhere_stops_the_run(at_work: Crm) -> None:
    """With its name."""
    at_work.shape = replace(at_work.shape, named={COLUMN: Named("lead", "subject")})
    with pytest.raises(SchemaDriftError, match="no lookup parentaccountid to lead"):
        at_work.create(draft())
