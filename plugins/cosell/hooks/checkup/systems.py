"""Looks into both systems: what Partner Center shows, what the CRM has and lets us do, and who else is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse import Settings
from cosell.adapters.dataverse.rights import Rights, used_rights
from cosell.adapters.dataverse.setup.steps import Kind
from cosell.adapters.dataverse.setup.survey import survey, survey_forms
from cosell.adapters.dataverse.setup.wanted import Wanted, load_wanted
from cosell.adapters.partner_center.sight import look
from cosell.core.checkup import crm, sight
from cosell.core.checkup.finding import Finding, unchecked, wrong
from cosell.core.errors import AccessDeniedError
from cosell.core.record import Side
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.setup import needed
from cosell.mapping.shape import is_named
from cosell.sync.world import LEAD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.hooks.checkup.ground import Ground

TABLES, MAPPING = "Dynamics 365: tables and columns", "Dynamics 365: mapping"
"""Checks that others stand on, by name."""
_TABLES = frozenset({Kind.TABLE, Kind.COLUMN, Kind.LENGTH, Kind.TRACK})
_KEYS = frozenset({Kind.KEY, Kind.REPAIR, Kind.AWAIT})
_CHOICES = frozenset({Kind.CHOICE, Kind.OPTIONS})
_SPARED = frozenset({Kind.LENGTH, Kind.TRACK})
"""Without these values are cut, and removed rows are noticed by the daily comparison."""


async def role(ground: Ground) -> Finding:
    """Read the newest referrals."""
    api = ground.partner_center
    try:
        ground.sight = await look(
            ground.referrals,
            organization_id=api.text("organization_id"),
            partner_id=api.text("partner_id"),
            account=ground.claims.account if ground.claims else None,
        )
    except AccessDeniedError as error:
        return sight.refused(str(error))
    return sight.role(ground.sight)


async def partner_id(ground: Ground) -> Finding:
    """Hold the configured partner id against those of the referrals."""
    api = ground.partner_center
    organization_id = api.text("organization_id")
    return sight.partner_id(ground.sight, configured=api.text("partner_id"), organization_id=organization_id)


async def user(ground: Ground) -> Finding:
    """Ask whom the CRM takes us for."""
    try:
        ground.user = await ground.survey.user()
    except AccessDeniedError as error:
        return crm.stranger(str(error))
    return crm.user(ground.user, client_id=ground.dataverse.identity.client_id)


async def rights(ground: Ground) -> Finding:
    """Hold our role against what the sync does in each table."""
    used = _used(ground)
    held = await ground.survey.rights(ground.user, used)
    return crm.untold("its own privileges") if held is None else crm.rights(held, needed=used)


async def tables(ground: Ground) -> Finding:
    """Compare the CRM's tables and columns with those that are wanted."""
    ground.definitions = await survey(ground.crm, _wanted(ground))
    if ground.definitions.obstacles:
        return wrong("; ".join(ground.definitions.obstacles), "Do as it says, then run airflow cosell setup{--env}.")
    return _lacking(ground, _TABLES, what="tables and columns")


async def keys(ground: Ground) -> Finding:
    """Look whether every alternate key is there and its index built."""
    return _lacking(ground, _KEYS, what="alternate keys")


async def choices(ground: Ground) -> Finding:
    """Look whether every choice has its options."""
    return _lacking(ground, _CHOICES, what="choices")


async def form(ground: Ground) -> Finding:
    """Look whether sellers see our fields on the form."""
    try:
        plan = await survey_forms(ground.crm, _wanted(ground))
    except AccessDeniedError:
        return crm.untold("forms, which the sync does not need")
    return crm.form([*(step.sentence for step in plan.steps), *plan.obstacles])


async def mapping(ground: Ground) -> Finding:
    """Hold the mapping against the columns that the CRM has now."""
    if _lacks_tables(ground):
        return unchecked(f"because of: {TABLES}")
    held = await ground.held()
    by_setup = [each.sentence for each in (*held.problems, *held.about_leads) if each.by_setup]
    problems, about_leads = ([each.sentence for each in some] for some in (held.problems, held.about_leads))
    return crm.mapping(problems, about_leads=about_leads, by_setup=by_setup)


async def required(ground: Ground) -> Finding:
    """Look for required columns that a new row would leave empty."""
    if _lacks_tables(ground):
        return unchecked(f"because of: {TABLES}")
    unfilled = (await ground.held()).unfilled
    return unchecked(f"because of: {MAPPING}") if unfilled is None else crm.filled(unfilled)


async def currencies(ground: Ground) -> Finding:
    """Hold the CRM's currencies against those of the referrals."""
    active = await ground.survey.currencies()
    return crm.untold("currencies") if active is None else sight.currencies(ground.sight, active=active)


async def bulk(ground: Ground) -> Finding:
    """Ask which tables take many rows at once."""
    tables = {table for table, acts in _used(ground).items() if {"Create", "Read"} <= set(acts)}
    offered = await ground.survey.bulk(tables)
    return crm.untold("what its tables offer") if offered is None else crm.bulk(offered, tables=tables)


async def flows(ground: Ground) -> Finding:
    """Look for Microsoft's own connector at work."""
    active = await ground.survey.flows()
    return crm.untold("flows (Read on Process)") if active is None else crm.flows(active)


async def solutions(ground: Ground) -> Finding:
    """Hold the catalogue against the solutions on referrals."""
    entries = await DataverseHook.of(ground.environment).catalogue(ground.crm, memory=ground.state).entries()
    return sight.solutions(ground.sight, offered={entry.id for entry in entries if entry.active})


def _used(ground: Ground) -> dict[str, Rights]:
    defaults = (value for mapping in ground.mappings for value in mapping.defaults(Side.DATAVERSE).values())
    named = {str(value["table"]) for value in defaults if is_named(value)}
    shapes = [mapping.shape() for mapping in ground.mappings]
    return used_rights(shapes, settings=Settings(organisation=""), named=named)


def _lacks_tables(ground: Ground) -> bool:
    """Tell whether a table of ours is yet to be made: nothing beneath it can be looked at."""
    return ground.definitions is not None and any(step.kind is Kind.TABLE for step in ground.definitions.steps)


def _lacking(ground: Ground, kinds: Collection[Kind], *, what: str) -> Finding:
    everything = ground.definitions.steps if ground.definitions else ()
    steps = [step for step in everything if step.kind in kinds]
    optional = LEAD if ground.wishes.leads is None else None
    spare = {(shape.table, path) for mapping in ground.mappings for shape in [mapping.shape()] for path in shape.spare}

    def is_harmless(step: Step) -> bool:
        return step.kind in _SPARED or step.table == optional or (step.table, step.name) in spare

    shown = _choices_of(ground, (step for step in everything if not is_harmless(step)))
    harmless = [
        step.sentence for step in steps if is_harmless(step) or (step.kind is Kind.CHOICE and step.name not in shown)
    ]
    return crm.missing([step.sentence for step in steps], what=what, harmless=harmless)


def _choices_of(ground: Ground, steps: Iterable[Step]) -> set[str | None]:
    """Give the choices that the columns which these steps make would show."""
    tables = _wanted(ground).tables
    return {tables[step.table].columns[step.name].choice for step in steps if step.kind is Kind.COLUMN}


def _wanted(ground: Ground) -> Wanted:
    return load_wanted().only(needed(ground.environment))
