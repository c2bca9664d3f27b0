"""A solution's file read and put in: all of it, or nothing; what stands in the way is told as the service tells it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.dataverse import write
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import SYSTEM_USER_ID, Caller
from sandbox.dataverse.package import CONTENT, MANIFEST, TYPES
from sandbox.dataverse.unpacking import name_of, put_in

if TYPE_CHECKING:
    from sandbox.dataverse.organisation import Organisation, Row

_SYSTEM = Caller(SYSTEM_USER_ID, person=True)


@dataclass(frozen=True)
class Package:
    """What a file says."""

    manifest: ET.Element
    content: ET.Element

    def said(self, path: str) -> str:
        """Give a text of the manifest."""
        return self.manifest.findtext(path) or ""

    @property
    def managed(self) -> bool:
        """Tell whether it is to be a managed solution."""
        return self.said("Managed") == "1"


def read_package(file: bytes) -> Package:
    """Read a file; raises the refusal of what is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as package:
            if missing := {TYPES, MANIFEST, CONTENT} - set(package.namelist()):
                raise _bad_file(f"it lacks {', '.join(sorted(missing))}")
            solution, content = (ET.fromstring(package.read(name)) for name in (MANIFEST, CONTENT))  # noqa: S314
    except (zipfile.BadZipFile, ET.ParseError) as error:
        raise _bad_file(str(error)) from error
    manifest = solution.find("SolutionManifest")
    if manifest is None:
        raise _bad_file("it has no SolutionManifest")
    return Package(manifest, content)


def _bad_file(reason: str) -> DataverseError:
    message = (
        "The solution file is invalid. The compressed file must contain the following files at its root: solution.xml, "
        f"customizations.xml, and [Content_Types].xml. ({reason})"
    )
    return DataverseError(400, "0x80048060", message)


def install_package(org: Organisation, package: Package) -> None:
    """Put a solution in."""
    try:
        with org.store.atomic():
            row = _solution(org, package)
            _check_roots(package)
            put_in(org, package.content, str(row["solutionid"]))
    finally:
        org.refresh()
    org.next_version()


def _solution(org: Organisation, package: Package) -> Row:
    """Give the solution's row, new or of the version that was there; raises where the two do not go together."""
    name, version = package.said("UniqueName"), package.said("Version")
    table = org.table("solution")
    there = next((row for row in org.rows(table).values() if row.get("uniquename") == name), None)
    values = {"version": version, "ismanaged": package.managed}
    if there is None:
        names = package.manifest.find("LocalizedNames/LocalizedName")
        described = package.manifest.find("Descriptions/Description")
        head = {
            "uniquename": name,
            "friendlyname": name if names is None else names.get("description"),
            "description": None if described is None else described.get("description"),
            "publisherid": ["publisher", _publisher(org, package)],
        }
        return write.insert(org, table, head | values, caller=_SYSTEM)
    if bool(there.get("ismanaged")) != package.managed:
        is_now, brings = ("managed", "unmanaged") if there.get("ismanaged") else ("unmanaged", "managed")
        code = "0x80048041" if there.get("ismanaged") else "0x80048040"
        message = (
            f"The solution is already installed on this system as a {is_now} solution and the package supplied is "
        )
        raise DataverseError(400, code, f"{message}attempting to install it in {brings} mode.")
    if _numbers(version) < _numbers(str(there["version"])):
        message = "The import solution must have a higher version than the existing solution it is upgrading."
        raise DataverseError(400, "0x80048541", message)
    return write.change(org, table, there, values, caller=_SYSTEM)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _publisher(org: Organisation, package: Package) -> str:
    table = org.table("publisher")
    name = package.said("Publisher/UniqueName")
    there = next((row for row in org.rows(table).values() if row.get("uniquename") == name), None)
    if there is None:
        values = {
            "uniquename": name,
            "friendlyname": name,
            "customizationprefix": package.said("Publisher/CustomizationPrefix"),
            "customizationoptionvalueprefix": int(package.said("Publisher/CustomizationOptionValuePrefix")),
        }
        there = write.insert(org, table, values, caller=_SYSTEM)
    return str(there["publisherid"])


def _check_roots(package: Package) -> None:
    there = {("1", name_of(said)) for said in package.content.iterfind("Entities/Entity")}
    there |= {("9", str(said.get("Name"))) for said in package.content.iterfind("optionsets/optionset")}
    roots = {(str(one.get("type")), str(one.get("schemaName"))) for one in package.manifest.iter("RootComponent")}
    for kind, name in sorted(there ^ roots):
        message = f"The import has failed because component {name} of type {kind} is not declared in the solution file "
        raise DataverseError(400, "0x8004803a", f"{message}as a root component.")
