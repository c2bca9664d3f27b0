"""What every Engagements promises, the real adapter and the fake of the random histories alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.sync.ports import PART, Gone, Invitation, NoAnswer, Rejected, Written

if TYPE_CHECKING:
    from tests.contracts.engagements.conftest import Stage

pytestmark = pytest.mark.anyio
HELP = "ProofOfConceptOrDemo"


async def test_an_invitation_makes_microsofts_referral_once(stage: Stage) -> None:
    """Each asking gives our referral with Microsoft's nested; only the first makes one."""
    referral, engagement = stage.deal()
    for _ in range(3):
        (outcome,) = await stage.engagements.invite([Invitation(referral, engagement, HELP)])
        assert isinstance(outcome, Written)
        assert outcome.row.key == referral
        assert stage.status(outcome.row) == "Pending"
    assert stage.microsofts(referral) == 1


async def test_a_lost_answer_is_cleared_up_by_asking_again(stage: Stage) -> None:
    """It was done, nobody knows; the second asking finds it."""
    referral, engagement = stage.deal()
    stage.lose_answer()
    (lost,) = await stage.engagements.invite([Invitation(referral, engagement, HELP)])
    assert isinstance(lost, NoAnswer)
    assert stage.microsofts(referral) == 1
    (found,) = await stage.engagements.invite([Invitation(referral, engagement, HELP)])
    assert isinstance(found, Written)
    assert stage.microsofts(referral) == 1


async def test_every_invitation_is_answered_in_order(stage: Stage) -> None:
    """A deal that is closed, and one that is gone, take no other with them."""
    good, closed = stage.deal(), stage.deal()
    stage.close(closed[0])
    gone = ("9f1c9d4e-0000-4000-8000-00000000000f", "9f1c9d4e-0000-4000-8000-0000000000ff")
    outcomes = await stage.engagements.invite([Invitation(*each, HELP) for each in (closed, gone, good)])
    assert [type(outcome) for outcome in outcomes] == [Rejected, Gone, Written]


async def test_reading_nests_microsofts_referral(stage: Stage) -> None:
    """Its part as it is now; null where there is none; nothing for an engagement that is not ours."""
    asked, alone = stage.deal(), stage.deal()
    await stage.engagements.invite([Invitation(*asked, HELP)])
    stage.accepts(asked[0])
    found = await stage.engagements.read([asked[1], alone[1], "9f1c9d4e-0000-4000-8000-0000000000ff"])
    assert {engagement: row.key for engagement, row in found.items()} == {asked[1]: asked[0], alone[1]: alone[0]}
    assert stage.status(found[asked[1]]) == "Accepted"
    assert found[alone[1]].payload[PART] is None


async def test_a_referral_read_by_itself_says_nothing_of_microsoft(stage: Stage) -> None:
    """Missing is not null: nobody looked."""
    referral, engagement = stage.deal()
    await stage.engagements.invite([Invitation(referral, engagement, HELP)])
    row = (await stage.replica.fetch([referral]))[referral]
    assert not isinstance(row, Gone)
    assert PART not in row.payload


async def test_a_deal_tells_whether_others_may_be_in_it(stage: Stage) -> None:
    """Only a shared one costs a request of its own."""
    private, shared = stage.deal(), stage.deal(shared=True)
    rows = await stage.replica.fetch([private[0], shared[0]])
    assert [stage.engagements.shared(row) for row in rows.values() if not isinstance(row, Gone)] == [None, shared[1]]


async def test_microsofts_referral_leads_to_ours(stage: Stage) -> None:
    """By their engagement, and ours to itself; one that nobody may see is left out."""
    asked, alone = stage.deal(), stage.deal()
    await stage.engagements.invite([Invitation(*asked, HELP)])
    theirs = stage.microsofts_id(asked[0])
    nobodys = "9f1c9d4e-0000-4000-8000-0000000000ff"
    found = await stage.engagements.ours_beside([theirs, alone[0], nobodys, theirs])
    assert found == {theirs: asked[0], alone[0]: alone[0]}
    assert await stage.engagements.ours_beside([]) == {}
