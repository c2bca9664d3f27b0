"""`airflow cosell plan RUN_ID`: what a dry run found that it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cosell.commands.opened import console, environment_of, opened_state
from cosell.commands.words import change_in_words, field_in_words, in_words
from cosell.core.sentences import SIDE_NAMES, label
from cosell.sync.lines import line_to_plan

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from cosell.core.actions import Create, PairPlan, Update

_PART = "dry_run"
_NOT_CARRIED = {"agreed": "both sides agree"}


def show_plan(args: Namespace) -> None:
    """Print the stored plan of a dry run, record by record."""
    with opened_state(environment_of(args)) as state:
        run = state.runs(args.run_id)
    if run is None:
        raise SystemExit(f"There is no run {args.run_id} in the state database.")
    if "dry_run" not in run.report:
        raise SystemExit(f"Run {args.run_id} was no dry run, or has not planned yet; start one with the param dry_run.")
    out = console()
    for text in _shown(run.report):
        out.print(text)


def _shown(report: Mapping[str, object]) -> Iterator[str]:
    """Give the whole plan as lines, opportunities first, then the other tables'."""
    for part in sorted(name for name in report if name.startswith(_PART)):
        table = part.removeprefix(_PART)
        if table:
            yield f"{table.removeprefix('_').capitalize()}s"
        lines = cast("Sequence[Mapping[str, Any]]", report[part])
        for line in lines:
            yield from _told(line_to_plan(line).plan)
            yield ""
        yield from _summary(cast("Mapping[str, Any]", report.get(f"plan{table}", {})), records=len(lines))


def _told(plan: PairPlan) -> Iterator[str]:
    yield _title(plan)
    if plan.adopted:
        yield "  ADOPT   these two are the same deal and would be bound"
    if plan.heir:
        yield f"  MOVE    the lead is qualified; its referral goes on with the opportunity {plan.heir.row_id}"
    if plan.create:
        yield f"  CREATE  in {SIDE_NAMES[plan.create.side]}"
        yield from _values(plan.create)
    for update in plan.updates.values():
        yield f"  UPDATE  in {SIDE_NAMES[update.side]}"
        yield from _changes(plan, update)
    if plan.invite:
        yield f"  ASK     Microsoft for help: {in_words(plan.invite.help)}"
    if plan.reason:
        yield f"  {plan.reason.upper().replace('_', ' ')}"
    for said in plan.said:
        yield f"    {said.code}: {said.sentence}"
    for note in plan.notes:
        verdict = note.detail or _NOT_CARRIED.get(note.action, "")
        values = "" if note.old is None and note.new is None else f" {change_in_words(note.old, note.new)}"
        yield f"    {label(note.field)} {note.action}:{values} {verdict}".rstrip()
    yield from _rules(plan)
    if plan.kept:
        yield f"    {plan.kept} other fields stay as they are"


def _rules(plan: PairPlan) -> Iterator[str]:
    for verdict in ("refused", "warned", "passed", "off"):
        ids = [rule for rule, found in plan.rules.items() if found == verdict]
        if ids:
            yield f"    rules {verdict}: {', '.join(ids)}"


def _title(plan: PairPlan) -> str:
    names = [str(snapshot.values.get("deal_name") or "") for snapshot in plan.snapshots.values()]
    keys = ", ".join(f"{SIDE_NAMES[side]} {snapshot.key}" for side, snapshot in plan.snapshots.items())
    return f"{next(filter(None, names), '(no name)')}  [{keys}]"


def _values(create: Create) -> Iterator[str]:
    for name, value in sorted(create.values.items()):
        if value is not None:
            yield f"    {label(name)}: {field_in_words(name, value)}"
    if create.close_as:
        yield f"    then closed as {create.close_as}"


def _changes(plan: PairPlan, update: Update) -> Iterator[str]:
    held = plan.snapshots[update.side].values if update.side in plan.snapshots else {}
    for name, value in sorted(update.values.items()):
        yield f"    {label(name)}: {change_in_words(held.get(name), value)}"
    if update.close_as:
        yield f"    then closed as {update.close_as}"


def _found(counts: Mapping[str, int]) -> Iterator[str]:
    """Give what becomes of the deals that were not bound yet."""
    new = {side: counts.get(f"create_{side}", 0) for side in SIDE_NAMES}
    numbers = (counts.get("adopted", 0), counts.get("ambiguous", 0), sum(new.values()))
    if any(numbers):
        places = ", ".join(f"{count} in {SIDE_NAMES[side]}" for side, count in new.items())
        yield "Unbound deals: {} linked, {} ambiguous, {} new ({})".format(*numbers, places)


def _summary(report: Mapping[str, Any], *, records: int) -> Iterator[str]:
    yield f"{records} records with something to say. Nothing was written."
    yield from _found(report.get("counts", {}))
    for title, counts in (("counts", report.get("counts", {})), ("skipped", report.get("skipped", {}))):
        if counts:
            yield f"{title}: " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
    if report.get("brake"):
        yield f"A run would be stopped by the brake: {report['brake']}"
    if report.get("mapping_changed"):
        yield f"The mapping differs from the one in memory in: {', '.join(report['mapping_changed'])}"
