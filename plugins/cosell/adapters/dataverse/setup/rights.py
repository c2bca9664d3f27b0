"""Which privileges the steps of a setup take, held against those of our role before anything is done. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.steps import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.adapters.dataverse.setup.wanted import Wanted

_TAKES: Mapping[Kind, frozenset[str]] = {  # by what is published; a step that is not here tells what it lacks itself
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
    Kind.PUBLISH: frozenset({"prvPublishCustomization", "prvWriteSolution"}),
}
_LOOKUP, _TABLE_LABEL = frozenset({"prvCreateRelationship"}), frozenset({"prvWriteEntity"})
_ALL = frozenset(privilege.lower() for privileges in (*_TAKES.values(), _LOOKUP) for privilege in privileges)


def lacking(steps: Iterable[Step], wanted: Wanted, *, held: Collection[str]) -> list[str]:
    """Give the privileges that some step takes and we do not hold; `held` are in small letters.

    None where not one of their kind is held: then they are not told at all, or the first step is refused.
    """
    if _ALL.isdisjoint(held):
        return []
    taken = {privilege for step in steps for privilege in _taken(step, wanted)}
    return sorted(privilege for privilege in taken if privilege.lower() not in held)


def _taken(step: Step, wanted: Wanted) -> frozenset[str]:
    if step.kind is Kind.COLUMN and wanted.tables[step.table].columns[step.name].to:
        return _LOOKUP
    if step.kind is Kind.LABEL and not step.name:
        return _TABLE_LABEL
    return _TAKES.get(step.kind, frozenset())
