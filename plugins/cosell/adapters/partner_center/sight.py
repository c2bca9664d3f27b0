"""The newest referrals as Partner Center shows them to us, counted for the doctor; nobody in them is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cosell.adapters.partner_center.client import Referrals
from cosell.core.checkup.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.transport import Transport
    from cosell.core.record import Row

_PAGE = 100


async def look(
    transport: Transport, *, organization_id: str | None, partner_id: str | None, account: str | None
) -> Sight:
    """Give what the newest page of the list holds; `account`: the address of whoever signed in."""
    page: list[Row] = await anext(Referrals(transport).pages(order="createdDateTime desc", top=_PAGE), [])
    owner = organization_id or _owner((row.payload for row in page), partner_id)
    own = [owner is None or _text(row.payload, "organizationId") == owner.casefold() for row in page]
    ours = [row.payload for row, is_own in zip(page, own, strict=True) if is_own]
    others = [row.payload for row, is_own in zip(page, own, strict=True) if not is_own]
    own_solutions = frozenset(_solutions(ours))
    return Sight(
        ours=len(ours),
        others=len(others),
        more=len(page) >= _PAGE,
        newest=next((row.created for row, is_own in zip(page, own, strict=True) if is_own), None),
        partner_ids=frozenset(str(one["mpnId"]) for one in ours if one.get("mpnId")),
        with_account=sum(account is not None and account.casefold() in _team(one) for one in ours),
        solutions=own_solutions,
        foreign_solutions=frozenset(_solutions(others)) - own_solutions,
        currencies=frozenset(_currencies(ours)),
    )


def _owner(payloads: Iterable[Mapping[str, Any]], partner_id: str | None) -> str | None:
    """Give whose referral carries our partner id; None: all that is shown counts as ours."""
    known = (str(one["organizationId"]) for one in payloads if str(one.get("mpnId") or "") == partner_id)
    return next(known, None)


def _solutions(payloads: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for payload in payloads:
        listed = _part(_part(payload, "details"), "requirements").get("solutions")
        yield from (str(one["id"]) for one in _dicts(listed) if one.get("id"))


def _currencies(payloads: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (str(named) for payload in payloads if (named := _part(payload, "details").get("currency")))


def _team(payload: Mapping[str, Any]) -> set[str]:
    return {_text(member, "email") for member in _dicts(payload.get("team"))}


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def _dicts(listed: object) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(payload: Mapping[str, Any], name: str) -> str:
    return str(payload.get(name) or "").casefold()
