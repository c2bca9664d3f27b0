"""Telling of what a person must know: the log always, and whatever function or notifier a deployment names."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cosell.hooks.environment import Environment
    from cosell.sync.ending import Ending

    Notify = Callable[[dict[str, Any]], object]

_log = logging.getLogger(__name__)


def notifier(name: str, *, setting: str) -> Notify:
    """Give what a setting names; raises ConfigurationError where there is no such thing."""
    try:
        found: Notify = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"{setting} is {name!r}, which cannot be imported: {error}"
        raise ConfigurationError(message) from error
    if not callable(found):
        message = f"{setting} is {name!r}, which is neither a function nor a notifier"
        raise ConfigurationError(message)
    return found


def tell(endings: Sequence[Ending], context: Mapping[str, Any], *, callback: str | None) -> None:
    """Call the callback once with the task's context, and in it `endings`: what ends, and in how many days."""
    if endings and callback:
        notifier(callback, setting="clock_callback")({**context, "endings": [each.as_json() for each in endings]})


@contextmanager
def alarming(environment: Environment) -> Iterator[None]:
    """Call `sign_in_callback` with the task's context and in it `sign_in`, once, when a person must sign in again."""
    from cosell.hooks.sign_in import telling_once

    with telling_once(partial(_alarm, environment), environment):
        yield


def _alarm(environment: Environment, ended: Mapping[str, str]) -> None:
    from airflow.sdk import get_current_context

    from cosell.hooks.settings import read_wishes

    _log.error("A person must sign in: %s (%s)", ended["command"], ended["error"])
    if callback := read_wishes(environment).sign_in_callback:
        notifier(callback, setting="sign_in_callback")({**get_current_context(), "sign_in": dict(ended)})
