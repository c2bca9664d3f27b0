"""Carries the solution from one environment to the next: out of the one where setup made it, into another."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import anyio

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.setup.bodies import publishing
from cosell.adapters.dataverse.setup.package import NoPackageError, read_package
from cosell.adapters.dataverse.setup.setup import stop
from cosell.core.errors import SetupStoppedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cosell.adapters.dataverse.client import Json, Wire
    from cosell.adapters.dataverse.setup.package import Package
    from cosell.adapters.dataverse.setup.setup import Setup

_COMPLETED, _SUCCEEDED = 3, 30
"""State and status of a job that is over, and that went well."""
_MISSING = 404
_PATIENCE = 1800.0
"""Seconds: large environments import slowly."""


class Promotion:
    """Takes the solution out of an environment, or puts it into one."""

    def __init__(self, wire: Wire, setup: Setup, *, name: str, between_looks: float = 3.0) -> None:
        self._client = DataverseClient(wire, headers={"Consistency": "Strong"})
        self._setup, self._name, self._between_looks = setup, name, between_looks

    async def take_out(self, *, managed: bool) -> bytes:
        """Give the solution's file; raises SetupStoppedError where it is not whole, or managed, here."""
        try:
            if await self._is_managed():
                raise SetupStoppedError([_only_unmanaged(self._name)])
        except RefusedCallError as error:
            stop(error, "look at the solution")
        plan = await self._setup.plan()
        if plan.changes or plan.obstacles:
            first = [*(step.sentence for step in plan.steps if step.changes), *plan.obstacles][0]
            reason = (
                f"the solution is not whole here (setup would {first}, {plan.changes} changes in all): run setup first"
            )
            raise SetupStoppedError([reason])
        try:
            answer = await self._client.call("ExportSolution", {"SolutionName": self._name, "Managed": managed})
        except RefusedCallError as error:
            stop(error, "export the solution")
        return base64.b64decode(str(answer["ExportSolutionFile"]))

    async def put_in(self, file: bytes, *, needed: Mapping[str, Collection[str]]) -> Package:
        """Put a solution's file in; `needed` are the columns that the mapping names, by table.

        Raises SetupStoppedError, before anything is written, where the environment would then still lack one of them,
        or holds the solution in the other mode (managed, unmanaged).
        """
        package = self._read(file)
        try:
            is_managed = await self._is_managed()
            if is_managed is not None and is_managed != package.managed:
                raise SetupStoppedError([_other_mode(self._name, is_managed=is_managed)])
            lacking = await self._lacking(package, needed)
            if lacking:
                raise SetupStoppedError(lacking)
            await self._import(file)
            if not package.managed:
                # A managed solution is seen at once, an unmanaged one when it is published.
                body = publishing(sorted(package.columns), sorted(package.choices))
                await self._client.define("POST", "PublishXml", body=body, headers={})
        except RefusedCallError as error:
            stop(error, "import the solution")
        return package

    async def _is_managed(self) -> bool | None:
        """Tell whether the solution is managed here; None: it is not here."""
        params = {"$select": "ismanaged", "$filter": f"uniquename eq {text(self._name)}"}
        row = await self._client.first("solutions", params=params)
        return None if row is None else bool(row["ismanaged"])

    def _read(self, file: bytes) -> Package:
        try:
            package = read_package(file)
        except NoPackageError as error:
            raise SetupStoppedError([f"the file cannot be imported, since {error}"]) from error
        if package.name != self._name:
            reason = f"the file holds the solution {package.name}, not {self._name}: import that one in the CRM itself"
            raise SetupStoppedError([reason])
        return package

    async def _lacking(self, package: Package, needed: Mapping[str, Collection[str]]) -> list[str]:
        """Say which mapped columns neither the environment has nor the file brings."""
        found = []
        for table, columns in sorted(needed.items()):
            there = await self._names(table)
            brought = package.columns.get(table, frozenset())
            if there is None and not brought:
                found.append(f"the environment has no table {table}, which the mapping names")
                continue
            # A table that comes with the file comes with the columns that every table has: theirs have no prefix.
            open_ones = [column for column in columns if there is not None or "_" in column]
            missing = {column for column in open_ones if column not in (there or ()) and column.lower() not in brought}
            found += [_missing(table, column) for column in sorted(missing)]
        return found

    async def _names(self, table: str) -> frozenset[str] | None:
        """Give the columns of a table and the ways that lead on from it, or None where it is not there."""
        path = f"EntityDefinitions(LogicalName={text(table)})"
        navigation = "ReferencingEntityNavigationPropertyName"
        try:
            columns = await self._client.rows(f"{path}/Attributes", params={"$select": "LogicalName"})
            ways = await self._client.rows(f"{path}/ManyToOneRelationships", params={"$select": navigation})
        except RefusedCallError as error:
            if error.fault.status == _MISSING:
                return None
            raise
        return frozenset(str(one["LogicalName"]) for one in columns) | {str(one[navigation]) for one in ways}

    async def _import(self, file: bytes) -> None:
        body: Json = {
            "OverwriteUnmanagedCustomizations": False,
            "PublishWorkflows": False,
            "CustomizationFile": base64.b64encode(file).decode(),
        }
        try:
            begun = await self._client.call("ImportSolutionAsync", body)
        except RefusedCallError as error:
            if error.fault.is_denied:
                raise
            raise SetupStoppedError([f"the CRM does not take the file: {error.fault.text}"]) from error
        await self._await(str(begun["AsyncOperationId"]))

    async def _await(self, job: str) -> None:
        """Wait until the import is over; raises SetupStoppedError where it failed."""
        with anyio.move_on_after(_PATIENCE):
            while True:
                row = await self._client.get(
                    f"asyncoperations({job})", params={"$select": "statecode,statuscode,message"}
                )
                if row["statecode"] == _COMPLETED:
                    break
                await anyio.sleep(self._between_looks)
            if row["statuscode"] != _SUCCEEDED:
                raise SetupStoppedError([f"the import failed: {row.get('message') or 'the CRM gives no reason'}"])
            return
        reason = (
            f"the import has not ended in {_PATIENCE / 60:.0f} minutes: see the job {job} under Settings, System Jobs"
        )
        raise SetupStoppedError([reason])


def _missing(table: str, column: str) -> str:
    return (
        f"the environment has no column {column} of {table}, which the mapping names, and the file does not bring it: "
        "put it into the solution where the file comes from and export it again, or map the field to another column"
    )


def _only_unmanaged(name: str) -> str:
    return (
        f"the solution {name} is managed in this environment, and Dynamics exports unmanaged ones only: export it from "
        "the environment where setup made it (--env, --connection)"
    )


def _other_mode(name: str, *, is_managed: bool) -> str:
    if is_managed:
        return (
            f"the solution {name} is managed in this environment, and the file is unmanaged: export it with --managed, "
            "and import that file"
        )
    return (
        f"the solution {name} is unmanaged in this environment, and the file is managed: export it without --managed "
        "and import that file, or delete the unmanaged solution in the CRM first (its columns and what they hold stay)"
    )
