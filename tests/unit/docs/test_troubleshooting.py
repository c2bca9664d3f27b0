"""docs/troubleshooting.md: what a seller or an operator finds under an id."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from cosell.core.rules import RULES, Rule
from cosell.core.sentences import SENTENCES
from cosell.hooks.checkup.checks import CHECKS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
SECTIONS = {
    text.partition("\n")[0]: text.partition("\n")[2].strip()
    for text in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
}
PLACES = {
    "RetryLaterError": "Errors that are repeated by themselves",
    "SetAsideError": "Errors of one record",
    "StopRunError": "Errors that stop the run",
}
ABSTRACT = {"CosellError", *PLACES}
NEVER_SEEN = {
    # answers of the receiver, which a sender reads
    *{"RefusedError", "MisshapenError", "NotGenuineError", "TooSlowError", "TooLargeError", "NotNowError"},
    # told as a line of the scenario, of the record, of the task
    *{"StepFailedError", "LeftOutError", "UnreadableValueError", "UnreadableNoticeError"},
    # every caller judges it: raise_for_call
    "RefusedCallError",
}


def bases() -> dict[str, str]:
    """Give the base of every error of ours by its name, wherever in the package it stands."""
    files = (ROOT / "plugins" / "cosell").rglob("*.py")
    pairs = (re.findall(r"^class (\w+Error)\((\w+)\):", file.read_text(), flags=re.MULTILINE) for file in files)
    return dict(itertools.chain.from_iterable(pairs))


BASES = bases()


def above(name: str) -> set[str]:
    """Give what an error is besides itself."""
    base = BASES.get(name)
    return {base, *above(base)} if base else set()


ERRORS = {name for name in BASES if "CosellError" in above(name)} - ABSTRACT - NEVER_SEEN


def test_every_id_has_an_anchor_and_no_anchor_is_without_id() -> None:
    """Audit quotes the ids of rules and sentences, logs those of errors, the doctor those of its checks."""
    known = [*(rule.id for rule in RULES), *SENTENCES, *ERRORS, *{check.anchor for check in CHECKS}]
    assert sorted(SECTIONS) == sorted(known)
    assert PAGE.count("\n### ") == len(SECTIONS)


def test_what_is_never_seen_is_an_error_of_ours() -> None:
    """The list of exceptions names nothing that is gone."""
    assert {name for name in NEVER_SEEN if "CosellError" not in above(name)} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_told_with_its_default(rule: Rule) -> None:
    """A reader learns first whether a breach refuses or warns."""
    word = {"refuse": "Refuses.", "warn": "Warns."}[rule.severity]
    assert SECTIONS[rule.id].startswith(word)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_stands_where_it_is_told_what_happens_next(name: str) -> None:
    """Repeated by itself, of one record, or stopping the run."""
    chapter = PAGE[: PAGE.index(f"### {name}\n")].rpartition("\n## ")[2].partition("\n")[0]
    assert [chapter] == [title for kind, title in PLACES.items() if kind in above(name)]


@pytest.mark.parametrize("anchor", sorted(SECTIONS))
def test_a_section_says_who_acts(anchor: str) -> None:
    """A seller, an administrator of the CRM, an operator; or that there is nothing to do."""
    text = " ".join(SECTIONS[anchor].split()).lower()
    assert re.search(r"\*\*(seller|operator|crm administrator)|as \[|nothing to do", text)


def test_whoever_is_called_at_night_finds_each_error_at_once() -> None:
    """The first table of the operator's page names every error that a log may end with, and what to do."""
    page = (ROOT / "docs" / "operating.md").read_text()
    first = page.partition("## First look")[2].partition("\n## ")[0]
    ended = {name for name in ERRORS if "SetAsideError" not in above(name)}
    assert ended - set(re.findall(r"\[`(\w+)`\]", first)) == set()
