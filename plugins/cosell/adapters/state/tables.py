"""The tables of the state, as SQLAlchemy Core sees them; `migrations` makes them, a test holds both equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC also where the database knows no zones (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time in UTC; a time without a zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the stored time, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Byte order for keys: the same in the database as in Python, so that every task locks rows in one order.
KEY = String().with_variant(String(collation="C"), "postgresql")
SERIAL = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

run = Table(
    "cosell_run",
    metadata,
    Column("run_id", KEY, primary_key=True),
    Column("dag_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("windows", JSON, nullable=False),
    Column("referral_ids", JSON, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("finished", UtcTime),
)

# One row per part: the tasks of a run report at the same time and must not overwrite each other.
run_report = Table(
    "cosell_run_report",
    metadata,
    Column("run_id", KEY, primary_key=True),
    Column("name", KEY, primary_key=True),
    Column("content", JSON, nullable=False),
)

binding = Table(
    "cosell_binding",
    metadata,
    Column("referral_id", KEY, primary_key=True),
    Column("row_id", KEY, nullable=False),
    Column("row_table", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    UniqueConstraint("row_id", name="cosell_binding_row_id"),
)

half = Table(
    "cosell_half",
    metadata,
    Column("side", KEY, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("baseline", JSON, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

# One row: counts the transactions that changed halves, in the order they were made.
revision = Table(
    "cosell_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
)

in_flight = Table(
    "cosell_in_flight",
    metadata,
    Column("target", KEY, primary_key=True),
    Column("source_side", KEY, primary_key=True),
    Column("source_key", KEY, primary_key=True),
    Column("operation", KEY, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("begun", UtcTime, nullable=False),
    Column("key", KEY),
    Column("meant", JSON, nullable=False),
    Column("sent_from", JSON, nullable=False),
    Index("cosell_in_flight_source", "source_side", "source_key"),
    Index("cosell_in_flight_target", "target", "key"),
)

unsettled = Table(
    "cosell_unsettled",
    metadata,
    Column("side", KEY, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("due", UtcTime),
    Column("tries", Integer, nullable=False),
    Column("remarks", JSON, nullable=False),
    Column("choices", JSON, nullable=False),
    Index("cosell_unsettled_due", "due"),
)

# Engagements that Microsoft takes, or may take, part in; those never read come first.
engagement = Table(
    "cosell_engagement",
    metadata,
    Column("engagement_id", KEY, primary_key=True),
    Column("referral_id", KEY, nullable=False),
    Column("microsoft_id", KEY),
    Column("read", UtcTime),
    Column("watched", Boolean, nullable=False),
    Index("cosell_engagement_read", "watched", "read"),
)

# What is about to end, such as the time to answer a referral; `told`: the mark, in days, last told of.
clock = Table(
    "cosell_clock",
    metadata,
    Column("referral_id", KEY, primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("ends", UtcTime, nullable=False),
    Column("told", Integer),
    Index("cosell_clock_ends", "ends"),
)

# No index on the run: SQLite would take it instead of the key, and walk all that a run holds for each look-up.
lease = Table(
    "cosell_lease",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("run_id", KEY, nullable=False),
    Column("until", UtcTime, nullable=False),
)

watermark = Table(
    "cosell_watermark",
    metadata,
    Column("side", KEY, primary_key=True),
    Column("until", UtcTime, nullable=False),
)

memory = Table(
    "cosell_memory",
    metadata,
    Column("name", KEY, primary_key=True),
    Column("content", JSON, nullable=False),
)

history = Table(
    "cosell_history",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("run_id", KEY, nullable=False),
    Column("side", KEY, nullable=False),
    Column("key", KEY, nullable=False),
    Column("action", Text, nullable=False),
    Column("other_key", Text),
    Column("field", Text),
    Column("old", JSON, nullable=False),
    Column("new", JSON, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("cosell_history_record", "side", "key"),
    Index("cosell_history_run", "run_id"),
    Index("cosell_history_at", "at"),
)

beneath = Table(
    "cosell_beneath",
    metadata,
    Column("row_id", KEY, primary_key=True),
    Column("parent", KEY, nullable=False),
    Column("child", KEY, nullable=False),
)

secret = Table(
    "cosell_secret",
    metadata,
    Column("name", KEY, primary_key=True),
    Column("ciphertext", Text, nullable=False),
    Column("expires", UtcTime),
    Column("origin", Text, nullable=False),
)
