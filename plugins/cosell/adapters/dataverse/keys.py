"""Primary keys that we choose, so that a repeated create collides, not doubles."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

from cosell.core.accounts import name_key

_NAMESPACE = UUID("8f4e6a52-7d0b-5a3c-9d8e-3b0c5f7a1e64")
"""Ours alone; changing it would double every account after a lost answer."""
_IDS = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def account_id(*told_by: str) -> str:
    """Give the key of an account that we create: by what tells its customer."""
    return _chosen("account", *told_by)


def contact_id(account: str, person: str) -> str:
    """Give the key of a contact that we create: by e-mail, else by what names the person."""
    return _chosen("contact", account, name_key(person))


def line_id(opportunity: str, solution: str, *, occurrence: int) -> str:
    """Give the key of a solution row that we create; `occurrence` tells equal solutions of one deal apart."""
    return _chosen("solution", opportunity, solution.strip().casefold(), str(occurrence))


def entry_id(solution: str) -> str:
    """Give the key of an entry of the catalogue of solutions that we create."""
    return _chosen("catalogue", solution.strip().casefold())


def connection_id(opportunity: str, person: str, category: int, *, occurrence: int) -> str:
    """Give the key of a connection that we create; `occurrence` passes over one of ours that counts no more."""
    return _chosen("connection", opportunity, person, str(category), str(occurrence))


def id_in(address: str) -> str | None:
    """Give the primary key that an entity's address ends in."""
    found = _IDS.findall(address)
    return found[-1].lower() if found else None


def is_id(value: str) -> bool:
    """Tell whether a text is a primary key at all."""
    return _IDS.fullmatch(value) is not None


def _chosen(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))
