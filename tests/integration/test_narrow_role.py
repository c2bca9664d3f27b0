"""The narrow role of docs/dataverse-columns.md is enough: a deal's whole life with no other privilege."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.rights import used_rights
from cosell.core.errors import AccessDeniedError

from sandbox.dataverse import crm
from sandbox.dataverse.privileges import names_of, privilege_of
from sandbox.partner_center import portal

if TYPE_CHECKING:
    from tests.integration.joined import Joined

SELLER = {"firstName": "Ana", "lastName": "García", "email": "ana.garcia@contoso.example", "phoneNumber": "+34600000"}
CUSTOMER = {"firstName": "Kim", "lastName": "Abel", "email": "kim@customer.example", "phoneNumber": "+49300000"}
OTHER = {"firstName": "Noa", "lastName": "Berg", "email": "noa@customer.example", "phoneNumber": "+49300001"}


def narrow(joined: Joined, *, without: str = "") -> None:
    """Take every privilege away that the role does not name."""
    tables = crm.organisation(joined.sandbox).catalogue.tables
    shapes = [mapping.shape() for mapping in (joined.mapping, joined.leads) if mapping]
    used = used_rights(shapes, settings=Settings(organisation=""))
    kept = {privilege_of(act, tables[table]) for table, acts in used.items() for act in acts} - {without}
    every = {name for table in tables.values() for _, name in names_of(table)}
    joined.sandbox.settings["dataverse_denied_privileges"] = sorted(every - kept)


def settle(joined: Joined) -> None:
    """Let a run carry what was done, and another look again."""
    for _ in range(2):
        joined.run()
        joined.later(60)


def test_a_deal_lives_under_the_narrow_role(joined: Joined) -> None:
    """It comes from either side with people and solutions, changes, and is closed; a lead comes too."""
    narrow(joined)
    solutions = [{"id": f"SOL-{number}", "name": f"Solution {number}", "type": "Name"} for number in range(2)]
    details = {"requirements": {"solutions": solutions}}
    profile = {"team": [CUSTOMER, OTHER]}
    theirs = joined.referral(name="From the portal", team=[SELLER], details=details, customerProfile=profile)
    lead = portal.send_lead(joined.sandbox, name="A lead")["id"]
    ours = joined.opportunity(name="From the CRM", ownerid=joined.seller)
    settle(joined)
    row = joined.row_of(theirs)
    assert len(crm.find(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row["opportunityid"])) == 2
    assert crm.find(joined.sandbox, "lead", cosell_referralidentifier=lead)
    assert joined.row(ours)["cosell_referralidentifier"]
    portal.edit(joined.sandbox, theirs, path="/details/requirements/solutions", value=solutions[:1])
    portal.edit(joined.sandbox, theirs, path="/customerProfile/team", value=[OTHER])
    portal.edit(joined.sandbox, joined.row(ours)["cosell_referralidentifier"], path="/details/dealValue", value=777)
    settle(joined)
    assert len(crm.find(joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row["opportunityid"])) == 1
    assert joined.row(ours)["estimatedvalue"] == 777
    portal.close(joined.sandbox, theirs)
    settle(joined)
    assert joined.row_of(theirs)["statecode"] == 1
    assert joined.state.all_unsettled(limit=10, reason=None) == []


@pytest.mark.parametrize("missing", ["prvAppendOpportunity", "prvAppendToAccount", "prvAssignOpportunity"])
def test_a_privilege_less_is_too_few(joined: Joined, missing: str) -> None:
    """The run stops and names it, as the doctor would have."""
    narrow(joined, without=missing)
    joined.referral(name="From the portal", team=[SELLER])
    with pytest.raises(AccessDeniedError, match=f"the privilege {missing}: an administrator must add it"):
        settle(joined)
