"""`python -m bench.peer_dlt FILE`: dlt's extract and normalise of the same payloads, one worker."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "EXTRACT__WORKERS": "1",
    "NORMALIZE__WORKERS": "1",
}

import dlt

if TYPE_CHECKING:
    from collections.abc import Iterator


def _payloads(path: Path) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            page.append(json.loads(line))
            if len(page) == 100:  # noqa: PLR2004 - a page of the list
                yield page
                page = []
    yield page


def main(path: Path) -> dict[str, float]:
    """Give wall and CPU seconds, and this process's peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("bench", destination="dummy", dataset_name="bench", pipelines_dir=folder)
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        pipeline.extract(dlt.resource(_payloads(path), name="referrals"))
        pipeline.normalize()
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    return {"wall": wall, "user": after.ru_utime - before.ru_utime, "peak_mb": after.ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
