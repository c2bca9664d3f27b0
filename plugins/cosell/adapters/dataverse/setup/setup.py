"""A setup from beginning to end: read, compare, do what lacks, wait for the keys, and look whether it is all there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import anyio

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.errors import RefusedCallError, raise_for_call
from cosell.adapters.dataverse.setup.acts import Acts
from cosell.adapters.dataverse.setup.diff import ACTIVE, FAILED, compare
from cosell.adapters.dataverse.setup.labels import labels_for
from cosell.adapters.dataverse.setup.obstacles import denied, without_rights
from cosell.adapters.dataverse.setup.reading import NEWEST, read
from cosell.adapters.dataverse.setup.rights import lacking
from cosell.adapters.dataverse.setup.steps import Kind, SetupPlan
from cosell.adapters.dataverse.survey import Survey
from cosell.core.errors import CosellError, RetryLaterError, SetupStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cosell.adapters.dataverse.client import Wire
    from cosell.adapters.dataverse.errors import Fault
    from cosell.adapters.dataverse.setup.found import Found
    from cosell.adapters.dataverse.setup.labels import Labels
    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.adapters.dataverse.setup.wanted import Wanted

_BUSY = frozenset({"0x80071151", "0x80071154"})
"""Somebody else customises at this moment."""
_THERE = frozenset(
    # a row, a column (2), a table, a name of either, a relationship, a choice, a key of the name, of the columns
    {"0x80040237", "0x80047013", "0x80060304", "0x8004700b", "0x80044363", "0x8004432b", "0x80044345"}
    | {"0x80060893", "0x80060894"}
)
_MISSING = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPatience:
    """How long a setup waits; seconds."""

    between_tries: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 30, 30, 30)
    """For a definition that the service does not see yet, or while somebody else customises."""
    between_looks: float = 5
    index: float = 300
    """For the indexes of all keys."""


@dataclass(frozen=True, slots=True)
class SetupReport:
    """What a setup did, and what a person must still see to."""

    done: tuple[Step, ...]
    left: tuple[str, ...] = ()


class Setup:
    """Brings one CRM to what is wanted."""

    def __init__(self, wire: Wire, wanted: Wanted, *, patience: SetupPatience | None = None) -> None:
        self._client = DataverseClient(wire, headers=NEWEST)
        self._wanted = wanted
        self._patience = patience or SetupPatience()

    async def plan(self) -> SetupPlan:
        """Give what would be done; nothing is written."""
        return (await self._judged())[0]

    async def run(self, tell: Callable[[Step], None]) -> SetupReport:
        """Do it; `tell` hears of every step before it begins. Raises SetupStoppedError, RetryLaterError."""
        plan, found, labels = await self._judged()
        if plan.obstacles:
            raise SetupStoppedError(plan.obstacles)
        acts = Acts(self._client, self._wanted, found, labels=labels)
        done: list[Step] = []
        try:
            if found.solution and any(step.kind is Kind.PUBLISH for step in plan.steps):
                await self._begin(acts)
            for step in plan.steps:
                tell(step)
                if step.kind is not Kind.AWAIT:
                    await self._do(acts, step, done=len(done))
                    done.append(step)
            left = await self._await_keys()
            await self._verify(done)
        except RetryLaterError as error:
            raise _unfinished(error, done=len(done)) from error
        return SetupReport(tuple(done), tuple(left))

    async def _judged(self) -> tuple[SetupPlan, Found, Labels]:
        """Give what is to be done, and what stands in its way: rights that our role lacks too, where they are told."""
        plan, found, labels = await self._look()
        missing = lacking(plan.steps, self._wanted, held=await self._held()) if plan.changes else []
        more = (without_rights(missing),) if missing else ()
        return SetupPlan(plan.steps, (*plan.obstacles, *more)), found, labels

    async def _held(self) -> Collection[str]:
        """Give our privileges; none where the CRM does not tell them: each step tells by itself what it lacks."""
        survey = Survey(self._client)
        try:
            rights = await survey.rights(await survey.user(), ())
        except CosellError:
            return ()
        return rights.held if rights else ()

    async def _look(self) -> tuple[SetupPlan, Found, Labels]:
        try:
            found = await read(self._client, self._wanted)
        except RefusedCallError as error:
            stop(error, "look at what is there")
        labels = labels_for(found.languages, base=found.base_language)
        return compare(self._wanted, found, languages=labels.languages), found, labels

    async def _begin(self, acts: Acts) -> None:
        try:
            await acts.begin()
        except RefusedCallError as error:
            stop(error, "note in the solution that it is being changed")

    async def _do(self, acts: Acts, step: Step, *, done: int) -> None:
        """Do one step, again where the service is not ready for it; what is there already is done."""
        for wait in (*self._patience.between_tries, None):
            try:
                return await acts.do(step)
            except RefusedCallError as error:
                if error.fault.code in _THERE:
                    return None
                if wait is None or not _may_pass(error.fault):
                    reason = denied(error.fault) if error.fault.is_denied else error.fault.text
                    raise SetupStoppedError([f"could not {step.sentence}: {reason}"], done=done) from error
                await anyio.sleep(wait)
        return None

    async def _await_keys(self) -> list[str]:
        """Wait until every key is built or cannot be; give what is to be said of those that are not."""
        waited = 0.0
        while True:
            _, found, _ = await self._look()
            open_keys = list(_not_active(self._wanted, found))
            if not any(status != FAILED for _, _, status in open_keys) or waited >= self._patience.index:
                return [_told(*one, columns=self._columns(one)) for one in open_keys]
            await anyio.sleep(self._patience.between_looks)
            waited += self._patience.between_looks

    def _columns(self, one: tuple[str, str, str]) -> str:
        return " and ".join(self._wanted.tables[one[0]].keys[one[1]])

    async def _verify(self, done: list[Step]) -> None:
        """Raise where something that was done is not to be seen."""
        plan, _, _ = await self._look()
        missing = [step.sentence for step in plan.steps if step.changes and step.kind is not Kind.REPAIR]
        if missing:
            reasons = [f"the service took these steps, but does not show them yet: {'; '.join(missing)}"]
            raise SetupStoppedError(reasons, done=len(done))


def stop(error: RefusedCallError, what: str) -> NoReturn:
    """Raise what a refusal outside of the steps means: where a right lacks, by its name and with the way out."""
    if error.fault.is_denied:
        raise SetupStoppedError([f"could not {what}: {denied(error.fault)}"]) from error
    raise_for_call(error)


def _unfinished(error: RetryLaterError, *, done: int) -> RetryLaterError:
    """Give the same error, which Airflow repeats by itself, with how far the setup came."""
    told = f"{done} steps were done, and the last one told may be; nothing is undone: run it again, and it goes on"
    return type(error)(f"{error.what} ({told})", retry_after=error.retry_after)


def _may_pass(fault: Fault) -> bool:
    return fault.code in _BUSY or fault.status == _MISSING or fault.is_passing


def _not_active(wanted: Wanted, found: Found) -> list[tuple[str, str, str]]:
    """Give table, wanted name and status of the keys that cannot be used."""
    open_keys = []
    for name, table in wanted.tables.items():
        there = found.tables[name].keys if name in found.tables else ()
        for key, columns in table.keys.items():
            statuses = [one.status for one in there if one.columns == set(columns)]
            if statuses and ACTIVE not in statuses:
                open_keys.append((name, key, statuses[0]))
    return open_keys


def _told(table: str, key: str, status: str, *, columns: str) -> str:
    if status == FAILED:
        return (
            f"the index of the alternate key {key} on {table} cannot be built, most often since two rows hold the same "
            f"{columns}: give each a value of its own or empty it, then run setup again"
        )
    return f"the index of the alternate key {key} on {table} is still being built ({status}): run setup again later"
