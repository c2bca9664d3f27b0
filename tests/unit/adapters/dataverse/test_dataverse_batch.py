"""The bytes of a $batch, and answers that services and proxies may give to one."""

from __future__ import annotations

import json

import pytest
from cosell.adapters.dataverse.batch import Part, read, write
from cosell.core.errors import BrokenAnswerError

ONE = Part("PATCH", "opportunities(1)", {"name": "Ünï\r\n"}, {"If-Match": 'W/"7"'})
TWO = Part("POST", "solutions", {"id": "s"})
THREE = Part("DELETE", "solutions(9)")


def http(status: int, body: str = "", *, number: int | None = None, **headers: str) -> str:
    """Give one part of an answer."""
    name = f"Content-ID: {number}\r\n" if number is not None else ""
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    start = f"HTTP/1.1 {status} Whatever\r\n{lines}OData-Version: 4.0\r\n\r\n{body}"
    return f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{name}\r\n{start}"


def multipart(*parts: str, boundary: str = "b") -> str:
    """Give a multipart body."""
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def nested(*parts: str) -> str:
    """Give the answer to a change set."""
    return f"Content-Type: multipart/mixed; boundary=inner\r\n\r\n{multipart(*parts, boundary='inner')}"


def answer(content: str, *sets: list[Part]) -> list:
    """Read an answer."""
    return read("multipart/mixed; boundary=b", content.encode(), sets=list(sets))


def refusal(code: str) -> str:
    """Give an error body."""
    return json.dumps({"error": {"code": code, "message": "No."}})


def test_every_line_ends_in_crlf_and_ids_count_on() -> None:
    """A batch is CRLF throughout (JSON holds no bare line end), one part goes bare, ids are unique over all sets."""
    content_type, content = write([[ONE], [TWO, THREE]], root="/api/data/v9.2/")
    assert content_type.startswith('multipart/mixed; boundary="batch_')
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.count(b"changeset_") == 4
    assert [content.count(f"Content-ID: {number}\r\n".encode()) for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert b"PATCH /api/data/v9.2/opportunities(1) HTTP/1.1\r\n" in content
    assert b'If-Match: W/"7"\r\n' in content


def test_answers_keep_the_order_of_the_sets() -> None:
    """Bare parts and change sets are answered in the order sent; numbers are exact."""
    content = multipart(
        http(200, '{"value": 1.10}', ETag='W/"8"'), nested(http(204, number=3), http(201, '{"a": 1}', number=2))
    )
    first, second = answer(content, [ONE], [TWO, THREE])
    assert str(first.parts[0].body["value"]) == "1.10"
    assert first.parts[0].headers["etag"] == 'W/"8"'
    assert [one.status for one in second.parts] == [201, 204]


def test_a_failed_change_set_answers_once_for_all_its_parts() -> None:
    """One nested part with the failing Content-ID, whatever its place, is the fault of the whole set."""
    content = multipart(nested(http(412, refusal("0x80060882"), number=3)), http(204))
    failed, done = answer(content, [TWO, ONE, THREE], [THREE])
    assert failed.fault is not None
    assert failed.fault.is_stale
    assert failed.failing == 2
    assert failed.parts == ()
    assert done.fault is None


def test_a_change_set_may_fail_with_a_bare_part() -> None:
    """Some services answer a failed set without nesting."""
    (failed,) = answer(multipart(http(400, refusal("0x80044331"))), [ONE, TWO])
    assert failed.fault is not None
    assert failed.fault.code == "0x80044331"


def test_a_change_set_that_was_done_whole_needs_no_ids() -> None:
    """Where every part succeeded and none has a Content-ID, the order of the requests tells whose answer is whose."""
    (done,) = answer(multipart(nested(http(201, '{"a": 1}'), http(204))), [TWO, THREE])
    assert [one.status for one in done.parts] == [201, 204]


@pytest.mark.parametrize(
    "content",
    [
        multipart(nested(http(204)), http(204)),
        multipart(http(204), http(204))[:-8],
        multipart(http(204)),
        multipart("Content-Type: application/http\r\n\r\nnot http", http(204)),
        multipart(http(200, '{"cut":'), http(204)),
        multipart(nested(http(204, number=1)), http(204)),
        "",
    ],
)
def test_half_an_answer_is_none(content: str) -> None:
    """A batch answer that is cut, short of parts or unreadable is an error, never a list of successes."""
    with pytest.raises(BrokenAnswerError):
        answer(content, [ONE, TWO], [THREE])


def test_line_ends_of_proxies_do_not_matter() -> None:
    """Bare line feeds, a quoted boundary and text before the first part are read too."""
    content = "preamble\n" + multipart(http(204), http(200, "{}")).replace("\r\n", "\n")
    done = read('multipart/mixed; boundary="b"', content.encode(), sets=[[ONE], [TWO]])
    assert [one.parts[0].status for one in done] == [204, 200]


def test_a_body_may_hold_what_looks_like_a_boundary() -> None:
    """Only a line of its own is a boundary."""
    (done,) = answer(multipart(http(200, '{"name": "--b and --b--"}')), [ONE])
    assert done.parts[0].body == {"name": "--b and --b--"}
