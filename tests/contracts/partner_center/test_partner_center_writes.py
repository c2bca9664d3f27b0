"""What the replica does to Partner Center, and what it knows afterwards."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from cosell.adapters.partner_center import PartnerCenterReplica
from cosell.adapters.partner_center.patch import NotPatchableError
from cosell.core.errors import ServiceUnavailableError
from cosell.core.record import Row
from cosell.sync.ports import Gone, NoAnswer, Rejected, Stale, Written

from sandbox.partner_center import portal
from tests.contracts.partner_center.seller import COLUMNS, Desk, change, draft

pytestmark = pytest.mark.anyio


def written(outcome: object) -> Row:
    """Give the row of a write that was done."""
    assert isinstance(outcome, Written), outcome
    return outcome.row


async def test_created_referral_is_what_was_asked(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The columns arrive whole, and the outcome is what the service holds now."""
    (outcome,) = await replica.create([draft()])
    row = written(outcome)
    (stored,) = desk.stored()
    assert row.key == stored["id"]
    assert row.etag == stored["eTag"]
    assert stored["name"] == COLUMNS["name"]
    assert stored["externalReferenceId"] == COLUMNS["externalReferenceId"]
    assert row.payload["details"]["dealValue"] == Decimal("42000.5")
    assert row.payload["details"]["requirements"]["solutions"][0]["price"] == Decimal("9.99")
    assert (stored["status"], stored["substatus"]) == ("Active", "Accepted")


async def test_each_draft_has_its_own_end(desk: Desk, replica: PartnerCenterReplica) -> None:
    """One bad country does not keep the others, and the answers come in the order asked."""
    drafts = [draft(name="A"), draft(customerProfile__address__country="Germany"), draft(name="C")]
    first, second, third = await replica.create(drafts)
    assert written(first).payload["name"] == "A"
    assert isinstance(second, Rejected)
    assert "country" in second.message
    assert written(third).payload["name"] == "C"
    assert len(desk.stored()) == 2


async def test_draft_is_closed_where_it_says_so(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A deal that was won in the CRM is created and then closed, status and substatus together."""
    (outcome,) = await replica.create([draft("won")])
    assert written(outcome).payload["substatus"] == "Won"


async def test_draft_that_cannot_be_closed_stands_open(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The new referral is told even when the second step fails; its status shows that it is open."""
    desk.break_("status", method="PATCH", status=400, body={"error": {"code": "invalidRequest"}})
    (outcome,) = await replica.create([draft("lost")])
    assert written(outcome).payload["status"] == "Active"


@pytest.mark.parametrize("kind", ["drop_after", "truncate", "drop_before", "garbage"])
async def test_unanswered_create_is_never_repeated(desk: Desk, replica: PartnerCenterReplica, kind: str) -> None:
    """Nobody knows whether it was done, so it is asked once, and a look by CRM id clears it up."""
    begun = datetime.now(UTC)
    desk.break_(kind, method="POST")
    (outcome,) = await replica.create([draft()])
    assert isinstance(outcome, NoAnswer)
    assert desk.asked("POST") == 1
    found = await replica.find([str(COLUMNS["externalReferenceId"])], by="crm_id", since=begun)
    assert [row.key for row in found] == [one["id"] for one in desk.stored()]


async def test_throttled_create_was_not_done_and_is_repeated(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A 429 is an answer: the create waits and goes again, under the same request id, with new correlation ids."""
    desk.break_("throttle", method="POST", retry_after=0, flat=True)
    (outcome,) = await replica.create([draft()])
    written(outcome)
    assert len(desk.stored()) == 1
    first, second = (request.headers for request in desk.heard if request.method == "POST")
    assert first["MS-RequestId"] == second["MS-RequestId"]
    assert first["client-request-id"] != second["client-request-id"]
    assert second["client-request-id"] == second["MS-CorrelationId"]


async def test_two_requests_have_two_ids(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The idempotency key belongs to one logical request."""
    await replica.create([draft(), draft()])
    assert len({one.headers["MS-RequestId"] for one in desk.heard if one.method == "POST"}) == 2


async def test_create_taken_without_a_body_is_looked_up(desk: Desk, replica: PartnerCenterReplica) -> None:
    """202 or 204 without content: the new referral is found by the CRM id it carries."""
    standing = desk.deal(externalReferenceId=COLUMNS["externalReferenceId"])
    desk.break_("status", method="POST", status=202)
    (outcome,) = await replica.create([draft()])
    assert written(outcome).key == standing["id"]


async def test_create_taken_without_a_body_and_not_shown_yet(desk: Desk, replica: PartnerCenterReplica) -> None:
    """What was taken and cannot be found yet is left to the next look."""
    desk.break_("status", method="POST", status=202)
    (outcome,) = await replica.create([draft()])
    assert isinstance(outcome, NoAnswer)


async def test_service_that_is_down_for_all_is_one_error(desk: Desk, replica: PartnerCenterReplica) -> None:
    """When not one record got through, the call as a whole is to be repeated."""

    class Nobody(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            message = "refused"
            raise httpx.ConnectError(message, request=request)

    desk.world.settings["page_size"] = 3
    async with desk.transport(Nobody()) as transport:
        with pytest.raises(ServiceUnavailableError):
            await desk.replica(transport).create([draft(), draft()])


async def test_edit_is_a_patch_under_the_etag(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Only what changes is sent, guarded by the etag verbatim, and what the service then holds comes back."""
    referral = desk.deal()
    (outcome,) = await replica.update([change(referral, details__notes="new", details__dealValue=Decimal("7.25"))])
    row = written(outcome)
    assert isinstance(outcome, Written)
    assert outcome.only_ours
    assert (row.payload["details"]["notes"], row.payload["details"]["dealValue"]) == ("new", Decimal("7.25"))
    assert row.etag == portal.show(desk.world, referral["id"])["eTag"]
    (sent,) = (request for request in desk.heard if request.method == "PATCH")
    assert sent.headers["If-Match"] == referral["eTag"]
    assert sent.headers["Prefer"] == "return=representation"
    assert sent.headers["Content-Type"] == "application/json"


async def test_each_edit_has_its_own_end(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Done, overtaken, gone, refused, never read with an etag: in the order asked."""
    done, overtaken, gone, refused, closed = (desk.deal() for _ in range(5))
    portal.touch(desk.world, overtaken["id"])
    desk.world.settings["gone_ids"] = [gone["id"]]
    closed = portal.close(desk.world, closed["id"])
    outcomes = await replica.update(
        [
            change(done, details__notes="n"),
            change(overtaken, details__notes="n"),
            change(gone, details__notes="n"),
            change(refused, details__currency="Euro"),
            change(closed, details__notes="n"),
            change({**done, "eTag": ""}, details__notes="n"),
        ]
    )
    assert [type(one) for one in outcomes] == [Written, Stale, Gone, Rejected, Rejected, Stale]
    assert isinstance(outcomes[4], Rejected)
    assert outcomes[4].code == "referralClosed"


async def test_edit_of_what_is_never_written_is_found_before_any_call(
    desk: Desk, replica: PartnerCenterReplica
) -> None:
    """A name is no patchable path: nothing of the call goes out."""
    referral = desk.deal()
    with pytest.raises(NotPatchableError):
        await replica.update([change(referral, details__notes="n"), change(referral, name="n")])
    assert not desk.heard


async def test_closing_goes_with_the_edit(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Status, substatus and reason travel in one patch."""
    referral = desk.deal()
    (outcome,) = await replica.update([change(referral, "lost", statusReason="Budget")])
    payload = written(outcome).payload
    assert (payload["status"], payload["substatus"], payload["statusReason"]) == ("Closed", "Lost", "Budget")
    assert desk.asked("PATCH") == 1


async def test_deal_value_is_sent_as_the_service_takes_it(desk: Desk) -> None:
    """A number first; where that is refused a string, and from then on a string at once."""
    desk.world.settings["deal_value_as"] = "string"
    for number in (1, 2):
        async with desk.transport() as transport:
            referral = desk.deal()
            edit = change(referral, details__dealValue=Decimal(number))
            (outcome,) = await desk.replica(transport).update([edit])
        assert written(outcome).payload["details"]["dealValue"] == number
    assert desk.asked("PATCH") == 3


async def test_deal_value_that_no_spelling_mends_is_refused(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Two tries at most, and nothing is learned from them."""
    (outcome,) = await replica.update([change(desk.deal(), details__dealValue="a lot")])
    assert isinstance(outcome, Rejected)
    assert desk.asked("PATCH") == 2
    assert not any("deal_value" in name for name in desk.memory)


async def test_member_that_the_referral_lacks_is_added(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A strict service does not replace what is not there; then it is added."""
    referral = desk.deal()
    table = desk.world.store.table("referrals")
    table.put(referral["id"], {name: value for name, value in referral.items() if name != "campaignId"})
    (outcome,) = await replica.update([change(referral, campaignId="spring")])
    assert written(outcome).payload["campaignId"] == "spring"


async def test_lost_answer_of_an_edit_is_cleared_up_by_its_etag(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Not done: the repeat does it. Done: the repeat meets our own new etag, and nobody can tell whose it is."""
    first, second = desk.deal(), desk.deal()
    desk.break_("drop_before", method="PATCH")
    (outcome,) = await replica.update([change(first, details__notes="n")])
    assert written(outcome).payload["details"]["notes"] == "n"
    desk.break_("drop_after", method="PATCH")
    (outcome,) = await replica.update([change(second, details__notes="n")])
    assert isinstance(outcome, NoAnswer)
    assert portal.show(desk.world, second["id"])["details"]["notes"] == "n"


async def test_edit_answered_without_a_body_is_read_back(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A 204 tells nothing of the record: it is read, and without the write's own etag another writer is possible."""
    referral = desk.deal()
    desk.break_("status", method="PATCH", status=204)
    (outcome,) = await replica.update([change(referral, details__notes="n")])
    assert written(outcome).key == referral["id"]
    assert isinstance(outcome, Written)
    assert not outcome.only_ours
    desk.break_("status", method="PATCH", status=204, headers={"ETag": referral["eTag"]})
    (outcome,) = await replica.update([change(referral, details__notes="n")])
    assert isinstance(outcome, Written)
    assert outcome.only_ours


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"error": {"code": "a", "innererror": {"Code": "deep", "Message": "why"}}}, ("deep", "why")),
        (403, {"error": {"code": "accessDenied", "message": "no"}}, ("accessDenied", "no")),
        (422, {"statusCode": 422, "message": "flat"}, ("422", "flat")),
        (415, None, ("http415", "the service gave no reason")),
    ],
)
async def test_refusal_is_told_in_the_innermost_words(
    desk: Desk, replica: PartnerCenterReplica, status: int, body: object, said: tuple[str, str]
) -> None:
    """However the error is nested or spelt, the most exact code and sentence are given."""
    desk.break_("status", method="PATCH", status=status, body=body)
    (outcome,) = await replica.update([change(desk.deal(), details__notes="n")])
    assert outcome == Rejected(*said)


@pytest.mark.parametrize("status", [409, 423])
async def test_overtaken_or_locked_referral_is_pulled_again(
    desk: Desk, replica: PartnerCenterReplica, status: int
) -> None:
    """A state conflict or a lock means that our picture is old."""
    desk.break_("status", method="PATCH", status=status)
    assert await replica.update([change(desk.deal(), details__notes="n")]) == [Stale()]


async def test_visibility_is_one_way(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The service's own rule comes back as a refusal of that record."""
    shown = "consent__consentToShareReferralWithMicrosoftSellers"
    (opened,) = await replica.update([change(desk.deal(), **{shown: True})])
    row = written(opened)
    hidden = change({"id": row.key, "eTag": row.etag}, **{shown: False})
    (outcome,) = await replica.update([hidden])
    assert isinstance(outcome, Rejected)
    assert re.search("hidden", outcome.message)


async def test_many_creates_are_one_request_each(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A batch of creates costs its posts and nothing more."""
    outcomes = await replica.create([draft(name=f"Deal {number}") for number in range(replica.create_size)])
    assert len({written(one).key for one in outcomes}) == replica.create_size
    assert len(desk.heard) == replica.create_size
