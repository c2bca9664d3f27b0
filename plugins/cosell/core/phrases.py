"""Sellers' sentences in another language: what the English one says is read out of it, and said anew. Pure.

Memory holds the English sentence; only what a seller reads is translated, so that another language is no edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from cosell.core.rules import RULES
from cosell.core.sentences import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r"\{(\w+)\}")

TEMPLATES: Mapping[str, str] = SENTENCES | {rule.id: rule.sentence for rule in RULES}
"""The English sentences by their code."""


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The sentences of one language by their code, and words that they quote by the English ones."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def said(self, code: str, sentence: str) -> str:
        """Give a sentence in this language; one that it lacks, or of an older version, stays as it is."""
        template = self.sentences.get(code)
        found = _shape(code).fullmatch(sentence) if template and code in TEMPLATES else None
        if template is None or found is None:
            return sentence
        quoted = {name: self._word(value) for name, value in found.groupdict().items()}
        text = template.format_map(quoted)
        return text[:1].upper() + text[1:]

    def _word(self, english: str) -> str:
        """Give a word that is known; a value of the deal is nobody's to translate."""
        return self.words.get(english) or self.words.get(english[:1].lower() + english[1:], english)


ENGLISH = Phrasebook()


@cache
def _shape(code: str) -> re.Pattern[str]:
    """Give the pattern of all sentences of a code; the first letter is a capital whatever the template begins with."""
    pattern, at, named = "", 0, set[str]()
    template = TEMPLATES[code]
    for place in _PLACE.finditer(template):
        name = place[1]
        pattern += re.escape(template[at : place.start()]) + (f"(?P={name})" if name in named else f"(?P<{name}>.*?)")
        named.add(name)
        at = place.end()
    return re.compile(pattern + re.escape(template[at:]), re.DOTALL)
