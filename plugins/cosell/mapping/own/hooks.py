"""The user's hooks: what a referral says, changed by pure functions before it is compared with the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.errors import MappingError
from cosell.core.lifecycle import LATCH_FIELDS, STATE_FIELDS
from cosell.core.record import Side
from cosell.mapping.cells import UnreadableValueError, kind_of
from cosell.mapping.own.code import Blamed, takes_one
from cosell.mapping.own.kinds import PlainKind, as_value
from cosell.mapping.wording import meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import FunctionType

    from cosell.core.record import Field, Value
    from cosell.mapping.located import Spot
    from cosell.mapping.own.code import Code

TABLES: Final = {
    "resolve_account": "opportunity",
    "before_write_opportunity": "opportunity",
    "before_write_lead": "lead",
}
"""The hooks in their order, and the table whose mapping each belongs to."""
_DECIDED: Final = STATE_FIELDS | LATCH_FIELDS | {"flag", "help"}
"""Decided by the rules of a deal's life, or by a person."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One function of the user's."""

    name: str
    function: FunctionType
    spot: Spot
    source: str
    """Fingerprint of its file."""

    def changes(self, deal: Mapping[str, Value], *, fills: Mapping[str, PlainKind]) -> dict[str, Value]:
        """Give what it changes; `fills` are the fields that it may fill. Raises UnreadableValueError."""
        with Blamed(f"values from {self.name}", at=self.spot):
            given = self.function(dict(deal))
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise UnreadableValueError(f"a dict of fields, or None, from {self._told}", found=kind_of(given))
        return {name: self._value(name, value, fills=fills) for name, value in given.items()}

    def _value(self, name: object, value: object, *, fills: Mapping[str, PlainKind]) -> Value:
        if not isinstance(name, str) or name not in fills:
            raise UnreadableValueError(f"some of {', '.join(sorted(fills))} from {self._told}", found=str(name))
        return as_value(value, fills[name], source=f"{self._told} for {name}")

    @property
    def _told(self) -> str:
        return f"{self.name} ({self.spot.file}:{self.spot.line})"


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of one table, in order."""

    hooks: Sequence[Hook]
    fills: Mapping[str, PlainKind]
    known: Iterable[str]
    """Every field of the mapping: a hook may ask for each, also where the referral is silent."""

    def changes(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Give all that they change; the later sees what the earlier gave. Raises UnreadableValueError."""
        deal = {**dict.fromkeys(self.known), **values}
        changed: dict[str, Value] = {}
        for hook in self.hooks:
            changed |= hook.changes({**deal, **changed}, fills=self.fills)
        return changed

    def check(self, values: Mapping[str, Value]) -> bool:
        """Ask twice, and give True; raises MappingError where the answers differ: we would write for ever."""
        if self.changes(values) != self.changes(values):
            first = self.hooks[0]
            names = " or ".join(hook.name for hook in self.hooks)
            message = f"{names} gave two answers for one deal: a hook depends on nothing but the deal that it is given"
            raise MappingError(message, file=first.spot.file, line=first.spot.line)
        return True


def may_be_filled(field: Field) -> bool:
    """Tell whether a hook may fill a field: the CRM takes it, nobody decides on it, and it never travels back.

    What travels back would go through the hook again, and grow with every turn.
    """
    taken = Side.DATAVERSE in field.created_on | field.written_on
    edited_back = field.authority is not Side.PARTNER_CENTER and Side.PARTNER_CENTER in field.sides & field.written_on
    travels_back = edited_back or field.merge is not None
    return taken and not travels_back and not field.bookkeeping and field.name not in _DECIDED


def hooks_in(code: Code) -> dict[str, Hook]:
    """Give the hooks of a file by name; raises MappingError for a function that is none."""
    found = code.functions()
    for name, function in found.items():
        spot = code.spot(function)
        if name not in TABLES:
            message = f"unknown hook {name!r}: {meant(name, TABLES)} (the name of a helper begins with an underscore)"
            raise MappingError(message, file=spot.file, line=spot.line)
        if not takes_one(function):
            raise MappingError(
                f"{name}: expected a plain function of one value, the deal", file=spot.file, line=spot.line
            )
    if not found:
        raise MappingError(f"expected one of the hooks {', '.join(TABLES)}, found none", file=code.file)
    return {name: Hook(name, function, code.spot(function), code.source) for name, function in found.items()}
