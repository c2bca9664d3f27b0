"""Telling of clocks that have come to a mark: the log always, and whatever function or notifier a deployment names."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cosell.sync.ending import Ending

    Notify = Callable[[dict[str, Any]], object]


def notifier(name: str) -> Notify:
    """Give what the setting `clock_callback` names; raises ConfigurationError where there is no such thing."""
    try:
        found: Notify = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"clock_callback is {name!r}, which cannot be imported: {error}"
        raise ConfigurationError(message) from error
    if not callable(found):
        message = f"clock_callback is {name!r}, which is neither a function nor a notifier"
        raise ConfigurationError(message)
    return found


def tell(endings: Sequence[Ending], context: Mapping[str, Any], *, callback: str | None) -> None:
    """Call the callback once with the task's context, and in it `endings`: what ends, and in how many days."""
    if endings and callback:
        notifier(callback)({**context, "endings": [each.as_json() for each in endings]})
