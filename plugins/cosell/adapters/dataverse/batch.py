"""A $batch as bytes and back: parts, change sets, and answers told apart by Content-ID."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import uuid4

from cosell.adapters.dataverse.errors import Fault, read_fault
from cosell.adapters.json_text import from_json_bytes, to_json_bytes
from cosell.core.errors import BrokenAnswerError

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;]+))""", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: .*)?")
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside a batch; `path` is below the API root."""

    method: str
    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ChangeSet: TypeAlias = Sequence[Part]
"""Done as a whole or not at all; one part alone is sent bare."""


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The answer to one part; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: object = None

    @property
    def fault(self) -> Fault | None:
        """Give the refusal, if it is one."""
        return None if self.status in _SUCCESS else read_fault(self.status, self.body)


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """What became of one change set: an answer for each part in order, or the one fault that undid all of it."""

    parts: tuple[PartAnswer, ...] = ()
    fault: Fault | None = None
    failing: int | None = None
    """Which part the fault belongs to, where the service says so."""


def write(sets: Sequence[ChangeSet], *, root: str) -> tuple[str, bytes]:
    """Give content type and body; Content-IDs count from 1 over the whole batch."""
    boundary = f"batch_{uuid4()}"
    lines: list[bytes] = []
    number = 0
    for parts in sets:
        lines.append(f"--{boundary}".encode())
        if len(parts) == 1:
            number += 1
            lines += _part(parts[0], number, root=root)
            continue
        inner = f"changeset_{uuid4()}"
        lines += [f'Content-Type: multipart/mixed; boundary="{inner}"'.encode(), b""]
        for part in parts:
            number += 1
            lines += [f"--{inner}".encode(), *_part(part, number, root=root)]
        lines += [f"--{inner}--".encode(), b""]
    lines += [f"--{boundary}--".encode(), b""]
    return f'multipart/mixed; boundary="{boundary}"', b"\r\n".join(lines)


def _part(part: Part, number: int, *, root: str) -> list[bytes]:
    headers = {"Accept": "application/json", **part.headers}
    if part.body is not None:
        headers["Content-Type"] = "application/json; type=entry"
    return [
        b"Content-Type: application/http",
        b"Content-Transfer-Encoding: binary",
        f"Content-ID: {number}".encode(),
        b"",
        f"{part.method} {root}{part.path} HTTP/1.1".encode(),
        *(f"{name}: {value}".encode() for name, value in headers.items()),
        b"",
        to_json_bytes(part.body) if part.body is not None else b"",
    ]


def read(content_type: str, content: bytes, *, sets: Sequence[ChangeSet]) -> list[SetAnswer]:
    """Give what became of each change set, in the order sent; raises BrokenAnswerError where that cannot be told."""
    answered = list(_sections(content_type, content))
    if len(answered) != len(sets):
        message = f"a batch of {len(sets)} was answered with {len(answered)} parts"
        raise BrokenAnswerError(message)
    first, results = 1, []
    for parts, (headers, body) in zip(sets, answered, strict=True):
        results.append(_of_set(headers, body, first=first, count=len(parts)))
        first += len(parts)
    return results


def _of_set(headers: Mapping[str, str], body: bytes, *, first: int, count: int) -> SetAnswer:
    kind = headers.get("content-type", "")
    if not kind.lower().startswith("multipart/"):
        answer = _http(body)
        return SetAnswer((answer,) if count == 1 or not answer.fault else (), fault=answer.fault)
    answers = [(_number(head), _http(inner)) for head, inner in _sections(kind, body)]
    for number, answer in answers:
        if answer.fault is not None:
            return SetAnswer(fault=answer.fault, failing=None if number is None else number - first)
    numbered = dict(answers)
    if set(numbered) == {None} and len(answers) == count:  # all done, and answers come in the order of the requests
        return SetAnswer(tuple(answer for _, answer in answers))
    try:
        return SetAnswer(tuple(numbered[first + place] for place in range(count)))
    except KeyError as error:
        message = "a change set was answered without one of its Content-IDs"
        raise BrokenAnswerError(message) from error


def _number(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-id", "")
    return int(text) if text.isdecimal() else None


def _sections(content_type: str, content: bytes) -> list[tuple[Mapping[str, str], bytes]]:
    """Cut a multipart body into headers and content; the closing boundary must be there."""
    found = _BOUNDARY.search(content_type)
    if not found:
        message = "a batch answer names no boundary"
        raise BrokenAnswerError(message)
    boundary = re.escape((found[1] or found[2]).encode())
    pieces = re.split(rb"(?:\A|\r?\n)--" + boundary + rb"(--)?[ \t]*(?=\r?\n|\Z)", content)
    # The marks (None or the closing dashes) stand between the pieces, so that pieces are at even places.
    if len(pieces) < 3 or pieces[-2] != b"--":  # noqa: PLR2004 - preamble, mark, rest
        message = "a batch answer was cut short"
        raise BrokenAnswerError(message)
    return [_head_and_body(piece) for piece in pieces[2:-1:2]]


def _head_and_body(section: bytes) -> tuple[Mapping[str, str], bytes]:
    # What follows the boundary begins with its own line end.
    pieces = re.split(rb"\r?\n\r?\n", section.lstrip(b"\r\n"), maxsplit=1)
    return _headers(pieces[0].splitlines()), pieces[1] if len(pieces) > 1 else b""


def _headers(lines: Sequence[bytes]) -> Mapping[str, str]:
    pairs = (line.decode("utf-8", errors="replace").partition(":") for line in lines)
    return {name.strip().lower(): text.strip() for name, _, text in pairs}


def _http(message: bytes) -> PartAnswer:
    """Read one HTTP answer."""
    start, _, rest = message.lstrip(b"\r\n").partition(b"\n")
    status = _STATUS.fullmatch(start.rstrip(b"\r"))
    if not status:
        broken = "a part of a batch answer has no status"
        raise BrokenAnswerError(broken)
    headers, body = _head_and_body(rest) if not rest.startswith((b"\r\n", b"\n")) else ({}, rest)
    return PartAnswer(int(status[1]), headers, _json(body))


def _json(body: bytes) -> object:
    if not body.strip():
        return None
    try:
        return from_json_bytes(body)
    except ValueError as error:
        message = "a part of a batch answer is not JSON"
        raise BrokenAnswerError(message) from error
