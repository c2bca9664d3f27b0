"""What an answer says about asking again: how long to wait, whether the credentials are at fault."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from cosell.core.errors import AccessDeniedError, SignInNeededError

if TYPE_CHECKING:
    from cosell.adapters.transport.messages import Answer
    from cosell.adapters.transport.settings import Naming

UNAUTHORISED = 401
PASSING = frozenset({408, 500, 502, 503, 504, 509})
"""The service may be well again soon; whether it did what was asked is unknown."""
_TOO_MANY = 429
_WITH_RETRY_AFTER = {503, 509}
_NO_MFA = re.compile(r"\b900421\b")
_LONGEST_GUESS = 30.0


def retry_after(header: str | None) -> float | None:
    """Give the seconds that a Retry-After header asks for: a number, or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def asked_wait(answer: Answer, *, throttles: int) -> float | None:
    """Give how long to stay quiet where the service did not take the request on: 429, or 503 with Retry-After."""
    asked = retry_after(answer.headers.get("retry-after"))
    if answer.status != _TOO_MANY and (asked is None or answer.status not in _WITH_RETRY_AFTER):
        return None
    # Also a floor: a service that keeps saying "at once" must not be asked in a tight circle.
    guess = min(_LONGEST_GUESS, (1.0 if asked is None else 0.1) * 2.0**throttles)
    return max(asked or 0.0, guess * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret


def raise_where_hopeless(answer: Answer, *, renewed: bool, host: str, naming: Naming) -> None:
    """Raise where a 401 cannot be mended by a new token."""
    if _NO_MFA.search(answer.text):
        message = f"the sign-in lacks MFA (900421): sign in again for {naming.connection} with `{naming.sign_in}`"
        raise SignInNeededError(message)
    if renewed:
        message = (
            f"{naming.connection}: {host} refused a new access token too (401): check its login (client id), the "
            "application's roles there, and its extra key scope"
        )
        raise AccessDeniedError(message)


def hint(answer: Answer) -> int | None:
    """Give the parallelism that the service recommends."""
    text = answer.headers.get("x-ms-dop-hint", "")
    return int(text) if text.isdecimal() and int(text) else None
