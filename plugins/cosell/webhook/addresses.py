"""Which addresses a certificate may be downloaded from: a list of https prefixes, and a plain form of address only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cosell.core.errors import ConfigurationError
from cosell.webhook.refused import NotGenuineError

if TYPE_CHECKING:
    from collections.abc import Iterable

PUBLISHED = "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications-dispatch.microsoft.com.cer"
"""The address in Microsoft's page "Partner Center webhook events"."""
_MOST_LETTERS = 500
# no user, query, fragment, percent sign, empty part or part that begins with a dot fits in here
_PLAIN = re.compile(
    r"https://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(/[a-z0-9_~-][a-z0-9._~-]*)+|/)(?P<folder>(?<!/)/)?",
    re.IGNORECASE | re.ASCII,
)
_FILE = re.compile(r"[^/]\.(cer|crt|pem)", re.IGNORECASE)


class Allowed:
    """The list: each entry is a file, or a folder that ends with a slash."""

    def __init__(self, entries: Iterable[str]) -> None:
        plain = [_entry(entry) for entry in entries]
        self.files = frozenset(entry for entry in plain if not entry.endswith("/"))
        """Addresses that stand in the list by themselves."""
        self._folders = tuple(entry for entry in plain if entry.endswith("/"))
        if not plain:
            raise ConfigurationError("COSELL_WEBHOOK_CERTIFICATES names no address")

    def check(self, address: str) -> str:
        """Give the address in one spelling; raises NotGenuineError where it is not in the list."""
        plain = _plain(address)
        if plain is None or not _is_file(plain) or not self._covers(plain):
            raise NotGenuineError("the certificate's address is not an allowed one", shown=address)
        return plain

    def _covers(self, plain: str) -> bool:
        return plain in self.files or plain.startswith(self._folders)


def _entry(text: str) -> str:
    plain = _plain(text)
    if plain is None or not (plain.endswith("/") or _is_file(plain)):
        message = (
            f"COSELL_WEBHOOK_CERTIFICATES: {text!r} is neither an https folder that ends with / "
            "nor a file that ends with .cer, .crt or .pem"
        )
        raise ConfigurationError(message)
    return plain


def _plain(address: str) -> str | None:
    """Give the address with host in small letters and without the default port; None where it has anything else."""
    found = _PLAIN.fullmatch(address) if len(address) <= _MOST_LETTERS else None
    if found is None or int(found["port"] or 443) not in range(1, 65536):
        return None
    port = f":{int(found['port'])}" if int(found["port"] or 443) != 443 else ""  # noqa: PLR2004 - https
    return f"https://{found['host'].lower()}{port}{found['path']}{found['folder'] or ''}"


def _is_file(plain: str) -> bool:
    return bool(_FILE.fullmatch(plain[-5:]))
