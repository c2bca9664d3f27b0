"""The installed package as Airflow sees it: connection types, forms, and the command."""

from __future__ import annotations

from importlib.metadata import distribution, entry_points
from typing import Any

import pytest
from airflow.cli import cli_parser
from airflow.providers_manager import ProvidersManager
from cosell.commands import words
from cosell.core.record import Member, SolutionLine
from cosell.provider import provider_info
from cosell.provider import provider_info as info

PARTNER_KEYS = {
    "tenant_id",
    "authority",
    "scope",
    "certificate",
    "verify",
    "refresh_token",
    "partner_id",
    "organization_id",
}


@pytest.fixture(scope="module")
def manager() -> ProvidersManager:
    """Give Airflow's own view of its providers."""
    return ProvidersManager()


def test_the_package_name_is_the_distribution() -> None:
    """Airflow refuses a provider whose name is not that of the installed distribution."""
    (found,) = [one for one in entry_points(group="apache_airflow_provider") if one.value.startswith("cosell.")]
    assert found.load() is provider_info
    assert info()["package-name"] == distribution("cosell").metadata["Name"]


@pytest.mark.parametrize("kind", ["partner_center", "partner_center_events", "dataverse"])
def test_our_connection_types_are_known(manager: ProvidersManager, kind: str) -> None:
    """Each has a hook that can be imported and that knows its type."""
    hook = manager.hooks[kind]
    assert hook is not None
    assert hook.package_name == "cosell"
    assert hook.connection_type == kind


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("dataverse", {"tenant_id", "authority", "scope", "certificate", "verify"}),
        ("partner_center", PARTNER_KEYS),
        ("partner_center_events", PARTNER_KEYS),
    ],
)
def test_the_form_has_the_extra_keys(manager: ProvidersManager, kind: str, names: set[str]) -> None:
    """Operators of existing deployments depend on these names; secrets are typed behind dots."""
    prefix = f"extra__{kind}__"
    fields: dict[str, Any] = {
        name.removeprefix(prefix): widget
        for name, widget in manager.connection_form_widgets.items()
        if name.startswith(prefix)
    }
    assert set(fields) == names
    assert {name for name, widget in fields.items() if widget.is_sensitive} == names & {"refresh_token"}
    relabelled = manager.field_behaviours[kind]["relabeling"]
    assert relabelled == {"host": "Base URL", "login": "Client id", "password": "Client secret"}


@pytest.mark.parametrize(
    "line",
    [
        ["plan", "run-1"],
        ["report", "run-1"],
        ["report", "run-1", "--limit", "5"],
        ["unsettled", "--reason", "side_paused"],
        ["resolve", "id-1", "--field", "notes", "--take", "dataverse"],
        ["retry", "id-1"],
        ["retry", "--all", "--reason", "conflict"],
        ["allow", "mapping"],
        ["sign-in"],
        ["sign-in", "--events"],
        ["webhook", "url"],
    ],
)
def test_airflow_has_our_command(line: list[str]) -> None:
    """`airflow cosell ...` comes with the installed package."""
    cli_parser.get_parser.cache_clear()
    assert callable(cli_parser.get_parser().parse_args(["cosell", *line]).func)


def test_a_reader_sees_no_person() -> None:
    """Contacts are shown by their initials, wherever a value is printed."""
    shown = words.in_words((Member("Åsa", "Nilsson", "asa@customer.example", "+46800001"),))
    assert shown == "Å. N."
    sellers = "Megan Bowen, megan@microsoft.example, +1 425\nDesk, desk@microsoft.example"
    assert words.field_in_words("microsoft_contacts", sellers) == "2 told"
    assert words.field_in_words("notes", "as they are") == "as they are"
    assert words.in_words(SolutionLine("SOL-1", "Tailspin", None, None)) == "Tailspin"
    assert words.change_in_words("a", None) == "a ⇒ (empty)"
