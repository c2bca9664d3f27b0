"""What Airflow learns of this package: its connection types, their forms, and the `airflow cosell` command."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}  # one type beside null: Airflow draws anything else as JSON
_SECRET = {"type": ["string", "null"], "format": "password"}


def _field(label: str, description: str, *, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": schema or _TEXT}


_SIGN_IN_FIELDS = {
    "tenant_id": _field("Tenant id", "Directory (tenant) id of your Microsoft Entra tenant"),
    "certificate": _field("Certificate", "Path of a PEM or PFX file with certificate and key, in place of a secret"),
    "authority": _field("Authority", "Address of the token service; empty: Microsoft's login host and the tenant"),
    "scope": _field("Scope", "What tokens are asked for; empty: the base URL and /.default"),
    "verify": _field("Verify TLS", "true, or the path of a CA bundle; holds for the token service too; empty: true"),
}
_PARTNER_FIELDS = {
    "partner_id": _field("Partner id", "Your PartnerID (MPN) number; needed unless the organisation id is given"),
    "organization_id": _field("Organisation id", "Your organisation in Partner Center; empty: learned from referrals"),
    "refresh_token": _field(
        "Refresh token", "Leave empty and sign in with `airflow cosell sign-in` or cosell_sign_in", schema=_SECRET
    ),
}


def _connection_type(name: str, title: str, *, hook: str, fields: dict[str, Any], host: str) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-name": title,
        "hook-class-name": hook,
        "ui-field-behaviour": {
            "hidden-fields": ["schema"],
            "relabeling": {"host": "Base URL", "login": "Client id", "password": "Client secret"},
            "placeholders": {"host": host, "port": "443 (Airflow 3.3.2 tests no connection without a port)"},
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
