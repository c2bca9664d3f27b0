"""Why an event is not taken, as the status it is answered with; each class is one column of the page's table."""

from __future__ import annotations

from typing import ClassVar

from cosell.core.errors import CosellError


class RefusedError(CosellError):
    """The event is not taken. `why` is ours; `shown` came from outside and is only ever logged escaped."""

    status: ClassVar[int]
    closes: ClassVar[bool] = False
    """Whether the rest of the request is not even read."""

    def __init__(self, why: str, *, shown: str = "") -> None:
        super().__init__(why)
        self.why, self.shown = why, shown


class MisshapenError(RefusedError):
    """The request is not an event: it will never be one, however often it is sent."""

    status = 400


class NotGenuineError(RefusedError):
    """Nothing shows that Microsoft sent it."""

    status = 401


class TooSlowError(RefusedError):
    """The body did not arrive in time."""

    status = 408
    closes = True


class TooLargeError(RefusedError):
    """More than an event can be."""

    status = 413
    closes = True


class NotNowError(RefusedError):
    """It may be genuine, but certificate or storage are not to be had now: send it again."""

    status = 503
