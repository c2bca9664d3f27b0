"""The languages that sellers can be spoken to: the files `phrases.*.yaml` beside this one, and English in the code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from cosell.core.phrases import ENGLISH, Phrasebook

_ENGLISH = "en"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sentences: dict[str, str]
    words: dict[str, str]


def languages() -> list[str]:
    """Give the languages by their codes."""
    found = Path(__file__).parent.glob("phrases.*.yaml")
    return sorted([_ENGLISH, *(path.suffixes[0].removeprefix(".") for path in found)])


@cache
def load_phrases(language: str) -> Phrasebook:
    """Give the sentences of a language."""
    if language == _ENGLISH:
        return ENGLISH
    text = (Path(__file__).parent / f"phrases.{language}.yaml").read_text("utf-8")
    file = _File.model_validate(yaml.safe_load(text))
    return Phrasebook(file.sentences, file.words)
