"""What Partner Center shows us: how much of it, as whom, and whose solutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.checkup.finding import Finding, doubt, fine, listed, unchecked, wrong

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_ENOUGH: Final = 5
"""So many deals with the account in every team are no chance."""
NOTHING_SEEN: Final = "no referral is visible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The newest referrals, counted."""

    ours: int
    others: int
    """Other organisations' referrals."""
    more: bool
    """There are older ones."""
    newest: datetime | None
    partner_ids: frozenset[str]
    """Partner ids (mpnId) that ours carry."""
    with_account: int
    """Of ours, those whose team the signed-in account is in."""
    solutions: frozenset[str]
    """Ids of the solutions on ours."""
    foreign_solutions: frozenset[str]
    """Ids of solutions that stand on other organisations' referrals alone."""
    currencies: frozenset[str]


def refused(said: str) -> Finding:
    """Judge a list of referrals that is refused."""
    return wrong(
        said, "Give the account that signs in the role Referrals admin in Partner Center, for your whole account."
    )


def role(sight: Sight) -> Finding:
    """Judge how much is seen: none, or only what a Referrals user would see."""
    if not sight.ours:
        return doubt(
            f"Partner Center answers, but {NOTHING_SEEN}",
            "If the portal shows deals, give the account that signs in the role Referrals admin with the scope of "
            "your whole account; without any deal yet there is nothing to do.",
        )
    seen = f"{sight.ours}{' or more' if sight.more else ''} referrals, the newest of {sight.newest:%Y-%m-%d}"
    if sight.ours >= _ENOUGH and sight.with_account == sight.ours:
        return doubt(
            f"{seen}; the account that signs in is in the team of every one, as a Referrals user would see them",
            "Compare with the portal's own list, and give the account the role Referrals admin with the scope of your "
            "whole account: else other deals are never carried.",
        )
    return fine(seen)


_SET_ID = "Set partner_id of the Partner Center connection to the PartnerID of the location that owns the deals."


def partner_id(sight: Sight, *, configured: str | None, organization_id: str | None) -> Finding:
    """Judge the configured partner id by those on our referrals."""
    if configured is None and organization_id is None:
        return wrong("neither partner_id nor organization_id is set, so no run knows which referrals are ours", _SET_ID)
    if configured is None:
        return fine(f"not set; our referrals are known by the organisation's id {organization_id}")
    if not sight.partner_ids:
        return unchecked(f"{NOTHING_SEEN} that carries a partner id")
    if configured in sight.partner_ids:
        return fine(f"{configured} stands on our referrals")
    seen = f"the connection says {configured}, the referrals say {listed(sight.partner_ids)}"
    return doubt(seen, _SET_ID) if organization_id else wrong(seen, _SET_ID)


def solutions(sight: Sight, *, offered: Collection[str]) -> Finding:
    """Judge the catalogue that sellers pick from by the solutions on referrals."""
    strange = set(offered) & sight.foreign_solutions
    if strange:
        return doubt(
            f"{listed(strange)} is offered to sellers, but stands only on other organisations' referrals",
            "Retire it in the catalogue unless it belongs to your PartnerID: Microsoft takes your own solutions only.",
        )
    if not offered:
        return doubt(
            f"sellers can pick no solution; {len(sight.solutions)} stand on our referrals",
            "Fill the catalogue: airflow cosell solutions seen{--env}, or airflow cosell solutions import FILE{--env}.",
        )
    known = len(sight.solutions & set(offered))
    return fine(f"sellers can pick {len(offered)}, of which {known} stand on our referrals")


def currencies(sight: Sight, *, active: Collection[str]) -> Finding:
    """Judge the CRM's currencies by those of our referrals."""
    missing = sight.currencies - set(active)
    if missing:
        return doubt(
            f"deals in {listed(missing)} cannot be brought into the CRM, which has {listed(active)}",
            "Let the CRM administrator add the currency, or activate it.",
        )
    return fine(f"the CRM has {listed(active)}")
