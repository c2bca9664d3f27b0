"""Plans as staged lines: what later steps need comes back as it was, and nothing more is staged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from cosell.core.actions import Create, FieldNote, PairPlan, Said, Update
from cosell.core.record import Binding, Member, Side, Snapshot, SolutionLine
from cosell.sync.lines import PlanLine, facts_of, line_to_plan, plan_to_line
from sync_examples import DV, FIELDS, NOW, PC

FACTS = facts_of(FIELDS)
REFERRAL = Snapshot(PC, "ref-1", 'W/"1"', {"deal_name": "Move", "status": "open", "crm_id": None}, NOW)
ROW = Snapshot(DV, "row-1", "7", {"deal_name": "Move", "flag": True, "mark": "check"}, remembered=True)
WHOLE = PairPlan(
    snapshots={PC: REFERRAL, DV: ROW},
    binding=Binding("ref-1", "row-1", "opportunity", paused=True),
    adopted=True,
    updates={
        PC: Update(PC, {"deal_value": Decimal("1.50")}, {"deal_value": Decimal("1.5")}),
        DV: Update(DV, {"status": "won", "close_date": date(2027, 1, 1)}, {"status": "won"}, close_as="won"),
    },
    stale={PC: True, DV: False},
    reason="conflict",
    said=(Said("CONFLICT-1", "Notes: both.", "notes"), Said("FINAL-1", "Never.", final=True)),
    notes=(FieldNote("lost", "team", (Member("A", "B", "c", "d"),), None, "why"),),
    rules={"VALUE-1": "passed"},
    kept=4,
)
LINE = PlanLine(WHOLE, revision=12, clears="conflict/then/0")


def through_a_file(line: PlanLine) -> PlanLine:
    """Give what a later task reads."""
    return line_to_plan(json.loads(json.dumps(plan_to_line(line, facts=FACTS))))


def test_a_plan_comes_back_as_it_was() -> None:
    """Values keep their kinds, sides and sentences stay, and the keys are sides again."""
    back = through_a_file(LINE)
    assert back == LINE
    keys = (*back.plan.updates, *back.plan.snapshots, *back.plan.stale, back.plan.updates[PC].side)
    assert all(isinstance(key, Side) for key in keys)


@pytest.mark.parametrize("close_as", ["won", None])
def test_a_create_comes_back_as_it_was(close_as: str | None) -> None:
    """An unbound record has neither binding nor updates."""
    create = Create(DV, {"deal_name": "Move", "flag": True}, {"deal_name": "Move", "notes": None}, close_as)
    line = PlanLine(PairPlan(snapshots={PC: REFERRAL}, create=create), revision=0)
    assert through_a_file(line) == line


def test_what_is_sent_as_its_source_holds_it_is_staged_once() -> None:
    """Most values pass through fit as they are; those of another kind or form keep both."""
    solutions = (SolutionLine("SOL-1", "Retail", Decimal("1.5"), None),)
    sent_from = {"solutions": solutions, "visibility": True, "notes": "long", "stage": None}
    create = Create(DV, {"solutions": tuple(solutions), "visibility": 1, "notes": "lo", "flag": True}, sent_from)
    line = PlanLine(PairPlan(snapshots={PC: REFERRAL}, create=create), revision=0)
    assert json.dumps(plan_to_line(line, facts=FACTS)).count("SOL-1") == 1
    back = through_a_file(line).plan.create
    assert back == create
    assert back is not None
    assert (back.values["visibility"].__class__, back.sent_from["visibility"].__class__) == (int, bool)


def test_a_record_whose_time_nobody_knows_comes_back_without() -> None:
    """A missing time stays missing."""
    plan = replace(WHOLE, snapshots={DV: replace(ROW, changed=None)})
    assert through_a_file(replace(LINE, plan=plan)).plan.snapshots[DV].changed is None


def test_what_is_remembered_already_is_not_staged() -> None:
    """The plan step wrote its baselines down: later steps have no part in them."""
    plan = replace(WHOLE, remember={PC: {"notes": "x"}, DV: {}})
    assert through_a_file(replace(LINE, plan=plan)) == LINE


def test_a_snapshot_is_cut_down_to_what_later_steps_read() -> None:
    """Facts, bookkeeping and state stay; of people's fields only the name, by the mark, and what is overwritten."""
    values = {"deal_name": "Move", "notes": "secret", "status": "open", "crm_id": "row-1", "flag": True}
    row = replace(ROW, values=values)
    bare = PairPlan(snapshots={DV: row}, binding=WHOLE.binding)
    kept = through_a_file(PlanLine(bare, 1)).plan.snapshots[DV].values
    assert kept.keys() == values.keys() - {"notes"}
    both = replace(bare, snapshots={PC: replace(row, side=PC), DV: row}, updates={DV: Update(DV, {"notes": "new"}, {})})
    shown = through_a_file(PlanLine(both, 1)).plan.snapshots
    assert shown[DV].values == values
    assert "notes" not in shown[PC].values


def test_facts_are_what_any_later_step_reads() -> None:
    """Our own columns, one-sided fields, the state and the name."""
    assert facts_of(FIELDS) == {"deal_name", "status", "crm_id", "flag", "mark"}
