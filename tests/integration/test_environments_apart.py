"""Two CRMs on one Partner Center: no environment touches a deal of the other."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import CosellError
from cosell.core.scope import Permission

from tests.integration.joined import TASKS, Joined
from tests.integration.neighbours import LABEL, Neighbours, edit_row, named_by

if TYPE_CHECKING:
    from pathlib import Path

WAITING = 727000000


@pytest.fixture
def both(tmp_path: Path) -> Neighbours:
    """Give production, and a test environment that may write its own deals."""
    return Neighbours(tmp_path)


def skipped(joined: Joined) -> dict[str, int]:
    """Give what the last run left alone, and how many."""
    counts: dict[str, int] = joined.report(joined.run())["plan"]["skipped"]
    return counts


def test_each_carries_its_own_deals(both: Neighbours) -> None:
    """A test deal bears the label in Partner Center alone, and edits travel both ways as in production."""
    ours, tried = both.production.opportunity(name="Move"), both.test.opportunity(name="Try")
    portal_deal = both.production.referral(name="Invited")
    both.run()
    assert both.names() == {"Move", "[TEST] Try", "Invited"}
    assert both.test.row(tried)["name"] == "✔ Try"
    edit_row(both.test, tried, estimatedvalue=4000)
    both.edit(both.named("[TEST] Try"), 4000)
    both.edit(portal_deal, 5000)
    edit_row(both.production, ours, estimatedvalue=6000)
    both.run(2)
    assert both.test.row(tried)["estimatedvalue"] == 4000
    assert both.production.row_of(portal_deal)["estimatedvalue"] == 5000
    assert both.production.shown(both.named("Move"))["details"]["dealValue"] == 6000
    assert len(both.test.rows()) == 1
    both.assert_apart()


def test_what_is_left_alone_is_counted(both: Neighbours) -> None:
    """Production says how many deals are another environment's, and the other way round."""
    both.production.opportunity(name="Move")
    both.test.opportunity(name="Try")
    both.run()
    both.production.referral(name="Portal")
    assert skipped(both.test)["of another environment"] == 2
    both.later(60)
    assert skipped(both.production)["of the environment test"] == 1


def test_read_only_writes_nothing_and_says_so(both: Neighbours) -> None:
    """A flagged deal waits with a sentence; once the environment may write, the next run carries it."""
    both.allow(Permission.READ_ONLY)
    row = both.test.opportunity(name="Try")
    both.run(2)
    assert both.writes_of(both.test) == []
    held = both.test.row(row)
    assert "may not write this deal" in held["cosell_audit"]
    assert (held["cosell_syncstatus"], held["name"]) == (WAITING, "Try")
    both.test.writes()
    both.later(7200)
    both.test.run()
    both.later(7200)
    both.test.run()
    assert both.test.writes() == []
    both.allow(Permission.OWN)
    both.test.run()
    assert both.names() == {"[TEST] Try"}
    assert both.test.row(row)["name"] == "✔ Try"


@pytest.mark.parametrize("permission", [Permission.OWN, Permission.READ_ONLY])
def test_production_deals_are_read_when_asked_for_and_never_written(both: Neighbours, permission: Permission) -> None:
    """Their edits arrive in the test CRM; what a tester changes there stays there, with a sentence."""
    both.allow(permission, production_deals=True)
    both.production.opportunity(name="Move")
    deal = both.production.referral(name="Portal")
    both.run(2)
    assert {row["name"].split()[-1] for row in both.test.rows()} == {"Move", "Portal"}
    assert both.writes_of(both.test) == []
    both.edit(deal, 7000)
    both.run()
    row = both.test.row_of(deal)
    assert row["estimatedvalue"] == 7000
    edit_row(both.test, row["opportunityid"], estimatedvalue=1)
    both.run(2)
    assert both.writes_of(both.test) == []
    assert both.production.shown(deal)["details"]["dealValue"] == 7000
    assert both.production.row_of(deal)["estimatedvalue"] == 7000
    assert "may not write this deal" in both.test.row_of(deal)["cosell_audit"]
    both.assert_apart()


def test_production_deals_are_left_alone_again_when_the_setting_is_taken_back(both: Neighbours) -> None:
    """What was brought stays as it is, and follows no more."""
    both.allow(Permission.OWN, production_deals=True)
    deal = both.production.referral(name="Portal")
    both.run()
    both.allow(Permission.OWN)
    both.edit(deal, 7000)
    assert skipped(both.test)["bound, but of another environment"] == 1
    assert both.test.row_of(deal)["estimatedvalue"] != 7000


def test_a_name_that_bears_another_s_label_is_refused(both: Neighbours) -> None:
    """Production would make a deal that the test environment takes for its own."""
    row = both.production.opportunity(name="[TEST] Move")
    both.run()
    assert both.names() == set()
    assert "label of another environment, [TEST]" in both.production.row(row)["cosell_audit"]


def test_a_bracket_of_the_customer_s_own_is_no_label(both: Neighbours) -> None:
    """It begins a name like any other text does, on both sides, made here or in the portal."""
    row = both.production.opportunity(name="[URGENT] Move")
    deal = both.production.referral(name="[ACME] Portal")
    both.run(2)
    assert both.names() == {"[URGENT] Move", "[ACME] Portal"}
    assert both.production.row(row)["name"] == "✔ [URGENT] Move"
    assert both.production.row_of(deal)["name"] == "✔ [ACME] Portal"


def test_the_label_of_an_environment_nobody_named_is_known_by_its_form(both: Neighbours) -> None:
    """Made from a row that this CRM does not have: it is of another deployment's environment."""
    foreign = "11111111-1111-4111-8111-111111111111"
    both.production.referral(name="[STAGE] Deal", externalReferenceId=foreign)
    assert skipped(both.production)["of another environment, stage"] == 1
    assert both.production.rows() == []


def test_an_id_alone_ties_no_deal_of_a_copy_to_the_original(both: Neighbours) -> None:
    """The other deployment's deal was made from the copy of a row, which has the same id here."""
    row = both.production.opportunity(name="Deal")
    strange = both.production.referral(name="[STAGE] Deal", externalReferenceId=row)
    both.production.run()
    assert both.names() == {"[STAGE] Deal", "Deal"}
    assert both.production.row(row)["cosell_referralidentifier"] == both.named("Deal") != strange


def test_a_deal_that_looks_like_another_s_is_not_held(both: Neighbours) -> None:
    """A whole comparison looks at our own deals only."""
    both.production.referral(name="Same", customerProfile={"name": "Adatum GmbH", "address": {"country": "DE"}})
    both.test.opportunity(name="Same")
    both.test.run(both.test.facts("reconcile"))
    assert both.names() == {"Same", "[TEST] Same"}


def test_a_copied_crm_takes_no_deal_of_the_original(both: Neighbours) -> None:
    """All ids are the same in a copy: what names a referral of production is held, and no second deal is made."""
    row = both.production.opportunity(name="Move")
    both.run()
    deal = both.named("Move")
    copied = {"opportunityid": row, "cosell_referralidentifier": deal, "name": "✔ Move"}
    both.test.opportunity(**copied)
    unshared = both.production.opportunity(name="Later", cosell_syncwithpartnercenter=False)
    both.test.opportunity(opportunityid=unshared, name="Later")
    both.run(2)
    assert both.names() == {"Move", "[TEST] Later"}
    assert "names a referral that cannot be its own" in both.test.row(row)["cosell_audit"]
    edit_row(both.production, unshared, cosell_syncwithpartnercenter=True)
    both.run(2)
    assert both.names() == {"Move", "[TEST] Later", "Later"}
    both.production.run(both.production.facts("reconcile"))
    both.test.run(both.test.facts("reconcile"))
    assert both.names() == {"Move", "[TEST] Later", "Later"}
    both.assert_written_apart()


def test_a_deal_labelled_by_hand_is_nobody_s(both: Neighbours) -> None:
    """A label alone does not make it the test environment's: it did not create the deal."""
    both.production.referral(name="[TEST] By hand")
    both.run(2)
    assert both.test.rows() == both.production.rows() == []
    assert both.writes_of(both.test) == []


def test_a_lost_answer_makes_no_second_deal(both: Neighbours) -> None:
    """A labelled deal is found again by the id that it carries."""
    row = both.test.opportunity(name="Try")
    both.test.break_("partner_center", "drop_after", method="POST")
    for _ in range(3):
        with suppress(CosellError):
            both.test.run()
        both.later(120)
    both.run()
    assert [each["name"] for each in both.production.referrals()] == ["[TEST] Try"]
    assert named_by(both.test) == {both.named("[TEST] Try")}
    assert both.test.row(row)["name"] == "✔ Try"


def test_a_lost_memory_finds_its_own_deals_again(both: Neighbours) -> None:
    """By the id that the referral carries; production's stay production's."""
    both.production.opportunity(name="Move")
    row = both.test.opportunity(name="Try")
    both.run()
    fresh = Joined(
        both.folder / "again", sandbox=both.test.sandbox, shared=both.test.shared, settings=both.test.settings
    )
    fresh.apps = both.test.apps
    fresh.run()
    edit_row(fresh, row, estimatedvalue=9000)
    fresh.run()
    assert both.production.shown(both.named("[TEST] Try"))["details"]["dealValue"] == 9000
    assert len(both.names()) == len(both.production.referrals()) == 2
    both.assert_apart()


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_in_any_history_they_stay_apart(both: Neighbours, seed: int, *, looks: bool) -> None:
    """People, faults, broken runs and changed permissions in any order: nobody touches what is another's."""
    history = History(both, random.Random(seed), looks=looks)  # noqa: S311 - no secret
    for _ in range(14):
        history.step()
        both.assert_written_apart()
        assert not any(key in both.labelled() for key in named_by(both.production))
    history.mend()
    both.run(3)
    both.assert_written_apart()
    if not looks:
        both.assert_apart()
    names = [each["name"] for each in both.production.referrals()]
    assert len(names) == len(set(names))
    for joined, prefix in ((both.production, ""), (both.test, LABEL)):
        for row in joined.rows():
            name = row["name"].removeprefix("✔ ")
            if joined is both.production or name.startswith("test"):
                deal = both.production.shown(both.named(f"{prefix}{name}"))
                assert deal["details"]["dealValue"] == row["estimatedvalue"], name
    both.production.writes()
    before = len(both.writes_of(both.production)), len(both.writes_of(both.test))
    both.run()
    assert (len(both.writes_of(both.production)), len(both.writes_of(both.test))) == before


class History:
    """Random acts on both environments."""

    def __init__(self, both: Neighbours, chance: random.Random, *, looks: bool) -> None:
        self.both, self.chance, self.number, self.looks = both, chance, 0, looks
        self.environments = (both.production, both.test)

    def step(self) -> None:
        """Let something happen."""
        acts = [self.sell, self.sell, self.invite, self.edit_row, self.edit_deal, self.permit, self.fail]
        self.chance.choice([*acts, self.run, self.run, self.run])()

    def sell(self) -> None:
        """Let a seller of either enter a deal."""
        self.number += 1
        joined = self.chance.choice(self.environments)
        kind = "test" if joined is self.both.test else "real"
        joined.opportunity(name=f"{kind} {self.number}")

    def invite(self) -> None:
        """Let somebody make a deal in the portal."""
        self.number += 1
        self.both.production.referral(name=f"portal {self.number}")

    def edit_row(self) -> None:
        """Let a seller of either change a value."""
        joined = self.chance.choice(self.environments)
        if rows := joined.rows():
            edit_row(joined, self.chance.choice(rows)["opportunityid"], estimatedvalue=self.chance.randrange(1, 9999))

    def edit_deal(self) -> None:
        """Let somebody change a value in the portal."""
        if deals := self.both.production.referrals():
            self.both.edit(self.chance.choice(deals)["id"], self.chance.randrange(1, 9999))

    def permit(self) -> None:
        """Let an operator change what the test environment may do."""
        permission = self.chance.choice([Permission.OWN, Permission.READ_ONLY])
        self.both.allow(permission, production_deals=self.looks and self.chance.random() < 0.7)

    def fail(self) -> None:
        """Let some requests of either fail, before or after the work."""
        joined = self.chance.choice(self.environments)
        app = self.chance.choice(["partner_center", "dataverse"])
        kind = self.chance.choice(["drop_before", "drop_after", "status", "truncate"])
        joined.break_(app, kind, times=self.chance.randrange(1, 5), skip=self.chance.randrange(4))

    def run(self) -> None:
        """Let either run, perhaps not to the end."""
        joined = self.chance.choice(self.environments)
        tasks = TASKS[: self.chance.randrange(1, len(TASKS) + 1)] if self.chance.random() < 0.4 else TASKS
        kind = self.chance.choice(["scheduled", "scheduled", "scheduled", "reconcile"])
        with suppress(CosellError):
            joined.run(joined.facts(kind), tasks=tasks)
        self.both.later(self.chance.choice([5, 120, 4000]))

    def mend(self) -> None:
        """Let all that fails work again."""
        self.both.allow(Permission.OWN)
        for sandbox in (self.both.production.portal, *(each.sandbox for each in self.environments)):
            sandbox.faults.clear()
        self.both.later(90_000)
