"""The members of a referral as the contract names them, read whatever the case; what nobody knows is kept."""

from __future__ import annotations

import html
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


class _Wire(BaseModel):
    """Members in any case are read, unknown ones kept; absent ones stay absent."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _in_contract_case(cls, given: object) -> object:
        exact = _exact(cls)
        if not isinstance(given, dict) or exact.issuperset(given):
            return given
        names = spelling(cls)
        odd = [said for said in given if said not in exact]
        renamed = {said: names[said.casefold()] for said in odd if said.casefold() in names}
        if not renamed:
            return given
        # Where a member came twice, the one in the contract's own spelling counts.
        return {renamed.get(said, said): content for said, content in given.items() if renamed.get(said) not in given}


@cache
def spelling(model: type[BaseModel]) -> dict[str, str]:
    """Give the contract's spelling of a model's members by their lower case."""
    aliases = (field.alias or name for name, field in model.model_fields.items())
    return {alias.casefold(): alias for alias in aliases}


@cache
def _exact(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(spelling(model).values())


def _amount(given: object) -> object:
    """Give a number or a numeric string as Decimal; anything else is left for the mapping to judge."""
    if isinstance(given, bool) or not isinstance(given, int | str | float | Decimal):
        return given
    try:
        amount = Decimal(str(given).strip())
    except InvalidOperation:
        return given
    return amount if amount.is_finite() else given


def _unescaped(given: object) -> object:
    return html.unescape(given) if isinstance(given, str) else given


def _profile_ids(given: object) -> object:
    """Give the ids as a list of {profileType, id}, also where they came as one object."""
    if isinstance(given, dict):
        return [{"profileType": kind, "id": value} for kind, value in given.items()]
    return given


def _one_object(given: object) -> object:
    """Give the additional requirements as one object, also where they came as a list of them."""
    if not isinstance(given, list):
        return given
    merged: dict[str, Any] = {}
    spelt: dict[str, str] = {}
    for said, content in (item for part in given if isinstance(part, dict) for item in part.items()):
        name = spelt.setdefault(said.casefold(), said)
        known = merged.get(name)
        merged[name] = [*known, *content] if isinstance(known, list) and isinstance(content, list) else content
    return merged


_Amount = Annotated[object, BeforeValidator(_amount)]
_Name = Annotated[object, BeforeValidator(_unescaped)]


class _Member(_Wire):
    first_name: _Name = None
    last_name: _Name = None
    phone_number: object = None
    email: object = None
    title: object = None
    contact_preference: object = None
    email_validation_status: object = None
    phone_validation_status: object = None
    linked_in_profile_url: object = None


class _Address(_Wire):
    address_line1: object = None
    address_line2: object = None
    city: object = None
    state: object = None
    region: object = None
    postal_code: object = None
    country: object = None


class _ProfileId(_Wire):
    profile_type: object = None
    id: object = None


class _Tag(_Wire):
    id: object = None
    type: object = None


class _CustomerProfile(_Wire):
    name: _Name = None
    size: object = None
    team: list[_Member] | None = None
    ids: Annotated[list[_ProfileId] | None, BeforeValidator(_profile_ids)] = None
    address: _Address | None = None
    is_matching_complete: object = None
    is_macc_eligible: object = None
    activities: object = None


class _Consent(_Wire):
    consent_to_to_share_info_with_others: object = None
    consent_to_contact: object = None
    consent_to_share_referral_with_microsoft_sellers: object = None
    consent_to_microsoft_to_contact_specific_partners: object = None


class _InvitedBy(_Wire):
    organization_id: object = None
    organization_name: _Name = None


class _InviteContext(_Wire):
    notes: object = None
    assistance_request_code: object = None
    invited_mpn_id: object = None
    invited_by: _InvitedBy | None = None


class _Solution(_Wire):
    id: object = None
    name: _Name = None
    type: object = None
    solution_type: object = None
    publisher_name: _Name = None
    price: _Amount = None
    quantity: _Amount = None
    currency: object = None
    closing_date_time: object = None


class _AdditionalRequirements(_Wire):
    attributes: list[_Tag] | None = None
    iot: object = None


class _Requirements(_Wire):
    industries: list[_Tag] | None = None
    products: list[_Tag] | None = None
    services: list[_Tag] | None = None
    offers: list[_Tag] | None = None
    sales_plays: list[_Tag] | None = None
    solutions: list[_Solution] | None = None
    additional_requirements: Annotated[_AdditionalRequirements | None, BeforeValidator(_one_object)] = None


class _Details(_Wire):
    notes: object = None
    deal_value: _Amount = None
    currency: object = None
    closing_date_time: object = None
    customer_requested_contact: object = None
    customer_action: object = None
    incentive_level: object = None
    requirements: _Requirements | None = None


class _Tracking(_Wire):
    microsoft_msx_id: object = None
    microsoft_us_fed_opportunity_id: Annotated[object, Field(alias="microsoftUSFedOpportunityId")] = None
    microsoft_us_fed_lead_id: Annotated[object, Field(alias="microsoftUSFedLeadId")] = None
    migrated_psc_deal_id: Annotated[object, Field(alias="migratedPSCDealId")] = None
    migrated_psc_partner_deal_id: Annotated[object, Field(alias="migratedPSCPartnerDealId")] = None


class Referral(_Wire):
    """The resource."""

    id: str
    engagement_id: object = None
    name: _Name = None
    organization_id: object = None
    organization_name: _Name = None
    external_reference_id: object = None
    created_date_time: object = None
    updated_date_time: object = None
    expiration_date_time: object = None
    accepted_date_time: object = None
    closed_date_time: object = None
    status: object = None
    substatus: object = None
    status_reason: object = None
    type: object = None
    qualification: object = None
    direction: object = None
    customer_profile: _CustomerProfile | None = None
    consent: _Consent | None = None
    details: _Details | None = None
    team: list[_Member] | None = None
    invite_context: _InviteContext | None = None
    target: list[_Tag] | None = None
    e_tag: object = None
    mpn_id: object = None
    campaign_id: object = None
    sales_stage: object = None
    referral_source: object = None
    call_to_action: object = None
    referral_program: object = None
    favorite: object = None
    is_spam: object = None
    quality: object = None
    deal_sensitivity: object = None
    created_via: object = None
    last_modified_via: object = None
    last_run_id: object = None
    tags: object = None
    registrations: object = None
    registration_status: object = None
    is_auto_registration_enabled: object = None
    tracking_info: _Tracking | None = None
    links: object = None
    exception: object = None
