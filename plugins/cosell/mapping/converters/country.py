"""A country as its two-letter code, from whatever the CRM holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.mapping.converters.country_names import alpha_2_codes, alpha_2_of
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

_CODE_LENGTH = 2


@dataclass(frozen=True, slots=True)
class Country:
    """ISO 3166-1 alpha-2; what names no country stays as a text that no rule takes for a code."""

    @classmethod
    def make(cls, spec: Spec) -> Country:  # noqa: ARG003 - every converter is made from its spec
        """Make the converter for one side."""
        return cls()

    def read(self, cell: object) -> Value:
        """Give the code."""
        text = text_of(cell)
        said = text.strip() if text else ""
        if not said:
            return text
        if said in alpha_2_codes():
            return said
        return alpha_2_of(said) or _no_code(said)

    def write(self, value: Value) -> object:
        """Give the code."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the code."""
        return value


def _no_code(said: str) -> str:
    """Give the text in capitals; two letters in small ones, since "XX" would pass for a code."""
    capitals = said.upper()
    return said.lower() if len(capitals) == _CODE_LENGTH else capitals
