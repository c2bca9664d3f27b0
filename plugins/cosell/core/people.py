"""People of a deal, told by their e-mail: who joins or leaves on one side does so on the other.

A person whom one side cannot hold stays on the other; so do people without an e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cosell.core.record import Member, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.reconcile import Fit
    from cosell.core.record import Value


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who joined a list of people, and whose address left it."""

    joined: tuple[Member, ...] = ()
    left: frozenset[str] = frozenset()
    took_away = False
    """Whoever left is taken off the other side too, so nothing is kept back."""

    @property
    def adds(self) -> bool:
        """Tell whether there is anything to carry."""
        return bool(self.joined or self.left)


TEAM = "team"
"""The field of the partner's own people: the CRM holds those of them who are its users."""
MICROSOFT = "@microsoft.com"
"""Microsoft's own people may join a shared deal: they are no colleagues of ours, and nobody here moves them."""


def edit(before: Value, now: Value) -> Turnover:
    """Tell who joined and who left."""
    old, new = addresses(before), addresses(now)
    joined = (each for each in members(now) if address(each) and address(each) not in old)
    left = frozenset(each for each in old - new if not each.endswith(MICROSOFT))
    return Turnover(tuple(each for each in joined if not address(each).endswith(MICROSOFT)), left)


def carried(change: Turnover, target: Value, *, source: Value) -> tuple[Member, ...] | None:  # noqa: ARG001 - as for texts
    """Give the target's people with the change made; None where it is made already."""
    standing = members(target)
    kept = [each for each in standing if address(each) not in change.left]
    present = {address(each) for each in kept}
    for each in change.joined:
        if address(each) not in present:
            present.add(address(each))
            kept.append(each)
    return tuple(kept) if len(kept) != len(standing) or addresses(tuple(kept)) != addresses(target) else None


def stored_part(change: Turnover, stored: Value) -> Turnover:
    """Give the part of a change that the target holds: who has no place there did not join."""
    present = addresses(stored)
    return replace(change, joined=tuple(each for each in change.joined if address(each) in present))


def equal(one: Value, other: Value) -> bool:
    """Tell whether two lists hold the same addresses."""
    return addresses(one) == addresses(other)


def contains(one: Value, other: Value) -> bool:
    """Tell whether the first list holds everybody of the other."""
    return addresses(one) >= addresses(other)


def newcomers(referral: Mapping[str, Value], *, known: Value, row: Value) -> frozenset[str]:
    """Give the addresses on a referral's team of which nothing is known: neither there before, nor in the CRM."""
    return addresses(referral.get(TEAM)) - addresses(known) - addresses(row)


def with_colleagues(fit: Fit, known: frozenset[str]) -> Fit:
    """Give `fit` for a CRM that holds these people on a team, and nobody else."""

    def fitted(side: Side, name: str, value: Value) -> Value:
        if name == TEAM and side is Side.DATAVERSE and isinstance(value, tuple):
            value = tuple(each for each in members(value) if not address(each) or address(each) in known)
        return fit(side, name, value)

    return fitted


def members(value: Value) -> tuple[Member, ...]:
    """Give the people of a value."""
    return tuple(each for each in value if isinstance(each, Member)) if isinstance(value, tuple) else ()


def address(member: Member) -> str:
    """Give an e-mail address as it is compared."""
    return member.email.strip().casefold()


def addresses(value: Value) -> frozenset[str]:
    """Give the addresses of a list of people."""
    return frozenset(filter(None, map(address, members(value))))
