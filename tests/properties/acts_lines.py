"""What happens to rows beneath a deal: solutions, team, contacts, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from fakes import DV, PC, stored
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import TASKS, Machine

if TYPE_CHECKING:
    from machine import Deal

JOURNAL = "journal"
"""A text of the fakes that both sides only add to."""
FAULTS = ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after")
WAYS = ("behind", "before", "longer")


class LineActs(Machine):
    """What happens to rows beneath a deal: solutions, team, contacts, notes."""

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans(), way=st.sampled_from(WAYS))
    def append(self, which: int, crm: bool, way: str) -> None:
        """Somebody adds to the journal: a line behind or before the others, or some words to the last line."""
        self._append(which, crm=crm, way=way)

    def _append(self, which: int, *, crm: bool, way: str) -> None:
        deal, side = self.deals[which % len(self.deals)], DV if crm else PC
        held = self.held(deal, side)
        if not self.is_editable(deal, side):
            return
        self.counter += 1
        # Words that have nothing in common: a line like the one whose place it takes counts as that line rewritten.
        token, text = 3 * chr(0x4E00 + self.counter), str(held.get(JOURNAL) or "")
        new = {"behind": f"{text}\n{token}", "before": f"{token}\n{text}", "longer": f"{text} {token}"}[way].strip()
        if stored(side, JOURNAL, new) == new:
            self.sides[side].edit(deal.keys[side], JOURNAL, new)
            deal.added.add(token)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans(), line=st.integers(0, 9))
    def take_away(self, which: int, crm: bool, line: int) -> None:
        """Somebody deletes a line of the journal."""
        self._replace_line(which, crm=crm, line=line, word=None)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans(), line=st.integers(0, 9))
    def rewrite(self, which: int, crm: bool, line: int) -> None:
        """Somebody rewrites a line of the journal: its first sign becomes another."""
        self._replace_line(which, crm=crm, line=line, word="k")

    def _replace_line(self, which: int, *, crm: bool, line: int, word: str | None) -> None:
        deal, side = self.deals[which % len(self.deals)], DV if crm else PC
        lines = str(self.held(deal, side).get(JOURNAL) or "").split("\n")
        if lines == [""] or not self.is_editable(deal, side):
            return
        old = lines.pop(line % len(lines))
        if word is not None:
            lines.insert(line % (len(lines) + 1), word + old[1:])
        self.sides[side].edit(deal.keys[side], JOURNAL, "\n".join(lines))
        deal.taken.update(token for token in deal.added if token in old)

    @precondition(lambda self: self.deals)
    @rule(
        first=st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(WAYS)),
        second=st.one_of(st.none(), st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(WAYS))),
        kind=st.sampled_from(
            ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after")
        ),
        after=st.integers(0, 3),
        cut=st.integers(4, len(TASKS)),
    )
    def faulty_append(
        self,
        first: tuple[int, bool, str],
        second: tuple[int, bool, str] | None,
        kind: str,
        after: int,
        cut: int,
    ) -> None:
        """Let an addition be carried by a run that goes wrong, together with another one at that very moment."""

        def append(said: tuple[int, bool, str]) -> None:
            self._append(said[0], crm=said[1], way=said[2])

        append(first)
        self.faults.arm(kind, after, (lambda: append(second)) if second else None)
        self.carry_out(self.begin_run("scheduled"), TASKS[:cut])
        self.faults.disarm()

    def check_more(self, deal: Deal) -> None:
        """Every text that was added, and that nobody took away, stands on both sides exactly once."""
        super().check_more(deal)
        held = {side: str(self.held(deal, side).get(JOURNAL) or "") for side in Side}
        ref = Ref(PC, deal.keys[PC])
        entry = self.state.unsettled([ref]).get(ref)
        said = {remark.code for remark in entry.remarks} if entry else set()
        refused = said & {"NOTES-2", "CONFLICT-1", "CLOSED-1", "WAIT-1"}
        for token in deal.added:
            counts = {side: text.count(token) for side, text in held.items()}
            assert all(count <= 1 for count in counts.values()), f"{token} stands twice: {held}"
            if token not in deal.taken:
                assert any(counts.values()), f"{token} is lost: {held}"
                assert refused or all(counts.values()), f"{token} is not on both sides: {held}"
