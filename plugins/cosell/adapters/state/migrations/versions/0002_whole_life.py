"""What the whole life of a deal needs to be remembered: Microsoft's part, what ends when, what people chose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _engagements()
    _clocks()
    _choices()
    _beneath()


def _beneath() -> None:
    op.create_table(
        "cosell_beneath",
        sa.Column("row_id", KEY, primary_key=True),
        sa.Column("parent", KEY, nullable=False),
    )


def _clocks() -> None:
    op.create_table(
        "cosell_clock",
        sa.Column("referral_id", KEY, primary_key=True),
        sa.Column("kind", KEY, primary_key=True),
        sa.Column("ends", TIME, nullable=False),
        sa.Column("told", sa.Integer),
        sa.Index("cosell_clock_ends", "ends"),
    )


def _engagements() -> None:
    op.create_table(
        "cosell_engagement",
        sa.Column("engagement_id", KEY, primary_key=True),
        sa.Column("referral_id", KEY, nullable=False),
        sa.Column("microsoft_id", KEY),
        sa.Column("read", TIME),
        sa.Column("watched", sa.Boolean, nullable=False),
        sa.Index("cosell_engagement_read", "watched", "read"),
    )


def _choices() -> None:
    op.add_column("cosell_unsettled", sa.Column("choices", sa.JSON, nullable=False, server_default="[]"))
