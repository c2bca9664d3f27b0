"""What an environment may do in a Partner Center that it shares with others, and which referrals concern it.

A restricted environment puts its label, `[ENV]`, before the name of every deal that it creates there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from cosell.core.actions import Said
from cosell.core.record import Side
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.actions import PairPlan
    from cosell.core.record import Snapshot, Value

    Values = Mapping[str, Value]

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
DEFAULT = "default"
_ROW_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LABEL = re.compile(r"\[([A-Z][A-Z0-9_]*)\] ")


class Permission(StrEnum):
    """What an environment may write in Partner Center."""

    EVERYTHING = "everything"
    OWN = "own"
    """Only referrals that it created itself."""
    READ_ONLY = "read_only"


def label_of(environment: str) -> str:
    """Give what a restricted environment puts before the names of its deals."""
    return f"[{environment.upper()}] "


def labelled(name: Value) -> str | None:
    """Give the environment whose label a name bears by its form, known or not."""
    found = _LABEL.match(name) if isinstance(name, str) else None
    return found[1].lower() if found else None


def option_of(environment: str) -> str:
    """Give what a command of ours wants behind it to be about an environment."""
    return "" if environment == DEFAULT else f" --env {environment}"


@dataclass(frozen=True, slots=True)
class Scope:
    """One environment among those that share a Partner Center."""

    environment: str = DEFAULT
    known: frozenset[str] = frozenset({DEFAULT})
    """All environments of the deployment."""
    permission: Permission = Permission.EVERYTHING
    production_deals: bool = False
    """Whether a restricted environment brings the deals that bear no label into its CRM."""

    @property
    def is_restricted(self) -> bool:
        """Tell whether it may write less than everything."""
        return self.permission is not Permission.EVERYTHING

    @property
    def told(self) -> str:
        """Give what it may do as one word, to see when that changes."""
        return f"{self.permission}{'+production_deals' if self.production_deals else ''}"

    def passes_by(self, referral: Values) -> str | None:
        """Tell at first sight why a referral that is not bound is none of ours, if so."""
        label = referral.get("label")
        if label is None:
            return "of another environment" if self.is_restricted and not self.production_deals else None
        return f"of the environment {label}" if label in self.known and label != self.environment else None

    def leaves(self, referral: Values, row: Snapshot | None) -> str | None:
        """Tell why a referral is none of ours, given the row that it would belong to, or that there is none."""
        if reason := self.passes_by(referral):
            return reason
        label = referral.get("label")
        if label == self.environment:
            return None if _made_from(referral, row) else f"labelled {label}, but not made here"
        # A bracket of the customer's own, unless the deal says that it was made from a row of some other CRM.
        if label is None or not _ROW_ID.fullmatch(str(referral.get("crm_id"))) or _is_told_by(row, referral):
            return None
        return f"of another environment, {label}"

    def drops(self, referral: Values, row: Snapshot) -> bool:
        """Tell whether a bound pair is none of a restricted environment's any more: nothing is carried either way."""
        return self.is_restricted and self.leaves(referral, row) is not None

    def may_write(self, referral: Values, row: Snapshot) -> bool:
        """Tell whether the referral of a bound row may be changed."""
        if self.permission is Permission.OWN:
            return referral.get("label") == self.environment and _made_from(referral, row)
        return not self.is_restricted

    def claims_for_another(self, name: Value) -> str | None:
        """Give the other environment to which a new deal of that name would be taken to belong."""
        label = labelled(name)
        return label if label in self.known and label != self.environment else None


def restrained(plan: PairPlan, scope: Scope) -> PairPlan:
    """Give the plan without what the environment may not write in Partner Center, and with a word on it."""
    creates = plan.create is not None and plan.create.side is PC
    if not (creates or PC in plan.updates or plan.invite) or _is_allowed(plan, scope):
        return plan
    said = Said("ENV-1", say("ENV-1"))
    return replace(
        plan,
        create=None if creates else plan.create,
        updates={side: update for side, update in plan.updates.items() if side is not PC},
        invite=None,
        stale={**plan.stale, DV: True} if plan.binding else plan.stale,
        reason=plan.reason or "side_paused",
        said=(*plan.said, said),
    )


def _is_allowed(plan: PairPlan, scope: Scope) -> bool:
    if plan.binding is None:
        return scope.permission is not Permission.READ_ONLY
    return scope.may_write(plan.snapshots[PC].values, plan.snapshots[DV])


def _made_from(referral: Values, row: Snapshot | None) -> bool:
    """Tell whether the referral names the row as what it was made from."""
    return row is not None and str(referral.get("crm_id") or "").lower() == row.key.lower()


def _is_told_by(row: Snapshot | None, referral: Values) -> bool:
    """Tell whether the row itself has the bracket or names the referral: in a copy of a CRM all ids are the same."""
    if row is None:
        return False
    names = {str(row.values.get(name) or "").lower() for name in ("referral_identifier", "other_referral_identifier")}
    named = str(referral.get("referral_identifier")).lower() in names
    return named or (_made_from(referral, row) and labelled(row.values.get("deal_name")) == referral.get("label"))
