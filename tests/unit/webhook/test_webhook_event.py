"""What of an event is read, and what it is called."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cosell.webhook.event import read_event
from cosell.webhook.refused import MisshapenError

NOW = datetime(2026, 3, 2, 9, 15, 31, tzinfo=UTC)
ID = "7d0f3b52-1111-4222-8333-944444444444"
SAID = {
    "EventName": "referral-updated",
    "ResourceUri": f"https://api.partnercenter.microsoft.com/engagements/v1/referrals/{ID}",
    "ResourceName": "referral",
    "AuditUri": None,
    "ResourceChangeUtcDate": "2026-03-02T09:15:30.1234567+00:00",
}


def body(**changed: object) -> bytes:
    """Give an event with other members."""
    return json.dumps(SAID | changed).encode()


def test_an_event_is_a_name_an_id_and_a_time() -> None:
    """Seven digits of a second are cut to six."""
    notice = read_event(body(), received=NOW)
    assert notice is not None
    assert (notice.event, notice.subject, notice.received) == ("referral-updated", ID, NOW)
    assert notice.changed == datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC)
    assert notice.name == f"referral-updated.{ID}.{notice.key}.json"


def test_members_come_in_any_case_and_number() -> None:
    """Microsoft's pages spell them in two ways; the REST reference has more of them."""
    spelled = json.dumps({name[0].lower() + name[1:]: value for name, value in SAID.items()} | {"more": [1]}).encode()
    assert read_event(spelled, received=NOW) == read_event(body(), received=NOW)


def test_a_duplicate_has_the_same_name_and_another_event_has_not() -> None:
    """Name, address and time are what makes an event; when it came and what else it says do not."""
    first = read_event(body(), received=NOW)
    again = read_event(body(AuditUri="https://elsewhere.example"), received=datetime.now(UTC))
    assert first is not None
    assert again is not None
    assert first.name == again.name
    others = [
        {"EventName": "referral-created"},
        {"ResourceChangeUtcDate": "2026-03-02T09:15:30.1234568+00:00"},
        {"ResourceUri": str(SAID["ResourceUri"]).replace("v1", "v2")},
    ]
    names = {notice.name for said in others if (notice := read_event(body(**said), received=NOW))}
    assert len(names | {first.name}) == 4


@pytest.mark.parametrize(
    ("told", "utc"),
    [
        ("2026-03-02T09:15:30Z", "2026-03-02T09:15:30+00:00"),
        ("2026-03-02T09:15:30.1", "2026-03-02T09:15:30.100000+00:00"),
        ("2026-03-02T10:15:30+01:00", "2026-03-02T09:15:30+00:00"),
    ],
)
def test_times_are_read_tolerantly(told: str, utc: str) -> None:
    """With and without zone and fraction; without zone it is UTC."""
    notice = read_event(body(ResourceChangeUtcDate=told), received=NOW)
    assert notice is not None
    assert notice.changed.isoformat() == utc


@pytest.mark.parametrize("tail", [ID.upper(), f"{ID}/", f"{ID}?x=y"])
def test_the_id_is_the_last_part_of_the_path(tail: str) -> None:
    """Whatever the host is: it is never called."""
    notice = read_event(body(ResourceUri=f"http://169.254.169.254/a/{tail}"), received=NOW)
    assert notice is not None
    assert notice.subject == ID


@pytest.mark.parametrize("name", ["invoice-ready", "granular-admin-relationship-approved"])
def test_an_event_of_another_kind_is_none_of_our_business(name: str) -> None:
    """One registration serves the whole tenant, so others may come; their addresses need no id of ours."""
    assert read_event(body(EventName=name, ResourceUri="https://x.example/invoices/7"), received=NOW) is None


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe{}",
        b"{}",
        body(EventName=None),
        body(EventName="../../etc/passwd"),
        body(EventName="referral-updated\n"),
        body(ResourceUri=7),
        body(ResourceUri="https://x.example/referrals/7"),
        body(ResourceUri=f"https://x.example/referrals/{ID}/.."),
        body(ResourceUri="https://[x/"),
        body(ResourceChangeUtcDate=0),
        body(ResourceChangeUtcDate="yesterday"),
        body(ResourceChangeUtcDate="0001-01-01T00:00:00+14:00"),
        b"[" * 10_000,
    ],
)
def test_what_is_no_event(wrong: bytes) -> None:
    """Refused in words, whatever it is."""
    with pytest.raises(MisshapenError):
        read_event(wrong, received=NOW)
