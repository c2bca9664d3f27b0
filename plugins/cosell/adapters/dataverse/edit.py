"""One edit of a standing deal on its way: what is asked, what it is made into, what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.layout import CONTACT
from cosell.adapters.dataverse.reader import ETAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cosell.adapters.dataverse.batch import Part, SetAnswer
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.columns import Columns
    from cosell.adapters.dataverse.connect import Connecting
    from cosell.adapters.dataverse.lines import LineChange
    from cosell.adapters.dataverse.reader import Seen
    from cosell.sync.ports import Change, Outcome

_SETS_PER_BATCH, _PARTS_PER_BATCH = 100, 500


@dataclass(slots=True)
class Edit:
    """One change on its way."""

    change: Change
    columns: Columns
    body: Json = field(default_factory=dict)
    lines: LineChange | None = None
    seen: Seen | None = None
    """The row as it stood, where that was looked at."""
    people: Connecting | None = None
    parts: list[Part] = field(default_factory=list)
    answer: SetAnswer | None = None
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        """Give the row's key."""
        return self.change.ref.key.lower()

    @property
    def given_back(self) -> Json | None:
        """Give the main row as our write left it."""
        answer = self.answer.parts[0] if self.answer and self.answer.parts else None
        if answer is None or not isinstance(answer.body, dict):
            return None
        row = {ETAG: answer.headers.get("etag"), **answer.body}
        return row if row[ETAG] else None

    def part_named(self, place: int) -> str:
        """Name what one part of the change set is about."""
        if self.lines and place <= len(self.lines.parts):
            return "a solution row"
        return (
            "the closing" if self.change.close_as and place == len(self.parts) - 1 else "somebody of the deal's people"
        )

    @property
    def needs_reading(self) -> bool:
        """Tell whether its parts depend on what stands now."""
        unsure = self.columns.lines is not None or bool(self.columns.of(CONTACT) or self.columns.people)
        return self.outcome is None and (unsure or not self.body)


def batches(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Pack change sets into batches of bounded size."""
    batch: list[Edit] = []
    parts = 0
    for edit in edits:
        if batch and (len(batch) == _SETS_PER_BATCH or parts + len(edit.parts) > _PARTS_PER_BATCH):
            yield batch
            batch, parts = [], 0
        batch.append(edit)
        parts += len(edit.parts)
    if batch:
        yield batch
