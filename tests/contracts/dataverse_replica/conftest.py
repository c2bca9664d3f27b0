"""A new CRM for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from replica_crm import Crm

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def crm_at_work() -> Iterator[Crm]:
    """Give a new CRM."""
    one = Crm()
    yield one
    one.world.store.close()
