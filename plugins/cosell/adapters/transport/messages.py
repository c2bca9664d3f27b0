"""A request as an adapter asks it, and the answer as the service gave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cosell.adapters.json_text import from_json_bytes, to_json_bytes
from cosell.core.errors import BrokenAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SAFE_METHODS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Answer:
    """An answer that came whole; what a status means beyond repeats and credentials is the adapter's to say."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = b""
    unsure: bool = False
    """An earlier try of the same request got no answer and may have been done: a 412 or 409 may come from ourselves."""

    @property
    def is_success(self) -> bool:
        """Tell whether the service did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of statuses

    @cached_property
    def text(self) -> str:
        """Give the body as text."""
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> object:
        """Give the body parsed, fractions as Decimal; raises BrokenAnswerError where it is none."""
        return self._parsed

    @cached_property
    def _parsed(self) -> object:
        try:
            return from_json_bytes(self.content)
        except ValueError as error:  # also where the bytes are no UTF-8
            what = f"the answer (status {self.status}, {len(self.content)} bytes) is not JSON"
            raise BrokenAnswerError(what) from error


def must_be_json(answer: Answer) -> None:
    """Raise BrokenAnswerError where a body is there and is not JSON."""
    if answer.content:
        answer.json()


@dataclass(frozen=True, kw_only=True)
class Request:
    """One thing to ask; `path` is relative to the base URL, or a link that the service gave."""

    method: str = "GET"
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    """A body that is not JSON; the caller sets its Content-Type."""
    repeat_safe: bool = False
    """Done twice gives the same end: guarded by If-Match, an alternate key or a key of our own. A GET always is."""
    hand_back: frozenset[int] = frozenset()
    """Statuses that the caller wants to see at once instead of a repeat or an error."""
    check: Callable[[Answer], object] = must_be_json
    """Raises BrokenAnswerError where a 2xx answer cannot be read; then a safe request is repeated."""
    timeout: float | None = None
    """Seconds to wait for the answer, where the usual time is not right."""

    @property
    def is_read(self) -> bool:
        """Tell whether nothing can change by asking."""
        return self.method in _SAFE_METHODS

    @property
    def may_repeat(self) -> bool:
        """Tell whether it may be asked again when nobody knows if it was done."""
        return self.is_read or self.repeat_safe

    @property
    def body(self) -> bytes | None:
        """Give the bytes to send."""
        return to_json_bytes(self.json) if self.json is not None else self.content
