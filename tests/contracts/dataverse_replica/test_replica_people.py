"""People of deals: read and written as connections, under the eyes of persons who are at work meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.mapping import load_mapping
from cosell.sync.ports import Rejected, Stale, Tracked, Written
from replica_crm import change, draft

from sandbox.dataverse import crm
from sandbox.dataverse.install import SELLERS

if TYPE_CHECKING:
    from cosell.core.record import Row
    from replica_crm import Crm

ANA, JUERGEN, PRIYA, SINEAD = (mail for _, _, mail in SELLERS)
CONNECTION = "connection"


@pytest.fixture
def office(crm_at_work: Crm) -> Crm:
    """Give a CRM in the shape of the shipped mapping, the metadata known."""
    crm_at_work.shape = load_mapping().shape()
    crm_at_work.ask(lambda replica: replica.limits())
    return crm_at_work


def deal(office: Crm, *team: str) -> str:
    """Let a seller make a deal with a customer and a sales team."""
    account = crm.create(office.world, "account", name="Adatum")
    key = office.deal(customerid=f"account:{account}", transactioncurrencyid=crm.currency("EUR"))
    for address in team:
        connect(office, key, address)
    return key


def connect(office: Crm, key: str, address: str, *, role: str = "Account Manager") -> str:
    """Let a seller put a colleague on the sales team."""
    user = f"systemuser:{crm.seller(office.world, address)}"
    given = {"record1id": f"opportunity:{key}", "record2id": user, "record2roleid": crm.role(role)}
    return crm.create(office.world, CONNECTION, **given)


def user(address: str) -> dict[str, Any]:
    """Give a user's columns as the mapper writes them."""
    return {"firstname": "A", "lastname": "B", "internalemailaddress": address, "address1_telephone1": ""}


def person(address: str) -> dict[str, Any]:
    """Give a contact's columns as the mapper writes them."""
    return {"firstname": "A", "lastname": "B", "emailaddress1": address, "telephone1": ""}


def people(*joined: dict[str, Any], left: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give who joins and who leaves."""
    return {"joined": list(joined), "left": list(left)}


def team(row: Row) -> list[object]:
    """Give the addresses of a row's sales team."""
    listed = row.payload["sales_team"]
    assert isinstance(listed, list)
    return sorted(each["internalemailaddress"] for each in listed)


def test_a_change_of_the_team_moves_its_deal_into_the_window(office: Crm) -> None:
    """Also one that only a connection's own row tells of; connections of others do not."""
    key = deal(office)
    since = office.later()
    assert office.changed(since) == []
    connect(office, key, PRIYA)
    account = crm.find(office.world, "account")[0]["accountid"]
    both = {"record1id": f"account:{account}", "record2id": f"systemuser:{crm.seller(office.world)}"}
    crm.create(office.world, CONNECTION, **both, record2roleid=crm.role("Account Manager"))
    (row,) = office.changed(since)
    assert (row.key, team(row)) == (key, [PRIYA])


def test_a_colleague_who_joins_meanwhile_stays(office: Crm) -> None:
    """Who joins and who leaves is written: everybody else's connection is untouched."""
    row = office.row(deal(office, PRIYA))
    office.before("POST", lambda: connect(office, row.key, SINEAD))
    (answer,) = office.update(change(row, sales_team=people(user(JUERGEN), left=(PRIYA,))))
    assert isinstance(answer, Written)
    assert team(answer.row) == [JUERGEN]
    assert team(office.row(row.key)) == [JUERGEN, SINEAD]


def test_a_colleague_who_joins_before_the_reading_back_is_not_taken_for_ours(office: Crm) -> None:
    """What the write gave back is remembered; the edit stands out against it."""
    row = office.row(deal(office, PRIYA))
    # The row is read before the write, and again after it.
    office.before("$batch", lambda: office.before("opportunities?", lambda: connect(office, row.key, SINEAD)))
    (answer,) = office.update(change(row, sales_team=people(user(JUERGEN))))
    assert isinstance(answer, Written)
    assert team(answer.row) == [JUERGEN, PRIYA]
    assert team(office.row(row.key)) == [JUERGEN, PRIYA, SINEAD]


def test_a_connection_that_was_changed_meanwhile_is_looked_at_again(office: Crm) -> None:
    """It is deleted under the version that was read."""
    row = office.row(deal(office))
    connection = connect(office, row.key, PRIYA)
    office.before("$batch", lambda: office.edit(CONNECTION, connection, description="Leads"))
    (answer,) = office.update(change(row, name="new", sales_team=people(left=(PRIYA,))))
    assert isinstance(answer, Stale)
    assert office.read("opportunity", row.key)["name"] == "Deal"


def test_nobody_is_connected_twice(office: Crm) -> None:
    """Who stands on the team already joins as nobody; who was taken off by hand can join again."""
    row = office.row(deal(office, PRIYA))
    (answer,) = office.update(change(row, sales_team=people(user(PRIYA), user(JUERGEN), user(JUERGEN.upper()))))
    assert team(answer.row) == [JUERGEN, PRIYA]
    (own,) = [
        each for each in office.find(CONNECTION, record1id=row.key) if each["createdby"] != crm.seller(office.world)
    ]
    office.edit(CONNECTION, own["connectionid"], statecode=1, statuscode=2)
    (again,) = office.update(change(office.row(row.key), sales_team=people(user(JUERGEN))))
    assert isinstance(again, Written)
    assert team(office.row(row.key)) == [JUERGEN, PRIYA]


def test_contacts_join_as_stakeholders_and_the_deal_keeps_its_own(office: Crm) -> None:
    """The first who joins a deal without a contact is its contact; one that leaves is followed by who stays."""
    row = office.row(deal(office))
    office.update(change(row, stakeholders=people(person("ada@x.example"), person("bo@x.example"))))
    row = office.row(row.key)
    assert [row.payload["contact"]["emailaddress1"], *addresses(row)] == ["ada@x.example", "bo@x.example"]  # type: ignore[index]
    office.update(change(row, stakeholders=people(left=("ada@x.example",))))
    row = office.row(row.key)
    assert row.payload["contact"]["emailaddress1"] == "bo@x.example"  # type: ignore[index]
    office.update(change(row, stakeholders=people(left=("bo@x.example",))))
    row = office.row(row.key)
    assert (row.payload["contact"]["emailaddress1"], addresses(row)) == ("bo@x.example", [])  # type: ignore[index]


def addresses(row: Row) -> list[object]:
    """Give the addresses of a row's stakeholders."""
    listed = row.payload["stakeholders"]
    assert isinstance(listed, list)
    return sorted(each["emailaddress1"] for each in listed)


def test_a_new_deal_is_made_with_its_people(office: Crm) -> None:
    """The first user owns it, the others are its team; a repeat after a lost answer connects nobody twice."""
    wanted = draft(sales_team=people(user("x@x.example"), user(JUERGEN), user(PRIYA)), stakeholders=people(
        person("ada@x.example"), person("bo@x.example")
    ))  # fmt: skip
    (first,) = office.create(wanted)
    (second,) = office.create(wanted)
    assert first.only_ours
    assert second.row.key == first.row.key
    assert first.row.payload["owner"]["internalemailaddress"] == JUERGEN
    assert (team(first.row), addresses(first.row)) == ([PRIYA], ["bo@x.example"])
    assert len(office.find(CONNECTION)) == 4


def test_without_a_role_of_the_category_nobody_joins(office: Crm) -> None:
    """The sentence names it; a new deal is made without its team, which is reported then."""
    row = office.row(deal(office))
    for role in crm.find(office.world, "connectionrole", category=1001):
        office.edit("connectionrole", role["connectionroleid"], statecode=1, statuscode=2)
    (answer,) = office.update(change(row, sales_team=people(user(JUERGEN))))
    assert isinstance(answer, Rejected)
    assert "1001" in answer.message
    (made,) = office.create(draft(sales_team=people(user(JUERGEN), user(PRIYA))))
    assert isinstance(made, Written)
    assert team(made.row) == []


def test_another_role_of_the_category_serves(office: Crm) -> None:
    """Names of roles are translated and renamed; the category is what counts."""
    row = office.row(deal(office))
    office.edit("connectionrole", crm.role("Sales Professional"), name="Verkäuferin")
    office.update(change(row, sales_team=people(user(JUERGEN))))
    made = next(each for each in office.find(CONNECTION, record1id=row.key) if each["record2roleid"])
    assert made["record2roleid"] == crm.role("Account Manager")


@pytest.mark.parametrize("privilege", ["prvReadConnection", "prvReadConnectionRole"])
def test_what_may_not_be_read_is_left_out(office: Crm, privilege: str) -> None:
    """The metadata says so for a day, or until a call is refused."""
    key = deal(office, PRIYA)
    office.world.settings["dataverse_denied_privileges"] = [privilege]
    office.memory.kept.clear()
    row = office.row(key)
    assert "sales_team" not in row.payload
    assert office.ask(lambda replica: replica.beneath()) == {CONNECTION: False, "cosell_partnercentersolution": True}
    assert not [path for path in office.ask(lambda replica: replica.limits()) if path.startswith("sales_team")]


def test_deleted_connections_are_told_by_change_tracking(office: Crm) -> None:
    """Of connections that hang on opportunities, and of no others."""
    key = deal(office)
    connection = connect(office, key, PRIYA)

    def tracked(link: str | None) -> Tracked:
        return office.ask(lambda replica: replica.track(CONNECTION, link))

    first = tracked(None)
    assert dict(first.standing) == {connection: key}
    crm.delete(office.world, CONNECTION, connection)
    second = tracked(first.link)
    assert connection in second.gone
    assert dict(second.standing) == {}


def test_users_of_the_crm_are_told_by_their_address(office: Crm) -> None:
    """In any spelling; whoever is disabled is none."""
    office.edit("systemuser", crm.seller(office.world, SINEAD), isdisabled=True)
    asked = [PRIYA.upper(), SINEAD, "zoe@elsewhere.example"]
    assert office.ask(lambda replica: replica.colleagues(asked)) == {PRIYA}
