"""One row and the rows beside it: the owner and the sales team, the contact and the stakeholders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import MappingError
from cosell.core.record import Member, Row, Side
from cosell.mapping import load_mapping
from cosell.mapping.check import check
from cosell.mapping.shape import ColumnLimit, Described

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.shape import Limits

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
TEXT, ROWS = ColumnLimit("text", max_length=50), ColumnLimit("rows")
PARTS = ("firstname", "lastname", "internalemailaddress", "address1_telephone1")
ADA, BO, CY = (Member(name, "Moor", f"{name.lower()}@x.example", "+1") for name in ("Ada", "Bo", "Cy"))
NAMELESS = Member("Dee", "Lind", "", "+1")


def said(person: Member) -> dict[str, str]:
    """Give a person as a user's row."""
    return dict(zip(PARTS, person, strict=True))


def team(**payload: Any) -> Value:  # noqa: ANN401 - JSON values
    """Read the team of a row."""
    (values,) = load_mapping().mapper(limits={}).read(DV, [Row(DV, "key", "1", payload)], names=["team"])
    return values.get("team")


def change(before: Value, now: Value) -> object:
    """Give what is written where the team was one and is to be another."""
    return load_mapping().mapper(limits={}).wire(DV, {"team": now}, held={"team": before}).get("sales_team")


def test_the_owner_stands_first_and_nobody_twice() -> None:
    """The others come in the order of their addresses, whatever the CRM's."""
    assert team(owner=said(CY), sales_team=[said(BO), said(CY), said(ADA), said(BO)]) == (CY, ADA, BO)
    assert team(owner=said(CY), sales_team=[said(ADA), said(BO)]) == team(
        owner=said(CY), sales_team=[said(BO), said(ADA)]
    )


def test_a_deal_of_nobodys_has_its_sales_team_alone() -> None:
    """A team owns it, or the user is gone."""
    assert team(owner=None, sales_team=[said(ADA)]) == (ADA,)
    assert team(owner=None, sales_team=[]) == ()


def test_rows_that_are_not_shown_leave_the_owner() -> None:
    """As where our role may not read connections."""
    assert team(owner=said(CY)) == (CY,)


def test_who_joins_and_who_leaves_is_written_and_nothing_else() -> None:
    """Whoever was added meanwhile is neither, and stays."""
    assert change((ADA, BO), (ADA, CY)) == {"joined": [said(CY)], "left": ["bo@x.example"]}
    assert change((ADA,), (ADA._replace(email="ADA@X.example"),)) is None
    assert change((ADA,), (ADA, NAMELESS)) is None
    assert change(None, (ADA, NAMELESS)) == {"joined": [said(ADA), said(NAMELESS)], "left": []}


def limits(*, shown: bool) -> dict[str, ColumnLimit]:
    """Give what a CRM says of the columns of a team, with or without its connections."""
    known = {f"owner.{part}": TEXT for part in PARTS}
    return {**known, "sales_team": ROWS, **{f"sales_team.{part}": TEXT for part in PARTS}} if shown else known


def test_a_crm_that_shows_no_connections_takes_a_team_at_creation_only() -> None:
    """The first of them who is its user becomes the owner; later that is the CRM's to choose."""
    hidden, shown = (load_mapping().mapper(limits=limits(shown=each)) for each in (False, True))
    assert hidden.wire(DV, {"team": (ADA, BO)}, held={}) == {"owner.internalemailaddress": [ADA.email, BO.email]}
    assert hidden.fields["team"].written_on == {PC}
    assert shown.fields["team"].written_on == {PC, DV}
    assert hidden.fingerprints == shown.fingerprints


def complaints(columns: Limits) -> list[str]:
    """Give what is said of the shipped mapping against these columns."""
    return [each.sentence for each in check(load_mapping(), Described(columns))]


def test_connections_that_are_not_shown_are_no_fault_of_the_mapping() -> None:
    """Setting the sync up does not complain of them; it does where they are shown and lack a column."""
    problems = [each for each in complaints(limits(shown=False)) if "sales_team" in each or "table systemuser" in each]
    assert problems == []
    lacking = {path: limit for path, limit in limits(shown=True).items() if path != "sales_team.firstname"}
    assert any("firstname" in each for each in complaints(lacking) if "field team" in each)


LONE = "fields:\n  team: {converter: team, dataverse: {one: owner, first_name: f, last_name: l, email: e, phone: p}}"
FEW = """dataverse:
  related:
    boss:
      table: connection
      navigation: record1id
      to: {table: systemuser, navigation: record2id_systemuser, category: 1, role: Boss}"""


@pytest.mark.parametrize(("text", "problem"), [(LONE, "go together"), (FEW, "many: true")])
def test_what_cannot_work_is_said(tmp_path: Path, text: str, problem: str) -> None:
    """One row needs rows beside it, and only many rows lead to others."""
    overlay = tmp_path / "referral_opportunity.yaml"
    overlay.write_text(f"mapping: referral_opportunity\n{text}\n", encoding="utf-8")
    with pytest.raises(MappingError, match=problem):
        load_mapping(folders=[Path("include/mappings"), tmp_path])
