"""What an error means to Airflow: fail for good, try again after the time asked for, or by the task's own rule."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowFailException

from cosell.core.errors import RetryLaterError, StopRunError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context


@contextmanager
def told_to_airflow() -> Iterator[None]:
    """Fail the task without another try where a person must act."""
    try:
        yield
    except StopRunError as error:
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


class ObeyRetryAfter(RetryPolicy):  # type: ignore[misc]  # Airflow's annotations are not read
    """Wait as long as the service asked for, where it asked."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Give the delay asked for, else leave the decision to the task's own settings."""
        del try_number, max_tries, context
        if isinstance(exception, RetryLaterError) and exception.retry_after is not None:
            return RetryDecision.retry(timedelta(seconds=exception.retry_after), f"asked for by {exception.what}")
        return RetryDecision.default()
