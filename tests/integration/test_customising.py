"""Adapting the sync by the user's own files alone: overlays, converters and hooks, at work between both systems."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cosell.commands.plan import _shown
from cosell.core.errors import MappingChangedError, MappingError
from cosell.core.record import Ref, Side
from cosell.sync.stops import allow

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.customised import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.customised import Installed

PC = Side.PARTNER_CENTER
SHIPPED = Path(__file__).parents[2] / "include" / "mappings"


OVERLAY = """
fields:
  notes: null
  deal_value: {partner_center: details.dealValue, dataverse: budgetamount, converter: money}
  own_campaign: {partner_center: campaignId, dataverse: description, converter: own_campaign, authority: partner_center}
  own_need: {dataverse: customerneed}
"""
CONVERTERS = """
from cosell.mapping import OwnConverter

CODES = {"spring": "S", "autumn": "A"}


def _word(code):
    return {code: word for word, code in CODES.items()}.get(code)


own_campaign = OwnConverter(gives="text", to_dataverse=CODES.__getitem__, from_dataverse=_word)
"""
NEED = "fields:\n  own_need: {dataverse: customerneed}\n"
HOOKS = '''
def resolve_account(deal):
    return {"customer_name": deal["customer_name"].removesuffix(" Holding")}


def before_write_opportunity(deal):
    """The region that our CRM requires, and Microsoft's deals told apart by their name."""
    region = "DACH" if deal["customer_country"] in {"DE", "AT", "CH"} else "elsewhere"
    return {"own_need": region, "deal_name": f"MS: {deal['deal_name']}"}


def before_write_lead(deal):
    return {"customer_city": (deal["customer_city"] or "unknown").title()}
'''
CUSTOMER = {"name": "Tailspin Holding", "address": {"country": "DE", "city": "BONN", "postalCode": "53111"}}


def test_a_user_s_files_shape_what_the_crm_gets(installed: Installed) -> None:
    """Overlay, converter and hooks together; what they change is compared too, so that a second run is quiet."""
    installed.write(
        referral_opportunity__yaml=OVERLAY,
        converters__py=CONVERTERS,
        hooks__py=HOOKS,
    )
    joined = installed.joined
    account = joined.account(name="Tailspin", address1_postalcode="53111")
    referral = joined.referral(name="Migration", campaignId="spring", customerProfile=CUSTOMER)
    joined.run()
    row = joined.row_of(referral)
    assert row["customerid"] == account
    assert (row["description"], row["customerneed"]) == ("S", "DACH")
    assert row["name"].endswith("MS: Migration")
    assert joined.shown(referral)["name"] == "Migration"
    assert quiet(joined)
    portal.edit(joined.sandbox, referral, path="/campaignId", value="autumn")
    joined.later(60)
    joined.run()
    assert joined.row_of(referral)["description"] == "A"
    assert quiet(joined)


def test_a_seller_s_edits_travel_as_ever(installed: Installed) -> None:
    """A hook speaks for the referral only: the seller's value reaches Partner Center as the seller wrote it."""
    installed.write(
        referral_opportunity__yaml=NEED,
        hooks__py=HOOKS,
    )
    joined = installed.joined
    referral = joined.referral(name="Migration", customerProfile=CUSTOMER)
    joined.run()
    row = joined.row_of(referral)["opportunityid"]
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=77, customerneed="as the seller knows")
    joined.later(60)
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 77
    assert joined.row(row)["customerneed"] == "as the seller knows"
    assert quiet(joined)
    ours = joined.opportunity(name="Born in the CRM")
    joined.later(60)
    joined.run()
    assert [each["name"] for each in joined.referrals() if each["externalReferenceId"] == ours] == ["Born in the CRM"]
    assert quiet(joined)


def test_a_lead_has_its_own_hook(installed: Installed) -> None:
    """And none of the opportunity's."""
    installed.write(referral_opportunity__yaml=NEED, hooks__py=HOOKS)
    joined = installed.joined
    referral = portal.send_lead(joined.sandbox, name="A lead", customerProfile=CUSTOMER)["id"]
    joined.run()
    (lead,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=referral)
    assert (lead["address1_city"], lead["companyname"]) == ("Bonn", "Tailspin Holding")
    assert quiet(joined)


def test_a_record_that_a_hook_fails_for_waits_alone(installed: Installed) -> None:
    """The others go on; the sentence names hook, file and line; mended, the record is carried."""
    hooks = 'def before_write_opportunity(deal):\n    return {"own_need": {"DE": "DACH"}[deal["customer_country"]]}\n'
    installed.write(referral_opportunity__yaml=NEED, hooks__py=hooks)
    joined = installed.joined
    good = joined.referral(name="Good", customerProfile=CUSTOMER)
    bad = joined.referral(name="Bad", customerProfile={"name": "Wingtip", "address": {"country": "FR"}})
    joined.run()
    assert joined.row_of(good)["customerneed"] == "DACH"
    assert not crm.find(joined.sandbox, "opportunity", cosell_referralidentifier=bad)
    entry = joined.state.unsettled([Ref(PC, bad)])[Ref(PC, bad)]
    told = " ".join(remark.sentence for remark in entry.remarks)
    assert f"before_write_opportunity, found KeyError at {installed.own / 'hooks.py'}:2" in told
    assert "FR" not in told
    installed.write(hooks__py=hooks.replace('{"DE": "DACH"}', '{"DE": "DACH", "FR": "West"}'))
    allow_mapping(installed)
    joined.later(24 * 3600)
    joined.run()
    assert joined.row_of(bad)["customerneed"] == "West"


def allow_mapping(installed: Installed) -> None:
    """Let the mapping in as an operator does who was stopped once."""
    installed.joined.later(60)
    with pytest.raises(MappingChangedError):
        installed.joined.run()
    allow(installed.joined.state, "mapping")


def replaced(installed: Installed, edit: Callable[[str], str]) -> None:
    """Replace the package by one with other defaults, as an upgrade does."""
    shutil.rmtree(installed.package)
    shutil.copytree(SHIPPED, installed.package)
    path = installed.package / "referral_opportunity.yaml"
    path.write_text(edit(path.read_text()))
    installed.load()


def test_an_upgrade_leaves_the_user_s_files_in_force(installed: Installed) -> None:
    """The package comes with new defaults; own lines, converters and hooks hold as before, and are not touched."""
    installed.write(
        referral_opportunity__yaml=OVERLAY,
        converters__py=CONVERTERS,
        hooks__py=HOOKS,
    )
    before = {path.name: path.read_bytes() for path in installed.own.iterdir()}
    replaced(
        installed,
        lambda text: text.replace("dataverse: estimatedvalue", "dataverse: totalamount").replace(
            "dataverse: account.address1_line2", "dataverse: account.address1_line3"
        ),
    )
    joined = installed.joined
    customer = {**CUSTOMER, "address": {**CUSTOMER["address"], "addressLine2": "new default"}}
    referral = joined.referral(
        name="Migration", campaignId="spring", customerProfile=customer, details={"dealValue": 9}
    )
    joined.run()
    row = joined.row_of(referral)
    assert (row["budgetamount"], row["description"], row["customerneed"]) == (9, "S", "DACH")
    (account,) = crm.find(joined.sandbox, "account")
    assert account["address1_line3"] == "new default"
    assert {path.name: path.read_bytes() for path in installed.own.iterdir()} == before


def test_an_upgrade_that_takes_away_what_an_own_line_needs_is_told(installed: Installed) -> None:
    """The user's line is named, with what was expected."""
    installed.write(
        referral_opportunity__yaml="fields:\n  own_lead: {dataverse: lead.subject, created_on: [], written_on: []}\n"
    )
    with pytest.raises(MappingError, match=r"own/referral_opportunity.yaml:2: field own_lead: .*no table 'lead'"):
        replaced(
            installed,
            lambda text: text.replace("    lead: {table: lead, navigation: originatingleadid}\n", "").replace(
                "    dataverse: lead.leadid\n", "    dataverse: stageid\n"
            ),
        )


def test_a_changed_mapping_is_shown_as_a_plan_before_it_is_applied(installed: Installed) -> None:
    """Stopped, looked at, let in: the dry run tells what the new mapping will do, the run then does just that."""
    joined = installed.joined
    referral = joined.referral(name="Migration", details={"dealValue": 900, "notes": "by Microsoft"})
    joined.run()
    assert quiet(joined)
    line = "{partner_center: details.notes, dataverse: customerneed, merge: append}"
    installed.write(referral_opportunity__yaml=f"fields:\n  notes: {line}\n")
    joined.later(60)
    with pytest.raises(
        MappingChangedError, match=r"mapping of notes .*airflow cosell plan RUN_ID.* airflow cosell allow mapping"
    ):
        joined.run()
    facts = joined.facts("reconcile", dry_run=True)
    joined.run(facts)
    shown = "\n".join(_shown(joined.report(facts)))
    assert "UPDATE  in the CRM" in shown
    assert "by Microsoft" in shown
    assert "The mapping differs from the one in memory in: notes" in shown
    assert joined.row_of(referral)["customerneed"] is None
    assert joined.written() == 0
    allow(joined.state, "mapping")
    joined.run(joined.facts())
    joined.run(joined.facts("reconcile"))
    assert joined.row_of(referral)["customerneed"] == "by Microsoft"
    assert quiet(joined)


def test_a_changed_hook_is_shown_as_a_plan_too(installed: Installed) -> None:
    """A change of the user's code is a change of the mapping: named, stopped, shown, then carried."""
    joined = installed.joined
    installed.write(
        hooks__py='def before_write_opportunity(deal):\n    return {"deal_name": "A " + deal["deal_name"]}\n'
    )
    referral = joined.referral(name="Migration")
    joined.run()
    installed.write(
        hooks__py='def before_write_opportunity(deal):\n    return {"deal_name": "B " + deal["deal_name"]}\n'
    )
    joined.later(60)
    with pytest.raises(MappingChangedError, match="mapping of hook before_write_opportunity is not the one in memory"):
        joined.run()
    facts = joined.facts("reconcile", dry_run=True)
    joined.run(facts)
    assert "A Migration ⇒ B Migration" in "\n".join(_shown(joined.report(facts)))
    assert joined.row_of(referral)["name"].endswith("A Migration")
    allow(joined.state, "mapping")
    joined.run()
    joined.run(joined.facts("reconcile"))
    assert joined.row_of(referral)["name"].endswith("B Migration")
    assert quiet(joined)


def test_deals_of_the_crm_are_linked_under_a_renaming_hook(installed: Installed) -> None:
    """Their names differ, so a person decides; where Partner Center is the authority on the name, nobody need."""
    joined = installed.joined
    rename = 'def before_write_opportunity(deal):\n    return {"deal_name": "MS: " + deal["deal_name"]}\n'
    installed.write(hooks__py=rename)
    asked = joined.opportunity(name="Same")
    joined.referral(name="Same", externalReferenceId=asked)
    joined.run()
    assert joined.row(asked)["cosell_audit"].endswith("[CONFLICT-1]")
    assert quiet(joined)
    line = "{partner_center: name, dataverse: name, converter: marked_name, authority: partner_center}"
    installed.write(referral_opportunity__yaml=f"fields:\n  deal_name: {line}\n")
    allow_mapping(installed)
    row = joined.opportunity(name="Other")
    joined.referral(name="Other", externalReferenceId=row)
    joined.later(60)
    joined.run()
    assert joined.row(row)["name"].endswith("MS: Other")
    assert quiet(joined)


def test_a_deal_whose_other_half_cannot_be_read_is_not_made_again(installed: Installed) -> None:
    """A hook fails for a referral that is the deal of a row: no second engagement, no second opportunity."""
    joined = installed.joined
    installed.write(hooks__py='def before_write_opportunity(deal):\n    return {"deal_name": 1 / 0}\n')
    row = joined.opportunity(name="Same")
    referral = joined.referral(name="Same", externalReferenceId=row)
    for _ in range(2):
        joined.run()
        joined.later(3600)
    assert len(joined.referrals()) == len(joined.rows()) == 1
    installed.write(hooks__py="def before_write_opportunity(deal):\n    return None\n")
    allow_mapping(installed)
    joined.later(24 * 3600)
    joined.run()
    assert joined.row(row)["cosell_referralidentifier"] == referral


def test_a_row_that_cannot_be_read_is_not_made_again(installed: Installed) -> None:
    """A converter fails for a row that is the deal of a referral: it is held until the row can be read."""
    joined = installed.joined
    line = "{partner_center: campaignId, dataverse: customerneed, converter: own_campaign, authority: partner_center}"
    installed.write(referral_opportunity__yaml=f"fields:\n  own_campaign: {line}\n", converters__py=CONVERTERS)
    row = joined.opportunity(name="Same", customerneed="nothing known", cosell_syncwithpartnercenter=False)
    referral = joined.referral(name="Same", externalReferenceId=row)
    for _ in range(2):
        joined.run()
        joined.later(3600)
    assert len(joined.referrals()) == len(joined.rows()) == 1
    crm.update(joined.sandbox, "opportunity", row, customerneed="S", cosell_syncwithpartnercenter=True)
    joined.later(60)
    joined.run()
    assert joined.row(row)["cosell_referralidentifier"] == referral
