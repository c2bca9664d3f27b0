"""Everything that the apps share, in one hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_DEFAULTS = {
    "urls": {
        "entra": "https://127.0.0.1:8453",
        "partner_center": "https://127.0.0.1:8454",
        "dataverse": "https://127.0.0.1:8455",
        "partner_center_events": "https://127.0.0.1:8456",
    },
    "max_in_flight": {"dataverse": 52},
    "max_per_window": {},
    "window_seconds": 300,
    "clock_offset_seconds": 0.0,
}


class ActError(Exception):
    """A person asked for something that cannot be done; says why."""


@dataclass
class Latency:
    """How long an answer takes: per request, and per row that it touched."""

    request_ms: float = 0.0
    row_ms: float = 0.0


@dataclass(frozen=True)
class World:
    """The state of all systems, and what persons can do to it (`acts`, by name)."""

    store: Store
    clock: Clock
    faults: Faults
    latency: Latency
    tokens: Tokens
    settings: Settings
    journal: Journal = field(default_factory=Journal)
    acts: dict[str, Callable[[World, Mapping[str, Any]], Any]] = field(default_factory=dict)
    pages: dict[str, Callable[[World], str]] = field(default_factory=dict)
    """What people can look at in a browser, by name."""
    when_raised: list[Callable[[], None]] = field(default_factory=list)
    """Whom to wake when an event was raised."""

    @classmethod
    def open(cls, path: str | Path = ":memory:") -> World:
        """Open the world kept in a file, or a new one in memory."""
        store = Store(path)
        settings = Settings(store.table("settings"))
        settings.declare(_DEFAULTS)
        clock = Clock(settings["clock_offset_seconds"])
        tokens = Tokens(store.table("tokens"), clock=clock, settings=settings)
        return cls(store, clock, Faults(), Latency(), tokens, settings)

    def act(self, said: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """Let a person do something: `do` names it, the other members say how; raises ActError."""
        act = self.acts.get(said.get("do", ""))
        if act is None:
            message = f"unknown act {said.get('do')!r}; known are {sorted(self.acts)}"
            raise ActError(message)
        with self.store.atomic():
            return act(self, {name: value for name, value in said.items() if name != "do"})

    def advance(self, seconds: float) -> str:
        """Move the clock forward, for good, and give the new time."""
        now = self.clock.advance(seconds)
        self.settings["clock_offset_seconds"] = self.clock.offset_seconds
        return now.isoformat()
