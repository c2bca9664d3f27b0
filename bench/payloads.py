"""Referrals as Partner Center shows them, one JSON object a line; no two alike."""

from __future__ import annotations

import json
import random
import uuid
from typing import TYPE_CHECKING

from bench.planted import referrals

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = 2_000


def write_payloads(path: Path, number: int) -> None:
    """Write that many, made from some thousand of the seed with ids, names and values of their own."""
    kinds, rng = referrals(min(_KINDS, number), leads=False), random.Random(number)
    with path.open("w", encoding="utf-8") as file:
        for place in range(number):
            kind = kinds[place % len(kinds)]
            profile = {**kind["customerProfile"], "name": f"{kind['customerProfile']['name']} {place // 3}"}
            own = {
                "id": _guid(rng),
                "engagementId": _guid(rng),
                "name": f"{kind['name']} {place}",
                "customerProfile": profile,
                "details": {**kind["details"], "dealValue": rng.randrange(1_000, 900_000) / 100},
                "eTag": f'"{place:08x}"',
            }
            file.write(json.dumps(kind | own) + "\n")


def _guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
