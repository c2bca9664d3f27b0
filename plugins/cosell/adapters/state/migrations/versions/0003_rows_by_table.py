"""Rows beneath a record stand in more tables than one: each is remembered with its table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SOLUTIONS = "cosell_partnercentersolution"


def upgrade() -> None:
    """Add the column; what is known so far are solutions."""
    op.add_column("cosell_beneath", sa.Column("child", KEY, nullable=False, server_default=SOLUTIONS))
