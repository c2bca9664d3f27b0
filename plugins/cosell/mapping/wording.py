"""How a wrong word or value is told, whoever wrote it where: what was expected, what was found, what may be meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from cosell.mapping.cells import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

_EXPECTED: Final[dict[str, str]] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "greater_than": "a number over {gt:g}",
    "greater_than_equal": "a number from {ge:g}",
    "less_than_equal": "a number up to {le:g}",
    "list_type": "a list",
    "too_short": "a list of at least {min_length}",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "a name as the system spells it: small letters, digits and underscores",
}
"""By pydantic's name of what is wrong; the names in braces are its own."""


def told(error: ErrorDetails, *, name: str) -> str:
    """Say what pydantic found wrong with a value; `name` is what holds it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return f"{name}: {context['error']}"
    known = _EXPECTED.get(kind)
    expected = known.format(**context) if known else error["msg"].removeprefix("Input should be ")
    return f"{name}: expected {expected}, found {quoted(error['input'])}"


def meant(word: str, known: Iterable[str]) -> str:
    """Give `did you mean` with the nearest known word, or all of them where none is near."""
    words = sorted(known)
    near = nearest(word, words)
    return f"did you mean {near}?" if near else f"known: {', '.join(words)}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that is most like a misspelled one, if any is."""
    by_form = {candidate.lower(): candidate for candidate in sorted(known)}
    return next((by_form[near] for near in get_close_matches(word.lower(), by_form, n=1, cutoff=0.6)), None)
