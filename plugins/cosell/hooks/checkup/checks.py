"""The checks in their order: what each is called, where docs/troubleshooting.md explains it, and what it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.hooks.checkup import house, systems, ways

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cosell.core.checkup.finding import Finding
    from cosell.hooks.checkup.ground import Ground


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    name: str
    anchor: str
    """Heading in docs/troubleshooting.md."""
    look: Callable[[Ground], Awaitable[Finding]]
    needs: tuple[str, ...] = ()
    """Names of checks above; where one is wrong, this one cannot be done."""


WEBHOOK: Final = "webhook"
_SETTINGS, _STATE, _TOKENS = "settings and mapping files", "state database", "store of tokens"
_REFERRALS, _ROLE = "Partner Center: token", "Partner Center: role and view"
_CRM, _USER, _TABLES = "Dynamics 365: token", "Dynamics 365: application user", systems.TABLES

CHECKS: Final = (
    Check(_SETTINGS, "CHECK-SETTINGS", house.settings),
    Check("other environments", "CHECK-ENVIRONMENTS", house.neighbours, (_SETTINGS,)),
    Check(_STATE, "CHECK-STATE", house.state),
    Check("where to begin", "CHECK-START", house.start, (_STATE,)),
    Check(_TOKENS, "CHECK-TOKENS", house.tokens, (_STATE,)),
    Check("storage of staged files", "CHECK-STORAGE", house.staged, (_SETTINGS,)),
    Check("storage of the inbox", "CHECK-STORAGE", house.inbox),
    Check("Partner Center: sign-in service", "CHECK-REACH", ways.sign_in_to_referrals),
    Check("Partner Center: address", "CHECK-REACH", ways.referrals),
    Check(_REFERRALS, "CHECK-TOKEN", ways.token_for_referrals, (_TOKENS, "Partner Center: sign-in service")),
    Check(_ROLE, "CHECK-ROLE", systems.role, (_REFERRALS, "Partner Center: address")),
    Check("Partner Center: PartnerID", "CHECK-PARTNER-ID", systems.partner_id, (_ROLE,)),
    Check("Dynamics 365: sign-in service", "CHECK-REACH", ways.sign_in_to_crm),
    Check("Dynamics 365: address", "CHECK-REACH", ways.crm),
    Check("clocks", "CHECK-CLOCKS", ways.clocks),
    Check(_CRM, "CHECK-TOKEN", ways.token_for_crm, ("Dynamics 365: sign-in service",)),
    Check(_USER, "CHECK-USER", systems.user, (_CRM, "Dynamics 365: address")),
    Check("Dynamics 365: privileges", "CHECK-PRIVILEGES", systems.rights, (_SETTINGS, _USER)),
    Check(_TABLES, "CHECK-TABLES", systems.tables, (_SETTINGS, _USER)),
    Check("Dynamics 365: alternate keys", "CHECK-KEYS", systems.keys, (_TABLES,)),
    Check("Dynamics 365: choices", "CHECK-CHOICES", systems.choices, (_TABLES,)),
    Check("Dynamics 365: form", "CHECK-FORM", systems.form, (_TABLES,)),
    Check(systems.MAPPING, "CHECK-MAPPING", systems.mapping, (_SETTINGS, _STATE, _USER)),
    Check("Dynamics 365: required columns", "CHECK-REQUIRED", systems.required, (_SETTINGS, _STATE, _USER)),
    Check("Dynamics 365: currencies", "CHECK-CURRENCIES", systems.currencies, (_ROLE, _USER)),
    Check("Dynamics 365: rows at once", "CHECK-BULK", systems.bulk, (_SETTINGS, _USER)),
    Check("Dynamics 365: other connector", "CHECK-FLOWS", systems.flows, (_USER,)),
    Check("catalogue of solutions", "CHECK-SOLUTIONS", systems.solutions, (_ROLE, _TABLES, _STATE)),
    Check(WEBHOOK, "CHECK-WEBHOOK", house.webhook, (_TOKENS,)),
    Check("webhook's receiver", "CHECK-WEBHOOK", house.receiver, (WEBHOOK,)),
)
"""Each after those that it stands on."""
