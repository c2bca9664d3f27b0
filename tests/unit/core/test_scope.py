"""Whose a referral is, and what may be written of it, where environments share a Partner Center."""

from __future__ import annotations

import pytest
from cosell.core.actions import Create, Invite, PairPlan, Update
from cosell.core.record import Binding, Side, Snapshot
from cosell.core.scope import Permission, Scope, labelled, restrained

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
ROW = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
KNOWN = frozenset({"default", "test", "stage"})
PRODUCTION = Scope("default", KNOWN)
TEST = Scope("test", KNOWN, Permission.OWN)
LOOKER = Scope("test", KNOWN, Permission.OWN, production_deals=True)


def row(name: str = "Move", **values: str) -> Snapshot:
    """Give an opportunity."""
    return Snapshot(DV, ROW, "1", {"deal_name": name, **values})


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("[TEST] Move", "test"),
        ("[STAGE_2] Move", "stage_2"),
        ("[Test] Move", None),
        ("[TEST]Move", None),
        (" [TEST] Move", None),
        ("Move [TEST] it", None),
        ("[2ND] Move", None),
        ("", None),
        (None, None),
    ],
)
def test_a_label_has_one_form(name: str | None, label: str | None) -> None:
    """Capitals, digits and _ in brackets and a blank, at the very front."""
    assert labelled(name) == label


@pytest.mark.parametrize(
    ("scope", "label", "crm_id", "reason"),
    [
        (PRODUCTION, None, OTHER, None),
        (PRODUCTION, "test", ROW, "of the environment test"),
        (PRODUCTION, "acme", None, None),
        (PRODUCTION, "acme", "OPP-1", None),
        (PRODUCTION, "acme", OTHER, "of another environment, acme"),
        (PRODUCTION, "acme", ROW, "of another environment, acme"),
        (TEST, "test", ROW, None),
        (TEST, "test", OTHER, "labelled test, but not made here"),
        (TEST, "test", None, "labelled test, but not made here"),
        (TEST, None, ROW, "of another environment"),
        (TEST, "stage", ROW, "of the environment stage"),
        (LOOKER, None, ROW, None),
        (LOOKER, "stage", ROW, "of the environment stage"),
    ],
)
def test_whose_a_referral_is(scope: Scope, label: str | None, crm_id: str | None, reason: str | None) -> None:
    """Told by its label and by the row that it was made from."""
    assert scope.leaves({"label": label, "crm_id": crm_id}, row()) == reason


def test_a_bracket_that_the_row_has_too_is_a_customer_s() -> None:
    """So is one on a referral that the row names; in a copied CRM the ids alone would say nothing."""
    referral = {"label": "acme", "crm_id": ROW, "referral_identifier": "ref"}
    assert PRODUCTION.leaves(referral, row("[ACME] Move")) is None
    assert PRODUCTION.leaves(referral, row(referral_identifier="REF")) is None
    assert PRODUCTION.leaves(referral, row("[OTHER] Move")) is not None
    assert PRODUCTION.leaves(referral, None) is not None


def planned(label: str | None, crm_id: str) -> PairPlan:
    """Give the plan of a pair that writes to both sides."""
    snapshots = {PC: Snapshot(PC, "ref", "1", {"label": label, "crm_id": crm_id}), DV: row()}
    updates = {side: Update(side, {"notes": "new"}, {"notes": "new"}) for side in Side}
    return PairPlan(snapshots, Binding("ref", ROW), updates=updates, invite=Invite("help"))


@pytest.mark.parametrize(
    ("scope", "label", "crm_id", "written"),
    [
        (PRODUCTION, None, ROW, True),
        (TEST, "test", ROW, True),
        (TEST, "test", OTHER, False),
        (LOOKER, None, ROW, False),
        (Scope("test", KNOWN, Permission.READ_ONLY), "test", ROW, False),
    ],
)
def test_what_may_not_be_written_is_taken_out(scope: Scope, label: str | None, crm_id: str, *, written: bool) -> None:
    """The CRM's part stays, and the seller is told; the value that did not travel is known to differ."""
    plan = restrained(planned(label, crm_id), scope)
    assert (PC in plan.updates, plan.invite is not None) == (written, written)
    assert DV in plan.updates
    assert [said.code for said in plan.said] == ([] if written else ["ENV-1"])
    assert (plan.reason, plan.stale.get(DV)) == ((None, None) if written else ("side_paused", True))


@pytest.mark.parametrize(("permission", "made"), [("everything", True), ("own", True), ("read_only", False)])
def test_a_new_deal_is_made_where_the_environment_may(permission: str, *, made: bool) -> None:
    """In a read-only one it waits."""
    plan = PairPlan({DV: row()}, create=Create(PC, {}, {}))
    left = restrained(plan, Scope("test", KNOWN, Permission(permission)))
    assert (left.create is not None, left.reason) == (made, None if made else "side_paused")


def test_a_conflict_stays_one() -> None:
    """What waits for a person keeps its own reason."""
    plan = PairPlan(planned(None, ROW).snapshots, Binding("ref", ROW), reason="conflict", invite=Invite("help"))
    assert restrained(plan, LOOKER).reason == "conflict"
