"""The pure parts: literals and or-lists, keys of our own, faults, metadata, which account a customer is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.dataverse import metadata
from cosell.adapters.dataverse.errors import Fault, RefusedCallError, raise_for_call, raise_where_denied, read_fault
from cosell.adapters.dataverse.keys import account_id, contact_id, id_in, is_id, line_id
from cosell.adapters.dataverse.odata import LONGEST_FILTER, any_of, both, text, within
from cosell.adapters.dataverse.pool import AccountPool
from cosell.core.accounts import AccountPolicy, Customer, name_key, postal_key, told_by
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    SchemaDriftError,
    ServiceUnavailableError,
)
from cosell.sync.ports import Gone, NoAnswer, Rejected, Stale
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@given(st.lists(st.text(max_size=160), max_size=300))
def test_or_lists_ask_for_every_value_in_short_queries(values: list[str]) -> None:
    """Every value is asked for once, and no query outgrows a URL however long the values are when encoded."""
    found = list(any_of("name", [text(value) for value in values]))
    assert sum(piece.count("name eq '") for piece in found) >= len(set(values))
    assert all(len(piece) <= LONGEST_FILTER for piece in found)


def test_windows_are_whole_seconds_and_never_narrower() -> None:
    """Since is cut and until is raised to a whole second, both in UTC."""
    since = NOON.astimezone(timezone(timedelta(hours=13))).replace(microsecond=900_000)
    assert within("modifiedon", since, NOON + timedelta(microseconds=1)) == (
        "modifiedon ge 2026-11-22T12:00:00Z and modifiedon lt 2026-11-22T12:00:01Z"
    )
    assert within("modifiedon", None, None) is None
    assert both("a eq 1 or b eq 2", None, "c eq 3") == "(a eq 1 or b eq 2) and (c eq 3)"


def _account_of(name: str, code: str | None) -> str:
    return account_id(*told_by(Customer.of(name, postal_code=code), AccountPolicy()))


def test_our_keys_depend_on_what_makes_customers_equal() -> None:
    """Case, spacing and composition of a name, and blanks of a postal code, make no other customer."""
    assert _account_of("Café  AG", "SW1A 1AA") == _account_of("CAFE\u0301 ag ", "sw1a-1aa")
    assert _account_of("Café AG", "1") != _account_of("Café AG", "2")
    assert _account_of("A", None) == _account_of("A", "")
    assert contact_id("1", "Jane@A.example") == contact_id("1", "jane@a.example") != contact_id("2", "jane@a.example")
    assert line_id("d", "S", occurrence=0) != line_id("d", "S", occurrence=1)
    assert (name_key("ẞ"), postal_key(" 80-331 ")) == ("ss", "80331")


def test_keys_never_change() -> None:
    """Other keys for the same customer would double every account after a lost answer: they are part of the data."""
    assert _account_of("Contoso", "80331") == "a438d677-f420-5116-abdd-397ccc209fe2"


def test_ids_are_told_from_other_texts() -> None:
    """A CRM id of another connector may be any text; an entity's address ends in its key."""
    guid = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    assert is_id(guid.upper())
    assert not is_id(f"{guid} or true")
    assert id_in(f"https://x/api/data/v9.2/opportunities({guid.upper()})") == guid
    assert id_in("https://x/accounts(name='A')") is None


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(500, "0x80060882", "moved"), Stale()),
        (Fault(400, "0x80040217", "no such row"), Gone()),
        (Fault(404, "", "nothing there"), Gone()),
        (Fault(404, "0x80060888", "no such column"), Rejected("0x80060888", "no such column")),
        (Fault(429, "", "slow down"), NoAnswer("429: slow down")),
        (Fault(400, "0x80044150", "deadlock"), NoAnswer("0x80044150: deadlock")),
        (Fault(400, "0x80040265", "plug-in says no"), Rejected("0x80040265", "plug-in says no")),
        (Fault(418, "", "teapot"), Rejected("http_418", "teapot")),
    ],
)
def test_a_record_is_answered_by_code_not_by_status(fault: Fault, outcome: object) -> None:
    """The same code comes with different statuses over the years; the code decides."""
    assert fault.outcome() == outcome


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(403, "0x80040220", "is missing prvReadOpportunity"), AccessDeniedError),
        (Fault(403, "", "forbidden"), AccessDeniedError),
        (Fault(400, "0x80060888", "no property"), SchemaDriftError),
        (Fault(400, "0x80040216", "unexpected"), ServiceUnavailableError),
        (Fault(400, "0x80040203", "bad query"), ConfigurationError),
    ],
)
def test_a_refused_call_says_who_must_act(fault: Fault, error: type[Exception]) -> None:
    """Role and schema stop the run for a person; what may pass is asked again."""
    with pytest.raises(error):
        raise_for_call(RefusedCallError("GET opportunities", fault))


LACKING = Fault(
    403,
    "0x80040220",
    "Principal user (Id=11111111-2222-3333-4444-555555555555, type=8) is missing prvReadOpportunity privilege "
    "(Id=943fe508-2cb0-4c52-8a35-0a7c1d0a1d21) on OTC=3 for entity 'opportunity'.",
)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (LACKING, "lacks the privilege prvReadOpportunity: an administrator must add it .docs/dataverse-columns.md"),
        (Fault(403, "0x80042f09", "no roles"), "no roles: an administrator must add the application user to this"),
    ],
)
@pytest.mark.parametrize(
    "refuse",
    [
        lambda fault: raise_for_call(RefusedCallError("POST $batch", fault)),
        lambda fault: raise_where_denied(fault, "POST $batch"),
    ],
    ids=["whole", "one"],
)
def test_what_lacks_is_told_with_the_way_out(refuse: Callable[[Fault], None], fault: Fault, words: str) -> None:
    """Of a call or of one record: the privilege by its name, who must act, and where it is written."""
    with pytest.raises(AccessDeniedError, match=rf"^POST \$batch: .*{words}") as denied:
        refuse(fault)
    assert "Principal user" not in str(denied.value)


def test_a_host_that_is_no_dynamics_is_told_as_that() -> None:
    """A 404 in anybody else's words: the connection, the host and the part to correct; its own are a row's matter."""
    place, fix = "connection crm_test: wrong.example", r"correct its host \(base URL\)"
    with pytest.raises(ConfigurationError, match=f"^{place} answered GET WhoAmI with 404, .*: {fix}$"):
        raise_for_call(RefusedCallError("GET WhoAmI", read_fault(404, "<html>"), place=place))
    own = {"error": {"code": "0x80060000", "message": "no such function"}}
    with pytest.raises(ConfigurationError, match=r"^GET WhoAmI: 0x80060000: no such function"):
        raise_for_call(RefusedCallError("GET WhoAmI", read_fault(404, own), place=place))


def test_error_bodies_of_any_kind_are_read() -> None:
    """Code and message of the service, without markup and of bounded length; a proxy's page is only its status."""
    told = read_fault(400, {"error": {"code": "0X80040265", "message": "<b>No</b>\r\n" + "x" * 1000}})
    assert (told.code, told.message[:3], len(told.message)) == ("0x80040265", "No ", 400)
    assert read_fault(400, {"error": {"code": "0x0", "message": "m"}}).code == ""
    assert read_fault(502, "<html>").message == "the service answered with status 502"
    assert read_fault(400, {"error": "text"}).code == ""


def _account(number: int, name: str, code: str | None) -> dict[str, object]:
    return {"accountid": f"id-{number}", "name": name, "address1_postalcode": code}


def _look(pool: AccountPool, name: str, accounts: list[dict[str, object]]) -> None:
    pool.look([Customer.of(name)], accounts)


def _place(pool: AccountPool, new: dict[str, Any], **columns: str) -> object:
    return pool.place(columns, pool.customer(columns), new=new)


def test_accounts_are_told_by_name_and_postal_code() -> None:
    """Another postal code is another customer; without one a single account of the name is enough."""
    pool, new = AccountPool(), dict[str, Any]()
    _look(pool, "Acme", [_account(1, "Acme", "80331"), _account(2, "ACME", None), _account(3, "Solo", "1")])
    assert _place(pool, new, name="acme", address1_postalcode="80 331") == "id-1"
    assert _place(pool, new, name="solo") == "id-3"
    assert not new
    planned = _place(pool, new, name="Acme", address1_postalcode="10115")
    assert _place(pool, new, name="ACME", address1_postalcode="10115") == planned
    assert list(new) == [planned]


def test_accounts_that_this_task_creates_are_known_before_the_crm_shows_them() -> None:
    """A later look forgets what the CRM shows no longer, but not what is on its way; what failed is tried again."""
    pool, new = AccountPool(), dict[str, Any]()
    _look(pool, "Acme", [_account(1, "Acme", "1")])
    planned = _place(pool, new, name="Acme", address1_postalcode="2")
    _look(pool, "Acme", [])
    assert _place(pool, {}, name="Acme", address1_postalcode="2") == planned
    assert _place(pool, {}, name="Acme") == planned
    pool.forget([str(planned)])
    again = dict[str, Any]()
    assert _place(pool, again, name="Acme", address1_postalcode="2") == planned
    assert list(again) == [planned]


def test_several_accounts_are_for_a_person() -> None:
    """The sentence says how many there are, and what to do."""
    pool = AccountPool()
    _look(pool, "Acme", [_account(1, "Acme", "1"), _account(2, "Acme", "1"), _account(3, "Acme", "2")])
    twice, without = _place(pool, {}, name="Acme", address1_postalcode="1"), _place(pool, {}, name="Acme")
    assert isinstance(twice, Rejected)
    assert twice.hold
    assert "2 accounts" in twice.message
    assert isinstance(without, Rejected)
    assert "3 accounts" in without.message


DEFINITION: dict[str, object] = {"LogicalName": "t", "EntitySetName": "ts", "PrimaryIdAttribute": "tid"}
ATTRIBUTES: list[dict[str, object]] = [
    {"LogicalName": "name", "AttributeType": "String", "IsValidForUpdate": True},
    {"LogicalName": "day", "AttributeType": "DateTime", "IsValidForUpdate": True},
    {"LogicalName": "moment", "AttributeType": "DateTime", "IsValidForUpdate": True},
    {"LogicalName": "pick", "AttributeType": "Picklist", "IsValidForUpdate": True},
    {"LogicalName": "made", "AttributeType": "Money", "IsValidForUpdate": False},
    {"LogicalName": "new_ParentId".lower(), "AttributeType": "Lookup", "IsValidForUpdate": True},
    {"LogicalName": "picks", "AttributeType": "Virtual", "IsValidForUpdate": True},
    {"LogicalName": "pickname", "AttributeType": "Virtual", "IsValidForUpdate": False},
]
DETAILS: list[dict[str, object]] = [
    {"LogicalName": "name", "MaxLength": 100},
    {"LogicalName": "day", "DateTimeBehavior": {"Value": "DateOnly"}},
    {"LogicalName": "moment", "DateTimeBehavior": {"Value": "UserLocal"}},
    {"LogicalName": "pick", "OptionSet": None, "GlobalOptionSet": {"Options": [{"Value": 7}, {"Value": 9}]}},
    {"LogicalName": "made", "Precision": 4},
]
RELATIONSHIPS: list[dict[str, object]] = [
    {
        "ReferencingAttribute": "new_parentid",
        "ReferencedEntity": "parent",
        "ReferencingEntityNavigationPropertyName": "new_ParentId",
    }
]


def _table() -> metadata.Table:
    return metadata.build(DEFINITION, attributes=ATTRIBUTES, details=DETAILS, relationships=RELATIONSHIPS)


def test_metadata_says_what_columns_hold() -> None:
    """Lengths, decimals, days against moments, choices of either kind, what takes no writes or is of no kind known."""
    columns = _table().columns
    assert columns["name"].max_length == 100
    assert (columns["day"].kind, columns["moment"].kind) == ("date", "datetime")
    assert columns["pick"].choices == {7, 9}
    assert (columns["made"].precision, columns["made"].writable) == (4, False)
    assert columns["picks"].kind == "other"
    assert "pickname" not in columns


def test_metadata_survives_memory() -> None:
    """What is remembered as JSON is the same table again."""
    assert metadata.from_json(metadata.to_json(_table())) == _table()


def test_navigation_names_keep_their_case() -> None:
    """The name is the relationship's own; another case is drift, and says so."""
    table = _table()
    assert table.to("parent").navigation == "new_ParentId"
    assert table.lookup(navigation="new_ParentId").column == "new_parentid"
    assert table.wire_name("new_parentid") == "_new_parentid_value"
    with pytest.raises(SchemaDriftError, match="new_parentid"):
        table.lookup(navigation="new_parentid")
    with pytest.raises(SchemaDriftError, match="gone, lost"):
        table.require({"name", "lost", "gone"})


def test_metadata_without_its_members_is_broken() -> None:
    """An answer that lacks what the contract promises is no table."""
    with pytest.raises(BrokenAnswerError, match="EntitySetName"):
        metadata.build({"LogicalName": "t"}, attributes=[], details=[], relationships=[])
