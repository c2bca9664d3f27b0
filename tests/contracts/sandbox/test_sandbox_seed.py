"""A new sandbox starts with data that is realistic, the same every time, and planted once."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import dataverse, entra, partner_center, seed
from sandbox.dataverse import crm
from sandbox.world import World

if TYPE_CHECKING:
    from pathlib import Path


def _new_world() -> World:
    world = World.open()
    for part in (entra, partner_center, dataverse):
        part.create_app(world)
    return world


def _ours(world: World) -> list[dict[str, Any]]:
    return [one for one in world.store.table("referrals").values() if one["organizationId"] != "msft"]


@pytest.fixture(scope="module")
def planted() -> World:
    """Give a world with a thousand referrals and forty opportunities."""
    world = _new_world()
    seed.plant(world, referrals=1000, opportunities=40)
    return world


def test_referrals_are_of_all_kinds_and_from_twenty_countries(planted: World) -> None:
    """Most deals are open; there are invitations, every way to close, leads, and Microsoft's own referrals."""
    ours = _ours(planted)
    assert len(ours) == 1000
    states = Counter((one["status"], one["substatus"]) for one in ours)
    assert states["Active", "Accepted"] > 500
    wanted = {("New", "Pending"), ("Closed", "Won"), ("Closed", "Lost"), ("Closed", "Expired"), ("Closed", "Declined")}
    assert wanted <= set(states)
    assert len({one["customerProfile"]["address"]["country"] for one in ours}) == 20
    assert len({one["details"]["currency"] for one in ours}) > 10
    assert any(one["qualification"] == "Direct" for one in ours)
    assert len(planted.store.table("referrals")) > 1100
    engagements = Counter(one["engagementId"] for one in planted.store.table("referrals").values())
    assert set(engagements.values()) == {1, 2}


def test_some_of_what_may_be_missing_is_missing(planted: World) -> None:
    """Postal code, phone, size, notes and contacts are absent here and there; customers have several deals."""
    profiles = [one["customerProfile"] for one in _ours(planted)]
    for holes in (
        [profile["address"]["postalCode"] for profile in profiles],
        [profile["size"] for profile in profiles],
        [member["phoneNumber"] for profile in profiles for member in profile["team"]],
        [one["details"]["notes"] for one in _ours(planted)],
        [profile["team"] for profile in profiles],
    ):
        missing = sum(not value for value in holes)
        assert 0 < missing < len(holes) * 0.7
    customers = Counter((profile["name"], profile["address"]["postalCode"]) for profile in profiles)
    assert max(customers.values()) > 3
    assert any(len(name.encode()) > len(name) for name, _ in customers)
    assert any("'" in name for name, _ in customers)


def test_times_lie_in_the_last_three_years_and_in_order(planted: World) -> None:
    """Every referral was created before it was changed, and only unanswered ones still have time to expire."""
    now = planted.clock.now().isoformat()
    for one in _ours(planted):
        assert "2023" <= one["createdDateTime"] <= one["updatedDateTime"] <= now
        assert (one["expirationDateTime"] is not None) == (one["status"] == "New")


def test_the_same_numbers_give_the_same_referrals(planted: World) -> None:
    """Ids, names and values do not depend on the day or the machine."""
    again = _new_world()
    seed.plant(again, referrals=1000, opportunities=40)
    steady = ("id", "engagementId", "name", "status", "substatus", "customerProfile", "team")
    assert [[one[name] for name in steady] for one in _ours(again)] == [
        [one[name] for name in steady] for one in _ours(planted)
    ]


def test_the_crm_holds_currencies_people_and_solutions_from_the_start() -> None:
    """With no referrals asked for there is master data only, each currency once."""
    world = _new_world()
    assert seed.plant(world)
    assert len(world.store.table("referrals")) == 0
    assert crm.find(world, "opportunity") == []
    codes = [row["isocurrencycode"] for row in crm.find(world, "transactioncurrency")]
    assert {"EUR", "USD", "JPY", "INR"} <= set(codes)
    assert len(codes) == len(set(codes))
    assert crm.find(world, "systemuser", internalemailaddress="bo.lind@contoso.example")
    assert [
        row["cosell_active"] for row in crm.find(world, "cosell_solutiondetail", cosell_solutionid="SOL-00999-OLD")
    ] == [False]


def test_opportunities_come_flagged_and_not_with_their_customers(planted: World) -> None:
    """About half are marked for co-sell; each has an account, most have a solution, some accounts lack a country."""
    opportunities = crm.find(planted, "opportunity")
    flagged = sum(row["cosell_syncwithpartnercenter"] for row in opportunities)
    assert (len(opportunities), 10 < flagged < 30) == (40, True)
    assert all(row["parentaccountid"] for row in opportunities)
    countries = [row["address1_country"] for row in crm.find(planted, "account")]
    assert None in countries
    assert any(countries)


def test_a_world_is_planted_once(planted: World) -> None:
    """A restart with other numbers changes nothing."""
    assert not seed.plant(planted, referrals=5)
    assert len(_ours(planted)) == 1000


def test_ten_thousand_referrals_take_seconds() -> None:
    """The bench's amount is planted in well under half a minute even on a busy machine."""
    world = _new_world()
    began = time.perf_counter()
    seed.plant(world, referrals=10_000)
    assert time.perf_counter() - began < 25
    assert len(_ours(world)) == 10_000


def test_a_script_of_acts_is_played(tmp_path: Path) -> None:
    """A JSON file of acts makes a scene of one's own."""
    world = _new_world()
    script = tmp_path / "scene.json"
    script.write_text('[{"do": "create_deal", "name": "Scene"}, {"do": "invite", "name": "Invited"}]', encoding="utf-8")
    seed.play(world, script)
    assert {one["name"] for one in _ours(world)} == {"Scene", "Invited"}
