"""offers: bring the catalogue of solutions in line with a file, or with what stands on the referrals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from cosell.core.errors import FileRefusedError, ServiceUnavailableError
from cosell.core.offers import differences, never_there, newest, too_long
from cosell.core.record import Side, SolutionLine, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.offers import Offer, OfferChange
    from cosell.sync.ports.offers import Offers
    from cosell.sync.world import World

Scope = Literal["listed", "whole", "new"]
"""What is changed: the solutions that are listed; also all others, which are retired; only those not there yet."""
MOST = 1000
"""Changes in one request, which the CRM makes all or none."""
_TRIES = 3
_FIELD = "solutions"
_EVERYTHING = Window(None, None)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Brought:
    """What the catalogue was, or would be, made into."""

    changes: Sequence[OfferChange]
    left_out: Sequence[Offer]
    """Retired in the file and never in the catalogue."""
    same: int

    @property
    def counts(self) -> Counter[str]:
        """Give how many of each kind."""
        return Counter(change.kind for change in self.changes)


async def compare(catalogue: Offers, offers: Sequence[Offer], *, source: str, scope: Scope = "listed") -> Brought:
    """Give what would have to change; raises FileRefusedError for texts that the CRM cannot hold."""
    if problems := list(too_long(offers, await catalogue.limits())):
        raise FileRefusedError(source, problems)
    entries = await catalogue.entries()
    changes = differences(offers, entries, retire_others=scope == "whole")
    if scope == "new":
        changes = [change for change in changes if change.kind == "add"]
    if len(changes) > MOST:
        problem = f"it makes {len(changes)} changes; at most {MOST} are made at once, all or none: split it"
        raise FileRefusedError(source, [problem])
    left_out = never_there(offers, entries)
    touched = sum(change.offer in offers for change in changes)
    return Brought(changes, left_out, same=len(offers) - len(left_out) - touched)


async def bring(catalogue: Offers, offers: Sequence[Offer], *, source: str, scope: Scope = "listed") -> Brought:
    """Make the catalogue hold the offers; what somebody changed meanwhile is compared anew."""
    first: Brought | None = None
    for _ in range(_TRIES):
        found = await compare(catalogue, offers, source=source, scope=scope)
        first = first or found
        if await catalogue.write(found.changes):
            return first
    message = "the catalogue is being changed by others at this moment; import again, which does nothing twice"
    raise ServiceUnavailableError(message)


async def seen_on_referrals(world: World) -> list[Offer]:
    """Give the solutions on all our referrals, each under the name that the last changed one gives it."""
    named: list[tuple[datetime, str, str]] = []
    async for rows in world.replicas[Side.PARTNER_CENTER].changed(_EVERYTHING):
        told = world.mapper.read(Side.PARTNER_CENTER, rows, names={_FIELD})
        for row, values in zip(rows, told, strict=True):
            lines = values.get(_FIELD)
            found = [line for line in lines if isinstance(line, SolutionLine)] if isinstance(lines, tuple) else []
            named += [(row.changed or _BEGINNING, line.id, line.name) for line in found]
    return newest([(given, name) for _, given, name in sorted(named)])
