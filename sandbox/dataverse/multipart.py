"""multipart/mixed as $batch uses it: parts with headers, requests and answers written as HTTP inside them."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^\s;,]+))', re.IGNORECASE)
_LINE_END = re.compile(rb"\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
CRLF = b"\r\n"


class MultipartError(ValueError):
    """The body is not the multipart that its header promises."""


@dataclass(frozen=True)
class Part:
    """One part: its headers (names in lower case) and what follows them."""

    headers: dict[str, str]
    content: bytes


@dataclass(frozen=True)
class InnerRequest:
    """A request written as HTTP."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = field(repr=False, default=b"")


def boundary_of(content_type: str) -> str:
    """Give the boundary that a Content-Type names."""
    found = _BOUNDARY.search(content_type)
    if found is None or "multipart/mixed" not in content_type.lower():
        raise MultipartError("The content type must be multipart/mixed with a boundary.")
    return found[1] or found[2]


def split(body: bytes, boundary: str) -> list[Part]:
    """Give the parts of a body; both line ends are taken."""
    delimiter = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|$)")
    marks = list(delimiter.finditer(body))
    if not marks or not marks[-1][1]:
        raise MultipartError(f"The body does not end with the boundary '{boundary}'.")
    pieces = [body[one.end() : following.start()] for one, following in pairwise(marks)]
    return [_part(_strip_first_line_end(piece)) for piece in pieces]


def _strip_first_line_end(piece: bytes) -> bytes:
    """Drop the line end that belongs to the delimiter."""
    found = _LINE_END.match(piece)
    return piece[found.end() :] if found else piece


def _part(piece: bytes) -> Part:
    """Read one part."""
    head, content = _head_and_rest(piece)
    return Part(_headers(head), content)


def _head_and_rest(piece: bytes) -> tuple[bytes, bytes]:
    """Cut at the first blank line."""
    found = _BLANK.search(piece)
    return (piece, b"") if found is None else (piece[: found.start()], piece[found.end() :])


def _headers(head: bytes) -> dict[str, str]:
    """Read header lines."""
    lines = [line.decode("latin-1") for line in _LINE_END.split(head) if b":" in line]
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def read_request(content: bytes) -> InnerRequest:
    """Read a request written as HTTP."""
    head, body = _head_and_rest(content.lstrip(b"\r\n"))
    first, _, rest = head.replace(b"\r\n", b"\n").partition(b"\n")
    words = first.decode("utf-8").split(" ")
    if len(words) < 2 or (len(words) > 2 and not words[-1].startswith("HTTP/")):  # noqa: PLR2004 - method, target, version
        raise MultipartError("A part does not start with a request line.")
    return InnerRequest(words[0].upper(), " ".join(words[1:-1] if len(words) > 2 else words[1:]), _headers(rest), body)  # noqa: PLR2004


def write_answer(status: int, headers: dict[str, str], body: bytes) -> bytes:
    """Write an answer as HTTP."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return CRLF.join([*(line.encode("utf-8") for line in lines), b"", body])


def write_part(content: bytes, *, content_id: str | None = None) -> bytes:
    """Write an answer's part."""
    lines = [b"Content-Type: application/http", b"Content-Transfer-Encoding: binary"]
    if content_id is not None:
        lines.append(f"Content-ID: {content_id}".encode())
    return CRLF.join([*lines, b"", content])


def write_nested(parts: list[bytes], boundary: str) -> bytes:
    """Write a part that holds parts."""
    head = f"Content-Type: multipart/mixed; boundary={boundary}".encode()
    return CRLF.join([head, b"", join(parts, boundary)])


def join(parts: list[bytes], boundary: str) -> bytes:
    """Write parts as one body."""
    mark = f"--{boundary}".encode()
    return b"".join(mark + CRLF + part + CRLF for part in parts) + mark + b"--" + CRLF
