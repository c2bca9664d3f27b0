"""Where one local run keeps its things, and the environment that Airflow is started with."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
LOGIN = "admin"


@dataclass(frozen=True, kw_only=True)
class Home:
    """The folder of one local run."""

    folder: Path

    @property
    def airflow(self) -> Path:
        """Airflow's own home."""
        return self.folder / "airflow"

    @property
    def sandbox(self) -> Path:
        """The sandbox's state."""
        return self.folder / "sandbox"

    @property
    def state(self) -> Path:
        """The sync's memory, where it lies without a connection of its own."""
        return self.airflow / "cosell" / "state.db"

    @property
    def logs(self) -> Path:
        """What the processes say."""
        return self.folder / "logs"

    def secret(self, name: str) -> str:
        """Give a secret that is made once and kept, readable by its owner only."""
        path = self.folder / f"{name}.secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        return path.read_text()

    def prepare(self) -> None:
        """Make the folders and the login."""
        for folder in (self.folder, self.airflow, self.sandbox, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.airflow / "passwords.json").write_text(json.dumps({LOGIN: LOGIN}))

    @property
    def environment(self) -> Path:
        """A file for a shell to read, so that `airflow` there speaks to this run."""
        return self.folder / "environment"

    @property
    def connections(self) -> Path:
        """A file with the connections, for a person to enter."""
        return self.folder / "connections.json"

    def write_connections(self, named: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the connections; they hold secrets, so only its owner may read it."""
        self.connections.touch(mode=0o600)
        self.connections.write_text(json.dumps(named, indent=2))

    def write_environment(self, environment: Mapping[str, str]) -> None:
        """Write what a shell needs; it holds secrets, so only its owner may read it."""
        ours = {name: value for name, value in environment.items() if name.startswith(("AIRFLOW", "COSELL_"))}
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(ours.items())]
        lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"\n')
        self.environment.touch(mode=0o600)
        self.environment.write_text("".join(lines))


def free_port(wanted: int) -> int:
    """Give the port that is wanted, or any free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = "no free port on this machine"
    raise OSError(message)


def airflow_environment(home: Home, *, port: int) -> dict[str, str]:
    """Give the environment of Airflow's processes, without the connections."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": home.secret("session"),
        "AIRFLOW__API_AUTH__JWT_SECRET": home.secret("jwt"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": home.secret("fernet"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.airflow / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{LOGIN}:admin",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.airflow / 'airflow.db'}",
        # Else every command warns of each connection type with an underscore in it, Airflow's own ones too.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow.models.connection.Connection=ERROR",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port(8794)),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port(8793)),
    }


def receiver_environment(facts: Mapping[str, Any], *, port: int) -> dict[str, str]:
    """Give what the webhook's receiver is told, so that it believes the sandbox and nobody else."""
    own = facts["partner_center_events"]
    return {
        "COSELL_WEBHOOK_CA": facts["ca"],
        "COSELL_WEBHOOK_CERTIFICATES": own["certificate_url"],
        "COSELL_WEBHOOK_LISTEN": f"127.0.0.1:{port}",
        "COSELL_WEBHOOK_TRUST": own["trust"],
    }


def connections(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give Airflow's connections to the sandbox by their ids."""
    return {
        f"{name}_default": {
            "conn_type": name,
            "host": facts["urls"][name],
            "port": urlsplit(facts["urls"][name]).port,
            "login": facts[name]["client_id"],
            "password": facts[name]["client_secret"],
            "extra": _extra(facts, facts[name]),
        }
        for name in ("partner_center", "partner_center_events", "dataverse")
    }


def before_sign_in(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the connections that a newcomer has: those of the two systems, and no refresh token yet."""
    named = connections(facts)
    named["partner_center_default"]["extra"].pop("refresh_token")
    return {name: named[name] for name in ("partner_center_default", "dataverse_default")}


def as_environment(named: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Give connections as environment variables in their JSON form."""
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in named.items()}


def _extra(facts: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    named = ("scope", "refresh_token", "partner_id", "organization_id")
    return {
        "tenant_id": facts["tenant_id"],
        "authority": facts["authority"],
        "verify": facts["ca"],
        **{name: own[name] for name in named if own.get(name)},
    }
