"""Teams and contacts: people join and leave by their e-mail, and nobody is lost who stands on one side only."""

from __future__ import annotations

from cosell.core.merging import Merged, landed, merge
from cosell.core.record import Field, Member, Side, Value
from examples import BOTH, DV, PC, view

TEAM = Field("team", BOTH, merge="members")
USERS = {"ada@x.example", "bo@x.example", "cy@x.example"}


def person(name: str) -> Member:
    """Give a person by first name."""
    return Member(name, "Moor", f"{name.lower()}@x.example", "+1")


ADA, BO, CY, ZOE = map(person, ("Ada", "Bo", "Cy", "Zoe"))


def fit(side: Side, name: str, value: Value) -> Value:
    """Give the people that the side can hold: the CRM holds its users."""
    if side is DV and isinstance(value, tuple):
        return tuple(each for each in value if isinstance(each, Member) and each.email in USERS)
    return value


def merged(was: tuple[Value, Value], now: tuple[Value, Value]) -> Merged:
    """Give what follows for teams that were and are now so (Partner Center's first)."""
    return merge(view(TEAM, was=was, now=now), fit=fit)


def test_who_joins_on_one_side_joins_on_the_other() -> None:
    """Both ways, told by the address."""
    assert merged(((ADA,), (ADA,)), ((ADA, BO), (ADA,))).writes == {DV: (ADA, BO)}
    assert merged(((ADA,), (ADA,)), ((ADA, BO), (ADA, CY))).writes == {DV: (ADA, CY, BO), PC: (ADA, BO, CY)}


def test_who_leaves_on_one_side_leaves_the_other() -> None:
    """The rest of the list stays as it was."""
    assert merged(((ADA, BO), (ADA, BO)), ((ADA, BO), (ADA,))).writes == {PC: (ADA,)}


def test_a_person_whom_the_crm_does_not_know_stays_in_partner_center() -> None:
    """The array is replaced whole, and whoever stands only there stands in it."""
    assert merged(((ADA, ZOE), (ADA,)), ((ADA, ZOE), (ADA, BO))).writes == {PC: (ADA, ZOE, BO)}
    assert merged(((ADA, ZOE), (ADA,)), ((ADA, ZOE), (BO,))).writes == {PC: (ZOE, BO)}


def test_a_person_whom_the_crm_cannot_hold_is_no_write() -> None:
    """Nothing is written that changes nothing; it is said that somebody has no place there."""
    assert merged(((ADA,), (ADA,)), ((ADA, ZOE), (ADA,))) == Merged("carry", unheld=(DV,))
    assert merged(((ADA,), (ADA,)), ((ADA, ZOE, BO), (ADA,))) == Merged("carry", {DV: (ADA, BO)}, unheld=(DV,))


def test_a_person_whom_the_crm_cannot_hold_is_not_remembered_there() -> None:
    """Else, where both teams grow at once, the CRM would seem to have dropped them, and Partner Center would too."""
    both = merged(((ADA,), (ADA,)), ((ADA, ZOE, BO), (ADA, CY)))
    assert both.writes == {DV: (ADA, CY, BO), PC: (ADA, ZOE, BO, CY)}
    assert both.baselines == {DV: (ADA, BO), PC: (ADA, CY)}


def test_a_person_whom_the_crm_cannot_hold_is_not_waited_for() -> None:
    """A write without an answer landed where the others of it stand."""
    known: dict[Side, Value] = {PC: (ADA,), DV: (ADA,)}
    meant: tuple[Side, Value, Value] = (DV, (ADA, BO), (ADA, ZOE, BO))
    assert landed("members", now=(ADA, BO, CY), known=known, meant=meant) == (ADA, BO)
    assert landed("members", now=(ADA, CY), known=known, meant=meant) is None


def test_a_side_that_takes_no_people_later_is_never_written() -> None:
    """The owner is the CRM's to choose: who joins elsewhere stays there, who leaves leaves nobody behind."""
    team = Field("team", BOTH, merge="members", written_on=frozenset({PC}))
    joined = merge(view(team, was=((ADA,), (ADA,)), now=((ADA, BO), (ADA,))), fit=fit)
    assert joined == Merged("carry", unheld=(DV,))
    assert merge(view(team, was=((ADA, BO), (ADA,)), now=((BO,), (ADA,))), fit=fit) == Merged("agree")


def test_microsofts_people_are_left_alone() -> None:
    """They may join and leave a shared deal; nobody here moves them."""
    megan = Member("Megan", "Bowen", "Megan@microsoft.com", "+1")
    assert merged(((ADA,), (ADA,)), ((ADA, megan), (ADA,))) == Merged("agree")
    assert merged(((ADA, megan), (ADA,)), ((ADA, megan), (ADA, BO))).writes == {PC: (ADA, megan, BO)}


def test_a_person_without_an_address_is_left_alone() -> None:
    """Nobody can tell whether it is the same person."""
    nameless = Member("Bo", "Lind", "", "+1")
    assert merged(((ADA,), (ADA,)), ((ADA, nameless), (ADA,))) == Merged("agree")
    assert merged(((nameless, ADA), (ADA,)), ((nameless, ADA), (ADA, BO))).writes == {PC: (nameless, ADA, BO)}


def test_another_spelling_of_an_address_is_the_same_person() -> None:
    """Addresses are compared without regard to case; a changed phone number is nobody's joining."""
    assert merged(((ADA,), (ADA,)), ((ADA._replace(email="ADA@X.example", phone="+2"),), (ADA,))) == Merged("agree")


def test_without_a_baseline_lists_are_joined() -> None:
    """An adopted pair: who is missing is added, unless one list holds all of the other; an empty one is filled."""
    assert merge(view(TEAM, was=(..., ...), now=((ADA, BO), (ADA,))), fit=fit) == Merged("agree")  # type: ignore[arg-type]
    joined = merge(view(TEAM, was=(..., ...), now=((BO,), (ADA,))), fit=fit)  # type: ignore[arg-type]
    assert joined.writes == {PC: (BO, ADA), DV: (ADA, BO)}
    assert merge(view(TEAM, was=(..., ...), now=((BO,), ())), fit=fit).writes == {DV: (BO,)}  # type: ignore[arg-type]
