"""What a referral holds and the contract does not name: members by their path, and words of its enums."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.adapters.partner_center.shapes import Referral

MOST = 500
"""Names kept; a service gone wild must not fill the memory."""
_LONGEST = 40
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ANNOTATION = "@odata."
_STATUSES = frozenset({"None", "New", "Active", "Closed"})
_SUBSTATUSES = frozenset({"None", "Pending", "Received", "Accepted", "Won", "Lost", "Declined", "Expired", "Error"})
_HELP = frozenset(
    {
        "Unknown",
        "WorkloadSpecificValueProposition",
        "CustomerTechnicalArchitecture",
        "ProofOfConceptOrDemo",
        "QuotesOrLicensing",
        "PostSalesCustomerSuccess",
        "GeneralOrOther",
    }
)
_ENUMS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "": {
        "status": _STATUSES,
        "substatus": _SUBSTATUSES,
        "type": frozenset({"Independent", "Shared"}),
        "qualification": frozenset({"None", "Direct", "MarketingQualified", "SalesQualified"}),
        "direction": frozenset({"Incoming", "Outgoing"}),
    },
    "inviteContext.": {"assistance_request_code": _HELP},
    "target.": {"type": frozenset({"None", "BusinessProfileLocation", "SolutionProfile"})},
    "customerProfile.ids.": {"profile_type": frozenset({"Duns", "External"})},
    "details.requirements.solutions.": {"type": frozenset({"None", "Category", "Name"})},
    "details.requirements.additionalRequirements.attributes.": {
        "type": frozenset({"CustomerMarketplaceIntent", "SolutionArea", "SolutionPlay", "PartnerRole"})
    },
}
"""The contract's closed lists, by the path of the object and the attribute of its model."""
_NO_ENUMS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


class Unknown:
    """Collects, over all reads, names such as `details.newThing` and `status=Paused`; never people's data or text."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def note(self, referral: Referral) -> None:
        """Note what this referral holds and the contract does not name."""
        for name in _within(referral, ""):
            if len(self.names) < MOST:
                self.names.add(name)


def _within(part: BaseModel, path: str) -> Iterator[str]:
    for said in part.model_extra or ():
        if _ANNOTATION not in said.casefold():
            yield path + _told(said)
    members = part.__dict__
    for name, words in _ENUMS.get(path, _NO_ENUMS).items():
        said = members[name]
        if isinstance(said, str) and said and said not in words and not _is_recased(said, words):
            yield f"{path}{_aliases(type(part))[name]}={_told(said)}"
    for name, content in members.items():
        if content is None or content.__class__ is str:
            continue  # most are
        if isinstance(content, list):
            below = [each for each in content if isinstance(each, BaseModel)]
        elif isinstance(content, BaseModel):
            below = [content]
        else:
            continue
        for each in below:
            yield from _within(each, f"{path}{_aliases(type(part))[name]}.")


def _is_recased(said: str, words: frozenset[str]) -> bool:
    return said.casefold() in {word.casefold() for word in words}


@cache
def _aliases(model: type[BaseModel]) -> dict[str, str]:
    return {name: field.alias or name for name, field in model.model_fields.items()}


def _told(said: str) -> str:
    """Give a name or word that is safe to show: short, of plain letters; what looks otherwise is not repeated."""
    short = said[:_LONGEST]
    if _WORD.fullmatch(short) is None:
        return "?"
    return short if short == said else f"{short}…"
