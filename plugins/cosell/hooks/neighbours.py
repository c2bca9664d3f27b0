"""Two environments of one deployment that would get in each other's way: told before either does anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cosell.core.errors import ConfigurationError
from cosell.core.record import Side
from cosell.core.scope import label_of
from cosell.hooks.dataverse import DataverseHook, twins_of
from cosell.hooks.environment import environments
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import SETTINGS, read_wishes

if TYPE_CHECKING:
    from cosell.core.scope import Scope
    from cosell.hooks.api_connection import ApiConnection
    from cosell.hooks.environment import Environment
    from cosell.mapping.transform import TableMapper


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """An environment with what it speaks to; None: not entered yet."""

    environment: Environment
    scope: Scope
    partner_center: ApiConnection | None
    dataverse: ApiConnection | None


def refuse_contradictions(environment: Environment) -> None:
    """Raise ConfigurationError where another environment and this one would get in each other's way."""
    if told := contradictions(environment):
        raise ConfigurationError("; ".join(told))


def contradictions(environment: Environment) -> list[str]:
    """Give a sentence for each other environment that shares with this one what may not be shared."""
    others = [each for each in environments() if each != environment]
    if not others:
        return []
    ours = _neighbour(environment)
    return [told for each in others if (other := _able(each)) for told in _between(ours, other)]


def _between(ours: _Neighbour, other: _Neighbour) -> list[str]:
    names, told = f"{ours.environment.name} and {other.environment.name}", []
    neither = not (ours.scope.is_restricted or other.scope.is_restricted)
    if neither and _is_same_partner(ours.partner_center, other.partner_center):
        told.append(
            f"The environments {names} have the same Partner Center account and both may do everything there; set "
            f"partner_center to own or read_only in the Variable {ours.environment.own(SETTINGS)} or "
            f"{other.environment.own(SETTINGS)}"
        )
    # The one that may do everything goes on: what is wrong is the restricted one's connection.
    if (ours.scope.is_restricted or neither) and _is_same_host(ours.dataverse, other.dataverse):
        told.append(
            f"The environments {names} lead to the same Dynamics 365, {ours.dataverse and ours.dataverse.base_url}; "
            f"give {ours.environment.connection('dataverse')} one of its own"
        )
    return told


def _is_same_partner(one: ApiConnection | None, other: ApiConnection | None) -> bool:
    """Tell whether both lead to the referrals of one partner; what cannot be told apart counts as one."""
    if one is None or other is None or not _is_same_host(one, other):
        return False
    told = [[_plain(each.text(key)) for each in (one, other)] for key in ("partner_id", "organization_id")]
    if comparable := [pair for pair in told if all(pair)]:
        return any(ours == theirs for ours, theirs in comparable)
    return one.identity.authority.casefold() == other.identity.authority.casefold()


def _plain(told: str | None) -> str:
    """Give an id as it is compared: a number may be written with zeros before it."""
    return (told or "").strip().casefold().lstrip("0")


def _is_same_host(one: ApiConnection | None, other: ApiConnection | None) -> bool:
    return one is not None and other is not None and not _names(one).isdisjoint(_names(other))


def _names(api: ApiConnection) -> set[str]:
    """Give the addresses of one service: Dynamics 365 answers under two."""
    address, host = api.base_url.casefold(), urlsplit(api.base_url).hostname or ""
    return {address, *(address.replace(host, twin, 1) for twin in twins_of(address))}


def _able(environment: Environment) -> _Neighbour | None:
    """Give another environment; None where its settings are wrong, for then it does nothing at all."""
    try:
        return _neighbour(environment)
    except ConfigurationError:
        return None


def _neighbour(environment: Environment) -> _Neighbour:
    scope = read_wishes(environment).scope(environment)
    hooks = PartnerCenterHook.of(environment), DataverseHook.of(environment)
    return _Neighbour(environment, scope, *(hook.given() for hook in hooks))


def confirm_label(mapper: TableMapper, scope: Scope) -> None:
    """Raise ConfigurationError where the deals of a restricted environment would not bear its label."""
    if not scope.is_restricted:
        return
    name = mapper.wire(Side.PARTNER_CENTER, {"deal_name": "name"}, held={})
    if not {"label", "crm_id"} <= mapper.fields.keys() or list(name.values()) != [f"{label_of(scope.environment)}name"]:
        raise ConfigurationError(
            f"The mapping of the environment {scope.environment} lacks its label: leave the converter marked_name at "
            "deal_name, and the fields label and crm_id as they are shipped"
        )
