"""The addresses of certificates that have proved right before, kept over a restart of the receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.storage import place, read_whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.adapters.storage import StoragePath

_MOST = 100


class KnownAddresses:
    """A text file beside the events, one address a line."""

    def __init__(self, base: StoragePath | str) -> None:
        self._path = place(base) / "certificates.txt"

    def read(self) -> list[str]:
        """Give them, the newest last."""
        content = read_whole(self._path) or b""
        return content.decode("ascii", errors="replace").splitlines()[-_MOST:]

    def keep(self, addresses: Iterable[str]) -> None:
        """Add these to what another receiver may have kept meanwhile."""
        both = dict.fromkeys([*self.read(), *addresses])
        write_whole(self._path, ["".join(f"{address}\n" for address in [*both][-_MOST:]).encode("ascii")])
