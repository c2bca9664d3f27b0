"""One service's HTTP client: one per task, closed with it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import stamina

from cosell.adapters.transport import failures
from cosell.adapters.transport.errors import NoAnswerError
from cosell.adapters.transport.links import Links, template
from cosell.adapters.transport.messages import Answer, Request
from cosell.adapters.transport.pace import Pace
from cosell.adapters.transport.settings import Options, TokenSource
from cosell.adapters.transport.wire import CUT_OFF, NOT_SENT, Clients, raise_where_untrusted, unreached
from cosell.core.errors import BrokenAnswerError, RetryLaterError, ServiceUnavailableError, ThrottledError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_log = logging.getLogger(__name__)
_REQUEST_IDS = (
    "x-ms-service-request-id",
    "req_id",
    "x-ms-request-id",
    "ms-requestid",
    "request-id",
    "ms-correlationid",
    "client-request-id",
)
_REDIRECTS = range(300, 304), range(305, 400)


@dataclass(slots=True)
class _Course:
    """What has happened to one request so far."""

    quiet: float = 0.0
    throttles: int = 0
    unsure: bool = False
    used: str | None = None
    refused: str | None = None


class Transport:
    """Asks one service; `async with` it."""

    def __init__(self, base_url: str, token: TokenSource, *, options: Options | None = None) -> None:
        self._options = options or Options()
        self._links = Links(base_url, twins=self._options.twins)
        self._host, self._naming = self._links.base.netloc.decode("ascii"), self._options.naming
        self._token = token
        self.pace = Pace(self._options.concurrency)
        self._clients = Clients(self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clients.close()

    async def send(self, request: Request) -> Answer:
        """Ask until there is an answer that the caller must judge.

        Gives 2xx, 304 and 4xx (but 401 and 429), and what `hand_back` names. Raises ThrottledError,
        ServiceUnavailableError, BrokenAnswerError, NoAnswerError (writes only), ForeignHostError, AccessDeniedError,
        SignInNeededError.
        """
        course, patience = _Course(), self._options.patience
        try:
            async for attempt in stamina.retry_context(
                on=self._wait_before_next,
                attempts=patience.tries,
                timeout=None,
                wait_initial=patience.first_wait,
                wait_max=patience.longest_wait,
            ):
                with attempt:
                    answer = await self._until_let_in(request, course)
        except RetryLaterError as error:
            if course.unsure and not request.is_read:
                raise NoAnswerError(error.what, retry_after=error.retry_after) from error
            raise
        return replace(answer, unsure=True) if course.unsure and not request.is_read else answer

    @property
    def place(self) -> str:
        """Give the connection and the host that is asked, as a sentence about the service begins."""
        return f"{self._naming.connection}: {self._host}"

    def check_link(self, link: str) -> None:
        """Raise ForeignHostError where a link that the service gave leads away from it."""
        self._links.resolve(link, params={})

    async def _until_let_in(self, request: Request, course: _Course) -> Answer:
        """Ask, past 429 and 401, until the service takes the request on."""
        while True:
            await self._keep_quiet(course)
            async with self.pace.slot() as begun:
                # The pause may have been asked for while this one waited for its place.
                if self.pace.pause:
                    continue
                answer = await self._once(request, course)
            if (seconds := failures.asked_wait(answer, throttles=course.throttles)) is not None:
                course.throttles += 1
                self.pace.throttled(seconds, begun=begun)
                if answer.status in request.hand_back:
                    return answer
            elif answer.status == failures.UNAUTHORISED:
                renewed = course.refused is not None
                failures.raise_where_hopeless(answer, renewed=renewed, host=self._host, naming=self._naming)
                course.refused = course.used
            else:
                return self._judged(request, answer, course=course)

    def _wait_before_next(self, error: Exception) -> bool | float:
        """Give the seconds that the service asked for; else whether to try again after stamina's own wait."""
        if not isinstance(error, ServiceUnavailableError | BrokenAnswerError):
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self._options.patience.throttled else False

    async def _keep_quiet(self, course: _Course) -> None:
        while pause := self.pace.pause:
            if course.quiet + pause > self._options.patience.throttled:
                message = "the service asks to slow down"
                raise ThrottledError(message, retry_after=pause)
            course.quiet += pause
            await self.pace.wait(pause)

    async def _once(self, request: Request, course: _Course) -> Answer:
        """Send one request over the wire; raises what a missing answer means."""
        url = self._links.resolve(request.path, params=request.params)
        course.used = await self._token.token(refused=course.refused)
        headers = {**self._options.stamp(), **request.headers, "Authorization": f"Bearer {course.used}"}
        if request.json is not None:
            headers.setdefault("Content-Type", "application/json")
        begun, what = time.perf_counter(), f"{request.method} {template(url.path)}"
        try:
            async with asyncio.timeout(max(self._options.patience.whole, request.timeout or 0)):
                with self._clients.one() as http:
                    wired = http.build_request(request.method, url, headers=headers, content=request.body)
                    if request.timeout is not None:
                        wired.extensions["timeout"]["read"] = request.timeout
                    response = await http.send(wired)
        except NOT_SENT as error:
            raise_where_untrusted(error, host=self._host, naming=self._naming)
            message = unreached(error, host=self._host, naming=self._naming)
            raise ServiceUnavailableError(message) from error
        except CUT_OFF as error:
            told = f"{self._naming.connection}: no answer from {self._host} to {what} ({type(error).__name__})"
            raise _unanswered(request, course, told) from error
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in response.headers.raw}
        answer = Answer(response.status_code, headers, response.content)
        _tell(what, answer, ms=(time.perf_counter() - begun) * 1000)
        return answer

    def _judged(self, request: Request, answer: Answer, *, course: _Course) -> Answer:
        """Give an answer that means something to the caller; raise where it only means trouble."""
        if answer.status in request.hand_back:
            return answer
        if answer.status in failures.PASSING:
            asked = f"{request.method} {template(request.path)}"
            what = f"{self.place} answered {asked} with status {answer.status}"
            raise _unanswered(
                request, course, what, retry_after=failures.retry_after(answer.headers.get("retry-after"))
            )
        if any(answer.status in span for span in _REDIRECTS):
            message = (
                f"{self.place} answered with a redirect ({answer.status}), as the API never "
                f"does: correct its {self._naming.address}"
            )
            raise BrokenAnswerError(message)
        self.pace.succeeded(hint=failures.hint(answer))
        if answer.is_success:
            try:
                request.check(answer)
            except BrokenAnswerError as error:
                course.unsure = True
                told = f"{self.place}: {error.what}; where that stays, correct its {self._naming.address}"
                kind = BrokenAnswerError if request.may_repeat else NoAnswerError
                raise kind(told) from error
        return answer


def _unanswered(
    request: Request, course: _Course, what: str, *, retry_after: float | None = None
) -> ServiceUnavailableError | NoAnswerError:
    """Give the error for a try whose effect is unknown: one that is repeated, or NoAnswerError."""
    course.unsure = True
    kind = ServiceUnavailableError if request.may_repeat else NoAnswerError
    return kind(what, retry_after=retry_after)


def _tell(what: str, answer: Answer, *, ms: float) -> None:
    ids = " ".join(f"{name}={answer.headers[name]}" for name in _REQUEST_IDS if name in answer.headers)
    _log.info("asked %s status=%d ms=%.0f %s", what, answer.status, ms, ids)
