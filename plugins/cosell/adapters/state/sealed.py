"""The part of the state that the token vault speaks to: sealed secrets, one transaction per method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.state import shelf

if TYPE_CHECKING:
    from cosell.adapters.state.database import Database
    from cosell.adapters.state.shelf import Sealed


class SealedSecrets:
    """Ciphertexts by name, in the state's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sealed(self, name: str) -> Sealed | None:
        """Give the sealed secret of that name."""
        with self._database.reading() as connection:
            return shelf.read(connection, name)

    def seal(self, secret: Sealed) -> None:
        """Put the sealed secret in place of the one with its name."""
        with self._database.writing() as connection:
            shelf.write(connection, secret)

    def reseal(self, name: str, *, former: str, ciphertext: str) -> None:
        """Change a ciphertext, unless it is another one by now."""
        with self._database.writing() as connection:
            shelf.replace(connection, name, former=former, ciphertext=ciphertext)

    def sealed_names(self) -> list[str]:
        """Give the names of all sealed secrets."""
        with self._database.reading() as connection:
            return shelf.names(connection)
