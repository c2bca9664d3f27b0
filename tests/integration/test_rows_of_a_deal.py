"""Solutions, team, contacts and notes through both systems: what came and went on either side (S-056, S-109)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS

if TYPE_CHECKING:
    from tests.integration.joined import Joined

LINE = "cosell_partnercentersolution"


def deal(joined: Joined, *, solutions: int = 2) -> tuple[str, str]:
    """Give a deal that both sides agree on: its referral and its row."""
    row = joined.opportunity(solutions=solutions)
    joined.run()
    joined.later(60)
    joined.run()
    joined.later(3600)
    (referral,) = [each["id"] for each in joined.referrals()]
    return referral, row


def solutions(joined: Joined, referral: str) -> list[str]:
    """Give the ids of a referral's solutions."""
    return sorted(each["id"] for each in joined.shown(referral)["details"]["requirements"]["solutions"])


def rows(joined: Joined) -> dict[str, str]:
    """Give the solution rows of the CRM by solution id."""
    return {each["cosell_solutionid"]: each[f"{LINE}id"] for each in crm.find(joined.sandbox, LINE)}


def test_rows_added_changed_and_removed_in_the_crm_arrive_as_one_replace(joined: Joined) -> None:
    """The array on Partner Center is replaced once, and nothing else (S-056)."""
    referral, row = deal(joined)
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-0"])
    crm.update(joined.sandbox, LINE, rows(joined)["SOL-1"], cosell_quantity=3)
    crm.create(joined.sandbox, LINE, cosell_opportunityid=row, cosell_solutionid="SOL-7", cosell_name="Seventh")
    joined.writes()
    joined.run()
    (patch,) = [each for each in joined.writes() if each["app"] == "partner_center"]
    assert patch["method"] == "PATCH"
    held = joined.shown(referral)["details"]["requirements"]["solutions"]
    assert [(each["id"], each.get("quantity")) for each in held] == [("SOL-1", 3), ("SOL-7", None)]


def test_a_row_removed_in_the_crm_alone_arrives_at_the_next_run(joined: Joined) -> None:
    """Nothing but change tracking tells of it: the opportunity itself did not change (S-056)."""
    referral, _ = deal(joined)
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-0"])
    joined.run()
    assert solutions(joined, referral) == ["SOL-1"]
    joined.later(60)
    joined.run()
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_solutions_changed_in_the_portal_arrive_as_rows(joined: Joined) -> None:
    """Added, changed and removed; a removed one's row is deleted, since Partner Center dropped it."""
    referral, _ = deal(joined)
    kept = rows(joined)["SOL-1"]
    wanted = [{"id": "SOL-1", "name": "Solution 1", "type": "Name", "quantity": 4}, {"id": "SOL-8", "name": "Eighth"}]
    portal.edit(joined.sandbox, referral, path="/details/requirements/solutions", value=wanted)
    joined.run()
    assert set(rows(joined)) == {"SOL-1", "SOL-8"}
    assert crm.read(joined.sandbox, LINE, kept)["cosell_quantity"] == 4
    joined.later(60)
    joined.run()
    joined.writes()
    joined.later(60)
    joined.run()
    assert joined.writes() == []
    assert solutions(joined, referral) == ["SOL-1", "SOL-8"]


def test_the_last_solution_stays_in_partner_center(joined: Joined) -> None:
    """A deal needs one at least: the removal is refused in words (S-109)."""
    referral, row = deal(joined, solutions=1)
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-0"])
    joined.run()
    assert solutions(joined, referral) == ["SOL-0"]
    assert "SOLUTION-1" in joined.row(row)["cosell_audit"]


def test_a_fifty_first_solution_is_refused(joined: Joined) -> None:
    """Fifty go, one more does not (S-109)."""
    referral, row = deal(joined, solutions=50)
    assert len(solutions(joined, referral)) == 50
    crm.create(joined.sandbox, LINE, cosell_opportunityid=row, cosell_solutionid="SOL-99", cosell_name="One more")
    joined.run()
    assert len(solutions(joined, referral)) == 50
    assert "SOLUTION-2" in joined.row(row)["cosell_audit"]


@pytest.mark.parametrize("tasks", range(1, len(TASKS)))
def test_a_removal_is_not_lost_with_a_dead_run(joined: Joined, tasks: int) -> None:
    """Read by a run that ends after any of its tasks, it is carried by a later one."""
    referral, _ = deal(joined)
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-0"])
    joined.run(tasks=TASKS[:tasks])
    joined.later(16 * 60)
    joined.run()
    assert solutions(joined, referral) == ["SOL-1"]


def test_a_removal_while_the_link_expired_is_found(joined: Joined) -> None:
    """All rows are read again, and one that is missing is missed."""
    referral, _ = deal(joined)
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-0"])
    joined.later(8 * 86_400)
    joined.run()
    assert solutions(joined, referral) == ["SOL-1"]


def test_without_tracking_the_rest_goes_on_and_it_is_said_once(joined: Joined) -> None:
    """The report of the first run that finds out says it; a day later it is asked again."""
    joined.sandbox.settings["dataverse_tracked_tables"] = []
    first = joined.run()
    assert "reconcile" in joined.report(first)[f"tracking_{LINE}"]["warning"]
    referral, row = deal(joined)
    crm.create(joined.sandbox, LINE, cosell_opportunityid=row, cosell_solutionid="SOL-7", cosell_name="Seventh")
    facts = joined.run()
    assert f"tracking_{LINE}" not in joined.report(facts)
    assert solutions(joined, referral) == ["SOL-0", "SOL-1", "SOL-7"]
    joined.sandbox.settings["dataverse_tracked_tables"] = [LINE]
    joined.later(25 * 3600)
    joined.run()
    crm.delete(joined.sandbox, LINE, rows(joined)["SOL-7"])
    joined.run()
    assert solutions(joined, referral) == ["SOL-0", "SOL-1"]


def test_an_idle_run_asks_as_often_as_before(joined: Joined) -> None:
    """One request more for the tracked rows, however many deals there are."""
    counts = []
    for _ in range(2):
        for number in range(3):
            joined.opportunity(name=f"deal {len(counts)}-{number}")
        joined.run()
        joined.later(3600)
        joined.run()
        joined.later(3600)
        joined.sandbox.journal.clear()
        joined.run()
        counts.append(len(joined.sandbox.journal.as_dict()["last"]))
    assert counts[0] == counts[1]


# ------------------------------------------------------------ team and contacts


def addresses(joined: Joined, referral: str, *, customer: bool = False) -> list[str]:
    """Give the addresses of a referral's team, or of the customer's."""
    shown = joined.shown(referral)
    return [each["email"] for each in (shown["customerProfile"] if customer else shown)["team"]]


def person(name: str, **more: str) -> dict[str, str]:
    """Give a person as Partner Center says one."""
    mail = f"{name.lower()}@elsewhere.example"
    return {"firstName": name, "lastName": "Moor", "email": mail, "phoneNumber": "+49 1", **more}


def test_a_new_owner_joins_the_team_and_the_former_one_leaves(joined: Joined) -> None:
    """Who stands in Partner Center only stays there, with all that is said of them there (S-122)."""
    referral, row = deal(joined)
    (first,) = addresses(joined, referral)
    zoe = person("Zoe", title="Architect")
    portal.edit(joined.sandbox, referral, path="/team", value=[*joined.shown(referral)["team"], zoe])
    joined.run()
    joined.later(60)
    priya = crm.seller(joined.sandbox, "priya.natarajan@contoso.example")
    crm.update(joined.sandbox, "opportunity", row, ownerid=priya)
    joined.run()
    team = joined.shown(referral)["team"]
    assert [each["email"] for each in team] == ["zoe@elsewhere.example", "priya.natarajan@contoso.example"]
    assert team[0]["title"] == "Architect"
    assert first not in addresses(joined, referral)


def test_a_member_unknown_to_the_crm_is_reported_once(joined: Joined) -> None:
    """The opportunity holds its owner; the seller is told, and a second run is quiet (S-122)."""
    referral, row = deal(joined)
    portal.edit(joined.sandbox, referral, path="/team", value=[*joined.shown(referral)["team"], person("Zoe")])
    joined.run()
    assert "TEAM-5" in joined.row(row)["cosell_audit"]
    assert joined.row(row)["name"].startswith("✔")
    joined.writes()
    for _ in range(2):
        joined.later(60)
        joined.run()
    assert joined.writes() == []
    assert [each.field for each in joined.state.history() if "cannot hold" in each.detail] == ["team"]


def test_a_contact_chosen_in_the_crm_becomes_the_customers_contact(joined: Joined) -> None:
    """Told by the e-mail; the former one leaves."""
    referral, row = deal(joined)
    account = joined.row(row)["customerid"]
    for name in ("ada", "bo"):
        contact = crm.create(
            joined.sandbox, "contact", lastname="Kern", firstname=name, emailaddress1=f"{name}@adatum.example",
            parentcustomerid=f"account:{account}",
        )  # fmt: skip
        crm.update(joined.sandbox, "opportunity", row, parentcontactid=contact)
        joined.run()
        assert addresses(joined, referral, customer=True) == [f"{name}@adatum.example"]
        joined.later(60)


def test_a_customers_contact_from_the_portal_is_found_or_created(joined: Joined) -> None:
    """Created once beneath the deal's account, found again by its e-mail, and never changed (S-122)."""
    referral, row = deal(joined)
    portal.edit(joined.sandbox, referral, path="/customerProfile/team", value=[person("Zoe")])
    joined.run()
    (zoe,) = crm.find(joined.sandbox, "contact")
    assert joined.row(row)["parentcontactid"] == zoe["contactid"]
    assert (zoe["firstname"], zoe["parentcustomerid"]) == ("Zoe", joined.row(row)["customerid"])
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/customerProfile/team", value=[person("Bo")])
    joined.run()
    assert len(crm.find(joined.sandbox, "contact")) == 2
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/customerProfile/team", value=[person("Zoe", firstName="Zoë")])
    joined.run()
    assert joined.row(row)["parentcontactid"] == zoe["contactid"]
    assert crm.read(joined.sandbox, "contact", zoe["contactid"])["firstname"] == "Zoe"
    assert len(crm.find(joined.sandbox, "contact")) == 2


def test_what_a_solution_holds_besides_goes_back_untouched(joined: Joined) -> None:
    """The array is replaced whole, yet nothing of an item is lost that only Partner Center knows."""
    referral, _ = deal(joined)
    held = joined.shown(referral)["details"]["requirements"]["solutions"]
    told = [{**each, "publisherName": "Contoso", "solutionType": "3P"} for each in held]
    portal.edit(joined.sandbox, referral, path="/details/requirements/solutions", value=told)
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, LINE, rows(joined)["SOL-0"], cosell_quantity=2)
    joined.run()
    first, second = joined.shown(referral)["details"]["requirements"]["solutions"]
    assert (first["quantity"], first["publisherName"], second["solutionType"]) == (2, "Contoso", "3P")
