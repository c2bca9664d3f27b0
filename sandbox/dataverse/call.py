"""One request as the service sees it, whether it came alone or as a part of a batch, and what its headers prefer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import Caller
from sandbox.dataverse.values import RAW_NUMBER
from sandbox.odata import Value

API = "/api/data/v9.2/"
MAX_PAGE = 5000
_LONGEST, _LONGEST_IN_BATCH = 32_768, 65_536
_RAW = re.compile(rb'"%s(-?[0-9.]+)"' % json.dumps(RAW_NUMBER)[1:-1].encode().replace(b"\\", b"\\\\"))
_PREFERENCE = re.compile(r'([\w.-]+)(?:\s*=\s*("[^"]*"|[^,;\s]+))?')
_OPTIONS = {"$select", "$filter", "$orderby", "$top", "$expand", "$count", "$skiptoken", "$deltatoken"}


@dataclass
class Tally:
    """How many rows a request read or wrote, for the latency and the journal."""

    rows: int = 0
    written: int = 0


@dataclass(frozen=True)
class Preferences:
    """The honoured parts of the Prefer header."""

    page_size: int | None = None
    representation: bool = False
    annotations: tuple[str, ...] = ()
    continue_on_error: bool = False
    track_changes: bool = False
    applied: tuple[str, ...] = ()

    def annotates(self, name: str) -> bool:
        """Tell whether the answer shall hold an annotation."""
        return any(fnmatchcase(name, pattern) for pattern in self.annotations)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request; `path` is still percent-encoded and stands below the API's root."""

    method: str
    path: str
    base: str
    caller: Caller
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    tally: Tally = field(default_factory=Tally)

    @property
    def root(self) -> str:
        """Give the API's root with the host that the request came to."""
        return self.base + API

    @cached_property
    def preferences(self) -> Preferences:
        """Give what the Prefer header asks for."""
        return read_preferences(self.headers.get("prefer", ""))

    @cached_property
    def options(self) -> dict[str, str]:
        """Give the query options; raises for one that Dataverse does not have."""
        return read_options(self.query)

    def check_length(self, *, in_batch: bool) -> None:
        """Refuse an address that is longer than the service takes."""
        limit = _LONGEST_IN_BATCH if in_batch else _LONGEST
        if len(self.root) + len(self.path) + len(self.query) > limit:
            raise errors.DataverseError(400, "0x80060888", f"The length of the request URI exceeds {limit} characters.")

    def json(self) -> dict[str, Any]:
        """Give the body; raises the real refusal where it is no JSON object."""
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            message = "A supported MIME type could not be found that matches the content type of the request."
            raise errors.DataverseError(400, "0x80060888", message)
        try:
            body = json.loads(self.body, parse_float=Decimal)
        except ValueError as error:
            raise errors.DataverseError(400, "0x80048d19", f"Error identified in Payload: {error}") from error
        if not isinstance(body, dict):
            raise errors.DataverseError(400, "0x80048d19", "Error identified in Payload: an object was expected.")
        return body


def read_options(query: str) -> dict[str, str]:
    """Give the options of a raw query string."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "$skip":
            raise errors.bad_query("Skip Clause is not supported in CRM")
        if name.startswith("$") and name not in _OPTIONS:
            raise errors.bad_query(f"The query parameter {name} is not supported.")
        if name in options:
            raise errors.bad_query(f"Query option '{name}' was specified more than once, but it must be unique.")
        options[name] = value
    return options


def read_preferences(text: str) -> Preferences:
    """Read a Prefer header; what is not known is passed over."""
    found = {name.lower(): (value or "").strip('"') for name, value in _PREFERENCE.findall(text)}
    size = found.get("odata.maxpagesize", "")
    annotations = tuple(part.strip() for part in found.get("odata.include-annotations", "").split(",") if part.strip())
    page_size = min(int(size), MAX_PAGE) if size.isdigit() and int(size) > 0 else None
    applied = [
        f"odata.maxpagesize={page_size}" if page_size else "",
        f'odata.include-annotations="{",".join(annotations)}"' if annotations else "",
        "return=representation" if found.get("return") == "representation" else "",
        "odata.track-changes" if "odata.track-changes" in found else "",
    ]
    return Preferences(
        page_size=page_size,
        representation=found.get("return") == "representation",
        annotations=annotations,
        continue_on_error="odata.continue-on-error" in found,
        track_changes="odata.track-changes" in found,
        applied=tuple(part for part in applied if part),
    )


def dumps(body: Value) -> bytes:
    """Write JSON with money and decimals as the digits they are."""
    return _RAW.sub(rb"\1", json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
