"""A solution's file, as far as setup reads it: whose it is, and which columns it brings. Pure."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping

_MANIFEST, _CONTENT = "solution.xml", "customizations.xml"
_MOST = 50_000_000
"""Bytes of one part: ours has a few hundred thousand, and a zip can say more than it holds."""


class NoPackageError(ValueError):
    """The bytes are no solution's file."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a file says of itself."""

    name: str
    version: str
    managed: bool
    columns: Mapping[str, frozenset[str]]
    """Logical names, by table."""
    choices: frozenset[str]
    """Global ones, by name."""


def read_package(content: bytes) -> Package:
    """Read a file; raises NoPackageError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            manifest, customizations = (_tree(package, name) for name in (_MANIFEST, _CONTENT))
    except (
        zipfile.BadZipFile,
        KeyError,
        ET.ParseError,
        UnicodeDecodeError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        reason = f"it is no solution's zip: {error}"
        raise NoPackageError(reason) from error
    said = manifest.find("SolutionManifest")
    if said is None:
        reason = f"its {_MANIFEST} describes no solution"
        raise NoPackageError(reason)
    return Package(
        name=said.findtext("UniqueName") or "",
        version=said.findtext("Version") or "",
        managed=said.findtext("Managed") == "1",
        columns=_columns(customizations),
        choices=frozenset(one.get("Name") or "" for one in customizations.iterfind("optionsets/optionset")),
    )


def _tree(package: zipfile.ZipFile, name: str) -> ET.Element:
    if package.getinfo(name).file_size > _MOST:
        reason = f"its {name} is too large"
        raise NoPackageError(reason)
    with package.open(name) as part:
        text = part.read(_MOST).decode("utf-8-sig")
    if "<!DOCTYPE" in text:
        reason = f"its {name} holds a document type, which no solution has"
        raise NoPackageError(reason)
    return ET.fromstring(text.encode())  # noqa: S314 - without a document type there are no entities


def _columns(customizations: ET.Element) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table in customizations.iterfind("Entities/Entity/EntityInfo/entity"):
        names = (column.findtext("LogicalName") for column in table.iterfind("attributes/attribute"))
        found[(table.get("Name") or "").lower()] |= {name.lower() for name in names if name}
    return {table: frozenset(names) for table, names in found.items()}
