"""`airflow cosell mapping adopt`: shown first, written only when it is agreed to, into the user's own folder alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse.client import DataverseClient
from cosell.hooks.dataverse import DataverseHook

from tests.integration.driven import typed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("deployed")


def add_old_column() -> None:
    """Let another connector have added its Audit."""
    body: dict[str, object] = {
        "@odata.type": "Microsoft.Dynamics.CRM.MemoAttributeMetadata",
        "SchemaName": "new_OldAudit",
        "DisplayName": {"LocalizedLabels": [{"Label": "Audit", "LanguageCode": 1033}]},
        "MaxLength": 2000,
    }

    async def add() -> None:
        async with DataverseHook().open_transport() as transport:
            path = "EntityDefinitions(LogicalName='opportunity')/Attributes"
            await DataverseClient(transport).define("POST", path, body=body, headers={})

    asyncio.run(add())


def test_it_is_shown_then_written_then_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without --yes nothing is written; a file that is there is never written over."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", "{}")
    file = tmp_path / "referral_opportunity.yaml"
    typed("mapping", "adopt")
    assert "No column of another connector is left to adopt" in capfd.readouterr().out
    add_old_column()
    typed("mapping", "adopt", "--into", str(tmp_path))
    shown = capfd.readouterr().out
    assert "Audit: new_oldaudit can be adopted" in shown
    assert "dataverse: new_oldaudit" in shown
    assert "Nothing was written" in shown
    assert not file.exists()
    with pytest.raises(SystemExit, match="no folder of yours is named"):
        typed("mapping", "adopt", "--yes")
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path))
    typed("mapping", "adopt", "--yes")
    capfd.readouterr()
    typed("mapping", "explain", "audit")
    assert "new_oldaudit" in capfd.readouterr().out
    typed("mapping", "adopt", "--yes")
    assert "No column of another connector is left to adopt" in capfd.readouterr().out
    monkeypatch.delenv("COSELL_MAPPINGS")
    before = file.read_text()
    with pytest.raises(SystemExit, match="is there already"):
        typed("mapping", "adopt", "--yes", "--into", str(tmp_path))
    assert file.read_text() == before


def test_old_products_are_listed_first(capfd: pytest.CaptureFixture[str]) -> None:
    """Without --yes nothing is made; a column that is not there is named."""
    typed("solutions", "copy", "description")
    told = capfd.readouterr().out
    assert "0 rows to make, 0 there already" in told
    assert "Nothing was written" in told
    with pytest.raises(SystemExit, match="has no column new_nothing"):
        typed("solutions", "copy", "new_nothing", "--yes")
