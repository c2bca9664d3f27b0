"""Imports what a task works with, so that workers which fork for each task have it ready (docs/webhook.md)."""

from importlib import import_module

for name in ("cosell.hooks.world", "cosell.hooks.inbox", "cosell.adapters.inbox", "cosell.sync.lots"):
    import_module(name)
