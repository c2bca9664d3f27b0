"""The Referrals API of Partner Center, with the portal's deeds beside it."""

from __future__ import annotations

from sandbox.partner_center import portal
from sandbox.partner_center.app import create_app

__all__ = ["create_app", "portal"]
