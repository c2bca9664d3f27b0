"""Which referrals are our organisation's: an engagement holds one per party, and ours alone are synced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.partner_center.memory import ORGANIZATION
from cosell.core.errors import ConfigurationError
from cosell.core.lifecycle import MICROSOFT

if TYPE_CHECKING:
    from cosell.adapters.partner_center.client import Referrals
    from cosell.adapters.partner_center.memory import Memory
    from cosell.core.record import Row

_PAGES_TO_LEARN_FROM = 10
_NO_HELP = frozenset({"", "none", "unknown"})


class Ownership:
    """Our organisation's id: set, remembered, or learned from a referral with our partner id."""

    def __init__(self, *, organization_id: str | None, partner_id: str | None, memory: Memory) -> None:
        self._partner_id, self._memory = partner_id, memory
        self.organization_id = organization_id or self._remembered()
        self.skipped = 0
        """Other organisations' referrals that were met and left alone."""

    async def learn(self, referrals: Referrals) -> None:
        """Find out who we are unless it is known; raises ConfigurationError where nothing tells."""
        if self.organization_id is not None:
            return
        if not self._partner_id:
            message = "the Partner Center connection needs partner_id or organization_id to know our own referrals"
            raise ConfigurationError(message)
        others: set[str] = set()
        left = _PAGES_TO_LEARN_FROM
        async for page in referrals.pages(order="createdDateTime desc"):
            if any(self._teaches(row) for row in page):
                return
            others |= {_organization(row) for row in page}
            left -= 1
            if not left:
                break
        if others:
            named = ", ".join(sorted(others)[:5])
            message = f"no referral has partner id {self._partner_id}; set organization_id (seen: {named})"
            raise ConfigurationError(message)

    def claims(self, row: Row) -> bool:
        """Tell whether a referral is ours; others are counted."""
        ours = self.is_ours(row)
        self.skipped += not ours
        return ours

    def is_ours(self, row: Row) -> bool:
        """Tell whether a referral is ours, by its organisation's id."""
        if self.organization_id is None:
            return self._teaches(row)
        return _organization(row) in {"", self.organization_id.casefold()}

    def _teaches(self, row: Row) -> bool:
        found = row.payload.get("organizationId")
        if not found or str(row.payload.get("mpnId") or "") != self._partner_id:
            return False
        self.organization_id = str(found)
        self._memory.remember(ORGANIZATION, {"partner_id": self._partner_id, "organization_id": self.organization_id})
        return True

    def _remembered(self) -> str | None:
        known = self._memory.recall(ORGANIZATION)
        if not isinstance(known, dict) or known.get("partner_id") != self._partner_id:
            return None
        return str(known["organization_id"])


def is_microsofts(row: Row, *, ours: str | None) -> bool:
    """Tell whether a referral of an engagement is Microsoft's: by its organisation, its address, or what is asked."""
    organization = _organization(row)
    if organization == MICROSOFT or (ours is not None and organization == ours.casefold()):
        return organization == MICROSOFT
    target = row.payload.get("target")
    addressed = target if isinstance(target, list) else []
    if any(isinstance(one, dict) and str(one.get("id") or "").casefold() == MICROSOFT for one in addressed):
        return True
    # Microsoft may be named by a GUID of its own: of the others in a deal, help is asked of it alone.
    return bool(organization) and asks_for_help(row)


def asks_for_help(row: Row) -> bool:
    """Tell whether a referral says how Microsoft can help."""
    context = row.payload.get("inviteContext")
    code = str(context.get("assistanceRequestCode") or "") if isinstance(context, dict) else ""
    return code.casefold() not in _NO_HELP


def _organization(row: Row) -> str:
    return str(row.payload.get("organizationId") or "").casefold()
