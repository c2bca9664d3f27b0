"""Paging cookies: opaque, bound to the query they were made for, and broken by any re-encoding."""

import base64
import json
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

from sandbox.dataverse.errors import DataverseError

_COOKIE = '<cookie pagenumber="{}" pagingcookie="{}" istracking="False" />'


@dataclass(frozen=True)
class Position:
    """The last row that was handed out: its sort values and its key, and the number of the next page."""

    values: tuple[Any, ...]
    row_id: str
    page: int


def fingerprint(*parts: str | None) -> int:
    """Give a number that tells one query from another."""
    return zlib.crc32("\x00".join(part or "" for part in parts).encode())


def write_cookie(position: Position, query: int) -> str:
    """Give the $skiptoken for what follows a position, percent-encoded for the link."""
    inner = json.dumps([query, position.row_id, position.values], default=str).encode()
    sealed = base64.b64encode(zlib.crc32(inner).to_bytes(4, "big") + inner).decode()
    return quote(_COOKIE.format(position.page, quote(quote(sealed, safe=""), safe="")), safe="=")


def read_cookie(text: str, query: int) -> Position:
    """Give the position of a $skiptoken that was decoded once; raises where it was tampered with or not made here."""
    try:
        _, page, _, sealed, *_ = text.split('"')
        bare = unquote(unquote(sealed))
        raw = base64.b64decode(bare, validate=True)
        made_for, row_id, values = json.loads(raw[4:])
    except ValueError as error:
        raise _malformed() from error
    if raw[:4] != zlib.crc32(raw[4:]).to_bytes(4, "big") or sealed != quote(quote(bare, safe=""), safe=""):
        raise _malformed()
    if made_for != query:
        raise DataverseError(400, "0x80041129", "Order by columns do not match those in paging cookie.")
    return Position(tuple(values), row_id, int(page))


def _malformed() -> DataverseError:
    return DataverseError(400, "0x8004112a", "Malformed XML in the Paging Cookie")


def comes_after(values: tuple[Any, ...], position: Position, *, descending: tuple[bool, ...]) -> bool | None:
    """Tell whether sort values lie behind a position; None where they are equal to it."""
    for found, last, down in zip(values, position.values, descending, strict=True):
        bound = Decimal(last) if isinstance(found, Decimal) and last is not None else last
        if found != bound:
            return down if found is None else not down if bound is None else (found > bound) is not down
    return None
