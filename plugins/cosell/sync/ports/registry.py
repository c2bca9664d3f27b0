"""Partner Center's registry of webhooks: one address and one list of events for the whole tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.registration import Registration
    from cosell.core.trial import Attempt


class Registry(Protocol):
    """What is registered. Raises RetryLaterError or StopRunError."""

    async def offered(self) -> Sequence[str]:
        """Give the names of all events that may be asked for."""
        ...

    async def standing(self) -> Registration | None:
        """Give what is registered now; None: nothing."""
        ...

    async def put(self, registration: Registration, *, exists: bool) -> None:
        """Register; `exists`: in place of what is registered. Raises RetryLaterError where that has changed."""
        ...

    async def ask_for_test(self) -> str:
        """Ask for a test event to the registered address; give its correlation id. Two in a minute are too many."""
        ...

    async def attempts(self, correlation_id: str) -> Sequence[Attempt]:
        """Give the tries to deliver that test event so far, in their order."""
        ...


class Secrets(Protocol):
    """An encrypted store of small secrets by name."""

    def get(self, name: str) -> str | None:
        """Give the secret; None where there is none, or it cannot be opened any more."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Keep the secret in place of the one with its name."""
        ...
