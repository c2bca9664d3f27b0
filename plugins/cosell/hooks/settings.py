"""How this deployment wants the sync to behave: the Airflow Variables `cosell_start` and `cosell_settings`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from airflow.sdk import ObjectStoragePath, Variable
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cosell.core.accounts import AccountPolicy, Sign
from cosell.core.errors import ConfigurationError
from cosell.core.lifecycle import Gestures
from cosell.core.record import Side
from cosell.core.rules import ANCHORS, Severity
from cosell.core.scope import Permission, Scope
from cosell.hooks.absent import confirm_no_variable
from cosell.hooks.environment import DEFAULT, Environment, environments
from cosell.hooks.home import own_folder
from cosell.mapping.catalogue import STATES
from cosell.mapping.cells import quoted
from cosell.mapping.phrases import languages, load_phrases
from cosell.mapping.settings import REFERRAL_LINK, MappingSettings
from cosell.mapping.wording import meant, told
from cosell.sync.world import Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic_core import ErrorDetails

    from cosell.adapters.storage import StoragePath

START = "cosell_start"
SETTINGS = "cosell_settings"


_Minutes = Annotated[float, Field(gt=0, le=525_600, allow_inf_nan=False)]
_Days = Annotated[int, Field(ge=1, le=36_500)]


class Wishes(BaseModel):
    """The JSON object in the Variable `cosell_settings`; every member may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overlap_minutes: _Minutes = 10
    lease_minutes: Annotated[_Minutes, Field(gt=1)] = 15
    brake_share: float = Field(default=0.25, gt=0, le=1)
    brake_floor: int = Field(default=50, ge=0)
    paused_sides: list[Literal["partner_center", "dataverse"]] = []
    """Sides that are read, but not written to, until they are named no more."""
    partner_center: Literal["everything", "own", "read_only"] | None = None
    """What may be written there; None: everything for the environment `default`, nothing for others."""
    production_deals: bool = False
    """Whether an environment that may not write everything brings the deals of production into its CRM."""
    marks: bool = True
    language: str = "en"
    """What sellers read in Audit; a language that there are phrases for."""
    leads: bool | None = None
    """Whether leads are kept in step too; False: co-sell deals only; None: where the CRM has our columns on lead."""
    severities: dict[str, Severity] = {}
    history_days: _Days = 400
    staged_days: _Days = 7
    staged_in: str | None = None
    """Where files travel between tasks, such as `s3://bucket/cosell`: several machines need a place that all reach."""
    late_after_minutes: _Minutes = 10
    time_zone: str = "UTC"
    """IANA name of the zone whose calendar day a close date is."""
    referral_link: str | None = None
    """The portal's address of a referral, with `{id}` where its id goes."""
    default_owner: str | None = None
    """Who owns a deal whose team has nobody in the CRM: an e-mail address or a user's id."""
    account_match: list[Sign] = Field(default=[*AccountPolicy().match], min_length=1)
    """By what the account of a new deal's customer is told: the first of them that fits an account decides."""
    account_none: Literal["create", "hold"] = AccountPolicy().on_none
    """Where no account fits: create one, or hold the deal for a person."""
    accepts: list[str] = sorted(Gestures().accepts)
    """States of the opportunity (words of the mapping) that accept an unanswered referral."""
    declines: list[str] = sorted(Gestures().declines)
    """States of the opportunity that decline it."""
    clock_marks_days: list[int] = [7, 3, 1, 0]
    """Days before an end at which it is told of."""
    clock_callback: str | None = None
    """What is called then: an importable function or Airflow notifier, such as `our_alerts:clock_ends`."""
    sign_in_callback: str | None = None
    """What is called, once, when a person must sign in again: a function or Airflow notifier."""

    @field_validator("language")
    @classmethod
    def _has_phrases(cls, language: str) -> str:
        if language not in languages():
            raise ValueError(f"there are no sentences in {language!r}: {meant(language, languages())}")
        return language

    @field_validator("accepts", "declines")
    @classmethod
    def _names_states(cls, words: list[str]) -> list[str]:
        for word in words:
            if word not in STATES:
                raise ValueError(f"there is no state {word!r}: {meant(word, STATES)}")
        return words

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        both = sorted({*self.accepts} & {*self.declines})
        if both:
            raise ValueError(f"{', '.join(both)} cannot both accept and decline")
        return self

    @model_validator(mode="after")
    def _suits_the_mapping(self) -> Self:
        try:
            MappingSettings(time_zone=self.time_zone, referral_link_template=self.referral_link or REFERRAL_LINK)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return self

    @field_validator("severities")
    @classmethod
    def _names_rules(cls, severities: dict[str, Severity]) -> dict[str, Severity]:
        for rule in severities:
            if rule not in ANCHORS:
                raise ValueError(f"there is no rule {rule!r}: {meant(rule, ANCHORS)}")
        return severities

    def scope(self, environment: Environment = DEFAULT) -> Scope:
        """Give what an environment with these settings may do in Partner Center."""
        usual = Permission.EVERYTHING if environment == DEFAULT else Permission.READ_ONLY
        known = frozenset(each.name for each in environments())
        return Scope(environment.name, known, Permission(self.partner_center or usual), self.production_deals)

    def to_sync(
        self, *, start: str | None, states: Collection[str] | None, environment: Environment = DEFAULT
    ) -> Settings:
        """Give what the steps need to know."""
        return Settings(
            scope=self.scope(environment),
            start=start,
            overlap=timedelta(minutes=self.overlap_minutes),
            lease=timedelta(minutes=self.lease_minutes),
            brake_share=self.brake_share,
            brake_floor=self.brake_floor,
            paused_sides=frozenset(map(Side, self.paused_sides)),
            marks=self.marks,
            phrases=load_phrases(self.language),
            severities=self.severities,
            history_days=self.history_days,
            staged_days=self.staged_days,
            late_after=timedelta(minutes=self.late_after_minutes),
            gestures=Gestures(frozenset(self.accepts), frozenset(self.declines)),
            clock_marks=tuple(self.clock_marks_days),
            states=frozenset(states) if states else None,
        )

    def to_accounts(self) -> AccountPolicy:
        """Give how the account of a new deal's customer is told."""
        return AccountPolicy(tuple(self.account_match), self.account_none)

    def staging(self, environment: Environment = DEFAULT) -> StoragePath | str:
        """Give where files travel between tasks."""
        if self.staged_in is None:
            return str(own_folder(environment) / "staged")
        place: StoragePath = ObjectStoragePath(self.staged_in)
        return place

    def to_mapping(self, environment: Environment = DEFAULT) -> MappingSettings:
        """Give what the mapping needs to know."""
        return MappingSettings(
            environment=environment.name,
            labelled=self.scope(environment).is_restricted,
            time_zone=self.time_zone,
            referral_link_template=self.referral_link or REFERRAL_LINK,
            marks=self.marks,
        )


def read_wishes(environment: Environment = DEFAULT) -> Wishes:
    """Give the settings of an environment; raises ConfigurationError naming the member that is wrong."""
    name = environment.own(SETTINGS)
    text = _variable(name)
    if text is None:
        return Wishes()
    try:
        return Wishes.model_validate_json(text)
    except ValidationError as error:
        message = f"the Airflow Variable {name} {_told(error.errors())}"
        raise ConfigurationError(message) from None


def _told(errors: list[ErrorDetails]) -> str:
    """Say what pydantic found wrong."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return f"is not JSON: {first['ctx']['error']}"
    return f"is wrong: {'; '.join(map(_problem, errors))}"


def _problem(error: ErrorDetails) -> str:
    name = ".".join(step for step in error["loc"] if isinstance(step, str))
    if error["type"] == "extra_forbidden":
        return f"there is no setting {name!r}: {meant(name, Wishes.model_fields)}"
    if error["type"] == "model_type":
        return f'expected a JSON object such as {{"marks": false}}, found {quoted(error["input"])}'
    return told(error, name=name) if name else str(error["ctx"]["error"])


def read_start(environment: Environment = DEFAULT) -> str | None:
    """Give where a scheduled run begins without a watermark."""
    return _variable(environment.own(START))


def _variable(name: str) -> str | None:
    text = Variable.get(name, default=None)
    if text is None:
        confirm_no_variable(name)
    return text or None
