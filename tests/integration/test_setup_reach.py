"""What a setup makes follows the user's own mapping and settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.hooks.setup import needed

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.adapters.dataverse.setup.wanted import Wanted

OWN = "fields:\n  audit: {dataverse: new_trail, bookkeeping: true}\n"


def reached() -> Wanted:
    """Give what a setup would make."""
    return load_wanted().only(needed())


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder for mapping files."""
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", "{}")
    return tmp_path


def test_the_shipped_mapping_needs_all_of_it() -> None:
    """Nothing on the list is there for nobody."""
    assert reached() == load_wanted()


def test_a_column_that_the_mapping_replaced_is_not_made(own: Path) -> None:
    """An adopted column is not doubled; the others are made as ever."""
    (own / "referral_opportunity.yaml").write_text(OWN)
    left = load_wanted().tables["opportunity"].columns.keys() - reached().tables["opportunity"].columns.keys()
    assert left == {"cosell_audit"}


def test_without_leads_the_table_lead_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Co-sell deals only: no column is put on a table that is not kept in step."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps({"leads": False}))
    assert load_wanted().tables.keys() - reached().tables.keys() == {"lead"}
