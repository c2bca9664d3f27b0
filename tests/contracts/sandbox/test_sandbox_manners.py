"""Faults, limits, latency, request ids and the journal befall every service alike."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.faults import Fault, UnknownKindError
from tests.contracts.sandbox.conftest import REFERRALS

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Office


def _break(office: Office, kind: str, **rule: object) -> None:
    office.world.faults.add(Fault(kind=kind, **rule))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "done"), [("drop_before", False), ("drop_after", True), ("truncate", True), ("truncate_clean", True)]
)
def test_a_broken_connection_happens_before_or_after_the_work(office: Office, kind: str, *, done: bool) -> None:
    """Each kind leaves the deal changed or not, as its name says, and the client without a whole answer."""
    deal = office.deal()
    _break(office, kind.removesuffix("_clean"), method="PATCH", clean=kind.endswith("_clean"))
    try:
        answer = office.patch(deal["id"], details__dealValue=7, headers={"Prefer": "return=representation"})
        with pytest.raises(ValueError, match=r"."):
            answer.json()
    except httpx.TransportError:
        assert kind != "truncate_clean"
    assert (office.one(deal["id"])["details"]["dealValue"] == 7) is done


def test_a_fault_meets_the_requests_it_names_and_no_others(office: Office) -> None:
    """Method, path and body choose; the first ones may be skipped; after its times a rule is gone."""
    deal = office.deal()
    _break(office, "status", status=503, method="PATCH", path=f"referrals/{deal['id']}", request_body="notes", skip=1)
    statuses = [
        office("GET").status_code,
        office.patch(deal["id"], details__dealValue=1).status_code,
        office.patch(deal["id"], details__notes="skipped").status_code,
        office.patch(deal["id"], details__notes="met").status_code,
        office.patch(deal["id"], details__notes="over").status_code,
    ]
    assert statuses == [200, 204, 204, 503, 204]
    assert office.one(deal["id"])["details"]["notes"] == "over"


def test_an_unknown_kind_of_fault_is_refused() -> None:
    """A mistyped rule must not look like a sandbox without faults."""
    with pytest.raises(UnknownKindError):
        Fault(kind="explode")


def test_throttling_says_how_long_to_wait_in_the_apis_body_or_the_gateways(office: Office) -> None:
    """429 carries Retry-After; its body is the API's error or, flat, the gateway's."""
    _break(office, "throttle", retry_after=57)
    _break(office, "throttle", retry_after=3, flat=True)
    own, flat = office("GET"), office("GET")
    assert (own.status_code, own.headers["Retry-After"]) == (429, "57")
    assert "error" in own.json()
    assert (flat.headers["Retry-After"], flat.json()["statusCode"]) == ("3", 429)


def test_garbage_and_revoked_tokens_look_real(office: Office) -> None:
    """Garbage is a 200 that is no JSON; a revoked token is the API's own 401."""
    _break(office, "garbage")
    _break(office, "revoke")
    with pytest.raises(ValueError, match=r"."):
        office("GET").json()
    assert office("GET").json()["error"]["code"] == "unauthenticated"


def test_a_person_can_act_in_the_midst_of_a_request(office: Office) -> None:
    """An edit just before the work makes the eTag stale; one just after is not in the answer, but in the deal."""
    deal = office.deal()
    edit = {"do": "edit", "id": deal["id"], "path": "/details/notes", "value": "by the seller"}
    _break(office, "act_before", method="PATCH", body=edit)
    assert office.patch(deal["id"], details__dealValue=7, headers={"If-Match": deal["eTag"]}).status_code == 412
    _break(office, "act_after", method="PATCH", body={**edit, "value": "again"})
    given = office.patch(deal["id"], details__dealValue=8, headers={"Prefer": "return=representation"}).json()
    assert (given["details"]["notes"], office.one(deal["id"])["details"]["notes"]) == ("by the seller", "again")


def test_latency_lets_others_pass(office: Office) -> None:
    """Twenty requests of 50 ms at once take little longer than one."""
    office.world.latency.request_ms = 50

    async def twenty() -> None:
        await asyncio.gather(*(office._send("GET", REFERRALS, {}) for _ in range(20)))

    began = time.perf_counter()
    asyncio.run(twenty())
    assert 0.05 <= time.perf_counter() - began < 0.7


def test_more_requests_at_once_than_allowed_are_refused(office: Office) -> None:
    """With a limit of five, eight requests at once give three refusals, and none of them is carried out."""
    office.world.settings["max_in_flight"] = {"partner_center": 5}
    office.world.latency.request_ms = 20

    async def eight() -> list[int]:
        answers = await asyncio.gather(*(office._send("GET", REFERRALS, {}) for _ in range(8)))
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(eight()) == [200] * 5 + [429] * 3


def test_a_full_window_stays_full_while_it_is_hammered(office: Office) -> None:
    """Over the limit of a window every call is refused, and each refusal asks to wait no less than the one before."""
    office.world.settings["max_per_window"] = {"partner_center": 2}
    answers = [office("GET") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert int(answers[3].headers["Retry-After"]) >= int(answers[2].headers["Retry-After"]) > 200


def test_request_ids_come_back(office: Office) -> None:
    """The service gives an id of its own and repeats the client's."""
    sent = {"client-request-id": "c-1", "MS-CorrelationId": "m-1", "MS-RequestId": "r-1"}
    answer = office("GET", headers=sent)
    assert {name: answer.headers[name] for name in sent} == sent
    assert answer.headers["request-id"] == office.world.journal.last()[-1].request_id


def test_the_journal_counts_by_route_and_keeps_no_bodies(office: Office) -> None:
    """Requests are counted by method and route template, reads apart from writes, with the rows they touched."""
    deal = office.deal()
    office("GET")
    office.patch(deal["id"], details__notes="a secret of the customer")
    office.one(deal["id"])
    told = office.world.journal.as_dict()
    assert told["apps"]["partner_center"] | {} == {
        "requests": 3, "reads": 2, "writes": 1, "200": 2, "204": 1, "rows": 3, "rows_written": 1,
    }  # fmt: skip
    assert set(told["routes"]) == {
        f"partner_center GET {REFERRALS}",
        f"partner_center GET {REFERRALS}/{{id}}",
        f"partner_center PATCH {REFERRALS}/{{id}}",
    }
    assert "a secret of the customer" not in str(told)


def test_the_control_surface_answers_this_machine_only(office: Office) -> None:
    """Rules, clock, settings and acts go through /_sandbox; callers from elsewhere get 403."""

    async def ask(host: str) -> int:
        transport = httpx.ASGITransport(app=office._app, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1:8454") as client:
            return (await client.get("/_sandbox/settings")).status_code

    assert [asyncio.run(ask(host)) for host in ("127.0.0.1", "::1", "192.0.2.7")] == [200, 200, 403]


def test_the_control_surface_does_what_it_is_asked(office: Office) -> None:
    """A fault, a setting, the clock and an act asked over HTTP take effect; what is unknown is refused in words."""
    office("POST", "/_sandbox/faults", json={"kind": "status", "status": 507, "app": "partner_center"})
    assert office("GET").status_code == 507
    office("PUT", "/_sandbox/settings", json={"page_size": 1})
    deals = [office("POST", "/_sandbox/act", json={"do": "create_deal", "name": name}).json() for name in "ab"]
    assert len(office("GET").json()["value"]) == 1
    office("POST", "/_sandbox/clock", json={"advance_seconds": 3700})
    assert office("GET").status_code == 401
    office("PUT", "/_sandbox/latency", json={"request_ms": 1})
    assert office.world.latency.request_ms == 1
    refused = [
        office("POST", "/_sandbox/act", json={"do": "nothing"}),
        office("POST", "/_sandbox/act", json={"do": "close", "id": deals[0]["id"], "substatus": "Forgotten"}),
        office("PUT", "/_sandbox/settings", json={"pagesize": 1}),
        office("POST", "/_sandbox/faults", json={"kind": "status", "stauts": 500}),
        office("POST", "/_sandbox/clock", json={"advance_seconds": -5}),
    ]
    assert [answer.status_code for answer in refused] == [400] * 5
