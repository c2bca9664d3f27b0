"""What people call the CRM's columns, and the tables that there are: for telling who wrote another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.odata import text

if TYPE_CHECKING:
    from cosell.adapters.dataverse.client import DataverseClient


async def display_names(client: DataverseClient, table: str) -> dict[str, str]:
    """Give logical name → display name of a table's columns as our user reads them, empty where it has none."""
    path = f"EntityDefinitions(LogicalName={text(table)})/Attributes"
    rows = await client.rows(path, params={"$select": "LogicalName,DisplayName"})
    return {str(row["LogicalName"]): _label(row.get("DisplayName")) for row in rows}


async def table_names(client: DataverseClient) -> list[str]:
    """Give the logical names of all tables."""
    rows = await client.rows("EntityDefinitions", params={"$select": "LogicalName"})
    return [str(row["LogicalName"]) for row in rows]


def _label(told: object) -> str:
    """Give the text of a label in our user's language."""
    label = told.get("UserLocalizedLabel") if isinstance(told, dict) else None
    return str(label.get("Label") or "") if isinstance(label, dict) else ""
