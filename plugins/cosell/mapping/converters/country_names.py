"""Every way to name a country that a CRM may hold: codes, official names, and names in the languages of its users."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import pycountry
from babel import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES: Final = (
    "en", "de", "fr", "es", "it", "nl", "pt", "sv", "nb", "da", "fi", "is", "pl", "cs", "sk", "hu", "ro", "bg", "hr",
    "sr", "sl", "et", "lv", "lt", "el", "tr", "uk", "ru", "he", "ar", "fa", "hi", "th", "vi", "id", "ms", "ja", "ko",
    "zh", "zh_Hant", "ca", "eu", "gl", "ga", "cy", "mt", "lb",
)  # fmt: skip
"""Languages whose names are known; where two name different countries alike, the first wins."""

_COMMON: Final = {
    "UK": "GB", "EL": "GR", "USA": "US", "UAE": "AE", "great britain": "GB", "britain": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "northern ireland": "GB", "holland": "NL", "czech republic": "CZ",
    "russia": "RU", "south korea": "KR", "north korea": "KP", "ivory coast": "CI", "burma": "MM", "macedonia": "MK",
    "swaziland": "SZ", "turkey": "TR", "cape verde": "CV", "east timor": "TL", "vatican": "VA", "deutschland": "DE",
    "united states of america": "US", "america": "US", "hong kong": "HK", "macau": "MO", "palestine": "PS",
    "kosovo": "XK", "republic of ireland": "IE", "eire": "IE", "mainland china": "CN", "brasil": "BR",
    "香港": "HK", "澳門": "MO", "澳门": "MO",
}  # fmt: skip
_ARTICLE = re.compile(r"^the ")
_BETWEEN_WORDS = "PSZC"
"""Unicode categories that part words; vowel signs of other scripts (M) are letters here."""


def spelling(name: str) -> str:
    """Give the form in which two spellings of one name are the same: no case, accents, dots or article."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not _is_latin_accent(sign))
    loose = bare.casefold().replace("&", " and ")
    words = "".join(" " if unicodedata.category(sign)[0] in _BETWEEN_WORDS else sign for sign in loose).split()
    return _ARTICLE.sub("", " ".join(words))


def _is_latin_accent(sign: str) -> bool:
    """Tell accents from the vowel signs and voicing marks of other scripts, which make another word."""
    return "\u0300" <= sign <= "\u036f"


@cache
def alpha_2_codes() -> frozenset[str]:
    """Give every two-letter code: ISO 3166-1, and XK that all of Microsoft uses for Kosovo."""
    return frozenset(country.alpha_2 for country in pycountry.countries) | {"XK"}


@lru_cache(maxsize=10_000)
def alpha_2_of(name: str) -> str | None:
    """Give the two-letter code that a code or name stands for."""
    said = spelling(name)
    return _names_of_registry().get(said) or _names_in_languages().get(said) or _dotted(said)


def _dotted(said: str) -> str | None:
    """Give the code of an abbreviation written with dots: U.S.A."""
    letters = said.split(" ")
    joined = "".join(letters)
    return _names_of_registry().get(joined) if all(len(letter) == 1 for letter in letters) else None


@cache
def _names_of_registry() -> dict[str, str]:
    names: dict[str, str] = {}
    for country in pycountry.countries:
        for name in _registered(country):
            names.setdefault(spelling(name), country.alpha_2)
    names.update({spelling(name): code for name, code in _COMMON.items()})
    return names


def _registered(country: object) -> Iterator[str]:
    for attribute in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
        name = getattr(country, attribute, None)
        if isinstance(name, str):
            yield name


@cache
def _names_in_languages() -> dict[str, str]:
    names: dict[str, str] = {}
    codes = alpha_2_codes()
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                names.setdefault(spelling(name), code)
    return names
