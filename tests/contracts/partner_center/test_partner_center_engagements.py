"""Microsoft's part of our deals: whose a referral is, what an invitation says, and that none is sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cosell.core.errors import AccessDeniedError
from cosell.sync.ports import PART, Gone, Invitation, NoAnswer, Rejected, Written

from sandbox.partner_center import portal, records

if TYPE_CHECKING:
    from cosell.adapters.partner_center import PartnerCenterReplica

    from tests.contracts.partner_center.seller import Desk

pytestmark = pytest.mark.anyio
HELP = "ProofOfConceptOrDemo"


def invitation(deal: dict[str, Any], **changed: Any) -> Invitation:  # noqa: ANN401 - parts of an invitation
    """Give a request for help with a deal."""
    return Invitation(**{"referral_id": deal["id"], "engagement_id": deal["engagementId"], "help": HELP, **changed})


def parties(desk: Desk, deal: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the referrals of all parties of a deal."""
    return [one for one in desk.stored() if one["engagementId"] == deal["engagementId"]]


async def test_an_invitation_is_a_second_referral(desk: Desk, replica: PartnerCenterReplica) -> None:
    """It joins our engagement, is addressed to Microsoft, carries the kind of help and the notes, and our deal."""
    deal = desk.deal(externalReferenceId="row-1")
    (outcome,) = await replica.engagements.invite([invitation(deal, notes="Call me")])
    assert isinstance(outcome, Written)
    assert outcome.row.key == deal["id"]
    (theirs,) = [one for one in parties(desk, deal) if one["organizationId"] == "msft"]
    assert outcome.row.payload[PART]["id"] == theirs["id"]
    assert theirs["target"] == [{"type": "BusinessProfileLocation", "id": "msft"}]
    assert theirs["inviteContext"]["assistanceRequestCode"] == HELP
    assert theirs["inviteContext"]["notes"] == "Call me"
    assert theirs["customerProfile"]["team"] == deal["customerProfile"]["team"]
    assert theirs["details"]["dealValue"] == deal["details"]["dealValue"]
    assert theirs["externalReferenceId"] is None, "our CRM id names our own referral only"


async def test_an_invitation_says_what_the_crm_knows_better(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A contact completed in the CRM, and what Services deals need, go to Microsoft though our referral lacks them."""
    deal = desk.deal(customerProfile={"team": []})
    ada = {"firstName": "Ada", "lastName": "Kern", "email": "ada@tailspin.example", "phoneNumber": "+49"}
    role = "details.requirements.additionalRequirements.attributes[type=PartnerRole].id"
    columns = {"customerProfile.team": [ada], role: "Solution design", "details.notes": None}
    await replica.engagements.invite([invitation(deal, columns=columns)])
    theirs = next(one for one in parties(desk, deal) if one["organizationId"] == "msft")
    assert theirs["customerProfile"]["team"][0]["email"] == "ada@tailspin.example"
    attributes = theirs["details"]["requirements"]["additionalRequirements"]["attributes"]
    assert {"type": "PartnerRole", "id": "Solution design"} in attributes


async def test_microsoft_is_invited_once(desk: Desk, replica: PartnerCenterReplica) -> None:
    """However often it is asked, one referral stands; each asking gives it."""
    deal = desk.deal()
    for _ in range(3):
        (outcome,) = await replica.engagements.invite([invitation(deal)])
        assert isinstance(outcome, Written)
        assert outcome.row.payload[PART]["status"] == "New"
    assert len(parties(desk, deal)) == 2
    assert desk.asked("POST") == 1


@pytest.mark.parametrize(("kind", "standing"), [("drop_before", 1), ("drop_after", 2)])
async def test_a_lost_answer_is_told(desk: Desk, replica: PartnerCenterReplica, kind: str, standing: int) -> None:
    """Whether the invitation landed is not known; the next asking finds out and leaves exactly one."""
    deal = desk.deal()
    desk.break_(kind, times=0, method="POST")
    (outcome,) = await replica.engagements.invite([invitation(deal)])
    assert isinstance(outcome, NoAnswer)
    assert len(parties(desk, deal)) == standing
    desk.world.faults.clear()
    (again,) = await replica.engagements.invite([invitation(deal)])
    assert isinstance(again, Written)
    assert len(parties(desk, deal)) == 2


class _Quicker(httpx.AsyncBaseTransport):
    """Lets somebody ask Microsoft in the portal just before our invitation arrives."""

    def __init__(self, desk: Desk, deal: dict[str, Any]) -> None:
        self._desk, self._deal = desk, deal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        if request.method == "POST":
            portal.ask_microsoft(self._desk.world, self._deal["id"])
        return await httpx.ASGITransport(self._desk.app).handle_async_request(request)


async def test_somebody_else_may_be_quicker(desk: Desk) -> None:
    """Microsoft's referral that came to stand meanwhile is found, and none is added."""
    deal = desk.deal()
    async with desk.transport(_Quicker(desk, deal)) as transport:
        (outcome,) = await desk.replica(transport).engagements.invite([invitation(deal)])
    assert isinstance(outcome, Written)
    assert outcome.row.payload[PART]["inviteContext"]["assistanceRequestCode"] == "GeneralOrOther"
    assert len(parties(desk, deal)) == 2


async def test_each_engagement_has_its_own_end(desk: Desk, replica: PartnerCenterReplica) -> None:
    """What Partner Center refuses, and what is gone, takes no other deal with it."""
    good, bare = desk.deal(), desk.deal(customerProfile={"team": []})
    gone = {"id": records.new_id(), "engagementId": records.new_id()}
    outcomes = await replica.engagements.invite([invitation(each) for each in (good, bare, gone)])
    assert [type(outcome) for outcome in outcomes] == [Written, Rejected, Gone]
    assert isinstance(outcomes[1], Rejected)
    assert "contact" in outcomes[1].message


async def test_an_invitation_that_is_not_ours_to_send_stops_the_run(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A role that may not create referrals is for a person to mend."""
    deal = desk.deal()
    desk.break_("status", status=403, times=0, method="POST")
    with pytest.raises(AccessDeniedError):
        await replica.engagements.invite([invitation(deal)])


async def test_our_referral_is_read_with_microsofts(desk: Desk, replica: PartnerCenterReplica) -> None:
    """One request gives both; where Microsoft has no part the member is null, which is not the same as missing."""
    asked, alone = desk.deal(), desk.deal()
    await replica.engagements.invite([invitation(asked)])
    portal.microsoft_accepts(desk.world, asked["id"])
    desk.heard.clear()
    found = await replica.engagements.read([asked["engagementId"], alone["engagementId"]])
    assert desk.asked("GET") == 2
    assert {row.key for row in found.values()} == {asked["id"], alone["id"]}
    part = found[asked["engagementId"]].payload[PART]
    assert (part["status"], part["team"][0]["email"]) == ("Active", "megan@microsoft.example")
    assert part["trackingInfo"]["microsoftMsxId"]
    assert found[alone["engagementId"]].payload[PART] is None
    (window,) = (await replica.fetch([asked["id"]])).values()
    assert PART not in window.payload  # type: ignore[union-attr]


async def test_whose_a_referral_is_is_told_by_ids(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Another partner's referral in the engagement is neither ours nor Microsoft's, whatever its direction says."""
    deal = desk.deal()
    another = {**deal, "id": records.new_id(), "organizationId": "0d0f", "organizationName": "Microsoft"}
    records.add(desk.world, {**another, "direction": "Outgoing", "target": [{"type": "SolutionProfile", "id": "x"}]})
    (row,) = (await replica.engagements.read([deal["engagementId"]])).values()
    assert (row.key, row.payload[PART]) == (deal["id"], None)
    addressed = {**another, "id": records.new_id(), "organizationId": "", "target": [{"type": "None", "id": "MSFT"}]}
    records.add(desk.world, addressed)
    (row,) = (await replica.engagements.read([deal["engagementId"]])).values()
    assert (row.key, row.payload[PART]["id"]) == (deal["id"], addressed["id"])  # type: ignore[index]


async def test_microsoft_may_have_an_id_like_anybody(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Where its referral names a GUID and no address, it is known by the help that is asked for in it."""
    deal = desk.deal()
    context = {"inviteContext": {"assistanceRequestCode": HELP}, "target": None}
    theirs = records.add(desk.world, {**deal, **context, "id": records.new_id(), "organizationId": records.new_id()})
    (outcome,) = await replica.engagements.invite([invitation(deal)])
    assert isinstance(outcome, Written)
    assert outcome.row.payload[PART]["id"] == theirs["id"]
    assert desk.asked("POST") == 0


async def test_what_is_new_in_microsofts_referral_stops_nothing(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Words and members that nobody knows are kept as they came."""
    deal = desk.deal()
    await replica.engagements.invite([invitation(deal)])
    theirs = next(one for one in parties(desk, deal) if one["organizationId"] == "msft")
    records.change(desk.world, {**theirs, "status": "Engaged", "substatus": "Thinking", "mood": {"level": 3}})
    (row,) = (await replica.engagements.read([deal["engagementId"]])).values()
    part: Any = row.payload[PART]
    assert (part["status"], part["substatus"], part["mood"]) == ("Engaged", "Thinking", {"level": 3})


@pytest.mark.parametrize("status", [400, 403])
async def test_an_engagement_that_cannot_be_read_is_left_out(
    desk: Desk, replica: PartnerCenterReplica, status: int
) -> None:
    """The others are read all the same."""
    first, second = desk.deal(), desk.deal()
    assert await replica.engagements.read([]) == {}
    desk.break_("status", status=status, times=0, path=f"engagementId eq '{first['engagementId']}'")
    wanted = [first["engagementId"], records.new_id(), second["engagementId"], second["engagementId"]]
    assert list(await replica.engagements.read(wanted)) == [second["engagementId"]]


async def test_what_cannot_be_looked_up_is_not_asked_for(desk: Desk, replica: PartnerCenterReplica) -> None:
    """An engagement whose list is refused is that deal's trouble alone; the others are asked for."""
    first, second = desk.deal(), desk.deal()
    desk.break_("status", status=400, times=0, path=f"engagementId eq '{first['engagementId']}'")
    outcomes = await replica.engagements.invite([invitation(first), invitation(second)])
    assert [type(each) for each in outcomes] == [Rejected, Written]
    assert (len(parties(desk, first)), desk.asked("POST")) == (1, 1)


async def test_only_shared_deals_may_have_others_in_them(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A private deal costs no request of its own."""
    private, shared = desk.deal(), desk.deal(type="Shared")
    rows = await replica.fetch([private["id"], shared["id"]])
    told = [replica.engagements.shared(row) for row in rows.values()]  # type: ignore[arg-type]
    assert told == [None, shared["engagementId"]]
