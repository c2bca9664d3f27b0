"""What a caller may write: the members of a referral with their types; names in any case, unknown ones refused."""

# ruff: noqa: N815 - the members are named as on the wire

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import pycountry
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from sandbox.partner_center.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.store import Document

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


def read_body(given: Any) -> Document:  # noqa: ANN401 - whatever the caller sent
    """Give the members of a referral, checked, with their names in their own case; raises ReferralError."""
    if not isinstance(given, dict):
        raise invalid("The body must be one JSON object.", inner="malformedBody")
    return checked(_in_own_case(given, ReferralBody))


def checked(referral: Mapping[str, Any]) -> Document:
    """Give the members a caller may write, with times set right; raises ReferralError for the first wrong one."""
    try:
        return ReferralBody.model_validate(referral).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = "/".join(str(step) for step in first["loc"])
        raise invalid(f"{path}: {first['msg']}.", target=path) from error


def writable(referral: Document) -> Document:
    """Give the part of a stored referral that a caller may have written."""
    return {name: referral[name] for name in ReferralBody.model_fields if name in referral}


def _in_own_case(given: Any, model: type[BaseModel]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(given, list):
        return [_in_own_case(item, model) for item in given]
    if not isinstance(given, dict):
        return given
    names = {name.casefold(): name for name in model.model_fields}
    taken: dict[str, Any] = {}
    for said, value in given.items():
        name = names.get(said.casefold(), said)
        part = _part_of(model, name)
        taken[name] = _in_own_case(value, part) if part else value
    return taken


@cache
def _part_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    return _first_part(model.model_fields[name].annotation) if name in model.model_fields else None


def _first_part(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((part for part in map(_first_part, get_args(annotation)) if part), None)
