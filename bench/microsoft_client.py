"""The peer: Microsoft's own Python client creating the rows that our first load created."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.service import Service

_TABLES = {
    "accounts": "account",
    "contacts": "contact",
    "opportunities": "opportunity",
    "leads": "lead",
    "cosell_partnercentersolutions": "cosell_partnercentersolution",
    "connections": "connection",
}
_ROWS_PER_CALL = 200
"""As many as we send in one."""


@dataclass(frozen=True)
class _Credential:
    """Stands in for azure-identity."""

    value: str

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Give a token that lasts for the bench."""
        return AccessToken(self.value, int(time.time()) + 3600)


def load(service: Service, rows: dict[str, list[dict[str, Any]]]) -> tuple[float, int]:
    """Give the seconds it takes to create these rows with CreateMultiple from data frames, and how many there were."""
    for table in ("contact", "connection"):
        service.act("dataverse.bulk", table=table, message="CreateMultiple", supported=True)
    with (
        _trusting(service.ca),
        DataverseClient(service.url("dataverse"), _Credential(service.token("dataverse"))) as client,
    ):
        began = time.perf_counter()
        for set_name, table in _TABLES.items():
            _create(client, table, rows.get(set_name, []))
        return time.perf_counter() - began, sum(map(len, rows.values()))


def _create(client: DataverseClient, table: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ROWS_PER_CALL):
        frame = pd.DataFrame(rows[start : start + _ROWS_PER_CALL], dtype=object)
        client.dataframe.create(table, frame)


@contextmanager
def _trusting(ca: str) -> Iterator[None]:
    """Let the client's HTTP library trust the sandbox."""
    former = os.environ.get("REQUESTS_CA_BUNDLE")
    os.environ["REQUESTS_CA_BUNDLE"] = ca
    try:
        yield
    finally:
        if former is None:
            del os.environ["REQUESTS_CA_BUNDLE"]
        else:
            os.environ["REQUESTS_CA_BUNDLE"] = former
