"""A task of one environment, tried again as the services ask for."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator

from cosell.hooks.environment import DEFAULT, Environment
from cosell.operators.outcome import ObeyRetryAfter


class CosellOperator(BaseOperator):  # type: ignore[misc]  # Airflow's annotations are not read
    """What every task of ours has; the DAG names its environment in `default_args`."""

    def __init__(self, *, environment: str = DEFAULT.name, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        settings.setdefault("retry_policy", ObeyRetryAfter())
        super().__init__(**settings)
        self.environment = Environment(environment)
