"""`python -m local.enter_connections FACTS`: enter the sandbox's connections into Airflow's own database."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from local.home import connections


def main(facts: str) -> int:
    """Replace the connections by what the facts say."""
    named = connections(json.loads(Path(facts).read_text()))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(named, file)
        file.flush()
        command = [sys.executable, "-m", "airflow", "connections", "import", "--overwrite", file.name]
        return subprocess.run(command, check=False).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
