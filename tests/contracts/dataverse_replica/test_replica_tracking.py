"""Solution rows that were deleted: told by change tracking, whatever becomes of its links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.sync.ports import Tracked

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from replica_crm import Crm
    from starlette.types import Receive, Scope, Send

TABLE = "cosell_partnercentersolution"


def tracked(crm_at_work: Crm, link: str | None) -> Tracked:
    """Ask the replica."""
    found = crm_at_work.ask(lambda replica: replica.track(TABLE, link))
    assert found is not None
    return found


def test_the_first_reading_tells_where_every_row_hangs(crm_at_work: Crm) -> None:
    """Later ones tell what came and what went."""
    deal = crm_at_work.deal()
    line = crm_at_work.line(deal, cosell_solutionid="SOL-1")
    first = tracked(crm_at_work, None)
    assert (first.whole, first.standing, first.gone) == (True, {line: deal}, ())
    crm.delete(crm_at_work.world, TABLE, line)
    other = crm_at_work.line(deal, cosell_solutionid="SOL-2")
    second = tracked(crm_at_work, first.link)
    assert (second.whole, second.standing, second.gone) == (False, {other: deal}, (line,))


def test_a_row_taken_off_its_deal_is_gone(crm_at_work: Crm) -> None:
    """It still stands, but hangs on nothing."""
    line = crm_at_work.line(crm_at_work.deal(), cosell_solutionid="SOL-1")
    link = tracked(crm_at_work, None).link
    crm.update(crm_at_work.world, TABLE, line, cosell_opportunityid=None)
    assert tracked(crm_at_work, link).gone == (line,)


def test_after_an_expired_link_all_is_read_again(crm_at_work: Crm) -> None:
    """Whatever code refuses it."""
    line = crm_at_work.line(crm_at_work.deal(), cosell_solutionid="SOL-1")
    link = tracked(crm_at_work, None).link
    crm_at_work.world.advance(8 * 86_400)
    again = tracked(crm_at_work, link)
    assert (again.whole, set(again.standing)) == (True, {line})


def test_without_tracking_there_is_no_link(crm_at_work: Crm) -> None:
    """It is switched off for the table."""
    crm_at_work.world.settings["dataverse_tracked_tables"] = []
    assert tracked(crm_at_work, None) == Tracked(link=None)


def test_a_crm_that_passes_over_the_wish_tracks_nothing(crm_at_work: Crm) -> None:
    """A service may ignore a preference; the rows then come without a link."""
    crm_at_work.line(crm_at_work.deal(), cosell_solutionid="SOL-1")
    app = crm_at_work.app

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if b"track-changes" not in value]
        await app({**scope, "headers": kept}, receive, send)

    crm_at_work.app = deaf
    assert tracked(crm_at_work, None) == Tracked(link=None)
