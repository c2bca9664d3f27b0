"""A text cut to a column's length, counted as Dataverse counts it, without breaking a character as a reader sees it."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_REGIONAL = range(0x1F1E6, 0x1F200)
_HANGUL_TAILS = range(0x1160, 0x1200)
_WIDE = 0x10000


def units(text: str) -> int:
    """Give the length of a text in UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(ord(sign) >= _WIDE for sign in text)


def shorten(text: str, longest: int | None) -> str:
    """Give the text, cut to at most that many UTF-16 units and without blanks at the cut."""
    if longest is None or (2 * len(text) <= longest) or units(text) <= longest:
        return text
    end = _signs_within(text, longest)
    whole = end
    while whole > 0 and _belongs_to_former(text, whole):
        whole -= 1
    return text[: whole or end].rstrip()


def _signs_within(text: str, longest: int) -> int:
    left = longest
    for index, sign in enumerate(text):
        left -= 2 if ord(sign) >= _WIDE else 1
        if left < 0:
            return index
    return len(text)


def _belongs_to_former(text: str, index: int) -> bool:
    """Tell whether the sign at the index makes one character with the sign before it (UAX 29, in short)."""
    sign, former = text[index], text[index - 1]
    code = ord(sign)
    if _JOINER in {sign, former} or unicodedata.category(sign).startswith("M"):
        return True
    if code in _SKIN_TONES or code in _TAGS or code in _HANGUL_TAILS or (former, sign) == ("\r", "\n"):
        return True
    return code in _REGIONAL and _regionals_before(text, index) % 2 == 1


def _regionals_before(text: str, index: int) -> int:
    start = index
    while start > 0 and ord(text[start - 1]) in _REGIONAL:
        start -= 1
    return index - start
