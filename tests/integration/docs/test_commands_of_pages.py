"""What the pages tell an operator to type, held against Airflow's own parser and our own readers."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from airflow.cli import cli_parser
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import Connection
from cosell.adapters.state.url import read_url
from cosell.commands import commands
from cosell.core.rules import RULES
from cosell.hooks.api_connection import read_connection
from cosell.hooks.settings import SETTINGS, START, Wishes
from cosell.provider import provider_info

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def typed() -> list[str]:
    """Give every airflow command of the pages, from blocks and from the text."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        found |= set(re.findall(r"^(airflow .+)$", text, flags=re.MULTILINE)) | set(
            re.findall(r"`(airflow [^`]+)`", text)
        )
    return sorted(found)


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    """Give our DAGs as Airflow reads them."""
    return dict(DagBag(dag_folder=str(ROOT / "dags"), load_op_links=False).dags)


@pytest.mark.parametrize("line", typed())
def test_airflow_takes_the_command(line: str, dags: dict[str, Any]) -> None:
    """Every command parses as it stands, names a DAG that is there, and passes params that it has."""
    cli_parser.get_parser.cache_clear()
    arguments = cli_parser.get_parser().parse_args(shlex.split(line)[1:])
    assert callable(arguments.func)
    dag_id = getattr(arguments, "dag_id", None)
    assert dag_id is None or dag_id in dags
    if conf := getattr(arguments, "conf", None) or getattr(arguments, "dag_run_conf", None):
        assert set(json.loads(conf)) <= set(dags[dag_id].params)


def test_no_command_of_ours_is_left_out() -> None:
    """A reader meets every subcommand of `airflow cosell`, and nothing that is none."""
    (group,) = commands()
    words = [line.split()[2:] for line in typed() if line.startswith("airflow cosell ")]
    groups = {one.name: one.subcommands for one in group.subcommands if hasattr(one, "subcommands")}
    assert {command.name for command in group.subcommands} == {word for word, *_ in words}
    assert {(name, each.name) for name, those in groups.items() for each in those} == {
        (word, rest[0]) for word, *rest in words if word in groups
    }


@pytest.fixture(scope="module")
def connections() -> dict[str, dict[str, Any]]:
    """Give the README's example."""
    (block,) = [text for text in re.findall(r"```json\n(.+?)```", README, flags=re.DOTALL) if "conn_type" in text]
    return dict(json.loads(block))


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("partner_center_default", "https://api.partner.microsoft.com/.default"),
        ("dataverse_default", "https://YOUR-ORGANISATION.crm4.dynamics.com/.default"),
    ],
)
def test_a_connection_can_be_copied(connections: dict[str, dict[str, Any]], name: str, scope: str) -> None:
    """The example is read as it stands: base URL, client id, secret, tenant; only Microsoft's own host is asked."""
    read = read_connection(
        Connection.from_json(json.dumps(connections[name]), name), conn_type=name.removesuffix("_default"), sign_in=""
    )
    assert read.scope == scope
    assert read.identity.authority == "https://login.microsoftonline.com/YOUR-TENANT-ID"
    assert read.identity.client_id
    assert read.identity.secret
    assert read.identity.verify is True


def test_the_state_can_be_copied(connections: dict[str, dict[str, Any]]) -> None:
    """The example's URL names a database that the state can live in."""
    assert connections["cosell_state_default"]["conn_type"] == "generic"
    assert read_url(connections["cosell_state_default"]["extra"]["url"]).get_backend_name() == "postgresql"


def test_every_key_of_a_connection_is_explained(connections: dict[str, dict[str, Any]]) -> None:
    """What the forms of both connections offer stands in the README."""
    fields = {key for kind in provider_info()["connection-types"] for key in kind["conn-fields"]}
    chapter = README[README.index("More keys of `extra`") : README.index("**6. Sign in**")]
    used = {key for one in connections.values() for key in one["extra"]} - {"url"}
    assert set(re.findall(r"^\| `([a-z_]+)`", chapter, flags=re.MULTILINE)) | used == fields


def test_every_setting_is_told_with_its_default() -> None:
    """The table of `cosell_settings` is the code's, member by member."""
    chapter = README[README.index("## Settings") : README.index("Environment variables, the same")]
    told = dict(re.findall(r"^\| `([a-z_]+)` \| `([^`]+)` \|", chapter, flags=re.MULTILINE))
    assert {name: json.loads(text) for name, text in told.items()} == Wishes().model_dump()
    assert f"`{START}`" in chapter
    assert f"`{SETTINGS}`" in chapter


def test_the_example_of_severities_names_rules() -> None:
    """It can be copied."""
    (example,) = re.findall(r"`(\{\"ADDRESS-1\".+?\})`", README)
    severities = Wishes.model_validate({"severities": json.loads(example)}).severities
    assert severities.keys() <= {rule.id for rule in RULES}
