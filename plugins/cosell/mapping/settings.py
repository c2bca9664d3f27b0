"""What a deployment decides about the mapping besides its files: time zone, portal link, the mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cosell.core.errors import ConfigurationError
from cosell.core.scope import DEFAULT
from cosell.mapping.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERRAL_LINK = "https://partner.microsoft.com/dashboard/v2/referrals/v2/referrals/{id}"
"""Where the portal shows a referral; not published, so a setting."""


@dataclass(frozen=True, slots=True)
class MappingSettings:
    """Settings of one deployment. Raises ConfigurationError where one of them cannot work."""

    time_zone: str = "UTC"
    """IANA name of the zone whose calendar day a close date is."""
    referral_link_template: str = REFERRAL_LINK
    """The portal's address of a referral, with `{id}` where its id goes."""
    marks: bool = True
    """Whether a check mark or a cross is put before the opportunity's name."""
    environment: str = DEFAULT
    """Whose label is taken off the names in Partner Center."""
    labelled: bool = False
    """Whether new deals there bear the label."""
    partner_center_lengths: Mapping[str, int] = field(default_factory=dict)
    """Longest text by Partner Center path, in UTF-16 units; Microsoft publishes none."""

    def __post_init__(self) -> None:
        if "{id}" not in self.referral_link_template:
            message = f"referral_link has no {{id}} in it: {self.referral_link_template!r}"
            raise ConfigurationError(message)
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            near = nearest(self.time_zone, available_timezones())
            hint = f"; did you mean {near}?" if near else " such as Europe/Stockholm"
            message = f"time_zone {self.time_zone!r} is no IANA time zone{hint}"
            raise ConfigurationError(message) from error

    @property
    def zone(self) -> ZoneInfo:
        """Give the zone of `time_zone`."""
        return ZoneInfo(self.time_zone)
