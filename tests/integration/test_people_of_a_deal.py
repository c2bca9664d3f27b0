"""The people of a deal through both systems: sales team and deal team, stakeholders and the customer's contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal

if TYPE_CHECKING:
    from tests.integration.joined import Joined

ANA, JUERGEN = "ana.garcia@contoso.example", "juergen.mueller@contoso.example"
PRIYA, SINEAD = "priya.natarajan@contoso.example", "sinead.obrien@contoso.example"
ROLES = {"systemuser": "Account Manager", "contact": "Decision Maker"}


def deal(joined: Joined, **columns: Any) -> tuple[str, str]:  # noqa: ANN401 - columns of a record
    """Give a deal of Ana's that both sides agree on: its referral and its row."""
    row = joined.opportunity(**columns)
    return settled(joined), row


def settled(joined: Joined) -> str:
    """Let runs carry all there is, and give the one referral."""
    joined.run()
    joined.later(60)
    joined.run()
    joined.later(60)
    (referral,) = [each["id"] for each in joined.referrals()]
    return referral


def connect(joined: Joined, row: str, person: str, *, role: str | None = None) -> str:
    """Let a seller connect somebody with the opportunity."""
    given = {"record1id": f"opportunity:{row}", "record2id": person}
    table = person.partition(":")[0]
    return crm.create(joined.sandbox, "connection", **given, record2roleid=crm.role(role or ROLES[table]))


def user(joined: Joined, address: str) -> str:
    """Name a user for a lookup."""
    return f"systemuser:{crm.seller(joined.sandbox, address)}"


def connected(joined: Joined, row: str, table: str) -> list[str]:
    """Give the addresses of the people whom a deal's own connections lead to."""
    column = {"systemuser": "internalemailaddress", "contact": "emailaddress1"}[table]
    rows = [each for each in crm.find(joined.sandbox, "connection", record1id=row) if each["record2roleid"]]
    kind = {"systemuser": 8, "contact": 2}[table]
    found = [each["record2id"] for each in rows if each["record2objecttypecode"] == kind]
    return sorted(crm.read(joined.sandbox, table, key)[column] for key in found)


def addresses(joined: Joined, referral: str, *, customer: bool = False) -> list[str]:
    """Give the addresses of a referral's team, or of the customer's."""
    shown = joined.shown(referral)
    return [each["email"] for each in (shown["customerProfile"] if customer else shown)["team"]]


def person(address: str) -> dict[str, str]:
    """Give a person as Partner Center says one."""
    name = address.partition("@")[0].partition(".")[0].title()
    return {"firstName": name, "lastName": "Moor", "email": address, "phoneNumber": "+49 1"}


def team(joined: Joined, referral: str, *wanted: str) -> None:
    """Let a seller choose the deal's team in the portal."""
    portal.edit(joined.sandbox, referral, path="/team", value=[person(each) for each in wanted])


def contacts(joined: Joined, referral: str, *wanted: str) -> None:
    """Let a seller choose the customer's contacts in the portal."""
    portal.edit(joined.sandbox, referral, path="/customerProfile/team", value=[person(each) for each in wanted])


def is_quiet(joined: Joined) -> bool:
    """Tell whether further runs write nothing."""
    joined.later(60)
    joined.run()  # reads once more what the last one wrote
    joined.later(60)
    joined.writes()
    joined.run()
    joined.later(3600)
    joined.run()
    return joined.writes() == []


# ------------------------------------------------------------ the sales team


def test_the_sales_team_goes_with_a_new_deal(joined: Joined) -> None:
    """The owner first, then whom the sales team names; other connections are no members."""
    row = joined.opportunity()
    connect(joined, row, user(joined, PRIYA))
    connect(joined, row, user(joined, ANA))
    connect(joined, row, user(joined, SINEAD), role="Friend")
    referral = settled(joined)
    assert addresses(joined, referral) == [ANA, PRIYA]
    assert is_quiet(joined)


def test_who_joins_and_leaves_the_sales_team_does_so_in_partner_center(joined: Joined) -> None:
    """A connection alone tells of it: the opportunity itself did not change (S-122)."""
    referral, row = deal(joined)
    connection = connect(joined, row, user(joined, PRIYA))
    joined.run()
    assert addresses(joined, referral) == [ANA, PRIYA]
    joined.later(60)
    crm.delete(joined.sandbox, "connection", connection)
    joined.run()
    assert addresses(joined, referral) == [ANA]
    assert is_quiet(joined)


def test_a_deactivated_connection_is_none(joined: Joined) -> None:
    """It counts no more; made active again it counts again."""
    referral, row = deal(joined)
    connection = connect(joined, row, user(joined, PRIYA))
    for state, status, wanted in ((0, 1, [ANA, PRIYA]), (1, 2, [ANA]), (0, 1, [ANA, PRIYA])):
        crm.update(joined.sandbox, "connection", connection, statecode=state, statuscode=status)
        joined.run()
        assert addresses(joined, referral) == wanted
        joined.later(60)


def test_a_connection_in_another_role_is_no_member(joined: Joined) -> None:
    """Whoever is given a role of another category leaves the team."""
    referral, row = deal(joined)
    connection = connect(joined, row, user(joined, PRIYA))
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "connection", connection, record2roleid=crm.role("Friend"))
    joined.run()
    assert addresses(joined, referral) == [ANA]


def test_a_user_who_joins_in_partner_center_joins_the_sales_team(joined: Joined) -> None:
    """In the mapping's role; the owner stays; taken off there, the connection goes."""
    referral, row = deal(joined)
    team(joined, referral, ANA, PRIYA)
    joined.run()
    assert connected(joined, row, "systemuser") == [PRIYA]
    (made,) = [each for each in crm.find(joined.sandbox, "connection", record1id=row) if each["ismaster"]]
    assert made["record2roleid"] == crm.role("Sales Professional")
    assert joined.row(row)["ownerid"] == joined.seller
    assert is_quiet(joined)
    team(joined, referral, ANA)
    joined.run()
    assert crm.find(joined.sandbox, "connection") == []
    assert is_quiet(joined)


def test_a_user_unknown_to_the_crm_is_reported_and_stays(joined: Joined) -> None:
    """Users join, the others are named once and never taken off, whoever joins or leaves the CRM's team later."""
    referral, row = deal(joined)
    team(joined, referral, ANA, "zoe@elsewhere.example", PRIYA)
    joined.run()
    assert connected(joined, row, "systemuser") == [PRIYA]
    assert "TEAM-5" in joined.row(row)["cosell_audit"]
    assert joined.row(row)["name"].startswith("✔")
    assert is_quiet(joined)
    connect(joined, row, user(joined, SINEAD))
    joined.run()
    assert addresses(joined, referral) == [ANA, "zoe@elsewhere.example", PRIYA, SINEAD]
    (own,) = crm.find(joined.sandbox, "connection", record2id=crm.seller(joined.sandbox, PRIYA))
    joined.later(60)
    crm.delete(joined.sandbox, "connection", own["connectionid"])
    joined.run()
    assert addresses(joined, referral) == [ANA, "zoe@elsewhere.example", SINEAD]
    assert len([each for each in joined.state.history() if "cannot hold" in each.detail]) == 1
    assert is_quiet(joined)


def test_both_teams_grow_at_once(joined: Joined) -> None:
    """Each side gets whom it lacks."""
    referral, row = deal(joined)
    team(joined, referral, ANA, PRIYA)
    connect(joined, row, user(joined, SINEAD))
    joined.run()
    assert sorted(addresses(joined, referral)) == [ANA, PRIYA, SINEAD]
    assert connected(joined, row, "systemuser") == [PRIYA, SINEAD]
    assert is_quiet(joined)


def test_who_leaves_in_partner_center_as_owner_stays_the_owner(joined: Joined) -> None:
    """Whose deal it is the CRM says."""
    referral, row = deal(joined)
    team(joined, referral, PRIYA)
    joined.run()
    assert joined.row(row)["ownerid"] == joined.seller
    assert connected(joined, row, "systemuser") == [PRIYA]
    assert addresses(joined, referral) == [PRIYA]
    assert is_quiet(joined)


def test_a_new_referrals_team_becomes_owner_and_sales_team(joined: Joined) -> None:
    """The first user owns the deal, the other users are its team; who is none is reported and stays."""
    members = [person(each) for each in ("zoe@elsewhere.example", JUERGEN, PRIYA)]
    referral = joined.referral(team=members)
    joined.run()
    row = joined.row_of(referral)
    assert row["ownerid"] == crm.seller(joined.sandbox, JUERGEN)
    assert connected(joined, row["opportunityid"], "systemuser") == [PRIYA]
    assert [each.field for each in joined.state.history() if "cannot hold" in each.detail] == ["team"]
    assert is_quiet(joined)
    assert addresses(joined, referral) == ["zoe@elsewhere.example", JUERGEN, PRIYA]


@pytest.mark.parametrize("kind", ["lost_answer", "none"])
def test_a_repeated_write_connects_nobody_twice(joined: Joined, kind: str) -> None:
    """The same key is chosen again, however the first answer was lost."""
    referral, row = deal(joined)
    team(joined, referral, ANA, PRIYA, SINEAD)
    if kind != "none":
        joined.break_("dataverse", "drop_after", method="POST", path="batch", times=1)
    joined.run()
    joined.later(60)
    joined.run()
    assert connected(joined, row, "systemuser") == [PRIYA, SINEAD]
    assert is_quiet(joined)


# ------------------------------------------------------------ stakeholders


def contact(joined: Joined, row: str, name: str) -> str:
    """Let a seller enter a contact of the customer's."""
    given = {"lastname": "Kern", "firstname": name.title(), "emailaddress1": f"{name}@adatum.example"}
    account = joined.row(row)["customerid"]
    return crm.create(joined.sandbox, "contact", **given, parentcustomerid=f"account:{account}")


def test_stakeholders_become_the_customers_contacts(joined: Joined) -> None:
    """The deal's own contact first, then its stakeholders; who leaves there leaves here."""
    row = joined.opportunity()
    crm.update(joined.sandbox, "opportunity", row, parentcontactid=contact(joined, row, "ada"))
    connect(joined, row, f"contact:{contact(joined, row, 'bo')}")
    referral = settled(joined)
    assert addresses(joined, referral, customer=True) == ["ada@adatum.example", "bo@adatum.example"]
    cy = connect(joined, row, f"contact:{contact(joined, row, 'cy')}")
    joined.run()
    assert [each[:2] for each in addresses(joined, referral, customer=True)] == ["ad", "bo", "cy"]
    joined.later(60)
    crm.delete(joined.sandbox, "connection", cy)
    joined.run()
    assert [each[:2] for each in addresses(joined, referral, customer=True)] == ["ad", "bo"]
    assert is_quiet(joined)


def test_contacts_of_the_portal_become_stakeholders(joined: Joined) -> None:
    """Found or created beneath the account; the first is the deal's own contact while it has none."""
    referral, row = deal(joined)
    contacts(joined, referral, "ada@adatum.example", "bo@adatum.example")
    joined.run()
    held = joined.row(row)
    assert crm.read(joined.sandbox, "contact", held["parentcontactid"])["emailaddress1"] == "ada@adatum.example"
    assert connected(joined, row, "contact") == ["bo@adatum.example"]
    assert {each["parentcustomerid"] for each in crm.find(joined.sandbox, "contact")} == {held["customerid"]}
    assert is_quiet(joined)
    contacts(joined, referral, "bo@adatum.example", "cy@adatum.example")
    joined.run()
    held = joined.row(row)
    assert crm.read(joined.sandbox, "contact", held["parentcontactid"])["emailaddress1"] == "cy@adatum.example"
    assert connected(joined, row, "contact") == ["bo@adatum.example"]
    assert len(crm.find(joined.sandbox, "contact")) == 3
    assert is_quiet(joined)
    contacts(joined, referral, "bo@adatum.example")
    joined.run()
    held = joined.row(row)
    assert crm.read(joined.sandbox, "contact", held["parentcontactid"])["emailaddress1"] == "bo@adatum.example"
    assert addresses(joined, referral, customer=True) == ["bo@adatum.example"]
    assert is_quiet(joined)


def test_contacts_of_a_new_referral_are_all_kept(joined: Joined) -> None:
    """The first becomes the deal's own contact, the others stakeholders."""
    named = [person("ada@adatum.example"), person("bo@adatum.example")]
    referral = joined.referral(customerProfile={**joined_customer(), "team": named})
    joined.run()
    row = joined.row_of(referral)
    assert crm.read(joined.sandbox, "contact", row["parentcontactid"])["emailaddress1"] == "ada@adatum.example"
    assert connected(joined, row["opportunityid"], "contact") == ["bo@adatum.example"]
    assert is_quiet(joined)


def joined_customer() -> dict[str, Any]:
    """Give a customer as Partner Center says one."""
    address = {"addressLine1": "Ring 5", "city": "Köln", "postalCode": "50667", "country": "DE"}
    return {"name": "Adatum GmbH", "address": address}


# ------------------------------------------------------------ where connections are not ours to read


def test_without_the_right_to_read_connections_the_owner_is_the_team(joined: Joined) -> None:
    """It is said once, the rest goes on, and the owner and the one contact are kept in step as ever."""
    joined.sandbox.settings["dataverse_denied_privileges"] = ["prvReadConnection"]
    row = joined.opportunity()
    connect(joined, row, user(joined, PRIYA))
    first = joined.run()
    assert "connection" in joined.report(first)["tracking_connection"]["warning"]
    joined.later(60)
    second = joined.run()
    assert "tracking_connection" not in joined.report(second)
    (referral,) = [each["id"] for each in joined.referrals()]
    assert addresses(joined, referral) == [ANA]
    team(joined, referral, ANA, SINEAD)
    contacts(joined, referral, "ada@adatum.example")
    joined.run()
    assert "TEAM-5" in joined.row(row)["cosell_audit"]
    assert connected(joined, row, "systemuser") == [PRIYA]
    assert joined.row(row)["parentcontactid"]
    assert is_quiet(joined)


def test_without_the_right_to_connect_the_record_waits_and_the_others_go_on(joined: Joined) -> None:
    """The sentence names the privilege; once it is given, the next look writes."""
    referral, row = deal(joined)
    joined.sandbox.settings["dataverse_denied_privileges"] = ["prvCreateConnection"]
    team(joined, referral, ANA, PRIYA)
    joined.opportunity(name="another")
    joined.run()
    assert "prvCreateConnection" in joined.row(row)["cosell_audit"]
    assert len(joined.referrals()) == 2
    joined.sandbox.settings["dataverse_denied_privileges"] = []
    joined.later(3600)
    joined.run()
    assert connected(joined, row, "systemuser") == [PRIYA]
