"""Change tracking: a whole reading, then what changed and went; strict about what it does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api

SET, TABLE = "cosell_partnercentersolutions", "cosell_partnercentersolution"
KEY = f"{TABLE}id"
FIRST = f"{SET}?$select=cosell_solutionid"


def tracked(api: Api, address: str, *, size: int = 5000) -> dict[str, Any]:
    """Ask for changes and give the answer."""
    answer = api("GET", address, headers={"Prefer": f"odata.track-changes, odata.maxpagesize={size}"})
    assert answer.status_code == 200, answer.text
    assert "odata.track-changes" in answer.headers["Preference-Applied"]
    return answer.json()


def line(api: Api, number: int) -> str:
    """Let a seller add a solution row."""
    return crm.create(api.world, TABLE, cosell_solutionid=f"SOL-{number}", cosell_name="x")


def test_a_link_gives_what_changed_and_went_since(api: Api) -> None:
    """First all rows; then changed ones whole, and of a deleted one its id alone; then nothing."""
    kept, gone = line(api, 1), line(api, 2)
    first = tracked(api, FIRST)
    assert {row[KEY] for row in first["value"]} == {kept, gone}
    crm.delete(api.world, TABLE, gone)
    crm.update(api.world, TABLE, kept, cosell_solutionid="SOL-3")
    second = tracked(api, first["@odata.deltaLink"])
    changed, deleted = second["value"]
    assert (changed[KEY], changed["cosell_solutionid"]) == (kept, "SOL-3")
    assert deleted["@odata.context"].endswith("/$deletedEntity")
    assert {name: deleted[name] for name in deleted if "@" not in name} == {"id": gone, "reason": "deleted"}
    assert tracked(api, second["@odata.deltaLink"])["value"] == []


def test_what_came_and_went_between_two_looks_shows_as_deleted_only(api: Api) -> None:
    """A row that nobody saw leaves its tombstone all the same."""
    link = tracked(api, FIRST)["@odata.deltaLink"]
    gone = line(api, 1)
    crm.delete(api.world, TABLE, gone)
    (deleted,) = tracked(api, link)["value"]
    assert deleted["id"] == gone


def test_pages_end_in_one_link_and_what_changes_meanwhile_comes_again(api: Api) -> None:
    """The link stands for the moment of the first page."""
    rows = [line(api, number) for number in range(5)]
    page = tracked(api, FIRST, size=2)
    seen = [row[KEY] for row in page["value"]]
    crm.update(api.world, TABLE, seen[0], cosell_solutionid="SOL-9")
    while "@odata.nextLink" in page:
        page = tracked(api, page["@odata.nextLink"], size=2)
        seen += [row[KEY] for row in page["value"]]
    assert sorted(seen) == sorted(rows)
    assert [row[KEY] for row in tracked(api, page["@odata.deltaLink"])["value"]] == [seen[0]]


@pytest.mark.parametrize("option", ["$filter=cosell_name eq 'x'", "$orderby=cosell_name", "$top=1"])
def test_a_tracked_list_takes_no_other_option(api: Api, option: str) -> None:
    """Only $select goes with it; the refusal names the option."""
    status, _, message = api.refused("GET", f"{SET}?{option}", headers={"Prefer": "odata.track-changes"})
    assert (status, option.partition("=")[0] in message) == (400, True)


def test_a_table_that_is_not_tracked_is_refused(api: Api) -> None:
    """By the code of the contract."""
    refused = api.refused("GET", "opportunities?$select=name", headers={"Prefer": "odata.track-changes"})
    assert refused[:2] == (400, "0x80072491")


def test_an_old_link_has_expired(api: Api) -> None:
    """After seven days everything must be read again; a link that is none is refused too."""
    link = tracked(api, FIRST)["@odata.deltaLink"]
    api.world.advance(8 * 86_400)
    api.token = api.world.tokens.issue("dataverse", client_id="11111111-2222-3333-4444-555555555555")
    assert api.refused("GET", link)[:2] == (400, "0x80044352")
    assert api.refused("GET", f"{SET}?$deltatoken=nonsense")[0] == 400
