"""Alembic scripts of the state; part of the package, run by `cosell.adapters.state.migrate`."""
