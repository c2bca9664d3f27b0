"""What Airflow learns of this package: its connection types, their forms, and the `airflow cosell` command."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_SECRET = {"type": ["string", "null"], "format": "password"}


def _field(label: str, description: str, *, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": schema or _TEXT}


_SIGN_IN_FIELDS = {
    "tenant_id": _field("Tenant id", "Directory (tenant) id of the Microsoft Entra tenant"),
    "authority": _field("Authority", "Token authority; empty: Microsoft's login host and the tenant"),
    "scope": _field("Scope", "Scope to ask tokens for; empty: the default scope of the service"),
    "certificate": _field("Certificate", "Path of a PEM file with certificate and key, instead of a client secret"),
    "verify": _field(
        "Verify TLS",
        "true, or the path of a CA bundle; holds for the token endpoint too",
        schema={"type": ["string", "boolean", "null"], "default": "true"},
    ),
}
_PARTNER_FIELDS = {
    "refresh_token": _field("Refresh token", "From `airflow cosell sign-in`; a changed one wins", schema=_SECRET),
    "partner_id": _field("Partner id", "The MPN (PartnerID) number that our referrals carry"),
    "organization_id": _field("Organisation id", "Our organisation in Partner Center; empty: learned from referrals"),
}


def _connection_type(name: str, title: str, *, hook: str, fields: dict[str, Any], host: str) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-name": title,
        "hook-class-name": hook,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"host": "Base URL", "login": "Client id", "password": "Client secret"},
            "placeholders": {"host": host},
        },
        "conn-fields": fields,
    }


def provider_info() -> dict[str, Any]:
    """Give the provider's description; the package name is the distribution's."""
    return {
        "package-name": "cosell",
        "name": "Microsoft co-sell",
        "description": "Keeps Partner Center referrals and Dynamics 365 opportunities the same on both sides.",
        "connection-types": [
            _connection_type(
                "partner_center",
                "Microsoft Partner Center",
                hook="cosell.hooks.partner_center.PartnerCenterHook",
                fields=_SIGN_IN_FIELDS | _PARTNER_FIELDS,
                host="base URL of the Partner Center API",
            ),
            _connection_type(
                "partner_center_events",
                "Microsoft Partner Center events",
                hook="cosell.hooks.partner_center_events.PartnerCenterEventsHook",
                fields=_SIGN_IN_FIELDS | _PARTNER_FIELDS,
                host="base URL of the API that registers webhooks",
            ),
            _connection_type(
                "dataverse",
                "Microsoft Dataverse (Dynamics 365)",
                hook="cosell.hooks.dataverse.DataverseHook",
                fields=_SIGN_IN_FIELDS,
                host="base URL of the Dynamics 365 environment",
            ),
        ],
        "cli": ["cosell.commands.commands"],
    }
