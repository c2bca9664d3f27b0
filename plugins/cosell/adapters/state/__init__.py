"""The memory of the sync on SQLite or PostgreSQL: `open_state(url)`."""

from cosell.adapters.state.sql_state import SqlState, open_state

__all__ = ["SqlState", "open_state"]
