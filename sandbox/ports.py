"""Where each service listens unless told otherwise, and how the command line says it; imports nothing."""

from __future__ import annotations

PORTS = {"entra": 8453, "partner_center": 8454, "dataverse": 8455, "partner_center_events": 8456}


def option(service: str, port: int) -> str:
    """Give the argument of `python -m sandbox` that sets a service's port."""
    return f"--{service.replace('_', '-')}-port={port}"


ANY_FREE = [option(service, 0) for service in PORTS]
"""Arguments with which no two sandboxes get into each other's way."""
