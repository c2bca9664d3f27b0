"""How many downloads an unknown address may cost us: one at a time in all, ten a minute, failures remembered."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cosell.webhook.refused import NotGenuineError, NotNowError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_A_MINUTE = 10
_MINUTE = timedelta(minutes=1)
_MOST_FAILURES = 1000
_OF_A_STRANGER = {NotGenuineError: timedelta(minutes=10), NotNowError: timedelta(minutes=1)}
_OF_A_KNOWN = {NotGenuineError: timedelta(minutes=1), NotNowError: timedelta(seconds=5)}


class Budget:
    """The downloads of addresses that never proved right."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._begun: deque[datetime] = deque(maxlen=_MOST_A_MINUTE)
        self._busy = False

    def begin(self) -> None:
        """Let one begin; raises NotNowError while another one runs, or after ten within a minute."""
        if self._busy:
            raise NotNowError("another unknown certificate is being downloaded")
        if len(self._begun) == _MOST_A_MINUTE and self._now() - self._begun[0] < _MINUTE:
            raise NotNowError("too many unknown certificates were asked for")
        self._begun.append(self._now())
        self._busy = True

    def end(self) -> None:
        """Say that it has ended."""
        self._busy = False


@dataclass(frozen=True)
class _Failure:
    error: RefusedError
    until: datetime


class Failures:
    """What came of addresses that gave no good certificate, for a while, and of no more than a thousand."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_address: OrderedDict[str, _Failure] = OrderedDict()

    def raise_where_recent(self, address: str) -> None:
        """Raise again what an address came to, as long as that is remembered."""
        failure = self._by_address.get(address)
        if failure is not None and self._now() < failure.until:
            raise type(failure.error)(failure.error.why)

    def remember(self, address: str, error: RefusedError, *, known: bool) -> None:
        """Keep what came of it; the oldest makes room."""
        spans = _OF_A_KNOWN if known else _OF_A_STRANGER
        self._by_address[address] = _Failure(error, self._now() + spans[type(error)])
        self._by_address.move_to_end(address)
        if len(self._by_address) > _MOST_FAILURES:
            self._by_address.popitem(last=False)

    def forget(self, address: str) -> None:
        """Let go of it: the address has given a good certificate."""
        self._by_address.pop(address, None)
