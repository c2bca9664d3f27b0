"""The fault switchboard: rules that make chosen requests fail in chosen ways."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

KINDS = frozenset(
    {
        "status",
        "drop_before",
        "drop_after",
        "truncate",
        "garbage",
        "throttle",
        "delay",
        "revoke",
        "act_before",
        "act_after",
    }
)


class UnknownKindError(ValueError):
    """The rule names a kind of fault that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One rule: which requests it meets, how often, and what it does to them.

    `status` answers instead of the app; `drop_before` and `drop_after` cut the connection before or after the work;
    `truncate` does the work and sends half the answer (`clean`: of a fitting length, so that only the JSON is broken);
    `garbage` answers 200 with text that is no JSON, work not done; `throttle` is 429 with Retry-After in the app's
    own body (`flat`: in the short body of the gateway); `delay` waits `ms`; `revoke` is the app's own 401;
    `act_before` and `act_after` let a person do something (`body`: an act) just before or after the work.
    """

    kind: str
    id: str = ""
    app: str | None = None
    method: str | None = None
    path: str | None = None
    """A regular expression, searched in the decoded path with its query."""
    request_body: str | None = None
    """A regular expression, searched in the body of the request."""
    times: int = 1
    """How many requests it meets; 0 means all until it is removed."""
    skip: int = 0
    """How many matching requests pass unharmed first."""
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: int = 1
    ms: float = 0.0
    flat: bool = False
    clean: bool = False

    def __post_init__(self) -> None:
        """Refuse kinds that do not exist."""
        if self.kind not in KINDS:
            raise UnknownKindError(self.kind)

    def meets(self, seen: Seen) -> bool:
        """Tell whether this rule is about the request."""
        return (
            self.app in {None, seen.app}
            and (self.method is None or self.method.upper() == seen.method)
            and (self.path is None or re.search(self.path, seen.path) is not None)
            and (self.request_body is None or re.search(self.request_body, seen.body) is not None)
        )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the rules look at in a request."""

    app: str
    method: str
    path: str
    body: str = ""


class Faults:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self._rules: dict[str, Fault] = {}
        self._numbers = itertools.count(1)

    def __bool__(self) -> bool:
        """Tell whether any rule is in force."""
        return bool(self._rules)

    def add(self, rule: Fault) -> Fault:
        """Put a rule in force and give it with its id."""
        named = replace(rule, id=rule.id or f"fault-{next(self._numbers)}")
        self._rules[named.id] = named
        return named

    def remove(self, fault_id: str) -> bool:
        """Take a rule out of force; tell whether it was there."""
        return self._rules.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Take all rules out of force."""
        self._rules.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Give the rules in force, with what is left of their counts."""
        return [asdict(rule) for rule in self._rules.values()]

    def take(self, seen: Seen) -> list[Fault]:
        """Give what befalls this request: any delays, then at most one other fault; counts go down."""
        met: list[Fault] = []
        for rule in [rule for rule in self._rules.values() if rule.meets(seen)]:
            if rule.skip:
                self._rules[rule.id] = replace(rule, skip=rule.skip - 1)
                continue
            self._spend(rule)
            met.append(rule)
            if rule.kind != "delay":
                break
        return met

    def _spend(self, rule: Fault) -> None:
        if rule.times == 1:
            del self._rules[rule.id]
        elif rule.times:
            self._rules[rule.id] = replace(rule, times=rule.times - 1)
