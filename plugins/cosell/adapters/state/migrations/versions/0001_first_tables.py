"""The first tables of the state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, those about runs, about records and beside them."""
    _runs()
    _pairs()
    _open_ends()
    _marks()
    _history()


def _runs() -> None:
    op.create_table(
        "cosell_run",
        sa.Column("run_id", KEY, primary_key=True),
        sa.Column("dag_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("windows", sa.JSON, nullable=False),
        sa.Column("referral_ids", sa.JSON, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("finished", TIME),
    )
    op.create_table(
        "cosell_run_report",
        sa.Column("run_id", KEY, primary_key=True),
        sa.Column("name", KEY, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
    )


def _pairs() -> None:
    op.create_table(
        "cosell_binding",
        sa.Column("referral_id", KEY, primary_key=True),
        sa.Column("row_id", KEY, nullable=False),
        sa.Column("row_table", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.UniqueConstraint("row_id", name="cosell_binding_row_id"),
    )
    op.create_table(
        "cosell_half",
        sa.Column("side", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("baseline", sa.JSON, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    counter = op.create_table(
        "cosell_revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counter, [{"id": 1, "count": 0}])


def _open_ends() -> None:
    op.create_table(
        "cosell_in_flight",
        sa.Column("target", KEY, primary_key=True),
        sa.Column("source_side", KEY, primary_key=True),
        sa.Column("source_key", KEY, primary_key=True),
        sa.Column("operation", KEY, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("begun", TIME, nullable=False),
        sa.Column("key", KEY),
        sa.Column("meant", sa.JSON, nullable=False),
        sa.Column("sent_from", sa.JSON, nullable=False),
        sa.Index("cosell_in_flight_source", "source_side", "source_key"),
        sa.Index("cosell_in_flight_target", "target", "key"),
    )
    op.create_table(
        "cosell_unsettled",
        sa.Column("side", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("due", TIME),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("remarks", sa.JSON, nullable=False),
        sa.Index("cosell_unsettled_due", "due"),
    )


def _marks() -> None:
    op.create_table(
        "cosell_lease",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("until", TIME, nullable=False),
    )
    op.create_table(
        "cosell_watermark",
        sa.Column("side", KEY, primary_key=True),
        sa.Column("until", TIME, nullable=False),
    )
    op.create_table(
        "cosell_memory",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
    )
    op.create_table(
        "cosell_secret",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("ciphertext", sa.Text, nullable=False),
        sa.Column("expires", TIME),
        sa.Column("origin", sa.Text, nullable=False),
    )


def _history() -> None:
    op.create_table(
        "cosell_history",
        sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("side", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("other_key", sa.Text),
        sa.Column("field", sa.Text),
        sa.Column("old", sa.JSON, nullable=False),
        sa.Column("new", sa.JSON, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Index("cosell_history_record", "side", "key"),
        sa.Index("cosell_history_run", "run_id"),
        sa.Index("cosell_history_at", "at"),
    )
