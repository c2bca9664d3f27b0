"""The deployment on one machine, as far as it can be checked without an engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yaml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "cosell-airflow"}
AIRFLOW = {name: service for name, service in OURS.items() if name != "webhook"}


def test_the_file_is_what_the_specification_says() -> None:
    """Checked against the published schema of the compose specification."""
    command = [
        str(Path(sys.executable).parent / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", sorted(AIRFLOW))
def test_every_component_has_the_same_secrets(name: str) -> None:
    """A component with another key or none cannot read what the others wrote; a missing one is said in a sentence."""
    environment = SERVICES[name]["environment"]
    for secret in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY"):
        assert environment[secret] == SERVICES["scheduler"]["environment"][secret]
        assert ":?" in environment[secret]


def test_connections_can_be_tried_on_the_page() -> None:
    """Airflow keeps its test button off unless it is told otherwise."""
    assert SERVICES["api-server"]["environment"]["AIRFLOW__CORE__TEST_CONNECTION"] == "Enabled"


def test_nothing_secret_is_written_down() -> None:
    """Passwords and keys come from the environment of whoever starts it."""
    assert all("${" in text for text in _secrets(SERVICES))


def test_the_database_driver_is_one_that_is_installed() -> None:
    """A bare postgresql:// would ask SQLAlchemy 2.1 for a driver that is not there."""
    for name in AIRFLOW:
        url = SERVICES[name]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        assert url.startswith("postgresql+psycopg2://")


def test_the_sandbox_stays_out_unless_asked_for() -> None:
    """A production machine starts no simulated system by mistake."""
    profiled = {name for name, service in SERVICES.items() if service.get("profiles") == ["sandbox"]}
    assert profiled == {"sandbox", "sandbox-connections"}


def test_the_receiver_knows_no_secret() -> None:
    """It faces the internet: it reads who is trusted, writes the inbox that Airflow reads, and can do nothing more."""
    receiver = SERVICES["webhook"]
    assert receiver["profiles"] == ["webhook"]
    assert receiver["environment"]["COSELL_INBOX"] == SERVICES["scheduler"]["environment"]["COSELL_INBOX"]
    assert [each["path"] for each in receiver["env_file"]] == ["webhook.env"]
    assert {name for name in receiver["environment"] if not name.startswith("COSELL_")} == set()
    (trust,) = (each for each in receiver["volumes"] if each.endswith(":ro"))
    assert trust.split(":")[-2] == receiver["environment"]["COSELL_WEBHOOK_TRUST"]
    assert all(port.startswith("127.0.0.1:") for port in receiver["ports"])


def test_the_image_holds_what_the_services_need() -> None:
    """Everything that the Dockerfile copies is there."""
    copied = [line.split()[2:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    missing = [path for paths in copied for path in paths if not (ROOT / path).exists()]
    assert missing == []


def _secrets(services: dict[str, dict[str, Any]]) -> list[str]:
    wanted = ("PASSWORD", "SECRET", "KEY", "CONN")
    return [
        str(text)
        for service in services.values()
        for name, text in service.get("environment", {}).items()
        if any(word in name for word in wanted) and not name.endswith(("_FILE", "TEST_CONNECTION"))
    ]
