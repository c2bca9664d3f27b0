"""Ciphertexts by name: what the token vault keeps. Nothing here can read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import put

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_TABLE = tables.secret
_ONE = select(_TABLE).where(_TABLE.c.name == bindparam("name"))
_NAMES = select(_TABLE.c.name).order_by(_TABLE.c.name)
_REPLACE = update(_TABLE).where(_TABLE.c.name == bindparam("at_name"), _TABLE.c.ciphertext == bindparam("former"))


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret."""

    name: str
    ciphertext: str = field(repr=False)
    expires: datetime | None = None
    origin: str = field(default="", repr=False)
    """Salted hash of the secret that this one was made from."""


def read(connection: Connection, name: str) -> Sealed | None:
    """Give the sealed secret of that name."""
    row = connection.execute(_ONE, {"name": name}).one_or_none()
    return None if row is None else Sealed(row.name, row.ciphertext, row.expires, row.origin)


def write(connection: Connection, secret: Sealed) -> None:
    """Put the secret in place of the one with its name."""
    row = {
        "name": secret.name,
        "ciphertext": secret.ciphertext,
        "expires": secret.expires,
        "origin": secret.origin,
    }
    put(connection, _TABLE, [row])


def replace(connection: Connection, name: str, *, former: str, ciphertext: str) -> None:
    """Change the ciphertext, unless it is another one by now."""
    connection.execute(_REPLACE, {"at_name": name, "former": former, "ciphertext": ciphertext})


def names(connection: Connection) -> list[str]:
    """Give the names of all secrets."""
    return list(connection.execute(_NAMES).scalars())
