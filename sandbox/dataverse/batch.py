"""$batch: requests in order, change sets whole or not at all, stopping at the first failure unless told otherwise."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox.answers import Answer
from sandbox.dataverse import multipart
from sandbox.dataverse.answers import RowAnswer, refusal
from sandbox.dataverse.call import API, Call
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.payload import local_path

LIMIT = 1000
_FAILED = 400
_REFERENCE = re.compile(r"^/?\$(\w+)")
_BOUND_REFERENCE = re.compile(rb'("[^"]+@odata\.(?:bind|id)"\s*:\s*")(/?\$\w+)')

Carry = Callable[[Call], Answer]


class _ChangeSetFailedError(Exception):
    """One request of a change set was refused; the others are undone."""

    def __init__(self, answer: Answer, content_id: str | None) -> None:
        """Keep the refusal."""
        super().__init__(answer.status)
        self.answer = answer
        self.content_id = content_id


@dataclass
class _Batch:
    """One batch on its way."""

    org: Organisation
    call: Call
    carry: Carry
    references: dict[str, str] = field(default_factory=dict)

    def run(self) -> Answer:
        """Carry out every part and give the whole answer."""
        answers: list[bytes] = []
        status = 200
        for part in self._parts():
            written, failed = self._one(part)
            answers.append(written)
            if failed and not self.call.preferences.continue_on_error:
                status = failed
                break
        boundary = f"batchresponse_{uuid.uuid4()}"
        body = multipart.join(answers, boundary)
        return Answer(status, body, {"OData-Version": "4.0"}, f"multipart/mixed; boundary={boundary}")

    def _parts(self) -> list[multipart.Part]:
        """Take the body apart."""
        try:
            boundary = multipart.boundary_of(self.call.headers.get("content-type", ""))
            parts = multipart.split(self.call.body, boundary)
            inner = [self._changes(part) if _is_change_set(part) else [part] for part in parts]
        except multipart.MultipartError as error:
            raise DataverseError(400, "0x80048d19", f"Error identified in Payload: {error}") from error
        if sum(map(len, inner)) > LIMIT:
            raise DataverseError(400, "0x80060888", f"The batch holds more than {LIMIT} requests.")
        return parts

    def _changes(self, part: multipart.Part) -> list[multipart.Part]:
        """Take a change set apart."""
        parts = multipart.split(part.content, multipart.boundary_of(part.headers["content-type"]))
        if any(_is_change_set(one) for one in parts):
            raise multipart.MultipartError("A change set must not hold another one.")
        return parts

    def _one(self, part: multipart.Part) -> tuple[bytes, int]:
        """Carry out one part; gives its answer and, for a failure, the status."""
        if _is_change_set(part):
            return self._change_set(part)
        answer = self._request(part, in_change_set=False)
        content_id = part.headers.get("content-id")
        return _written(answer, content_id), answer.status if answer.status >= _FAILED else 0

    def _change_set(self, part: multipart.Part) -> tuple[bytes, int]:
        """Carry out a change set: all of it, or one answer with the refusal."""
        boundary = f"changesetresponse_{uuid.uuid4()}"
        try:
            with self.org.store.atomic():
                answers = [self._change(one) for one in self._changes(part)]
        except _ChangeSetFailedError as failure:
            refused = _written(failure.answer, failure.content_id)
            return multipart.write_nested([refused], boundary), failure.answer.status
        return multipart.write_nested(answers, boundary), 0

    def _change(self, part: multipart.Part) -> bytes:
        """Carry out one request of a change set."""
        content_id = part.headers.get("content-id")
        answer = self._request(part, in_change_set=True)
        if answer.status >= _FAILED:
            raise _ChangeSetFailedError(answer, content_id)
        if content_id and isinstance(answer, RowAnswer):
            self.references[content_id] = answer.address
        return _written(answer, content_id)

    def _request(self, part: multipart.Part, *, in_change_set: bool) -> Answer:
        """Carry out one request."""
        try:
            inner = multipart.read_request(part.content)
        except multipart.MultipartError as error:
            raise DataverseError(400, "0x80048d19", f"Error identified in Payload: {error}") from error
        if in_change_set and inner.method == "GET":
            return refusal(DataverseError(400, "0x80060888", "A change set must not hold a GET request."))
        if "$batch" in inner.target:
            return refusal(DataverseError(400, "0x80060888", "A batch must not hold another one."))
        return self.carry(self._call(inner))

    def _call(self, inner: multipart.InnerRequest) -> Call:
        """Give the call that a part stands for."""
        target = self._resolved(inner.target)
        path, _, query = local_path_and_query(target)
        body = self._with_references(inner.body)
        # What `replace` keeps, the tally above all, is shared by all parts.
        return replace(self.call, method=inner.method, path=path, query=query, headers=inner.headers, body=body)

    def _resolved(self, target: str) -> str:
        """Replace a `$n` at the start of an address by what it stands for."""
        found = _REFERENCE.match(target)
        if found is None or found[1] == "metadata":
            return target
        if found[1] not in self.references:
            message = f"Content-ID Reference: '{found[0].lstrip('/')}' does not exist in the batch context."
            raise DataverseError(400, "0x80060888", message)
        return self.references[found[1]] + target[found.end() :]

    def _with_references(self, body: bytes) -> bytes:
        """Replace `$n` in the binds of a body; the rest of it stays byte for byte."""
        return _BOUND_REFERENCE.sub(lambda found: found[1] + self._resolved(found[2].decode()).encode(), body)


def answer_batch(org: Organisation, call: Call, carry: Carry) -> Answer:
    """Answer a batch; `carry` carries out one call."""
    if call.method != "POST":
        raise DataverseError(405, "0x8006088a", f"The requested resource does not support http method '{call.method}'.")
    return _Batch(org, call, carry).run()


def local_path_and_query(target: str) -> tuple[str, str, str]:
    """Give path below the API's root and query of an inner request's target."""
    address, mark, query = target.partition("?")
    return local_path(address) if address.startswith(("http", "/api")) else address.removeprefix(API), mark, query


def _is_change_set(part: multipart.Part) -> bool:
    """Tell whether a part is a change set."""
    return "multipart/mixed" in part.headers.get("content-type", "").lower()


def _written(answer: Answer, content_id: str | None) -> bytes:
    """Write one answer as a part."""
    content = answer.content()
    headers = dict(answer.headers) | {"REQ_ID": str(uuid.uuid4())}
    if content:
        headers["Content-Type"] = answer.content_type
    return multipart.write_part(multipart.write_answer(answer.status, headers, content), content_id=content_id)
