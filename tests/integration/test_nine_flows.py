"""The nine flows of the connector being replaced, one test each; docs/nine-flows.md says what became of them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import RegistrationRefusedError
from cosell.core.registration import DEFAULT_EVENTS
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.contracts.registry.registrar import URL, Registrar

if TYPE_CHECKING:
    from tests.integration.joined import Joined

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "nine-flows.md").read_text()
HELP, POC = 727000002, "ProofOfConceptOrDemo"


def whole_contact(joined: Joined) -> str:
    """Let a seller enter a contact that Microsoft may call."""
    person = {"firstname": "Ada", "lastname": "Kern", "telephone1": "+49 228 1", "emailaddress1": "ada@adatum.example"}
    return crm.create(joined.sandbox, "contact", **person)


def flagged(joined: Joined, **columns: Any) -> str:  # noqa: ANN401 - columns of a record
    """Let a seller enter an opportunity, and let the sync share it."""
    row = joined.opportunity(**columns)
    joined.run()
    joined.later(60)
    joined.writes()
    return row


def patches(joined: Joined) -> list[dict[str, Any]]:
    """Give the requests that edited a referral since the last asking."""
    return [one for one in joined.writes() if one["app"] == "partner_center" and one["method"] == "PATCH"]


def test_partner_center_webhook_registration(joined: Joined) -> None:
    """S-048: run with address, events and overwrite it registers the callback; another's is shown, and kept."""
    registrar = Registrar(world=joined.sandbox)
    flow = "https://flows.example/run?sig=SECRET"
    asyncio.run(registrar.somebody_registers(flow, "referral-created", "referral-updated"))
    with pytest.raises(RegistrationRefusedError, match=r"events go to https://flows\.example/run\?\.\.\. "):
        asyncio.run(registrar.register())
    asyncio.run(registrar.register(overwrite=True))
    registered = asyncio.run(registrar.standing())
    assert registered is not None
    assert (registered.url, registered.names) == (URL, frozenset(DEFAULT_EVENTS))
    asyncio.run(registrar.put_back())
    former = asyncio.run(registrar.standing())
    assert former is not None
    assert (former.url, former.names) == (flow, {"referral-created", "referral-updated"})


def test_create_co_sell_referral(joined: Joined) -> None:
    """S-049: a flagged opportunity with a wish for help makes two referrals of one engagement, whatever happens."""
    row = joined.opportunity(parentcontactid=whole_contact(joined), cosell_howcanmicrosofthelp=HELP)
    joined.break_("partner_center", "drop_after", method="POST", times=1)
    for _ in range(5):
        joined.run()
        joined.later(60)
    ours, theirs = sorted(joined.referrals(), key=lambda one: one["organizationId"] == "msft")
    assert ours["engagementId"] == theirs["engagementId"]
    assert (theirs["organizationId"], theirs["inviteContext"]["assistanceRequestCode"]) == ("msft", POC)
    told = joined.row(row)
    assert (told["cosell_referralidentifier"], told["cosell_engagementidentifier"]) == (
        ours["id"],
        ours["engagementId"],
    )
    assert ours["id"] in told["cosell_referrallink"]


def test_customize_create_or_get_details(joined: Joined, tmp_path: Path) -> None:
    """S-050: a user's own file says what a new record gets; an account that is there is taken, else one is made."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text(
        "fields:\n"
        "  deal_value: {partner_center: details.dealValue, dataverse: budgetamount, converter: money}\n"
        "defaults:\n"
        "  opportunity: {customerneed: as agreed}\n"
    )
    shipped = (ROOT / "include" / "mappings" / "referral_opportunity.yaml").read_text()
    joined.mapping = load_mapping(folders=[*default_folders(), folder])
    known = joined.account(name="Tailspin GmbH", address1_postalcode="53111")
    first, second = joined.referral(), joined.referral(customerProfile={"name": "Wingtip AG"})
    joined.run()
    assert joined.row_of(first)["customerid"] == known
    assert joined.row_of(second)["customerid"] in {row["accountid"] for row in crm.find(joined.sandbox, "account")}
    assert len(crm.find(joined.sandbox, "account")) == 2
    row = joined.row_of(first)
    assert (row["budgetamount"], row["customerneed"]) == (42000, "as agreed")
    assert (ROOT / "include" / "mappings" / "referral_opportunity.yaml").read_text() == shipped


def test_partner_center_to_dynamics_helper(joined: Joined) -> None:
    """S-051: what the inbound way looks up (currency, owner, account, contact, solution) is found, or made once."""
    deals = [joined.referral(name=f"Deal {number}") for number in range(3)]
    joined.run()
    rows = [joined.row_of(deal) for deal in deals]
    assert len({row["customerid"] for row in rows}) == len({row["parentcontactid"] for row in rows}) == 1
    assert {row["transactioncurrencyid"] for row in rows} == {crm.currency("EUR")}
    assert {row["ownerid"] for row in rows} == {crm.seller(joined.sandbox, "bo.lind@contoso.example")}
    lines = crm.find(joined.sandbox, "cosell_partnercentersolution")
    assert {line["cosell_solutiondetailid"] is not None for line in lines} == {True}


def test_partner_center_microsoft_co_sell_referral_updates_to_dynamics(joined: Joined) -> None:
    """S-052: Microsoft's status, sellers and CRM id reach the opportunity; its other fields and our referral stay."""
    row = flagged(joined, parentcontactid=whole_contact(joined), cosell_howcanmicrosofthelp=HELP)
    ours = joined.row(row)["cosell_referralidentifier"]
    joined.run()
    before, referral = joined.row(row), joined.shown(ours)
    theirs = portal.microsoft_accepts(joined.sandbox, ours)
    joined.later(3700)
    joined.run()
    after = joined.row(row)
    assert after["cosell_microsoftstatus"] == "Accepted"
    assert "megan@microsoft.example" in after["cosell_microsoftcontacts"]
    assert after["cosell_microsoftcrmidentifier"] == theirs["trackingInfo"]["microsoftMsxId"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed - {"modifiedon", "versionnumber", "modifiedby"} <= {
        "cosell_microsoftstatus",
        "cosell_microsoftcontacts",
        "cosell_microsoftcrmidentifier",
        "cosell_expireson",
    }
    assert joined.shown(ours) == referral


def test_partner_center_to_dynamics(joined: Joined) -> None:
    """S-053: a deal and a lead that were sent to us, and a later edit, are in the CRM after the next run, once."""
    deal, lead = portal.invite(joined.sandbox)["id"], portal.send_lead(joined.sandbox)["id"]
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, deal, path="/details/dealValue", value=77000)
    joined.run()
    joined.run()
    (row,) = joined.rows()
    assert (row["cosell_referralidentifier"], row["estimatedvalue"]) == (deal, 77000)
    assert row["cosell_syncwithpartnercenter"] is True
    assert [one["cosell_referralidentifier"] for one in crm.find(joined.sandbox, "lead")] == [lead]


def test_dynamics_to_partner_center(joined: Joined) -> None:
    """S-054: both records are compared: where nothing differs nothing is written, else exactly what differs."""
    row = flagged(joined)
    crm.touch(joined.sandbox, "opportunity", row)
    joined.run()
    assert joined.writes() == []
    before = joined.shown(joined.row(row)["cosell_referralidentifier"])
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=9900, estimatedclosedate="2027-05-05")
    joined.later(60)
    joined.run()
    assert len(patches(joined)) == 1
    after = joined.shown(before["id"])
    assert (after["details"]["dealValue"], after["details"]["closingDateTime"][:10]) == (9900, "2027-05-05")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"details", "updatedDateTime", "eTag"}


def test_dynamics_opportunity_to_partner_center(joined: Joined) -> None:
    """S-055: an opportunity that is made or changed is picked up by the next run; one that is not flagged never."""
    quiet = joined.opportunity(cosell_syncwithpartnercenter=False)
    row = flagged(joined)
    (referral,) = joined.referrals()
    assert referral["externalReferenceId"] == row
    crm.update(joined.sandbox, "opportunity", row, description="Starts in May.")
    crm.update(joined.sandbox, "opportunity", quiet, description="Nobody's business.")
    joined.run()
    (referral,) = joined.referrals()
    assert referral["details"]["notes"] == "Starts in May."


def test_dynamics_microsoft_solutions_to_partner_center(joined: Joined) -> None:
    """S-056: solution rows that were added and removed arrive as one new array; nothing else changes."""
    row = flagged(joined)
    before = joined.shown(joined.row(row)["cosell_referralidentifier"])
    (line,) = crm.find(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row)
    added = {"cosell_solutionid": "SOL-12345-ABC", "cosell_name": "Tailspin Connect"}
    crm.create(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row, **added)
    joined.run()
    assert _solutions(joined, before["id"]) == ["SOL-0", "SOL-12345-ABC"]
    joined.later(3700)
    joined.run()
    joined.later(3700)
    crm.delete(joined.sandbox, "cosell_partnercentersolution", line["cosell_partnercentersolutionid"])
    joined.run()
    assert _solutions(joined, before["id"]) == ["SOL-12345-ABC"]
    after = joined.shown(before["id"])
    left = {**after["details"], "requirements": before["details"]["requirements"]}
    assert left == before["details"]
    assert {name for name in after if after[name] != before[name]} == {"details", "updatedDateTime", "eTag"}


def _solutions(joined: Joined, referral: str) -> list[str]:
    return sorted(one["id"] for one in joined.shown(referral)["details"]["requirements"]["solutions"])


def test_the_page_names_these_tests() -> None:
    """Nine flows, numbered as in the guide; each names a test of this file, and each test a flow."""
    rows = re.findall(r"^\| (S-\d{3}) \|.*?\| ([^|]+) \|$", PAGE, flags=re.MULTILINE)
    assert [seed for seed, _ in rows] == [f"S-{number:03}" for number in range(48, 57)]
    named = [test for _, cell in rows for test in re.findall(r"`(test_\w+)`", cell)]
    here = {name for name in globals() if name.startswith("test_")} - {"test_the_page_names_these_tests"}
    assert len(named) == 9
    assert set(named) == here
