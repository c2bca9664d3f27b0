"""What the local commands ask of Airflow's REST interface; standard library only."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from local.home import LOGIN

_TIMEOUT_SECONDS = 20
_TRIES = 5  # on SQLite a write is refused when the scheduler writes first; nothing of it is done then
_PAUSE_SECONDS = 0.5
_SERVER_ERROR = 500


class AirflowApi:
    """Airflow's interface under one address."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._token: str | None = None

    def is_healthy(self) -> bool:
        """Tell whether the scheduler and the DAG processor beat."""
        try:
            health = self._ask("GET", "/api/v2/monitor/health", signed=False)
        except (OSError, ValueError):
            return False
        return all(health.get(part, {}).get("status") == "healthy" for part in ("scheduler", "dag_processor"))

    def has_dags(self, *dag_ids: str) -> bool:
        """Tell whether these DAGs are known."""
        listed = self._ask("GET", "/api/v2/dags?limit=100")["dags"]
        return set(dag_ids) <= {dag["dag_id"] for dag in listed}

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Give the runs of a DAG, oldest first."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns?limit=100&order_by=start_date"
        return list(self._ask("GET", path)["dag_runs"])

    def newest_run(self, dag_id: str) -> dict[str, Any] | None:
        """Give the run of a DAG that began last."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns?limit=1&order_by=-start_date"
        return next(iter(self._ask("GET", path)["dag_runs"]), None)

    def trigger(self, dag_id: str, *, conf: dict[str, Any]) -> str:
        """Start a run by hand and give its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self._ask("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", body=body)["dag_run_id"])

    def pause(self, dag_id: str) -> None:
        """Let no further run of a DAG begin by itself."""
        self._ask("PATCH", f"/api/v2/dags/{quote(dag_id)}?update_mask=is_paused", body={"is_paused": True})

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Give the state of a run."""
        return str(self._ask("GET", f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}")["state"])

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Let these tasks of a run be done again, and no other."""
        body = {"dag_run_id": run_id, "task_ids": task_ids, "dry_run": False, "only_failed": False}
        self._ask("POST", f"/api/v2/dags/{quote(dag_id)}/clearTaskInstances", body=body)

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Give what is known of each task of a run."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}/taskInstances?limit=100"
        return {task["task_id"]: task for task in self._ask("GET", path)["task_instances"]}

    def _ask(self, method: str, path: str, *, body: object = None, signed: bool = True) -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["Authorization"] = f"Bearer {self._sign_in()}"
        request = urllib.request.Request(  # noqa: S310 - our own address on this machine
            self.base_url + path, method=method, headers=headers, data=json.dumps(body).encode() if body else None
        )
        for left in reversed(range(_TRIES)):
            try:
                with _DIRECT.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < _SERVER_ERROR or not left:
                    raise
                time.sleep(_PAUSE_SECONDS)
        return None

    def _sign_in(self) -> str:
        if self._token is None:
            body = {"username": LOGIN, "password": LOGIN}
            self._token = str(self._ask("POST", "/auth/token", body=body, signed=False)["access_token"])
        return self._token


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
