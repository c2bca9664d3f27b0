"""What people read in the CRM, by language: the files `labels.*.yaml`, said as Dataverse says labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ENGLISH = 1033


class Words(BaseModel):
    """One language's words, by what they name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: int
    solution: str
    form: str
    """Above what setup puts on forms."""
    yes: str
    no: str
    tables: dict[str, tuple[str, str]]
    """One and many."""
    columns: dict[str, str]
    keys: dict[str, str]
    choices: dict[str, dict[int | str, str]]
    """By number; the choice's own under `name`."""


@cache
def catalogue() -> dict[int, Words]:
    """Give the words of every language that is shipped, by Microsoft's number of the language."""
    files = Path(__file__).parent.glob("labels.*.yaml")
    found = [Words.model_validate(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(files)]
    return {words.language: words for words in found}


def labels_for(languages: Iterable[int], *, base: int) -> Labels:
    """Give the words for one CRM: in its languages that we have words for, in its base language at any rate."""
    known = catalogue()
    words = {language: known[language] for language in sorted(set(languages)) if language in known}
    words.setdefault(base, known[ENGLISH])
    return Labels(words, base)


@dataclass(frozen=True, slots=True)
class Labels:
    """The words by language."""

    words: Mapping[int, Words]
    base: int

    def only(self, languages: Iterable[int]) -> Labels:
        """Give the same for some of the languages."""
        return Labels({language: self.words[language] for language in sorted(set(languages))}, self.base)

    @property
    def languages(self) -> frozenset[int]:
        """Give the languages that every name shall have."""
        return frozenset(self.words)

    def label(self, pick: Callable[[Words], str]) -> dict[str, object]:
        """Give a name in every language, as Dataverse takes it."""
        return {
            "@odata.type": "Microsoft.Dynamics.CRM.Label",
            "LocalizedLabels": [_localized(language, pick(words)) for language, words in sorted(self.words.items())],
        }

    def text(self, pick: Callable[[Words], str]) -> str:
        """Give a name in the base language."""
        return pick(self.words[self.base])


def _localized(language: int, text: str) -> dict[str, object]:
    return {"@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel", "Label": text, "LanguageCode": language}
