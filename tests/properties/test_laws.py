"""The laws of the sync under random histories: the real core, steps and state between two fake systems."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from acts_engagement import EngagementActs
from acts_holding import HoldingActs
from acts_leads import LeadActs
from acts_life import LifeActs
from acts_lines import LineActs
from acts_people import PeopleActs
from acts_reconcile import ReconcileActs
from acts_runs import RunActs
from cosell.core.people import addresses
from cosell.core.record import Ref, Side
from cosell.core.sentences import label
from fakes import CLOSED, DV, FIELDS, PC, stored
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, precondition, rule
from machine import CARRIED, Deal

if TYPE_CHECKING:
    from unittest import TestCase


class Sync(HoldingActs, LifeActs, EngagementActs, LeadActs, LineActs, PeopleActs, ReconcileActs, RunActs):
    """People, faults and runs in any order; at every quiet moment the laws must hold."""

    def _quiesce(self) -> None:
        """Let everything come due and run until nothing more is to be done."""
        self.faults.disarm()
        self.paused.clear()
        for _ in range(3):
            self.clock.tick(3 * 86_400)
            assert self.carry_out(self.begin_run("scheduled"))

    @precondition(lambda self: self.deals)
    @rule()
    def quiet(self) -> None:
        """After undisturbed runs both sides agree, nothing was lost or doubled, and another run writes nothing."""
        self._quiesce()
        if self.vanished or any(self._is_hidden(deal) for deal in self.deals):  # only a run over everything sees those
            self.carry_out(self.begin_run("reconcile"))
        written = [list(self.sides[side].writes) for side in Side]
        self.carry_out(self.begin_run("scheduled"))
        assert [self.sides[side].writes for side in Side] == written, "a second run must be quiet"
        self.carry_out(self.begin_run("reconcile"))
        assert [self.sides[side].writes for side in Side] == written, "a run over everything must find nothing new"
        self._check_pairs()

    def _flagged(self, deal: Deal) -> bool:
        self.learn(deal)
        return DV in deal.keys and self.sides[DV].records[deal.keys[DV]].values.get("flag") is True

    def _is_hidden(self, deal: Deal) -> bool:
        """Tell whether no window shows the row: unflagged, and somebody emptied its identifier."""
        row = self.held(deal, DV)
        return bool(row) and row.get("flag") is not True and not row.get("referral_identifier")

    def _check_pairs(self) -> None:
        for deal in self.deals:
            self.learn(deal)
            if DV in deal.keys and not self._flagged(deal):
                continue
            row = self.sides[DV].records.get(deal.keys.get(DV, ""))
            if PC not in deal.keys and row is not None and row.values.get("customer_country") is None:
                assert row.values.get("sync_status") == "Refused"
                assert "COUNTRY-1" in str(row.values.get("audit"))
                continue
            assert len(deal.keys) == 2, "every deal is carried"
            self._check_pair(deal)

    def _check_pair(self, deal: Deal) -> None:
        held = {side: self.sides[side].records[deal.keys[side]].values for side in Side}
        binding = self.state.bindings([Ref(PC, deal.keys[PC])])[Ref(PC, deal.keys[PC])]
        assert binding.row_id == deal.keys[DV]
        takes_it = held[PC]["status"] == "open"
        assert held[PC].get("crm_id") in {deal.keys[DV], None if not takes_it else deal.keys[DV]}
        assert held[DV]["referral_identifier"] == deal.keys[PC]
        self.before_check(deal)
        for name in CARRIED:
            self._check_field(deal, name, {side: held[side].get(name) for side in Side})
            self._check_original(deal, name, {side: held[side].get(name) for side in Side})
        self.check_more(deal)
        deal.edited.clear()
        deal.last.clear()

    def _check_original(self, deal: Deal, name: str, held: dict[Side, Any]) -> None:
        """Law 5: a text of which the other side holds a cut outlives every edit of the cut."""
        side, original = deal.originals.pop(name, (None, None))
        if side and deal.edited.get(name) == {side.other}:
            assert held[side] == original, f"an edit of the short copy of {name} took the longer original"
        for longer in Side:
            text = held[longer]
            short = held[longer.other]
            if isinstance(text, str) and text != short and stored(longer.other, name, text) == short:
                deal.originals[name] = (longer, text)

    def _check_field(self, deal: Deal, name: str, held: dict[Side, Any]) -> None:
        edited = deal.edited.get(name, set())
        agree = any(stored(s.other, name, held[s]) == held[s.other] for s in Side)
        for side in edited:
            if FIELDS[name].authority is not side.other and len(edited) == 1:
                assert held[side] == deal.last[side, name], f"an edit of {name} on {side} alone was lost"
        entry = self.state.unsettled([Ref(PC, deal.keys[PC])]).get(Ref(PC, deal.keys[PC]))
        codes = {r.code for r in entry.remarks if label(name) in r.sentence} if entry else set()
        if agree:
            assert "CONFLICT-1" not in codes, f"{name} agrees and is held in conflict all the same"
            deal.standing.discard(name)
            return
        takes_all = self.held(deal, PC)["status"] == "open" and self.held(deal, DV)["status"] not in CLOSED
        assert FIELDS[name].authority is None or not takes_all, f"{name} must follow its authority"
        assert codes & {"CONFLICT-1", "CUT-1", "FINAL-1", "CLOSED-1", "WAIT-1"}, f"{name} differs and nobody was told"
        assert not (takes_all and codes & {"CLOSED-1", "WAIT-1"}), f"{name} waits without need"
        if "CONFLICT-1" in codes:
            both = len(edited) == len(Side) or name in deal.standing
            assert both, f"a conflict of {name} without edits on both sides"
            for side in edited:
                assert held[side] == deal.last[side, name], f"a conflict touched {name} on {side}"
        deal.standing.add(name)

    @invariant()
    def one_to_one(self) -> None:
        """Bindings are one-to-one; no deal stands twice on a side."""
        if not hasattr(self, "deals"):
            return
        for side, link in ((DV, "referral_identifier"), (PC, "crm_id")):
            links = [r.values[link] for r in self.sides[side].records.values() if r.values.get(link)]
            assert len(links) == len(set(links)), f"a deal stands twice on {side}"
        for side in Side:
            assert not self.sides[side].complaints, self.sides[side].complaints
            deals = len(self.deals) + len(self.vanished) + len(self.leads)
            assert len(self.sides[side].records) <= deals, f"more records than deals on {side}"

    @invariant()
    def memory_is_true(self) -> None:
        """Memory never holds a value that its side never had."""
        if not hasattr(self, "deals"):
            return
        refs = [Ref(side, key) for side in Side for key in self.sides[side].records]
        for ref, half in self.state.halves(refs).items():
            for name, value in half.values.items():
                ever = self.sides[ref.side].ever[ref.key, name] | {None}
                if name in FIELDS and FIELDS[name].merge == "members":  # without who is still to cross over
                    known = {address for one in ever for address in addresses(one)}
                    assert addresses(value) <= known, f"memory of {name} is none of {ref.side}'s"
                    continue
                if name in FIELDS and FIELDS[name].merge == "append":  # without what is still to cross over
                    held = {line for text in ever for line in str(text or "").split("\n")}
                    assert held.issuperset(str(value or "").split("\n")), f"memory of {name} is none of {ref.side}'s"
                    continue
                assert value in ever, f"memory says {name}={value!r} on {ref.side}, which it never held"


HISTORIES = int(os.environ.get("COSELL_HISTORIES", "1000"))
PARTS = 10
"""Several cores share the histories; each part draws others, as its class has another name."""


def part(number: int) -> type[TestCase]:
    """Give a share of the histories."""
    case: type[TestCase] = type(f"Sync{number}", (Sync,), {}).TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=HISTORIES // PARTS,
        # The same histories for everyone who changes something; others for who looks for more (COSELL_HISTORIES=3000).
        derandomize="COSELL_HISTORIES" not in os.environ,
        stateful_step_count=int(os.environ.get("COSELL_STEPS", "20")),
        deadline=None,
        phases=[phase for phase in Phase if phase is not Phase.shrink or os.environ.get("COSELL_SHRINK")],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    return case


globals().update({f"TestSync{number}": part(number) for number in range(PARTS)})
