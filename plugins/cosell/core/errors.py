"""Errors by what happens next: repeat later, set the record aside, stop the run. One class per cause, with data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PROBLEMS = 50
"""Told of one file at a time."""


class CosellError(Exception):
    """Anything that this package raises on purpose."""


class RetryLaterError(CosellError):
    """The same call may succeed later: network, throttling, a service that is down."""

    def __init__(self, what: str, *, retry_after: float | None = None) -> None:
        super().__init__(what if retry_after is None else f"{what}; asked to wait {retry_after:g} s")
        self.what = what
        self.retry_after = retry_after


class SetAsideError(CosellError):
    """This record cannot be written or mapped; the run goes on without it."""


class StopRunError(CosellError):
    """A person must act: credentials, mapping, a brake. Never repeated by itself."""


class ServiceUnavailableError(RetryLaterError):
    """The service did not answer, or answered 5xx, after all repeats."""


class ThrottledError(RetryLaterError):
    """The service asked to slow down (429) for longer than a task should wait."""


class BrokenAnswerError(RetryLaterError):
    """The answer was cut short or is not what the contract says."""


class StateUnavailableError(RetryLaterError):
    """The state database does not answer."""


class AlreadyBoundError(SetAsideError):
    """One of the two records is bound to another one already."""

    def __init__(self, referral_id: str, row_id: str) -> None:
        super().__init__(f"referral {referral_id} or row {row_id} is bound to another record")
        self.referral_id, self.row_id = referral_id, row_id


class SignInNeededError(StopRunError):
    """The refresh token is missing, spent or without MFA (900421): a person must sign in again."""

    def __init__(self, what: str, *, is_of_events: bool = False) -> None:
        super().__init__(what)
        self.is_of_events = is_of_events


class AccessDeniedError(StopRunError):
    """The service refused our credentials or role: 401 after renewal, or 403."""


class ForeignHostError(StopRunError):
    """A link in an answer points to a host that is not the configured one; no token was sent there."""


class ConfigurationError(StopRunError):
    """A connection, variable or setting is missing or wrong; names the thing and the fix."""


class MappingError(StopRunError):
    """A mapping file is wrong: file, line, field, and what was expected."""

    def __init__(self, problem: str, *, file: str, line: int | None = None, field: str | None = None) -> None:
        where = file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {f'field {field}: ' if field else ''}{problem}")
        self.file, self.line, self.field, self.problem = file, line, field, problem


class NoLogicalNameError(MappingError):
    """A mapping file names a column of the CRM by words that can be no logical name, such as its display name."""

    def __init__(self, column: str, *, table: str, root: str, spot: tuple[str, int], field: str | None) -> None:
        problem = (
            f"{column!r} is no logical name: give the column's name on table {table} as Dynamics spells it, in small "
            "letters, digits and underscores; airflow cosell mapping check looks it up"
        )
        super().__init__(problem, file=spot[0], line=spot[1], field=field)
        self.column, self.table, self.root = column, table, root


class MappingChangedError(StopRunError):
    """The mapping is not the one in memory; a manual run with accept_mapping takes it over."""


class BrakeError(StopRunError):
    """A run would change more than a run should: the numbers, and the way out."""


class CannotResolveError(StopRunError):
    """What a person asked for a held record cannot be done: says why, and what can."""


class RegistrationRefusedError(StopRunError):
    """The webhook's address was not registered: others would lose their events, or Partner Center says no."""


class RegistrationTakenError(StopRunError):
    """The webhook is not registered as we registered it: somebody else has taken or changed it."""


class NotDeliveredError(StopRunError):
    """The registered address was tried with a test event, which did not arrive."""


class StateRefusedError(StopRunError):
    """The state database refuses a statement: rights or tables are missing, or a rule of its own is broken."""


class NotReadyError(StopRunError):
    """The doctor found something that keeps the sync from working."""


class SetupStoppedError(StopRunError):
    """A setup of the CRM cannot go on: what stands in the way, and the way out of each."""

    def __init__(self, reasons: Iterable[str], *, done: int = 0) -> None:
        self.reasons, self.done = tuple(reasons), done
        told = f"{done} steps were done, nothing is undone; run it again afterwards" if done else "nothing was changed"
        super().__init__(f"{'; '.join(self.reasons)} ({told})")


class SchemaDriftError(StopRunError):
    """The CRM lacks a table or column that the mapping names; `table`: it lacks this whole table."""

    def __init__(self, what: str, *, table: str | None = None) -> None:
        super().__init__(what)
        self.table = table


class FileRefusedError(StopRunError):
    """A file that a person gave cannot be taken: names each row and what to do; nothing of it was taken."""

    def __init__(self, file: str, problems: list[str]) -> None:
        shown = [f"  {problem}" for problem in problems[:MOST_PROBLEMS]]
        more = [f"  ... and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        super().__init__("\n".join([f"{file} was not taken, and nothing was written:", *shown, *more]))
        self.file, self.problems = file, problems
