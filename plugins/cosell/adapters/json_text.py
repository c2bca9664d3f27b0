"""JSON read and written by msgspec, and by the standard library what only that takes, such as half a character."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn

import msgspec

_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_PLAIN = msgspec.json.Decoder()
_NUMBERS_AS_THEY_ARE = msgspec.json.Encoder(decimal_format="number")


def to_json_bytes(content: object) -> bytes:
    """Give compact JSON; a Decimal becomes a number with all its digits."""
    return _NUMBERS_AS_THEY_ARE.encode(content)


def to_json_text(content: object) -> str:
    """Give plain JSON values as compact text; what services cut in half too."""
    try:
        return msgspec.json.encode(content).decode()
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":"))


def from_json_bytes(content: bytes) -> object:
    """Give the values, fractions as Decimal; raises ValueError where it is no JSON."""
    try:
        return _EXACT.decode(content)
    except msgspec.DecodeError:
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)


def from_json_text(content: str) -> object:
    """Give what `to_json_text` wrote."""
    try:
        return _PLAIN.decode(content)
    except msgspec.DecodeError:
        return json.loads(content)


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)
