"""Named switches of the sandbox, kept in the store; every part declares its own with their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.store import Table


class UnknownSettingError(KeyError):
    """No part of the sandbox declared a setting of this name."""


class Settings:
    """What was set, else the declared default."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._defaults: dict[str, Any] = {}

    def declare(self, defaults: Mapping[str, Any]) -> None:
        """Make names known, with their defaults."""
        self._defaults.update(defaults)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a switch may hold any JSON value
        """Give the present value of a declared setting."""
        kept = self._table.get(name)
        if kept is not None:
            return kept["value"]
        if name not in self._defaults:
            raise UnknownSettingError(name)
        return self._defaults[name]

    def __setitem__(self, name: str, value: object) -> None:
        """Set a declared setting."""
        if name not in self._defaults:
            raise UnknownSettingError(name)
        self._table.put(name, {"value": value})

    def __iter__(self) -> Iterator[str]:
        """Walk the declared names."""
        return iter(sorted(self._defaults))

    def as_dict(self) -> dict[str, Any]:
        """Give all names with their present values."""
        return {name: self[name] for name in self}

    def forget(self, name: str) -> None:
        """Put a setting back to its default."""
        self._table.delete(name)
