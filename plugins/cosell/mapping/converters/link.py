"""The portal's address of a referral, made from its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.mapping.cells import MISSING
from cosell.mapping.converters.text import Text, text_of

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec


@dataclass(frozen=True, slots=True)
class Link:
    """The address of the referral whose id lies here; never written, since it is worked out."""

    template: str

    def read(self, cell: object) -> Value:
        """Give the address."""
        referral_id = text_of(cell)
        return self.template.replace("{id}", referral_id) if referral_id else None

    def write(self, value: Value) -> object:  # noqa: ARG002 - the id is the portal's
        """Give nothing."""
        return MISSING

    def fit(self, value: Value) -> Value:
        """Give the address."""
        return value


def make_link(spec: Spec) -> Converter:
    """Make the converter for one side: worked out in Partner Center, a text in Dataverse."""
    return Text.make(spec) if spec.is_dataverse else Link(spec.settings.referral_link_template)
