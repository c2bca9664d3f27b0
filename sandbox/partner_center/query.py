"""GET of the list: $filter, $orderby, $select, $top and paging, over orders that are kept, not sorted per call."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.odata import Field, Filter, FilterError, Kind, Nested, Shape, parse_orderby, parse_select, predicate
from sandbox.partner_center import errors, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sandbox.store import Document
    from sandbox.world import World

_TIMES = {"createdDateTime", "updatedDateTime"}
_TEXTS = {
    "id",
    "engagementId",
    "status",
    "substatus",
    "qualification",
    "type",
    "direction",
    "externalReferenceId",
    "customerProfile/address/country",
}
_OPTIONS = {"$filter", "$orderby", "$select", "$top", "$skip", "$count", "$expand", "$skiptoken"}
_LOWER_BOUND = re.compile(r"\b(createdDateTime|updatedDateTime)\s+g[et]\s+([0-9][0-9T:.\-]*)Z")
_QUOTED = re.compile(r"'[^']*'")
_NOT_A_CONJUNCTION = re.compile(r"'|\bor\b|\bnot\b")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list call: what is asked, and (`after`) the sort value and id of the last referral that was given."""

    filter: str | None = None
    orderby: str | None = None
    select: str | None = None
    top: int | None = None
    skip: int = 0
    after: tuple[str, str] | None = None

    @property
    def member(self) -> str:
        """Give the member that orders the list; without $orderby the order tells nothing, so it goes by id."""
        return self._term()[0]

    @property
    def descending(self) -> bool:
        """Tell whether the newest comes first."""
        return self._term()[1]

    def _term(self) -> tuple[str, bool]:
        if self.orderby is None:
            return "id", False
        terms = parse_orderby(self.orderby)
        name = "/".join(terms[0].path)
        if len(terms) > 1 or name not in _TIMES:
            raise errors.invalid("$orderby takes createdDateTime or updatedDateTime.", inner="invalidOrderBy")
        return name, terms[0].descending


@dataclass(frozen=True)
class Page:
    """A part of the list, and the token of the next one."""

    referrals: list[Document]
    skiptoken: str | None


def read_options(options: Mapping[str, str]) -> Listing:
    """Give what the query string asks; raises ReferralError for options that are unknown or broken."""
    if unknown := set(options) - _OPTIONS:
        raise errors.invalid(f"The query options {sorted(unknown)} are not supported.", inner="unsupportedQueryOption")
    if "$skiptoken" in options:
        return _from_token(options["$skiptoken"])
    top, skip = options.get("$top"), options.get("$skip", "0")
    if not skip.isdigit() or (top is not None and not (top.isdigit() and int(top))):
        raise errors.invalid("$top and $skip are whole numbers.", inner="invalidQueryOption")
    return Listing(
        filter=options.get("$filter"),
        orderby=options.get("$orderby"),
        select=options.get("$select"),
        top=int(top) if top else None,
        skip=int(skip),
    )


def page(world: World, listing: Listing) -> Page:
    """Give one page of the partner's own referrals, or of all parties where the filter names engagements."""
    try:
        wanted = _filter(listing.filter, frozenset(world.settings["refuse_filter_on"]))
        names = parse_select(listing.select) if listing.select else ()
        size, left = _size(world, listing)
        found = _matching(world, listing, wanted)
    except FilterError as error:
        raise errors.invalid(str(error), inner="invalidFilter") from error
    kept, last, more = _cut(found, listing, size)
    left = None if left is None else left - len(kept)
    token = None
    if more and last and left != 0:
        following = replace(listing, skip=0, top=left if left is not None else listing.top)
        token = _to_token(replace(following, after=(last[listing.member], last["id"])))
    return Page([_selected(referral, names) for referral in kept], token)


def _size(world: World, listing: Listing) -> tuple[int, int | None]:
    """Give the size of this page and (where $top limits the whole list) how many may still follow."""
    largest = int(world.settings["page_size"])
    if listing.top is None:
        return largest, None
    return min(listing.top, largest), listing.top if world.settings["top_is_total"] else None


def _cut(found: Iterator[Document], listing: Listing, size: int) -> tuple[list[Document], Document | None, bool]:
    kept: list[Document] = []
    passed = 0
    for referral in found:
        passed += 1
        if passed <= listing.skip:
            continue
        if len(kept) == size:
            return kept, kept[-1], True
        kept.append(referral)
    return kept, (kept[-1] if kept else None), False


def _matching(world: World, listing: Listing, wanted: Filter) -> Iterator[Document]:
    engagements = wanted.required.get(("engagementId",))
    referrals = _of(world, engagements, listing) if engagements else _own(world, listing)
    gone = {*world.settings["gone_ids"], *world.settings["hidden_ids"]}
    seen = (one for one in referrals if one["id"] not in gone and records.is_in_sight(world, one))
    return (one for one in seen if wanted.matches(one))


def _of(world: World, engagements: Iterable[str], listing: Listing) -> Iterator[Document]:
    found = [referral for one in engagements for referral in records.of_engagement(world, one)]
    member, after = listing.member, listing.after
    found.sort(key=lambda one: (one[member], one["id"]), reverse=listing.descending)
    for one in found:
        place = (one[member], one["id"])
        if after is None or (place < after if listing.descending else place > after):
            yield one


def _own(world: World, listing: Listing) -> Iterator[Document]:
    order = records.ordered_by(world, listing.member)
    lower = _lower_bound(listing)
    table = records.table(world)
    for key in order.between(after=listing.after, lower=lower, descending=listing.descending):
        referral = table.get(key)
        if referral is not None and records.is_ours(world, referral):
            yield referral


def _lower_bound(listing: Listing) -> str | None:
    """Give a value that no match lies below, where the filter plainly says so; only to walk less, never to decide."""
    plain = _QUOTED.sub("", listing.filter or "")
    if _NOT_A_CONJUNCTION.search(plain):
        return None
    bounds = [value for name, value in _LOWER_BOUND.findall(plain) if name == listing.member]
    # A cut to whole seconds stays below every way of writing the same moment's fraction.
    return max(bounds)[:19] if bounds else None


@lru_cache(maxsize=512)
def _filter(text: str | None, refused: frozenset[str]) -> Filter:
    if text is None:
        return Filter(lambda _referral: True)
    return predicate(text, shape=_Filterable(refused))


class _Filterable:
    """The members that a filter may name."""

    def __init__(self, refused: frozenset[str]) -> None:
        self._refused = refused
        self._anything = Nested()

    def field(self, path: tuple[str, ...]) -> Field:
        """Give the value at a path; raises FilterError where it cannot be filtered on."""
        name = "/".join(path)
        if name in self._refused or name not in _TEXTS | _TIMES:
            message = f"Filtering on '{name}' is not supported."
            raise FilterError(message)
        return Field(self._anything.field(path).get, Kind.TIME if name in _TIMES else Kind.ANY)

    def collection(self, path: tuple[str, ...]) -> tuple[Callable[[Any], Iterable[Any]], Shape]:
        """Give the team's members; no other collection can be filtered on."""
        if path != ("team",) or "team" in self._refused:
            message = f"Filtering on '{'/'.join(path)}' is not supported."
            raise FilterError(message)
        return self._anything.collection(path)


def _selected(referral: Document, names: tuple[str, ...]) -> Document:
    if not names:
        return referral
    if unknown := [name for name in names if name not in referral]:
        raise errors.invalid(f"$select names unknown members {unknown}.", inner="invalidSelect")
    return {name: referral[name] for name in names}


def _to_token(listing: Listing) -> str:
    said = [listing.filter, listing.orderby, listing.select, listing.top, listing.after]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def _from_token(token: str) -> Listing:
    try:
        said = json.loads(base64.urlsafe_b64decode(token))
        after = tuple(said[4])
        return Listing(filter=said[0], orderby=said[1], select=said[2], top=said[3], after=(after[0], after[1]))
    except (binascii.Error, ValueError, TypeError, IndexError) as error:
        raise errors.invalid("The $skiptoken is not valid.", inner="invalidSkipToken") from error
