"""What the replica gives of a CRM: windows, traces of related rows, single rows, look-ups."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import SchemaDriftError
from cosell.mapping.loader import load_mapping
from cosell.sync.ports import Gone, Written
from replica_crm import SHAPE, draft, some_id

from sandbox.dataverse import crm
from sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from replica_crm import Crm
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def saying(app: ASGIApp, members: Callable[[dict[str, Any]], dict[str, Any]]) -> ASGIApp:
    """Give the CRM with answers of which every object is said in another way."""

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message["headers"] if name != b"content-length"]
                message = {**message, "headers": kept}
            elif body := message.get("body"):
                message = {**message, "body": json.dumps(json.loads(body, object_hook=members)).encode()}
            await send(message)

        await app(scope, receive, answer)

    return other


def without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null."""
    return {name: value for name, value in members.items() if value is not None}


def without_owning_users(members: dict[str, Any]) -> dict[str, Any]:
    """Name owners, but not the users among them."""
    return {name: None if "owninguser" in name else value for name, value in members.items()}


def test_only_flagged_or_bound_rows_are_given(crm_at_work: Crm) -> None:
    """A row that is neither flagged nor tied to a referral never leaves the CRM."""
    flagged = crm_at_work.deal()
    bound = crm_at_work.deal(cosell_syncwithpartnercenter=False, cosell_referralidentifier="r-1")
    crm_at_work.deal(cosell_syncwithpartnercenter=False)
    assert {row.key for row in crm_at_work.changed(None)} == {flagged, bound}


def test_an_absent_member_is_an_empty_column(crm_at_work: Crm) -> None:
    """Whoever leaves out of an answer what is null says the same; the mapper sees null both times."""
    deal = crm_at_work.deal(description="told")
    whole = crm_at_work.row(deal)
    crm_at_work.app = saying(crm_at_work.app, without_nulls)
    assert crm_at_work.row(deal).payload == whole.payload
    assert (whole.payload["cosell_expireson"], whole.payload["description"]) == (None, "told")


def test_the_owner_is_seen_where_only_the_owner_is_named(crm_at_work: Crm) -> None:
    """A CRM may show who owns a row without showing that it is a user; a team is none."""
    seller = crm.seller(crm_at_work.world)
    deal = crm_at_work.deal(ownerid=f"systemuser:{seller}")
    whole = crm_at_work.row(deal)
    crm_at_work.app = saying(crm_at_work.app, without_owning_users)
    assert crm_at_work.row(deal).payload["owner"] == whole.payload["owner"]
    assert whole.payload["owner"] is not None


def test_a_crm_that_does_not_tell_of_bulk_creates_takes_rows_in_batches(crm_at_work: Crm) -> None:
    """Its tables are known all the same."""
    crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", path="sdkmessagefilters", status=404, times=0))
    (written,) = crm_at_work.create(draft())
    assert isinstance(written, Written)
    assert not [one for one in crm_at_work.requests() if "CRM.CreateMultiple" in one["path"]]


def test_a_crm_without_connections_shows_no_people_beside_the_owner(crm_at_work: Crm) -> None:
    """The sync does without the two tables where there are none, as where its role may not read them."""
    crm_at_work.shape = load_mapping("referral_opportunity").shape()
    for table in ("connection", "connectionrole"):
        path = rf"EntityDefinitions\(LogicalName='{table}'\)"
        crm_at_work.world.faults.add(Fault(app="dataverse", kind="status", path=path, status=404, times=0))
    deal = crm_at_work.deal()
    assert [row.key for row in crm_at_work.changed(None)] == [deal]
    assert crm_at_work.ask(lambda replica: replica.beneath())["connection"] is False


def test_ids_of_another_connector_tie_a_row_too(crm_at_work: Crm) -> None:
    """A row that carries one is listed whatever its flag, and found by it as by our own."""
    crm_at_work.shape = replace(SHAPE, other_id_columns=("description",))
    old = crm_at_work.deal(cosell_syncwithpartnercenter=False, description="r-1")
    ours = crm_at_work.deal(cosell_syncwithpartnercenter=False, cosell_referralidentifier="r-2")
    crm_at_work.deal(cosell_syncwithpartnercenter=False)
    assert {row.key for row in crm_at_work.changed(None)} == {old, ours}
    assert {row.key for row in crm_at_work.ask(lambda r: r.find(["r-1", "r-2", "r-3"], by="referral_id"))} == {
        old,
        ours,
    }


def test_a_row_is_found_by_its_name_whatever_mark_it_bears(crm_at_work: Crm) -> None:
    """Ours, another drawing of it, none; flagged or not. Another name that ends alike is another deal."""
    crm_at_work.shape = replace(SHAPE, name_column="name")
    names = ["Mo've", "✔ Mo've", "✅ Mo've", "❌\ufe0f Mo've"]
    rows = {crm_at_work.deal(name=name, cosell_syncwithpartnercenter=False) for name in names}
    crm_at_work.deal(name="Re Mo've")
    assert {row.key for row in crm_at_work.ask(lambda r: r.find(["Mo've", "Stay"], by="deal_name"))} == rows


def test_rows_come_whole(crm_at_work: Crm) -> None:
    """Related rows stand under their aliases, money is exact, empty lookups are null, no solutions an empty list."""
    account = crm.create(crm_at_work.world, "account", name="Müller & Söhne", address1_postalcode="80331")
    rich = crm_at_work.deal(
        **{"customerid_account@odata.bind": f"/accounts({account})"},
        estimatedvalue="1234.50",
        transactioncurrencyid=crm.currency("USD"),
    )
    crm_at_work.line(rich, cosell_solutionid="S1", cosell_name="One", cosell_price="9.90", cosell_quantity=3)
    poor = crm_at_work.deal()
    rows = {row.key: row.payload for row in crm_at_work.changed(None)}
    assert rows[rich]["account"]["name"] == "Müller & Söhne"
    assert rows[rich]["currency"]["isocurrencycode"] == "USD"
    assert rows[rich]["estimatedvalue"] == Decimal("1234.50")
    assert [(one["cosell_solutionid"], one["cosell_quantity"]) for one in rows[rich]["solutions"]] == [("S1", 3)]
    assert rows[poor]["account"] is None
    assert rows[poor]["contact"] is None
    assert rows[poor]["solutions"] == []
    assert not [name for name in rows[rich] if "@" in name]


def test_a_window_gives_what_changed_in_it(crm_at_work: Crm) -> None:
    """Since is inclusive, until exclusive, and rows outside are not given."""
    before = crm_at_work.deal()
    since = crm_at_work.later()
    inside = crm_at_work.deal()
    until = crm_at_work.later()
    after = crm_at_work.deal()
    assert {row.key for row in crm_at_work.changed(since, until)} == {inside}
    assert {row.key for row in crm_at_work.changed(since)} == {inside, after}
    assert before not in {row.key for row in crm_at_work.changed(since)}


def test_a_window_that_begins_within_a_second_loses_nothing(crm_at_work: Crm) -> None:
    """The service keeps whole seconds: a row changed later in the same second as the window's start is still given."""
    crm_at_work.later()
    deal = crm_at_work.deal()
    changed = crm_at_work.row(deal).changed
    assert changed is not None
    assert [row.key for row in crm_at_work.changed(changed.replace(microsecond=900_000))] == [deal]


def test_a_window_by_creation_is_not_moved_by_edits(crm_at_work: Crm) -> None:
    """A backfill reads each row in the window that it was created in, whatever happened to it since."""
    old = crm_at_work.deal()
    since = crm_at_work.later()
    crm_at_work.edit("opportunity", old, description="edited")
    new = crm_at_work.deal()
    assert [row.key for row in crm_at_work.changed(since, by="created")] == [new]


@pytest.mark.parametrize("table", ["account", "contact", "cosell_partnercentersolution"])
def test_a_changed_related_row_brings_its_deals(crm_at_work: Crm, table: str) -> None:
    """An edit of an account, a contact or a solution row is an edit of the flagged deals that it belongs to."""
    account = crm.create(crm_at_work.world, "account", name="A")
    contact = crm.create(crm_at_work.world, "contact", lastname="C")
    lookups = {"customerid_account@odata.bind": f"/accounts({account})", "parentcontactid": contact}
    deal = crm_at_work.deal(**lookups)
    crm_at_work.deal(cosell_syncwithpartnercenter=False, **lookups)
    solution = crm_at_work.line(deal, cosell_solutionid="S1")
    since = crm_at_work.later()
    row, edit = {
        "account": (account, {"name": "B"}),
        "contact": (contact, {"lastname": "D"}),
        "cosell_partnercentersolution": (solution, {"cosell_quantity": 2}),
    }[table]
    crm_at_work.edit(table, row, **edit)
    assert [found.key for found in crm_at_work.changed(since)] == [deal]


def test_a_row_is_given_once_however_many_reasons_there_are(crm_at_work: Crm) -> None:
    """A deal that changed together with its account and its solutions is one row of the pull."""
    account = crm.create(crm_at_work.world, "account", name="A")
    since = crm_at_work.later()
    deal = crm_at_work.deal(**{"customerid_account@odata.bind": f"/accounts({account})"})
    crm_at_work.line(deal, cosell_solutionid="S1")
    crm_at_work.edit("account", account, name="B")
    assert [row.key for row in crm_at_work.changed(since)] == [deal]


def test_pages_are_followed_to_the_end(crm_at_work: Crm) -> None:
    """The page size is said on every page, and every row of every page arrives with its solutions."""
    crm_at_work.page_size = 10
    deals = {crm_at_work.deal(name=f"Deal {number}") for number in range(25)}
    for deal in deals:
        crm_at_work.line(deal, cosell_solutionid="S1")
    rows = crm_at_work.changed(None)
    assert {row.key for row in rows} == deals
    assert all(len(row.payload["solutions"]) == 1 for row in rows)
    sizes = [one["rows"] for one in crm_at_work.requests() if one["path"].startswith("/api/data/v9.2/opportunities?")]
    assert sizes == [10, 10, 5]


def test_links_to_the_api_twin_are_followed_at_the_configured_host(crm_at_work: Crm) -> None:
    """Dataverse may link to its `.api.` host; that one host is trusted too, no other."""
    crm_at_work.page_size = 2
    crm_at_work.twins = frozenset({"contoso.api.crm4.dynamics.com"})
    crm_at_work.world.settings["dataverse_api_twin"] = "https://contoso.api.crm4.dynamics.com"
    deals = {crm_at_work.deal() for _ in range(5)}
    assert {row.key for row in crm_at_work.changed(None)} == deals


def test_an_idle_window_costs_the_same_whatever_the_crm_holds(crm_at_work: Crm) -> None:
    """The number of requests of a pull without changes does not grow with the number of deals."""
    crm_at_work.changed(None)
    costs = []
    for _ in range(2):
        for number in range(30):
            crm_at_work.line(crm_at_work.deal(cosell_referralidentifier=some_id()), cosell_solutionid=f"S{number}")
        since = crm_at_work.later(3600)
        crm_at_work.requests()
        assert crm_at_work.changed(since) == []
        costs.append(len(crm_at_work.requests()))
    assert costs[0] == costs[1] <= 6


def test_fetch_answers_every_key(crm_at_work: Crm) -> None:
    """Rows come whatever their flag or state; unknown keys, and texts that are no keys, are gone."""
    plain = crm_at_work.deal(cosell_syncwithpartnercenter=False)
    closed = crm_at_work.deal()
    crm.win(crm_at_work.world, closed)
    unknown, no_key = some_id(), "CRM-4711' or true"
    found = crm_at_work.ask(lambda replica: replica.fetch([plain, closed.upper(), unknown, no_key]))
    assert set(found) == {plain, closed.upper(), unknown, no_key}
    assert found[closed.upper()].key == closed
    assert found[unknown] == found[no_key] == Gone()


def test_fetch_asks_for_many_keys_in_few_requests(crm_at_work: Crm) -> None:
    """A hundred keys go into one query, and no query is longer than a URL may be."""
    deals = [crm_at_work.deal() for _ in range(250)]
    crm_at_work.ask(lambda replica: replica.fetch(deals[:1]))
    crm_at_work.requests()
    found = crm_at_work.ask(lambda replica: replica.fetch(deals))
    assert set(found) == set(deals)
    asked = [one["path"] for one in crm_at_work.requests() if "/opportunities?" in one["path"]]
    assert len(asked) == 3
    assert max(map(len, asked)) < 30_000


def test_rows_are_found_by_referral_id(crm_at_work: Crm) -> None:
    """A referral's row is found by the alternate key, quotes in the value and all."""
    deal = crm_at_work.deal(cosell_referralidentifier="r-O'Brien", cosell_syncwithpartnercenter=False)
    found = crm_at_work.ask(lambda replica: replica.find(["r-O'Brien", "r-2", ""], by="referral_id"))
    assert [row.key for row in found] == [deal]


def test_emptiness_is_about_co_sell_rows(crm_at_work: Crm) -> None:
    """A CRM without flagged or bound deals is empty for us, even with deals of others in it."""
    crm_at_work.deal(cosell_syncwithpartnercenter=False)
    assert crm_at_work.ask(lambda replica: replica.is_empty())
    crm_at_work.deal()
    assert not crm_at_work.ask(lambda replica: replica.is_empty())


def test_a_missing_column_is_named(crm_at_work: Crm) -> None:
    """A mapping that names a column which the CRM lacks stops the run and says which, whatever is remembered."""
    crm_at_work.changed(None)
    crm_at_work.shape = type(SHAPE)(
        SHAPE.table,
        key=SHAPE.key,
        referral_id_column=SHAPE.referral_id_column,
        flag_column=SHAPE.flag_column,
        columns=SHAPE.columns | {"cosell_region"},
        related=SHAPE.related,
    )
    with pytest.raises(SchemaDriftError, match=r"opportunity has no column cosell_region"):
        crm_at_work.changed(None)


def test_a_spare_column_may_be_missing(crm_at_work: Crm) -> None:
    """Rows are read without it, the mapper sees none, nothing is said to be lacking; where it is there it is read."""
    crm_at_work.shape = replace(SHAPE, columns=SHAPE.columns | {"cosell_region"}, spare=frozenset({"cosell_region"}))
    deal = crm_at_work.deal()
    assert [row.key for row in crm_at_work.changed(None)] == [deal]
    assert "cosell_region" not in crm_at_work.ask(lambda replica: replica.limits())
    assert crm_at_work.ask(lambda replica: replica.lacking()) == frozenset()
    crm_at_work.shape = replace(SHAPE, spare=frozenset({"cosell_audit"}))
    (row,) = crm_at_work.changed(None)
    assert "cosell_audit" in row.payload


def test_metadata_is_read_once_a_day(crm_at_work: Crm) -> None:
    """The CRM's description of its tables is remembered between runs."""
    crm_at_work.changed(None)
    assert [one for one in crm_at_work.requests() if "EntityDefinitions" in one["path"]]
    crm_at_work.changed(None)
    assert not [one for one in crm_at_work.requests() if "EntityDefinitions" in one["path"]]


def test_limits_come_from_the_tables(crm_at_work: Crm) -> None:
    """The mapper learns lengths, decimals, choices and kinds under its own paths."""
    limits = crm_at_work.ask(lambda replica: replica.limits())
    assert limits["name"].max_length == 300
    assert limits["account.address1_postalcode"].max_length == 20
    assert limits["solutions.cosell_price"].kind == "money"
    assert limits["cosell_marketplaceintent"].choices == {727000000, 727000001, 727000002}
    assert limits["estimatedclosedate"].kind == "date"
    assert limits["cosell_expireson"].kind == "datetime"


def test_the_shipped_mapping_fits_the_columns_of_the_issue(crm_at_work: Crm) -> None:
    """Every column that the shipped mapping names is there, and the mapper learns its limits."""
    mapping = load_mapping("referral_opportunity")
    crm_at_work.shape = mapping.shape()
    limits = crm_at_work.ask(lambda replica: replica.limits())
    assert mapping.limit_paths - limits.keys() == {"solutions"}
