"""A short name for what a line of the mapping says, the same for the same content in any order."""

from __future__ import annotations

import hashlib
import json


def fingerprint_of(*content: object) -> str:
    """Give the fingerprint of plain JSON values."""
    said = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
