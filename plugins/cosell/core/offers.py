"""The catalogue of solutions that sellers pick from: what is wanted in it, what stands, and the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cosell.core.record import SolutionLine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from cosell.core.record import Value

Kind = Literal["add", "update", "retire", "restore"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One solution as the catalogue shall hold it; None leaves what stands there."""

    id: str
    name: str
    type: str | None = None
    active: bool | None = None
    row: int | None = None
    """Where it stands in the file that it came from."""

    @property
    def key(self) -> str:
        """Give the id as ids are compared."""
        return self.id.casefold()

    @property
    def where(self) -> str:
        """Give it as a reader finds it again."""
        return self.id if self.row is None else f"row {self.row} ({self.id})"


@dataclass(frozen=True, slots=True)
class Entry:
    """One solution as the catalogue holds it now."""

    key: str
    """The row's primary key."""
    etag: str
    id: str
    name: str
    type: str
    active: bool


@dataclass(frozen=True, slots=True)
class OfferChange:
    """What one entry becomes: only the values that differ."""

    kind: Kind
    offer: Offer
    entry: Entry | None
    """None: it is new."""
    values: Mapping[str, str | bool]
    """By the names of Offer."""


def differences(offers: Sequence[Offer], entries: Sequence[Entry], *, retire_others: bool = False) -> list[OfferChange]:
    """Give what makes the catalogue hold the offers; with `retire_others`, entries that are not among them go."""
    standing = {entry.id.casefold(): entry for entry in entries}
    wanted = {offer.key for offer in offers}
    found = [change for offer in offers if (change := _change(offer, standing.get(offer.key)))]
    others = (entry for key, entry in standing.items() if retire_others and entry.active and key not in wanted)
    return found + [OfferChange("retire", Offer(each.id, each.name), each, {"active": False}) for each in others]


def never_there(offers: Sequence[Offer], entries: Sequence[Entry]) -> list[Offer]:
    """Give the retired offers that the catalogue never had: no seller can hold them, so they are left out."""
    standing = {entry.id.casefold() for entry in entries}
    return [offer for offer in offers if offer.active is False and offer.key not in standing]


def _change(offer: Offer, entry: Entry | None) -> OfferChange | None:
    if entry is None:
        values: dict[str, str | bool] = {"id": offer.id, "name": offer.name, "type": offer.type or "", "active": True}
        return None if offer.active is False else OfferChange("add", offer, None, values)
    wanted: dict[str, str | bool | None] = {"name": offer.name, "type": offer.type, "active": offer.active}
    held = {"name": entry.name, "type": entry.type, "active": entry.active}
    differing = {name: value for name, value in wanted.items() if value is not None and value != held[name]}
    if not differing:
        return None
    kind: Kind = "update" if "active" not in differing else "restore" if offer.active else "retire"
    return OfferChange(kind, offer, entry, differing)


def too_long(offers: Sequence[Offer], limits: Mapping[str, int | None]) -> Iterator[str]:
    """Give one sentence for each text that its column cannot hold; `limits` in UTF-16 units, by the names of Offer."""
    for offer in offers:
        for name, text in (("id", offer.id), ("name", offer.name), ("type", offer.type or "")):
            most = limits.get(name)
            if most is not None and units(text) > most:
                yield f"{offer.where}: the {name} has {units(text)} characters and the CRM takes {most}; shorten it"


def units(text: str) -> int:
    """Give the length as the CRM counts it."""
    return len(text.encode("utf-16-le")) // 2


def newest(named: Collection[tuple[str, str]]) -> list[Offer]:
    """Give an offer for each id, under the last of its names; a solution without a name goes by its id."""
    offers: dict[str, Offer] = {}
    for given, name in named:
        if key := given.casefold():
            before = offers.get(key)
            offers[key] = Offer(before.id if before else given, name or (before.name if before else given))
    return [offers[key] for key in sorted(offers)]


def retired_among(lines: Value, retired: Collection[str]) -> list[str]:
    """Give the names of the solutions of a deal that are offered no more."""
    held = [line for line in lines if isinstance(line, SolutionLine)] if isinstance(lines, tuple) else []
    return [line.name or line.id for line in held if line.id.casefold() in retired]
