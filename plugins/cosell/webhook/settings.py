"""What the receiver is told by its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.errors import ConfigurationError
from cosell.webhook.addresses import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

TRUST = "COSELL_WEBHOOK_TRUST"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one receiver decides, and where it lands what it takes."""

    trust: str
    """Path of a PEM file with the authorities above Microsoft's signing certificate."""
    inbox: str | None = None
    """A folder or an address of object storage; else the one of this deployment."""
    certificates: tuple[str, ...] = (PUBLISHED,)
    """Where certificates may be downloaded: https files, and folders that end with a slash."""
    issuer: str = "Microsoft Corporation"
    """Organisation that the certificate's issuer must name."""
    ca: str | None = None
    """Path of a CA bundle for the certificates' server; else the usual authorities."""


def settings_from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Give the settings; raises ConfigurationError where nobody is to be trusted."""
    trust = environment.get(TRUST)
    if not trust:
        message = f"set {TRUST} to a PEM file with the authorities above Microsoft's signing certificate"
        raise ConfigurationError(message)
    named = environment.get("COSELL_WEBHOOK_CERTIFICATES", "").split()
    return Settings(
        trust=trust,
        inbox=environment.get("COSELL_INBOX") or None,
        certificates=tuple(named) or (PUBLISHED,),
        issuer=environment.get("COSELL_WEBHOOK_ISSUER") or Settings.issuer,
        ca=environment.get("COSELL_WEBHOOK_CA") or None,
    )
