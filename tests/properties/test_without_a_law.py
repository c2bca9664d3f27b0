"""Each law taken away: the shortest history that then goes wrong, and goes well with the law in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.state import SqlState
from cosell.core import pair, reconcile
from cosell.core.record import Side
from cosell.sync import settle
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


def _write_cuts_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 5 away: a copy that was cut is carried back like any value."""
    monkeypatch.setattr(reconcile, "_is_cut_of", lambda *_args, **_named: False)


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
