"""The members of a referral that a caller may write, with their types; unknown ones are refused."""

# ruff: noqa: N815 - the members are named as on the wire

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

import pycountry
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

MOST_MEMBERS = 50


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _number(value: Any) -> int | float:  # noqa: ANN401 - whatever the caller sent
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = "a JSON number is expected"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports only ValueError as a validation error
    if value < 0:
        message = "the number must not be negative"
        raise ValueError(message)
    return value


def _country(code: str) -> str:
    if code not in _countries():
        message = "the country must be a two-letter ISO 3166-1 code"
        raise ValueError(message)
    return code


def _currency(code: str) -> str:
    if code not in _currencies():
        message = "the currency must be a three-letter ISO 4217 code"
        raise ValueError(message)
    return code


@cache
def _countries() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


Moment = Annotated[str, AfterValidator(_moment)]
Country = Annotated[str, AfterValidator(_country)]
Currency = Annotated[str, AfterValidator(_currency)]
Number = Annotated[Any, AfterValidator(_number)]
Text = str | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactPreference(_Part):
    """How a person wants to be written to."""

    locale: Text = None
    disableNotifications: StrictBool | None = None


class Member(_Part):
    """A person of the partner's or the customer's team."""

    firstName: Text = None
    lastName: Text = None
    phoneNumber: Text = None
    email: Text = None
    title: Text = None
    contactPreference: ContactPreference | None = None
    emailValidationStatus: Text = None
    phoneValidationStatus: Text = None
    linkedInProfileUrl: Text = None


Team = Annotated[list[Member], Field(max_length=MOST_MEMBERS)]


class Address(_Part):
    """Where the customer is; only the country is demanded."""

    addressLine1: Text = None
    addressLine2: Text = None
    city: Text = None
    state: Text = None
    region: Text = None
    postalCode: Text = None
    country: Country


class ProfileId(_Part):
    """One of the customer's numbers."""

    profileType: Literal["Duns", "External"]
    id: str


class CustomerProfile(_Part):
    """The customer."""

    name: Annotated[str, Field(min_length=1)]
    address: Address
    size: Text = None
    team: Team = []
    ids: list[ProfileId] = []
    isMatchingComplete: StrictBool | None = None
    isMaccEligible: StrictBool | None = None
    activities: Any = None


class Consent(_Part):
    """What the customer agreed to, and whether Microsoft's sellers see the deal."""

    consentToToShareInfoWithOthers: StrictBool | None = None
    consentToContact: StrictBool | None = None
    consentToShareReferralWithMicrosoftSellers: StrictBool | None = None
    consentToMicrosoftToContactSpecificPartners: StrictBool | None = None


class Solution(_Part):
    """One solution of the deal."""

    id: Annotated[str, Field(min_length=1)]
    name: Text = None
    type: Literal["None", "Name", "Category"] | None = None
    solutionType: Text = None
    publisherName: Text = None
    price: Number | None = None
    quantity: Number | None = None
    currency: Currency | None = None
    closingDateTime: Moment | None = None


class Tag(_Part):
    """A tag that is only an id."""

    id: str


class Attribute(_Part):
    """A typed extra attribute."""

    type: str
    id: str


class AdditionalRequirements(_Part):
    """Extra attributes, the marketplace intent among them."""

    iot: dict[str, Any] | None = None
    attributes: list[Attribute] = []


class Requirements(_Part):
    """What the customer needs."""

    industries: list[Tag] = []
    products: list[Tag] = []
    services: list[Tag] = []
    offers: list[Tag] = []
    salesPlays: list[Tag] = []
    solutions: Annotated[list[Solution], Field(max_length=MOST_MEMBERS)] = []
    additionalRequirements: AdditionalRequirements | None = None


class Details(_Part):
    """The deal's figures."""

    notes: Text = None
    dealValue: Number
    currency: Currency
    closingDateTime: Moment
    customerRequestedContact: StrictBool | None = None
    customerAction: Text = None
    incentiveLevel: Text = None
    requirements: Requirements = Requirements()


class InvitedBy(_Part):
    """Who invited."""

    organizationId: Text = None
    organizationName: Text = None


HelpCode = Literal[
    "Unknown",
    "WorkloadSpecificValueProposition",
    "CustomerTechnicalArchitecture",
    "ProofOfConceptOrDemo",
    "QuotesOrLicensing",
    "PostSalesCustomerSuccess",
    "GeneralOrOther",
]


class InviteContext(_Part):
    """What is said to the invited party."""

    notes: Text = None
    assistanceRequestCode: HelpCode | None = None
    invitedMpnId: Text = None
    invitedBy: InvitedBy | None = None


class Target(_Part):
    """Who or what is addressed."""

    type: Literal["None", "SolutionProfile", "BusinessProfileLocation"]
    id: str


class ReferralBody(_Part):
    """A referral as a caller writes it."""

    name: Annotated[str, Field(min_length=1)]
    engagementId: Text = None
    externalReferenceId: Text = None
    status: Literal["None", "New", "Active", "Closed"] | None = None
    substatus: Text = None
    statusReason: Text = None
    type: Literal["Independent", "Shared"]
    qualification: Literal["None", "Direct", "MarketingQualified", "SalesQualified"] = "SalesQualified"
    customerProfile: CustomerProfile
    consent: Consent
    details: Details
    team: Team = []
    inviteContext: InviteContext | None = None
    target: list[Target] = []
    mpnId: Text = None
    campaignId: Text = None
    salesStage: Text = None
    referralProgram: Text = None
    createdVia: Text = None
    lastModifiedVia: Text = None
    lastRunId: Text = None
