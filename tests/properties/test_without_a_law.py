"""Each law taken away: the shortest history that then goes wrong, and goes well with the law in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.state import SqlState
from cosell.core import course, life, notes, pair, reconcile
from cosell.core.record import Side
from cosell.sync import match, settle
from test_laws import Sync

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.pair import Pair
    from cosell.core.reconcile import FieldView
    from cosell.core.record import Field, Value

Step = tuple[str, dict[str, Any]]
PC_DEAL: Step = ("new_deal", {"country": True, "length": 4, "crm_first": False, "empty": False})
CRM_DEAL: Step = ("new_deal", {"country": True, "length": 4, "crm_first": True, "empty": False})
LONG_DEAL: Step = ("new_deal", {"country": True, "length": 12, "crm_first": False, "empty": False})
RUN: Step = ("run", {"kind": "scheduled", "pc_first": False})
COPY: Step = ("copy", {"which": 0, "name": "notes", "crm": True})
QUIET: Step = ("quiet", {})


INVITED: Step = ("invited", {"length": 4})
SHOW_THERE: Step = ("show", {"which": 0, "shown": True, "crm": False})
EXPIRE: Step = ("move_there", {"which": 0, "word": "expired", "reason": None})


def _edit(name: str, *, crm: bool, length: int = 4) -> Step:
    return ("edit", {"which": 0, "name": name, "crm": crm, "length": length})


def _one_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 1 away: one last agreed value for both sides."""
    per_side = pair.Pair.baseline

    def shared(bound: Pair, fields: Mapping[str, Field]) -> dict[Side, dict[str, Value]]:
        known = per_side(bound, fields)
        return dict.fromkeys(Side, known[Side.PARTNER_CENTER])

    monkeypatch.setattr(pair.Pair, "baseline", shared)


def _remember_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 2 away: the baseline is what was sent."""
    monkeypatch.setattr(settle.Settler, "_sent", lambda _self, write, *_args, **_named: dict(write.part.values))


def _compare_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 3 away: values of two sides are compared as they are."""

    def raw(view: FieldView, **_terms: object) -> bool:
        return view.held[Side.PARTNER_CENTER] == view.held[Side.DATAVERSE]

    monkeypatch.setattr(reconcile, "_values_agree", raw)


def _write_unnoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 4 away: nothing is noted before a write."""
    monkeypatch.setattr(SqlState, "note", lambda _self, notes: list(notes))


def _close_what_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """No end of a referral leaves the opportunity open."""
    monkeypatch.setattr(life, "NEVER_CLOSES", {})


def _lift_the_latch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visibility is nobody's concern."""
    monkeypatch.setattr(course, "_decide_visibility", lambda *_args, **_named: None)


def _forget_who_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a deal that we made before a crash for one that was found."""
    monkeypatch.setattr(course, "Stand", lambda held, was, **_named: life.Stand(held, was, found=True))


def _write_cuts_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 5 away: a copy that was cut is carried back like any value."""
    monkeypatch.setattr(reconcile, "_is_cut_of", lambda *_args, **_named: False)


def _begin_anew_from_a_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """One deal of a lead away: an opportunity that came of a shared lead is shared as a deal of its own."""
    monkeypatch.setattr(match.Matcher, "_not_of_leads", lambda _self, rows, _gathered: rows)


def _append_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 5 for appends away: what stands on the other side already is appended again."""
    monkeypatch.setattr(notes, "_lacking", lambda run, *_counts: [piece.text for piece in run])


HISTORIES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], list[Step]]] = {
    "law 1": (_one_memory, [LONG_DEAL, RUN, _edit("notes", crm=False, length=12), QUIET]),
    "law 2": (_remember_what_was_sent, [CRM_DEAL, RUN, QUIET]),
    "law 3": (
        _compare_raw,
        [
            LONG_DEAL,
            RUN,
            _edit("notes", crm=False, length=12),
            ("copy", {"which": 0, "name": "notes", "crm": True}),
            QUIET,
        ],
    ),
    "law 4": (
        _write_unnoted,
        [
            PC_DEAL,
            RUN,
            _edit("notes", crm=True),
            ("faulty_run", {"kind": "crash_after", "after": 0, "retries": 0, "editing": None}),
            _edit("notes", crm=True),
            QUIET,
        ],
    ),
    "what expired closes nothing": (_close_what_expired, [INVITED, RUN, EXPIRE, QUIET]),
    "the latch": (_lift_the_latch, [CRM_DEAL, RUN, SHOW_THERE, QUIET]),
    "a win is never lost": (
        _forget_who_made_it,
        [
            CRM_DEAL,
            ("faulty_run", {"kind": "crash_after", "after": 0, "retries": 0, "editing": None}),
            ("move_here", {"which": 0, "word": "won", "reason": None}),
            QUIET,
        ],
    ),
    "one deal of a lead": (
        _begin_anew_from_a_lead,
        [
            ("lead_is_sent", {"length": 4}),
            RUN,
            ("make_opportunity", {"which": 0, "flagged": True}),
            RUN,
            ("qualify", {"which": 0, "opportunity": False, "flagged": True, "kind": "crash_after", "after": 0}),
            QUIET,
        ],
    ),
    "appended once": (
        _append_blindly,
        [
            PC_DEAL,
            RUN,
            (
                "faulty_append",
                {
                    "first": (0, False, "behind"),
                    "second": (0, True, "behind"),
                    "kind": "crash_after",
                    "after": 0,
                    "cut": 7,
                },
            ),
            QUIET,
        ],
    ),
    "law 5": (_write_cuts_back, [LONG_DEAL, RUN, QUIET, _edit("notes", crm=True), QUIET]),
}


def _live(history: list[Step]) -> None:
    machine = Sync()
    machine.begin(refused=True)
    for name, given in history:
        getattr(machine, name)(**given)
        machine.one_to_one()
        machine.memory_is_true()


@pytest.mark.parametrize("law", HISTORIES)
def test_the_history_goes_well_with_the_law(law: str) -> None:
    """With every law in place the history ends quiet."""
    _live(HISTORIES[law][1])


@pytest.mark.parametrize("law", HISTORIES)
def test_the_history_goes_wrong_without_the_law(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the law taken away the same history breaks an invariant: the machine can see what the law is for."""
    take_away, history = HISTORIES[law]
    take_away(monkeypatch)
    with pytest.raises(AssertionError):
        _live(history)
