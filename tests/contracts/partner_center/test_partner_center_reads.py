"""What the replica shows of Partner Center."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx
import pytest
from cosell.adapters.partner_center import PartnerCenterReplica, open_transport
from cosell.adapters.transport import Options
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    ForeignHostError,
    ServiceUnavailableError,
    SignInNeededError,
)
from cosell.core.record import Row, Window
from cosell.sync.ports import Gone

from sandbox.entra import forget_mfa
from sandbox.partner_center import portal
from tests.contracts.partner_center.seller import BASE, QUICK, Desk, rows

pytestmark = pytest.mark.anyio

EVERYTHING = Window(None, None)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
By = Literal["changed", "created"]
TIMES: tuple[By, ...] = ("changed", "created")


def day(number: int) -> datetime:
    """Give a day of March 2024."""
    return datetime(2024, 3, number, tzinfo=UTC)


def aged(desk: Desk, number: int) -> str:
    """Create a deal on that day and give its id."""
    at = day(number).isoformat()
    return str(desk.deal(createdDateTime=at, updatedDateTime=at)["id"])


def keys(found: list[Row]) -> set[str]:
    """Give the rows' keys, each found once."""
    assert len({row.key for row in found}) == len(found)
    return {row.key for row in found}


async def test_list_is_read_to_its_end(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Every page is followed, whatever the service thinks of its size."""
    wanted = {desk.deal(name=f"Deal {number}")["id"] for number in range(25)}
    desk.world.settings["page_size"] = 10
    assert keys(await rows(replica, EVERYTHING)) == wanted


async def test_next_links_of_the_published_kind_are_understood(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A link with the wrong scheme and a path that is not served still leads on: by its skiptoken."""
    wanted = {desk.deal()["id"] for _ in range(35)}
    desk.world.settings["page_size"] = 10
    desk.world.settings["odd_next_link"] = True
    assert keys(await rows(replica, EVERYTHING)) == wanted
    assert {request.url.scheme for request in desk.heard} == {"https"}
    # The wrong path is tried once, not for every page.
    assert sum(request.url.path == "/v1.0/referrals" for request in desk.heard) == 1


@pytest.mark.parametrize("by", TIMES)
@pytest.mark.parametrize("refused", [[], ["createdDateTime", "updatedDateTime"]])
async def test_window_has_its_first_moment_and_not_its_last(
    desk: Desk, replica: PartnerCenterReplica, by: By, refused: list[str]
) -> None:
    """Since counts, until does not, whether the service filters or we cut."""
    found = [aged(desk, number) for number in range(1, 7)]
    desk.world.settings["refuse_filter_on"] = refused
    assert keys(await rows(replica, Window(day(2), day(5), by))) == set(found[1:4])
    assert keys(await rows(replica, Window(None, day(2), by))) == set(found[:1])
    assert keys(await rows(replica, Window(day(6), None, by))) == set(found[5:])


@pytest.mark.parametrize("by", TIMES)
async def test_refused_filter_is_remembered(desk: Desk, by: By) -> None:
    """A service that answers a filter with 400 is not asked for it again, in this run or the next."""
    aged(desk, 1)
    desk.world.settings["refuse_filter_on"] = ["createdDateTime", "updatedDateTime"]
    for _ in range(2):
        async with desk.transport() as transport:
            await rows(desk.replica(transport), Window(LONG_AGO, None, by))
    assert sum("$filter" in str(request.url) for request in desk.heard) == 1


async def test_list_without_filter_stops_where_the_window_begins(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Without a filter a small window costs a page, not the whole list."""
    for number in range(1, 21):
        aged(desk, number)
    desk.world.settings["page_size"] = 5
    desk.world.settings["refuse_filter_on"] = ["updatedDateTime"]
    await rows(replica, EVERYTHING)
    desk.heard.clear()
    assert len(await rows(replica, Window(day(19), None))) == 2
    assert desk.asked("GET") == 2  # the refused one, and the page


async def test_one_listing_serves_all_windows_of_a_backfill(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Where the service refuses the filter, the next created window asks for its referrals alone."""
    found = [aged(desk, number) for number in range(1, 21)]
    desk.world.settings["page_size"] = 5
    desk.world.settings["refuse_filter_on"] = ["createdDateTime"]
    assert keys(await rows(replica, Window(day(1), day(3), "created"))) == set(found[:2])
    desk.heard.clear()
    assert keys(await rows(replica, Window(day(10), day(12), "created"))) == set(found[9:11])
    assert desk.asked("GET") == 2


async def test_kept_listing_is_not_used_past_its_time(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A window that ends after the listing was made may hold referrals that it lacks."""
    aged(desk, 1)
    desk.world.settings["refuse_filter_on"] = ["createdDateTime"]
    await rows(replica, Window(LONG_AGO, day(9), "created"))
    young = desk.deal()["id"]
    found = await rows(replica, Window(day(2), datetime.now(UTC) + timedelta(hours=1), "created"))
    assert keys(found) == {young}


async def test_kept_listing_grows_old(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A referral that a wider role shows from now on is found by the backfill of the next day."""
    desk.world.settings["refuse_filter_on"] = ["createdDateTime"]
    await rows(replica, Window(LONG_AGO, day(9), "created"))
    late = aged(desk, 2)
    assert await rows(replica, Window(LONG_AGO, day(9), "created")) == []
    kept = desk.memory["partner_center.created_listing"]
    kept["at"] = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    assert keys(await rows(replica, Window(LONG_AGO, day(9), "created"))) == {late}


async def test_referral_that_changes_while_we_page_hides_no_other(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Newest first and without an upper bound at the service, a change in between only makes one come twice."""
    wanted = {aged(desk, number) for number in range(1, 10)}
    desk.world.settings["page_size"] = 3
    found: list[Row] = []
    async for page in replica.changed(Window(LONG_AGO, None)):
        found.extend(page)
        if len(found) == 3:
            portal.touch(desk.world, found[-1].key)
    assert {row.key for row in found} == wanted


async def test_organisation_is_learned_from_our_partner_id(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Our organisation's id is taken from a referral of our location, shown, and remembered."""
    referral = desk.deal()
    await rows(replica, EVERYTHING)
    assert replica.organization_id == referral["organizationId"]
    desk.heard.clear()
    async with desk.transport() as transport:
        assert desk.replica(transport).organization_id == referral["organizationId"]
    assert not desk.heard


async def test_other_partner_id_in_the_connection_is_learned_anew(desk: Desk, replica: PartnerCenterReplica) -> None:
    """What was learned for another location is not used."""
    desk.deal()
    await rows(replica, EVERYTHING)
    async with desk.transport() as transport:
        assert desk.replica(transport, partner_id="7").organization_id is None


async def test_nobody_s_referrals_are_taken_for_ours(desk: Desk) -> None:
    """When no referral has our partner id, the run stops and says what to set."""
    desk.deal()
    async with desk.transport() as transport:
        with pytest.raises(ConfigurationError, match="organization_id"):
            await rows(desk.replica(transport, partner_id="7"), EVERYTHING)
        with pytest.raises(ConfigurationError, match="partner_id"):
            await rows(desk.replica(transport, partner_id=""), EVERYTHING)


async def test_empty_service_has_no_rows(replica: PartnerCenterReplica) -> None:
    """A new partner without any referral can begin."""
    assert await rows(replica, EVERYTHING) == []
    assert await replica.is_empty()


async def test_one_referral_is_not_empty(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The probe needs no window."""
    desk.deal()
    assert not await replica.is_empty()


async def test_others_referrals_are_skipped_and_counted() -> None:
    """A list that shows other parties' copies too gives ours alone."""
    listed = [{"id": name, "organizationId": name} for name in ("ours", "msft", "other")]

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"value": listed})

    async with open_transport(
        BASE, _AnyToken(), options=Options(patience=QUICK, wire=httpx.MockTransport(answer))
    ) as transport:
        replica = PartnerCenterReplica(
            transport, recall={}.get, remember=lambda _name, _value: None, organization_id="OURS"
        )
        assert keys(await rows(replica, EVERYTHING)) == {"ours"}
        assert replica.skipped_foreign == 2


async def test_fetch_answers_every_key(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Found, gone, out of our scope and never an id: each has its answer."""
    there, gone, hidden = (desk.deal()["id"] for _ in range(3))
    desk.world.settings["gone_ids"] = [gone]
    desk.world.settings["hidden_ids"] = [hidden]
    found = await replica.fetch([there, gone, hidden, "no id/at all?", there])
    assert isinstance(found[there], Row)
    assert found[there].etag == portal.show(desk.world, there)["eTag"]
    assert found[gone] == Gone()
    assert found[hidden] == Gone(out_of_scope=True)
    assert found["no id/at all?"] == Gone()


async def test_closed_and_unanswered_referrals_are_fetched_too(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Fetching asks no state."""
    closed = portal.close(desk.world, desk.deal()["id"], substatus="Lost", reason="Budget")
    invited = portal.invite(desk.world)
    found = await replica.fetch([closed["id"], invited["id"]])
    states = {row.payload["substatus"] for row in found.values() if isinstance(row, Row)}
    assert states == {"Lost", "Pending"}


@pytest.mark.parametrize("refused", [[], ["externalReferenceId"]])
async def test_referral_is_found_by_its_crm_id(desk: Desk, replica: PartnerCenterReplica, refused: list[str]) -> None:
    """By filter where the service takes it, else among what was created since; quotes do not break out."""
    begun = datetime.now(UTC)
    wanted = desk.deal(externalReferenceId="O'Brien' or 'a' eq 'a")["id"]
    desk.deal(externalReferenceId="another")
    desk.world.settings["refuse_filter_on"] = refused
    found = await replica.find(["O'Brien' or 'a' eq 'a"], by="crm_id", since=begun)
    assert keys(found) == {wanted}


async def test_without_filter_and_beginning_nothing_is_looked_up(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Without a time to look from, a refused filter means that nothing is found."""
    desk.deal(externalReferenceId="x")
    assert await replica.find(["x"], by="crm_id") == []


async def test_refused_crm_id_filter_is_remembered(desk: Desk, replica: PartnerCenterReplica) -> None:
    """The undocumented filter is tried once."""
    desk.deal(externalReferenceId="x")
    for _ in range(2):
        await replica.find(["x"], by="crm_id", since=datetime.now(UTC))
    assert sum("externalReferenceId%20eq" in str(one.url) for one in desk.heard) == 1


async def test_find_by_referral_id_leaves_the_gone_out(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Only what is there is found."""
    there = desk.deal()["id"]
    found = await replica.find([there, "6f1c9d4e-0000-4000-8000-000000000009"], by="referral_id")
    assert keys(found) == {there}


async def test_what_was_created_since_is_listed(desk: Desk, replica: PartnerCenterReplica) -> None:
    """All of it, or those of the CRM ids that are named."""
    aged(desk, 1)
    young, named = desk.deal()["id"], desk.deal(externalReferenceId="x")["id"]
    since = datetime.now(UTC) - timedelta(hours=1)
    assert keys(await replica.find([], by="created_since", since=since)) == {young, named}
    assert keys(await replica.find(["X"], by="created_since", since=since)) == {named}


async def test_oddities_of_the_wire_do_not_reach_the_payload(desk: Desk, replica: PartnerCenterReplica) -> None:
    """Mixed case, escaped names and unknown members: the contract's names, readable, nothing lost."""
    desk.deal(name="O'Brien & Söhne 🚀")
    for switch in ("extra_members", "escape_names", "mixed_case_keys"):
        desk.world.settings[switch] = True
    (row,) = await rows(replica, EVERYTHING)
    assert row.payload["name"] == "O'Brien & Söhne 🚀"
    assert row.payload["quality"] == "Excellent"
    assert row.payload["customerProfile"]["address"]["postalCode"] == "53111"
    assert any(name.lower() == "aiinsights" for name in row.payload)


@pytest.mark.parametrize("clean", [True, False])
async def test_truncated_page_is_read_again(desk: Desk, replica: PartnerCenterReplica, clean: bool) -> None:
    """Half a page is no page, whether the connection tells or only the JSON does."""
    wanted = {desk.deal()["id"] for _ in range(5)}
    desk.break_("truncate", method="GET", times=2, clean=clean)
    assert keys(await rows(replica, EVERYTHING)) == wanted


async def test_page_that_stays_broken_stops_the_read(desk: Desk, replica: PartnerCenterReplica) -> None:
    """A page of no JSON is never taken for an empty one."""
    desk.deal()
    desk.break_("garbage", method="GET", times=0)
    with pytest.raises(BrokenAnswerError):
        await rows(replica, EVERYTHING)


async def test_list_of_another_shape_is_broken() -> None:
    """JSON that is no list of referrals is asked again, and then an error."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"items": []})

    async with open_transport(
        BASE, _AnyToken(), options=Options(patience=QUICK, wire=httpx.MockTransport(answer))
    ) as transport:
        replica = PartnerCenterReplica(transport, recall={}.get, remember={}.__setitem__, organization_id="a")
        with pytest.raises(BrokenAnswerError):
            await rows(replica, EVERYTHING)


@pytest.mark.parametrize(
    ("link", "error"),
    [("https://evil.example/next?$skiptoken=1", ForeignHostError), (f"{BASE}/again?$skiptoken=1", BrokenAnswerError)],
)
async def test_next_link_that_leads_astray_stops_the_read(link: str, error: type[Exception]) -> None:
    """Another host gets no token, and a list that leads in a circle has an end."""
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.url.host)
        return httpx.Response(200, json={"value": [], "@odata.nextLink": link})

    async with open_transport(
        BASE, _AnyToken(), options=Options(patience=QUICK, wire=httpx.MockTransport(answer))
    ) as transport:
        replica = PartnerCenterReplica(transport, recall={}.get, remember={}.__setitem__, organization_id="a")
        with pytest.raises(error):
            await rows(replica, EVERYTHING)
    assert set(heard) == {"127.0.0.1"}


async def test_read_survives_throttling_and_stumbles(desk: Desk, replica: PartnerCenterReplica) -> None:
    """429, 503 and cut connections in between lose nothing."""
    wanted = {desk.deal()["id"] for _ in range(12)}
    desk.world.settings["page_size"] = 3
    desk.break_("throttle", times=2, retry_after=0, skip=1)
    desk.break_("status", status=503, skip=2)
    desk.break_("drop_after", skip=3)
    assert keys(await rows(replica, EVERYTHING)) == wanted


async def test_service_that_is_down_is_an_error_to_repeat(desk: Desk, replica: PartnerCenterReplica) -> None:
    """After all tries the run may come back later."""
    desk.break_("status", status=503, times=0)
    with pytest.raises(ServiceUnavailableError):
        await replica.fetch(["6f1c9d4e-0000-4000-8000-000000000009"])


async def test_sign_in_without_mfa_stops_the_run(desk: Desk, replica: PartnerCenterReplica) -> None:
    """900421, nested or flat, needs a person."""
    desk.world.settings["mfa_claim"] = False
    for shape in ("nested", "flat"):
        desk.world.settings["mfa_error"] = shape
        forget_mfa(desk.world)
        with pytest.raises(SignInNeededError):
            await rows(replica, EVERYTHING)


async def test_token_of_an_application_is_refused(desk: Desk) -> None:
    """The API takes a person's token only; the run stops with what the service said."""

    class AppOnly:
        async def token(self, *, refused: str | None = None) -> str:
            return desk.world.tokens.issue("partner_center", client_id="ours")

    async with open_transport(
        BASE, AppOnly(), options=Options(patience=QUICK, wire=httpx.ASGITransport(desk.app))
    ) as transport:
        with pytest.raises(AccessDeniedError, match="App-only"):
            await rows(desk.replica(transport), EVERYTHING)


class _AnyToken:
    async def token(self, *, refused: str | None = None) -> str:
        return "token"
