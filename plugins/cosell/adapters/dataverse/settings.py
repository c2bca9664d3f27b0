"""How this CRM is to be used, told by who builds the replica."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.accounts import AccountPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The table of solutions that sellers pick from; rows of a deal point to its entries."""

    table: str = "cosell_solutiondetail"
    id_column: str = "cosell_solutionid"
    name_column: str = "cosell_name"
    type_column: str = "cosell_type"
    active_column: str = "cosell_active"


def _closing() -> Mapping[str, int]:
    return {"won": 3, "lost": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Names and numbers that differ from one CRM to the next."""

    organisation: str
    """The organisation's URL; memory of its metadata is kept under it."""
    default_owner: str | None = None
    """Who owns a deal whose team has nobody in the CRM: an e-mail address or a user's id; None: we do."""
    line_id_column: str = "cosell_solutionid"
    """What tells the solution rows of one deal apart."""
    catalogue: Catalogue | None = Catalogue()
    close_status: Mapping[str, int] = field(default_factory=_closing)
    """Status reason by how a deal is closed."""
    disqualified_status: int = 4
    """Status reason of a lead that its referral closed."""
    page_size: int = 1000
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    """How the account of a new deal's customer is told."""
    optional: frozenset[str] = frozenset()
    """Tables that may lack columns: whoever asks for a replica of one sees what it lacks before it is used."""
