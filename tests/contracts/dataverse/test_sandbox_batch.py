"""$batch: order, change sets, references, failures, limits, and both line ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    import httpx
    from conftest import Api

CONTINUE = {"Prefer": "odata.continue-on-error"}


def part(method: str, path: str, body: dict[str, Any] | None = None, *, content_id: int = 0, **headers: str) -> str:
    """Write one request as a part."""
    outer = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    outer += [f"Content-ID: {content_id}"] if content_id else []
    target = path if path.startswith("$") else f"/api/data/v9.2/{path}"
    inner = [f"{method} {target} HTTP/1.1", "Content-Type: application/json; type=entry"]
    inner += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*outer, "", *inner, "", json.dumps(body) if body is not None else "\r\n"])


def joined(parts: list[str], boundary: str) -> str:
    """Write parts as one body."""
    return "".join(f"--{boundary}\r\n{one}\r\n" for one in parts) + f"--{boundary}--\r\n"


def change_set(*parts: str) -> str:
    """Write parts as a change set."""
    return 'Content-Type: multipart/mixed; boundary="changes"\r\n\r\n' + joined(list(parts), "changes")


def batch(api: Api, *parts: str, **headers: str) -> httpx.Response:
    """Send a batch."""
    head = {"Content-Type": 'multipart/mixed; boundary="batch_1"', **headers}
    return api("POST", "$batch", content=joined(list(parts), "batch_1").encode(), headers=head)


def statuses(answer: httpx.Response) -> list[int]:
    """Give the status of every inner answer."""
    return [int(found) for found in re.findall(r"HTTP/1\.1 (\d+)", answer.text)]


def names(api: Api) -> list[str]:
    """Give the names of all accounts."""
    return sorted(row["name"] for row in crm.find(api.world, "account"))


def test_answers_come_in_order_with_crlf(api: Api) -> None:
    """Writes and reads, each with its own headers."""
    row = api.create("accounts", name="A")
    stale = {"If-Match": 'W/"1"'}
    answer = batch(
        api,
        part("POST", "accounts", {"name": "B"}, Prefer="return=representation"),
        part("GET", f"accounts({row})?$select=name"),
        part("PATCH", f"accounts({row})", {"name": "A2"}, **stale),
        **CONTINUE,
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert statuses(answer) == [201, 200, 412]
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert "REQ_ID:" in answer.text
    assert '"name":"B"' in answer.text.split("HTTP/1.1")[1]


def test_stops_at_the_first_failure(api: Api) -> None:
    """The outer status is the failure's, what came before stays done, what follows is not tried."""
    answer = batch(api, *(part("POST", "accounts", body) for body in ({"name": "A"}, {"nme": "B"}, {"name": "C"})))
    assert answer.status_code == 400
    assert statuses(answer) == [204, 400]
    assert names(api) == ["A"]


def test_goes_on_when_told_so(api: Api) -> None:
    """One answer per request, outer status 200."""
    bodies = ({"name": "A"}, {"nme": "B"}, {"name": "C"})
    answer = batch(api, *(part("POST", "accounts", body) for body in bodies), **CONTINUE)
    assert (answer.status_code, statuses(answer)) == (200, [204, 400, 204])
    assert names(api) == ["A", "C"]


def test_a_change_set_refers_to_its_own_rows(api: Api) -> None:
    """$n works as an address and in binds, representation or not."""
    answer = batch(
        api,
        change_set(
            part("POST", "accounts", {"name": "A"}, content_id=1, Prefer="return=representation"),
            part("POST", "opportunities", {"name": "D", "customerid_account@odata.bind": "$1"}, content_id=2),
            part("PATCH", "$2", {"name": "D2"}, content_id=3),
        ),
    )
    assert statuses(answer) == [201, 204, 204]
    [deal] = crm.find(api.world, "opportunity")
    assert (deal["name"], deal["customerid"]) == ("D2", crm.find(api.world, "account")[0]["accountid"])
    assert re.findall(r"Content-ID: (\d)", answer.text) == ["1", "2", "3"]


def test_a_failed_change_set_answers_once(api: Api) -> None:
    """All is undone; one nested part carries the failing Content-ID; the batch goes on when told so."""
    failing = change_set(
        part("POST", "accounts", {"name": "A"}, content_id=1),
        part("POST", "accounts", {"name": "x" * 161}, content_id=2),
        part("POST", "accounts", {"name": "C"}, content_id=3),
    )
    answer = batch(api, failing, part("POST", "accounts", {"name": "D"}), **CONTINUE)
    assert (answer.status_code, statuses(answer)) == (200, [400, 204])
    assert re.findall(r"Content-ID: (\d)", answer.text) == ["2"]
    assert names(api) == ["D"]
    assert batch(api, failing).status_code == 400


def test_a_reference_must_be_declared_before(api: Api) -> None:
    """The whole batch is refused, as plain JSON, and nothing stays."""
    bind = {"name": "D", "customerid_account@odata.bind": "$7"}
    answer = batch(
        api,
        change_set(
            part("POST", "accounts", {"name": "A"}, content_id=1), part("POST", "opportunities", bind, content_id=2)
        ),
    )
    assert (answer.status_code, "$7" in answer.json()["error"]["message"]) == (400, True)
    assert names(api) == []


@pytest.mark.parametrize(
    "content",
    [
        b"nothing",
        b"--batch_1\r\nContent-Type: application/http\r\n\r\nGET WhoAmI HTTP/1.1\r\n",
        joined([part("GET", "WhoAmI")], "other").encode(),
        joined([change_set("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n")], "batch_1").encode(),
    ],
)
def test_broken_multipart_is_refused_as_a_whole(api: Api, content: bytes) -> None:
    """A batch that cannot be read is a JSON error."""
    head = {"Content-Type": "multipart/mixed; boundary=batch_1"}
    assert api.refused("POST", "$batch", content=content, headers=head)[:2] == (400, "0x80048d19")


def test_takes_lone_line_feeds(api: Api) -> None:
    """Some clients end lines with a bare line feed."""
    content = joined([part("POST", "accounts", {"name": "A"})], "batch_1").replace("\r\n", "\n").encode()
    answer = api("POST", "$batch", content=content, headers={"Content-Type": "multipart/mixed; boundary=batch_1"})
    assert statuses(answer) == [204]


def test_a_thousand_and_no_more(api: Api) -> None:
    """1,000 requests pass, 1,001 are refused."""
    assert len(statuses(batch(api, *[part("GET", "accounts?$top=1")] * 1000))) == 1000
    assert batch(api, *[part("GET", "accounts?$top=1")] * 1001).status_code == 400


def test_neither_batches_nor_reads_where_they_do_not_belong(api: Api) -> None:
    """No batch in a batch, no GET in a change set."""
    assert statuses(batch(api, part("POST", "$batch", {}), **CONTINUE)) == [400]
    assert statuses(batch(api, change_set(part("GET", "WhoAmI")), **CONTINUE)) == [400]
