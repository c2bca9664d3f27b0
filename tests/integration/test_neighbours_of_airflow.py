"""Environments of one deployment that would get in each other's way are told, with the way out."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from cosell.commands.scenario import run_scenario
from cosell.commands.settings import kind_in_words
from cosell.core.errors import ConfigurationError
from cosell.core.scope import Permission, Scope
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.neighbours import confirm_label, contradictions
from cosell.hooks.partner_center_events import open_office
from cosell.hooks.settings import Wishes, read_wishes
from cosell.hooks.world import open_worlds
from cosell.mapping import MappingSettings, default_folders, load_mapping

from tests.integration.driven import typed

if TYPE_CHECKING:
    from pathlib import Path

TEST = Environment("test")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")


def enter(patch: pytest.MonkeyPatch, kind: str, name: str, *, host: str, **extra: str) -> None:
    """Enter a connection."""
    told = {"conn_type": kind, "host": f"https://{host}.example", "login": "app", "password": "s"}
    told |= {"extra": {"tenant_id": "t", **extra}}
    patch.setenv(f"AIRFLOW_CONN_{kind}_{name}".upper(), json.dumps(told))


def settle(patch: pytest.MonkeyPatch, **settings: str) -> None:
    """Set the settings of the environment test."""
    patch.setenv("AIRFLOW_VAR_COSELL_SETTINGS_TEST", json.dumps(settings))


def test_all_but_the_default_one_are_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until an operator says otherwise, for either."""
    assert read_wishes().scope().permission is Permission.EVERYTHING
    assert read_wishes(TEST).scope(TEST) == Scope("test", frozenset({"default", "test"}), Permission.READ_ONLY)
    settle(monkeypatch, partner_center="own")
    assert read_wishes(TEST).scope(TEST).permission is Permission.OWN
    assert read_wishes(TEST).to_mapping(TEST).labelled is True


def test_the_setting_is_printed_with_its_words() -> None:
    """Those that the code knows."""
    told = kind_in_words(Wishes.model_json_schema()["properties"]["partner_center"])
    assert told == " or ".join([*Permission, "null"])


@pytest.mark.parametrize(
    ("ours", "theirs", "refused"),
    [
        ({"partner_id": "1"}, {"partner_id": "1"}, True),
        ({"partner_id": "1"}, {"partner_id": "2"}, False),
        ({"organization_id": "a"}, {"organization_id": "b"}, False),
        ({"partner_id": "1", "organization_id": "a"}, {"partner_id": "2", "organization_id": "A"}, True),
        ({"partner_id": "1234"}, {"partner_id": "01234 "}, True),
        ({"partner_id": "1"}, {"organization_id": "a"}, True),
        ({"partner_id": "1"}, {"organization_id": "a", "tenant_id": "u"}, False),
    ],
)
def test_two_that_may_do_everything_refuse(
    monkeypatch: pytest.MonkeyPatch, ours: dict[str, str], theirs: dict[str, str], *, refused: bool
) -> None:
    """Where they have one Partner Center account; what cannot be told apart counts as one."""
    enter(monkeypatch, "partner_center", "default", host="pc", **ours)
    enter(monkeypatch, "partner_center", "test", host="pc", **theirs)
    assert contradictions(DEFAULT) == contradictions(TEST) == []
    settle(monkeypatch, partner_center="everything")
    for each in (DEFAULT, TEST):
        told = contradictions(each)
        assert bool(told) is refused
        assert not told or "the same Partner Center account and both may do everything" in told[0]


def test_every_run_and_registering_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is opened."""
    for name in ("default", "test"):
        enter(monkeypatch, "partner_center", name, host="pc", partner_id="1")
        enter(monkeypatch, "dataverse", name, host=name)
    settle(monkeypatch, partner_center="everything")

    async def opened(environment: Environment) -> None:
        async with open_worlds(environment, run_id="run"):
            pytest.fail("it was opened")

    async def registering(environment: Environment) -> None:
        async with open_office(environment):
            pytest.fail("it was opened")

    for environment in (DEFAULT, TEST):
        for work in (opened, registering):
            with pytest.raises(ConfigurationError, match="both may do everything there; set partner_center to own"):
                asyncio.run(work(environment))


@pytest.mark.parametrize(
    "words",
    [
        ["setup"],
        ["setup", "--dry-run"],
        ["remove-marks", "--yes"],
        ["solutions", "import", "FILE"],
        ["solutions", "seen"],
        ["solutions", "copy", "new_products", "--yes"],
        ["solution", "import", "FILE"],
        ["resolve", "ID", "--field", "notes", "--take", "dataverse"],
    ],
    ids=" ".join,
)
def test_every_command_that_writes_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]) -> None:
    """In the words of the runs, before anything is asked."""
    file = tmp_path / "offers.csv"
    file.write_text("solution id,name\nSOL-1,One\n")
    for name in ("default", "test"):
        enter(monkeypatch, "partner_center", name, host="pc", partner_id="1")
        enter(monkeypatch, "dataverse", name, host="crm")
    (told,) = contradictions(TEST)
    with pytest.raises(SystemExit) as ended:
        typed(*(str(file) if word == "FILE" else word for word in words), "--env", "test")
    assert ended.value.code == f"ConfigurationError: {told}"


def test_a_crm_goes_by_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """`org.crm4` and `org.api.crm4` are one."""
    for name, host in (("default", "org.crm4.dynamics"), ("test", "ORG.api.crm4.dynamics")):
        enter(monkeypatch, "dataverse", name, host=host)
    assert "lead to the same Dynamics 365" in contradictions(TEST)[0]


def test_a_restricted_one_has_a_crm_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would write labelled deals out of production's rows; production itself goes on."""
    for name in ("default", "test"):
        enter(monkeypatch, "dataverse", name, host="crm")
    assert contradictions(DEFAULT) == []
    (told,) = contradictions(TEST)
    assert told.endswith("same Dynamics 365, https://crm.example; give dataverse_test one of its own")


def test_a_neighbour_whose_settings_are_wrong_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does nothing itself until they are mended."""
    settle(monkeypatch, partner_centre="own")
    assert contradictions(DEFAULT) == []
    with pytest.raises(ConfigurationError, match="cosell_settings_test is wrong"):
        contradictions(TEST)


def test_a_mapping_that_takes_the_label_away_is_refused(tmp_path: Path) -> None:
    """Else the deals of a restricted environment would be taken for production's."""
    shipped = load_mapping()
    settings = MappingSettings(environment="test", labelled=True)
    scope = Scope("test", frozenset({"test"}), Permission.OWN)
    confirm_label(shipped.mapper(limits={}, settings=settings), scope)
    for line in ("label: null", "deal_name: {partner_center: name, dataverse: name, written_on: [dataverse]}"):
        (tmp_path / "referral_opportunity.yaml").write_text(f"fields: {{{line}}}")
        mapping = load_mapping(folders=[*default_folders(), tmp_path])
        with pytest.raises(ConfigurationError, match="lacks its label"):
            confirm_label(mapping.mapper(limits={}, settings=settings), scope)
        confirm_label(mapping.mapper(limits={}), Scope())


@pytest.mark.parametrize(("number", "permission"), [(1, "read_only"), (2, "own")])
def test_a_scenario_is_played_where_its_deals_may_be_made(
    monkeypatch: pytest.MonkeyPatch, number: int, permission: str
) -> None:
    """The second one makes deals in Partner Center as production gets them."""
    settle(monkeypatch, partner_center=permission)
    said = {"env": "test", "solution": "SOL-1", "seller": "a@b.example", "colleague": None, "currency": "EUR"}
    with pytest.raises(SystemExit, match="environment test may not make such deals in Partner Center"):
        run_scenario(Namespace(number=number, country="DE", minutes=1.0, yes=True, **said))
