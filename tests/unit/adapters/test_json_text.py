"""JSON as services send it and as the memory keeps it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cosell.adapters.json_text import from_json_bytes, from_json_text, to_json_bytes, to_json_text


def test_fractions_of_services_keep_their_digits() -> None:
    """A fraction is a Decimal, an integer an int of any length, and both go out as they are."""
    read = from_json_bytes(b'{"a":1234567890123456789.10,"b":1E5,"c":123456789012345678901234567890}')
    assert read == {"a": Decimal("1234567890123456789.10"), "b": Decimal("1E5"), "c": 123456789012345678901234567890}
    assert to_json_bytes(Decimal("12345678901234567.89")) == b"12345678901234567.89"


@pytest.mark.parametrize("sent", [b'"caf\\u00e9 \\ud83d"', b'\xef\xbb\xbf"mark"'])
def test_what_careless_services_send_is_read(sent: bytes) -> None:
    """Half a character and a byte order mark are no reason to lose an answer."""
    assert isinstance(from_json_bytes(sent), str)


@pytest.mark.parametrize("sent", [b"", b"{", b"NaN", b'{"a":Infinity}', b'"\xff"', b"1 2"])
def test_what_is_no_json_is_refused(sent: bytes) -> None:
    """Also numbers that JSON does not have, which Python would read."""
    with pytest.raises(ValueError, match=r"."):
        from_json_bytes(sent)


@pytest.mark.parametrize("value", [{"n": "Zoë", "x": [1, True, None, 1.5]}, "half \ud83d", [], None])
def test_the_memory_gives_back_what_it_was_given(value: object) -> None:
    """Plain values come back the same, half characters too."""
    assert from_json_text(to_json_text(value)) == value
