"""The conclusion of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_SHOWN = 12


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checklist; `fix` says what to do where anything is to be done.

    `{--env}` in the words is the option of the environment, `{_env}` the end of the names that it has of its own.
    """

    verdict: Verdict
    seen: str
    fix: str = ""

    def of(self, *, option: str, suffix: str) -> Finding:
        """Give it in the words of an environment."""
        said = (text.replace("{--env}", option).replace("{_env}", suffix) for text in (self.seen, self.fix))
        return Finding(self.verdict, *said)


def fine(seen: str) -> Finding:
    """Say that all is well."""
    return Finding(Verdict.OK, seen)


def doubt(seen: str, fix: str) -> Finding:
    """Say what may be meant so, and what to do where it is not."""
    return Finding(Verdict.WARNING, seen, fix)


def wrong(seen: str, fix: str) -> Finding:
    """Say what keeps the sync from working."""
    return Finding(Verdict.WRONG, seen, fix)


def unchecked(why: str, fix: str = "") -> Finding:
    """Say why nothing can be said."""
    return Finding(Verdict.NOT_CHECKED, why, fix)


def is_content(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing is wrong."""
    return all(finding.verdict is not Verdict.WRONG for finding in findings)


def listed(names: Collection[str]) -> str:
    """Give names in a row, in their order; of many the first ones and how many more."""
    shown = sorted(names)[:_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
