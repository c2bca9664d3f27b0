"""Partner Center's webhook: where an address is registered, and what is sent to it."""

from __future__ import annotations

from sandbox.partner_center_events.app import create_app

__all__ = ["create_app"]
