"""Folders of ours under AIRFLOW_HOME, for what has no other place."""

from __future__ import annotations

import os
from pathlib import Path

from cosell.hooks.environment import DEFAULT, Environment


def own_folder(environment: Environment = DEFAULT) -> Path:
    """Give an environment's folder under AIRFLOW_HOME, made for its owner only."""
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    folder = home / environment.own("cosell")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
