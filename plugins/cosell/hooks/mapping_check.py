"""The mappings in force, held against the CRM's columns as they are at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.record import Side
from cosell.hooks.settings import read_wishes
from cosell.hooks.world import mappings_in_force, open_replicas
from cosell.mapping.check import check, unfilled
from cosell.sync.world import LEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.hooks.environment import Environment


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it, in sentences."""

    problems: list[str]
    """What cannot work."""
    about_leads: list[str]
    """What only keeps leads from being carried, since nobody said that they must be."""
    unfilled: Mapping[str, str]
    """Required columns that a new row would leave empty, with how hard they are required."""


async def hold_against_crm(environment: Environment) -> Held:
    """Give what of an environment's mappings does not fit its CRM."""
    wishes = read_wishes(environment)
    found: dict[str, list[str]] = {}
    empty: dict[str, str] = {}
    async with open_replicas(environment) as replicas:
        for mapping in mappings_in_force(wishes, environment):
            described = await replicas[mapping.table].described(defaults=mapping.defaults(Side.DATAVERSE))
            missing = [f"{mapping.file.mapping}: {problem}" for problem in described.missing]
            found[mapping.table] = missing + check(mapping, described.limits, labels=described.labels)
            empty |= unfilled(mapping, described.required)
    about_leads = found.pop(LEAD, []) if wishes.leads is None else []
    return Held([problem for each in found.values() for problem in each], about_leads, empty)
