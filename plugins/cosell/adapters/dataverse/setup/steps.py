"""What a setup will do, as data: steps in their order, what stands in the way, and both in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a step does; the order here is the order of a setup."""

    PUBLISHER = "publisher"
    SOLUTION = "solution"
    CHOICE = "choice"
    OPTIONS = "options"
    TABLE = "table"
    COLUMN = "column"
    LENGTH = "length"
    TRACK = "track"
    LABEL = "label"
    OPTION_LABELS = "option labels"
    FORM = "form"
    MEMBER = "member"
    KEY = "key"
    PUBLISH = "publish"
    REPAIR = "repair"
    AWAIT = "await"


_SENTENCES = {
    Kind.PUBLISHER: "create the publisher {name}",
    Kind.SOLUTION: "create the solution {name}",
    Kind.CHOICE: "create the choice {name}",
    Kind.OPTIONS: "add the options {numbers} to {of}",
    Kind.TABLE: "create the table {table}",
    Kind.COLUMN: "create the column {name} on {table}",
    Kind.LENGTH: "let {name} on {table} hold {numbers} characters",
    Kind.TRACK: "switch on change tracking for {table} (it cannot be switched off again)",
    Kind.LABEL: "name {of} in the languages {numbers}",
    Kind.OPTION_LABELS: "name the options of {of} in the languages {numbers}",
    Kind.FORM: "put {parts} on {form}",
    Kind.MEMBER: "put {of} into the solution",
    Kind.KEY: "create the alternate key {name} on {table}",
    Kind.PUBLISH: "publish the changes",
    Kind.REPAIR: "build the index of the alternate key {name} on {table} again",
    Kind.AWAIT: "wait for the index of the alternate key {name} on {table}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do; which of its parts are given depends on the kind."""

    kind: Kind
    table: str = ""
    name: str = ""
    numbers: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    """What a form lacks."""

    @property
    def sentence(self) -> str:
        """Say it."""
        of = f"{self.name} on {self.table}" if self.name and self.table else self.name or self.table
        numbers = ", ".join(map(str, self.numbers))
        # A table that is yet to be made comes with a form of a name that nobody knows.
        form = f"the form {self.name} of {self.table}" if self.name else f"the main form of {self.table}"
        said = {"table": self.table, "name": self.name, "numbers": numbers, "of": of, "form": form}
        return _SENTENCES[self.kind].format(parts=", ".join(self.parts), **said)

    @property
    def changes(self) -> bool:
        """Tell whether anything is different afterwards; an index that is being built needs patience alone."""
        return self.kind is not Kind.AWAIT


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """Steps in their order; with an obstacle none of them is taken."""

    steps: tuple[Step, ...]
    obstacles: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """Count what will be different."""
        return sum(step.changes for step in self.steps)
