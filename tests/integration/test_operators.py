"""What the operators take from Airflow, and what they tell it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowFailException
from cosell.core.errors import (
    BrakeError,
    ConfigurationError,
    ServiceUnavailableError,
    SignInNeededError,
    ThrottledError,
)
from cosell.core.record import Side
from cosell.operators.counts import counts_of
from cosell.operators.facts import facts_of
from cosell.operators.outcome import ObeyRetryAfter, told_to_airflow
from cosell.timetables import HistoryTimetable
from pendulum import DateTime

HOUR = DateTime(2026, 1, 31, 12, tzinfo=UTC)


def context(run_type: DagRunType, *, timetable: object = None, **params: object) -> Any:  # noqa: ANN401 - a stand-in for Airflow's own
    """Give a task's context of a run whose interval ends at noon."""
    run = SimpleNamespace(
        run_id="run-1",
        dag_id="cosell_sync",
        run_type=run_type,
        data_interval_start=HOUR.subtract(minutes=5),
        data_interval_end=HOUR,
    )
    return {"dag_run": run, "dag": SimpleNamespace(timetable=timetable), "params": params}


@pytest.mark.parametrize(
    ("run_type", "kind"),
    [
        (DagRunType.SCHEDULED, "scheduled"),
        (DagRunType.BACKFILL, "backfill"),
        (DagRunType.MANUAL, "manual"),
        (DagRunType.OPERATOR_TRIGGERED, "manual"),
        (DagRunType.ASSET_TRIGGERED, "events"),
    ],
)
def test_a_run_has_one_of_four_kinds(run_type: DagRunType, kind: str) -> None:
    """Whoever started it; the steps know no more of Airflow than this."""
    assert facts_of(context(run_type)).kind == kind


@pytest.mark.parametrize("run_type", [DagRunType.SCHEDULED, DagRunType.MANUAL])
def test_a_run_over_everything_is_one_however_it_began(run_type: DagRunType) -> None:
    """Its DAG says so; it has no interval and no span of its own."""
    facts = facts_of(context(run_type), whole=True)
    assert (facts.kind, facts.interval_start, facts.interval_end) == ("reconcile", None, None)


def test_only_a_due_run_or_a_backfill_has_an_interval() -> None:
    """Airflow gives a manual run some interval too, which means nothing."""
    due = facts_of(context(DagRunType.SCHEDULED))
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert (due.interval_start, due.interval_end) == (noon - timedelta(minutes=5), noon)
    assert type(due.interval_end) is datetime
    by_hand = facts_of(context(DagRunType.MANUAL))
    assert (by_hand.interval_start, by_hand.interval_end) == (None, None)


def test_a_run_by_hand_over_history_carries_its_interval() -> None:
    """A single run of the backfill's DAG is a backfill; one without a span stops instead of reading like the sync."""
    by_hand = context(DagRunType.MANUAL, timetable=HistoryTimetable("0 0 1 * *", timezone="UTC"))
    facts = facts_of(by_hand)
    assert (facts.kind, facts.interval_end) == ("backfill", datetime(2026, 1, 31, 12, tzinfo=UTC))
    by_hand["dag_run"].data_interval_start = by_hand["dag_run"].data_interval_end = None
    with pytest.raises(ConfigurationError, match=r"without a logical date .* Choose Backfill"):
        facts_of(by_hand)


def test_the_form_arrives_as_plain_values() -> None:
    """Times are aware and UTC where none is said."""
    facts = facts_of(
        context(DagRunType.MANUAL, since="2026-01-31T00:00:00", until="2026-02-01T00:00:00+01:00", referral_ids=["a"])
    )
    assert facts.since == datetime(2026, 1, 31, tzinfo=UTC)
    assert facts.until == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert facts.referral_ids == ("a",)
    assert facts.dry_run is False


def test_a_time_that_is_none_is_named() -> None:
    """The sentence says which param and what was expected."""
    with pytest.raises(ConfigurationError, match="param since is 'soon'"):
        facts_of(context(DagRunType.MANUAL, since="soon"))


@pytest.mark.parametrize("error", [BrakeError("51 of 60"), SignInNeededError("sign in"), ConfigurationError("host")])
def test_what_a_person_must_mend_is_not_tried_again(error: Exception) -> None:
    """Airflow fails the task at once, with the cause's own name and words."""
    with pytest.raises(AirflowFailException, match=f"{type(error).__name__}: {error}"), told_to_airflow():
        raise error


def test_what_may_pass_goes_to_airflow_as_it_is() -> None:
    """So that the retry policy sees how long to wait."""
    with pytest.raises(ThrottledError), told_to_airflow():
        raise ThrottledError("slow down", retry_after=90)


def test_a_task_waits_as_long_as_the_service_asked() -> None:
    """Retry-After wins over the task's own delay; without one the task's settings stand."""
    policy = ObeyRetryAfter()
    asked = policy.evaluate(ThrottledError("slow down", retry_after=90), try_number=1, max_tries=3)
    assert (asked.action, asked.retry_delay) == (RetryAction.RETRY, timedelta(seconds=90))
    unasked = policy.evaluate(ServiceUnavailableError("down"), try_number=1, max_tries=3)
    assert unasked.action is RetryAction.DEFAULT


@dataclass(frozen=True)
class Report:
    """A report as a step might give it."""

    side: Side = Side.DATAVERSE
    counts: Counter[str] = field(default_factory=lambda: Counter(created=2))
    report: dict[str, object] = field(default_factory=lambda: {"plan": {"counts": {}}, "dry_run": [{"row": "secret"}]})
    dry_run: list[dict[str, str]] = field(default_factory=lambda: [{"row": "secret"}])


def test_xcom_gets_counts_and_never_rows() -> None:
    """What a dry run shows per record stays in the state; Airflow's database gets plain numbers."""
    counts = counts_of(Report())
    assert counts == {"side": "dataverse", "counts": {"created": 2}, "report": {"plan": {"counts": {}}}}
    assert "secret" not in json.dumps(counts)
