"""What a run will do with one record or pair, as data: printed, stored, tested, refused."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - dataclass fields are read at run time by tests
from dataclasses import dataclass, field

from cosell.core.choice import Choice  # noqa: TC001 - same
from cosell.core.record import Binding, Ref, Side, Snapshot, Value  # noqa: TC001 - same


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for the seller, its rule or error id, and whether it settles the record all the same."""

    code: str
    sentence: str
    field: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True)
class Create:
    """A record that is missing on a side."""

    side: Side
    values: Mapping[str, Value]
    """Canonical, fitted to the side."""
    sent_from: Mapping[str, Value]
    """The source's own values of every field that both sides hold, empty ones too."""
    close_as: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """An edit carried to a side."""

    side: Side
    values: Mapping[str, Value]
    sent_from: Mapping[str, Value]
    close_as: str | None = None
    baselines: Mapping[str, Value] = field(default_factory=dict)
    """What to remember of merged fields in place of what was sent: the side holds more that is still to be carried."""


@dataclass(frozen=True, slots=True)
class Invite:
    """Microsoft is to be asked for help, once the deal stands in Partner Center as planned."""

    help: str
    """The kind of help, as Partner Center says it."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What Microsoft is told besides what our referral says."""


@dataclass(frozen=True, slots=True)
class FieldNote:
    """One line for the history and the dry run: what happened to one field."""

    action: str
    """conflict, refused, waiting, lost, differs, agreed, warned"""
    field: str
    old: Value = None
    new: Value = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """Everything that follows for one record or pair; without a binding and a create it only says why not."""

    snapshots: Mapping[Side, Snapshot]
    binding: Binding | None = None
    adopted: bool = False
    heir: Binding | None = None
    """The binding that takes this one's place: of the opportunity that came of a qualified lead."""
    create: Create | None = None
    updates: Mapping[Side, Update] = field(default_factory=dict)
    invite: Invite | None = None
    remember: Mapping[Side, Mapping[str, Value]] = field(default_factory=dict)
    """Baselines to set without writing: agreed values, and what one-sided fields show."""
    stale: Mapping[Side, bool] = field(default_factory=dict)
    """Whether the side holds something that the baseline does not say, were every write here done."""
    reason: str | None = None
    """Why the record stays unsettled (conflict, refused, wait, paused, orphan, set_aside); None: settled."""
    said: tuple[Said, ...] = ()
    notes: tuple[FieldNote, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    """The verdict of every rule that was asked, by its id."""
    choices: tuple[Choice, ...] = ()
    """What a person decided and is carried out here; what an edit overtook is left out."""
    kept: int = 0
    """Fields on which nothing happened."""

    @property
    def ref(self) -> Ref:
        """Give the record that stands for the pair: the bound referral, else the one record there is."""
        if self.binding:
            return self.binding.refs[0]
        return next(iter(self.snapshots.values())).ref

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Name the records that the plan is about."""
        return self.binding.refs if self.binding else tuple(each.ref for each in self.snapshots.values())

    @property
    def writes(self) -> bool:
        """Tell whether anything is written by push."""
        return self.create is not None or bool(self.updates) or self.invite is not None
