"""Whoever is to be told of what ends: a function or a notifier that a deployment names."""

from __future__ import annotations

from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import BaseNotifier
from cosell.core.errors import ConfigurationError
from cosell.operators.telling import tell
from cosell.sync.ending import Ending
from cosell.sync.ports import RunningClock

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDING = Ending(RunningClock("ref-1", "answer", datetime(2026, 12, 1, tzinfo=UTC), told=3), 2.5)
HEARD: list[Any] = []


class Notifier(BaseNotifier):  # type: ignore[misc]  # Airflow's annotations are not read
    """A notifier as a provider ships them: its texts are templates over the context."""

    template_fields: Sequence[str] = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """Send the text."""
        del context
        HEARD.append(self.text)


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give a deployment's own module."""
    module = ModuleType("our_alerts")
    monkeypatch.setitem(__import__("sys").modules, "our_alerts", module)
    HEARD.clear()
    return module


def test_a_function_gets_the_context_with_the_endings(alerts: ModuleType) -> None:
    """Once for all of them, with the run beside them."""
    alerts.tell = HEARD.append  # type: ignore[attr-defined]  # a module made here
    tell([ENDING], {"run_id": "run-1"}, callback="our_alerts:tell")
    (context,) = HEARD
    assert context["run_id"] == "run-1"
    assert context["endings"] == [ENDING.as_json()]


def test_a_notifier_renders_its_templates(alerts: ModuleType) -> None:
    """Any of Airflow's notifiers works as it is."""
    alerts.ends = Notifier("{% for one in endings %}{{ one.referral }} {{ one.days_left }}{% endfor %}")  # type: ignore[attr-defined]  # a module made here
    tell([ENDING], {}, callback="our_alerts.ends")
    assert HEARD == ["ref-1 2.5"]


def test_nothing_is_called_where_nothing_ends_or_nobody_asked(alerts: ModuleType) -> None:
    """No news, no mail."""
    alerts.tell = HEARD.append  # type: ignore[attr-defined]  # a module made here
    tell([], {}, callback="our_alerts:tell")
    tell([ENDING], {}, callback=None)
    assert HEARD == []


@pytest.mark.parametrize("name", ["no_such_module:tell", "our_alerts:nothing", "our_alerts:text", "our alerts"])
def test_a_callback_that_is_none_stops_with_its_name(alerts: ModuleType, name: str) -> None:
    """A misspelt setting is said, not passed over."""
    alerts.text = "a text"  # type: ignore[attr-defined]  # a module made here
    with pytest.raises(ConfigurationError, match=f"clock_callback is '{name}'"):
        tell([ENDING], {}, callback=name)
