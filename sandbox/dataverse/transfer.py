"""The actions that carry solutions between environments, and the jobs that say how an import went."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sandbox.dataverse import asked, errors, write
from sandbox.dataverse.answers import ok
from sandbox.dataverse.organisation import SYSTEM_USER_ID, Caller
from sandbox.dataverse.package import write_package
from sandbox.dataverse.privileges import demand_customiser
from sandbox.dataverse.reading import context_root
from sandbox.dataverse.unpack import install_package, read_package
from sandbox.dataverse.values import stamp

if TYPE_CHECKING:
    from sandbox.answers import Answer
    from sandbox.dataverse.address import Segment
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation

JOB = "asyncoperation"
_EXPORT = {"SolutionName", "Managed", "TargetVersion"}
_IMPORT = {
    "OverwriteUnmanagedCustomizations", "PublishWorkflows", "CustomizationFile", "ImportJobId", "HoldingSolution",
    "SkipProductUpdateDependencies", "ConvertToManaged", "ComponentParameters", "SolutionParameters",
}  # fmt: skip
_LOCKED, _COMPLETED = 2, 3
_IN_PROGRESS, _SUCCEEDED, _FAILED = 20, 30, 31


def export_solution(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Give an unmanaged solution as a file; what is not published does not go along."""
    demand_customiser(org, call.caller, "prvExportCustomization")
    body = call.json()
    asked.check_members(body, _EXPORT | {name for name in body if name.startswith("Export")}, kind="ExportSolution")
    name = str(body.get("SolutionName"))
    found = [row for row in org.rows(org.table("solution")).values() if row.get("uniquename") == name]
    if not found:
        raise errors.DataverseError(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    if found[0].get("ismanaged"):
        message = "An error occurred while exporting a solution. Managed solutions cannot be exported."
        raise errors.DataverseError(400, "0x80048036", message)
    if not isinstance(body.get("Managed"), bool):
        raise errors.DataverseError(400, "0x80040203", "Required field 'Managed' is missing")
    file = base64.b64encode(write_package(org, found[0], managed=body["Managed"])).decode()
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.ExportSolutionResponse"
    return ok(call, {"@odata.context": context, "ExportSolutionFile": file})


def import_solution(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Begin to put a solution in; whether it went well is told by the job."""
    demand_customiser(org, call.caller, "prvImportCustomization")
    body = call.json()
    asked.check_members(body, _IMPORT, kind="ImportSolutionAsync")
    required = {"OverwriteUnmanagedCustomizations", "PublishWorkflows", "CustomizationFile"}
    if missing := sorted(required - body.keys()):
        raise errors.DataverseError(400, "0x80040203", f"Required field '{missing[0]}' is missing")
    try:
        package = read_package(base64.b64decode(str(body["CustomizationFile"]), validate=True))
    except binascii.Error as error:
        raise asked.wrong("CustomizationFile is not base64.") from error
    job = _begin(org)
    try:
        install_package(org, package)
    except errors.DataverseError as error:
        _outcome(org, job, _FAILED, message=f"Solution manifest import: FAILURE: {error.message} [{error.code}]")
    else:
        _outcome(org, job, _SUCCEEDED, message="")
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.ImportSolutionAsyncResponse"
    return ok(call, {"@odata.context": context, "AsyncOperationId": job, "ImportJobKey": str(uuid4())})


def _begin(org: Organisation) -> str:
    values: dict[str, Any] = {"name": "Import Solution", "statecode": _LOCKED, "statuscode": _IN_PROGRESS}
    return str(write.insert(org, org.table(JOB), values, caller=Caller(SYSTEM_USER_ID, person=True))[f"{JOB}id"])


def _outcome(org: Organisation, job: str, status: int, *, message: str) -> None:
    """Keep how a job will end; it is seen once its time has come."""
    rows = org.rows(org.table(JOB))
    ends = stamp(org.now() + timedelta(seconds=org.world.settings["dataverse_import_seconds"]))
    rows.put(job, {**(rows.get(job) or {}), "ending": [ends, status, message]})


def settle(org: Organisation) -> None:
    """End the jobs whose time has come."""
    table = org.table(JOB)
    rows = org.rows(table)
    for row in list(rows.values()):
        if "ending" in row and row["ending"][0] <= stamp(org.now()):
            left = {name: value for name, value in row.items() if name != "ending"}
            _, status, message = row["ending"]
            rows.put(row[table.key], {**left, "statecode": _COMPLETED, "statuscode": status, "message": message})
