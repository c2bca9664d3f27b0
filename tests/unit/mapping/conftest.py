"""Fixtures of the mapping room."""

from conftest_mapping import limits, mapper, mapping, read

__all__ = ["limits", "mapper", "mapping", "read"]
