"""The token endpoint: what Microsoft Entra ID does for this project's two APIs, with its real error bodies."""

from __future__ import annotations

from sandbox.entra.app import create_app
from sandbox.entra.refresh import forget_mfa, sign_in

__all__ = ["create_app", "forget_mfa", "sign_in"]
