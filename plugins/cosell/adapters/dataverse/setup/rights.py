"""Which privileges the steps of a setup take, held against those of our role before anything is done. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.steps import Kind

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.adapters.dataverse.setup.wanted import Wanted

_TAKES: Mapping[Kind, frozenset[str]] = {
    Kind.PUBLISHER: frozenset({"prvCreatePublisher"}),
    Kind.SOLUTION: frozenset({"prvCreateSolution"}),
    Kind.CHOICE: frozenset({"prvCreateOptionSet"}),
    Kind.OPTIONS: frozenset({"prvWriteOptionSet"}),
    Kind.OPTION_LABELS: frozenset({"prvWriteOptionSet"}),
    Kind.TABLE: frozenset({"prvCreateEntity"}),
    Kind.COLUMN: frozenset({"prvCreateAttribute"}),
    Kind.LENGTH: frozenset({"prvWriteAttribute"}),
    Kind.TRACK: frozenset({"prvWriteEntity"}),
    Kind.LABEL: frozenset({"prvWriteAttribute"}),
    Kind.FORM: frozenset({"prvWriteSystemForm"}),
    Kind.MEMBER: frozenset({"prvWriteSolution"}),
    Kind.KEY: frozenset({"prvCreateEntityKey"}),
    Kind.REPAIR: frozenset({"prvCreateEntityKey"}),
    Kind.PUBLISH: frozenset({"prvPublishCustomization", "prvWriteSolution"}),
}
_LOOKUP, _TABLE_LABEL = frozenset({"prvCreateRelationship"}), frozenset({"prvWriteEntity"})


def lacking(steps: Iterable[Step], wanted: Wanted, *, held: Container[str]) -> list[str]:
    """Give the privileges that some step takes and we do not hold; `held` are in small letters."""
    taken = {privilege for step in steps for privilege in _taken(step, wanted)}
    return sorted(privilege for privilege in taken if privilege.lower() not in held)


def _taken(step: Step, wanted: Wanted) -> frozenset[str]:
    if step.kind is Kind.COLUMN and wanted.tables[step.table].columns[step.name].to:
        return _LOOKUP
    if step.kind is Kind.LABEL and not step.name:
        return _TABLE_LABEL
    return _TAKES.get(step.kind, frozenset())
