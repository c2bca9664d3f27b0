"""What the CRM lets us do, and who else works on the deals there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.checkup.finding import Finding, doubt, fine, listed, unchecked, wrong

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_ROLE_PAGE: Final = "see step 4 of Connect a real tenant in the README"
_SETUP: Final = "Run airflow cosell setup{--env}, or the DAG cosell_setup{_env}."
_WHOLE: Final = "Global"
_DEALS: Final = ("Read", "Write")
"""What must reach every row, whoever owns it."""
_CONNECTIONS: Final = frozenset({"connection", "connectionrole"})
"""Tables that the sync does without."""
FLOWS: Final = (
    "Partner Center Webhook Registration",
    "Create Co-sell Referral - Dynamics 365 to Partner Center",
    "[Customize] Create or Get Details from Dynamics 365",
    "Partner Center to Dynamics 365 - Helper",
    "Partner Center Microsoft Co-sell Referral Updates to Dynamics 365",
    "Partner Center to Dynamics 365",
    "Dynamics 365 to Partner Center",
    "Dynamics 365 Opportunity to Partner Center",
    "Dynamics 365 Microsoft Solutions to Partner Center",
)
"""Names of the flows of Microsoft's own connector; "(Insider Preview)" may follow."""
_ALIKE: Final = ("partner center", "co-sell", "cosell")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Our application user in the CRM."""

    id: str
    enabled: bool = True
    client_id: str | None = None
    """None: the CRM does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What our role gives: how deep each privilege goes, and what each table's privileges are called."""

    held: Mapping[str, str]
    """Privilege in small letters → Basic, Local, Deep or Global."""
    names: Mapping[str, Mapping[str, str]]
    """Table → what is done (Read, Write, ...) → privilege."""


def stranger(said: str) -> Finding:
    """Judge an environment that does not know us."""
    return wrong(
        said,
        f"Let the CRM administrator add the application as an application user ({_ROLE_PAGE}), or correct host in the "
        "connection where it is another environment.",
    )


def user(found: User, *, client_id: str) -> Finding:
    """Judge whom the CRM takes us for."""
    if not found.enabled:
        return wrong(
            f"the application user {found.id} is disabled", "Let the CRM administrator enable the application user."
        )
    if found.client_id is not None and found.client_id.lower() != client_id.lower():
        return doubt(
            f"the user {found.id} belongs to the application {found.client_id}, the connection names {client_id}",
            "Add the application of the connection as an application user of its own.",
        )
    return fine(f"known as user {found.id}")


def rights(rights: Rights, *, needed: Mapping[str, Collection[str]]) -> Finding:
    """Judge the role by what the sync does in each table."""
    missing = {
        rights.names[table][what]: table
        for table, acts in needed.items()
        for what in acts
        if table in rights.names
        and what in rights.names[table]
        and rights.names[table][what].lower() not in rights.held
    }
    fatal = {name for name, table in missing.items() if table not in _CONNECTIONS}
    fix = f"Let the CRM administrator add them to the role of the application user ({_ROLE_PAGE})."
    if fatal:
        return wrong(f"the role lacks {listed(missing)}", fix)
    if missing:
        return doubt(f"the role lacks {listed(missing)}: sales team and stakeholders are not kept in step", fix)
    return _depth(rights, needed)


def _depth(rights: Rights, needed: Mapping[str, Collection[str]]) -> Finding:
    """Judge how far the role reaches; what comes of a team is told as Basic, however deep it goes."""
    shallow = {
        f"{name} ({depth})"
        for table, acts in needed.items()
        for what in _DEALS
        if what in acts
        and (name := rights.names.get(table, {}).get(what))
        and (depth := rights.held[name.lower()]) != _WHOLE
    }
    if shallow:
        return doubt(
            f"these do not reach the whole organisation: {listed(shallow)}",
            "Let the CRM administrator raise them to Organization, unless all deals belong to what they reach, or the "
            "role comes of a team.",
        )
    count = sum(map(len, needed.values()))
    return fine(f"all {count} privileges that are used, for the whole organisation")


def bulk(offered: Collection[str], *, tables: Collection[str]) -> Finding:
    """Tell which tables take many rows at once; the others take them one by one."""
    slow = set(tables) - set(offered)
    if not slow:
        return fine(f"many rows at once: {listed(tables)}")
    return fine(f"many rows at once: {listed(set(tables) & set(offered)) or 'no table'}; one by one: {listed(slow)}")


def flows(active: Collection[str]) -> Finding:
    """Judge by their names the flows that are switched on: two connectors must not write the same deals."""
    plain = {name: name.split("(Insider")[0].strip().casefold() for name in active}
    theirs = {name for name, bare in plain.items() if bare in {flow.casefold() for flow in FLOWS}}
    if theirs:
        return wrong(
            f"flows of Microsoft's own connector are on: {listed(theirs)}",
            "Switch them off in Power Automate first: two connectors would write the same deals.",
        )
    alike = {name for name in active if any(word in name.casefold() for word in _ALIKE)}
    if alike:
        return doubt(
            f"flows that speak of co-sell are on: {listed(alike)}",
            "Look whether they write co-sell deals, and switch them off if they do.",
        )
    return fine("no flow of Microsoft's connector is on")


def missing(steps: Collection[str], *, what: str, harmless: Collection[str] = ()) -> Finding:
    """Judge what setup would still do; `harmless` are steps that the sync can do without."""
    needed = [step for step in steps if step not in harmless]
    if needed:
        return wrong(f"to do: {'; '.join(needed)}", _SETUP)
    if steps:
        return doubt(f"to do: {'; '.join(steps)}", _SETUP)
    return fine(f"all {what} are there")


def form(steps: Collection[str]) -> Finding:
    """Judge what sellers do not see on the form; the sync works without."""
    if steps:
        return doubt(f"to do: {'; '.join(steps)}", "Run airflow cosell setup{--env}, or add the fields by hand.")
    return fine("every field is on the form")


def mapping(problems: Collection[str], *, about_leads: Collection[str], by_setup: Collection[str] = ()) -> Finding:
    """Judge what of the mapping does not fit the CRM; `by_setup` are those of both that setup mends."""
    theirs = [problem for problem in problems if problem not in by_setup]
    if theirs:
        fix = "Correct the line that is named, in a mapping file of your own."
        return wrong("\n".join(problems), fix if len(theirs) == len(problems) else f"{_SETUP} {fix}")
    if problems:
        return wrong("\n".join(problems), _SETUP)
    if about_leads:
        add = "Add what is missing" if set(about_leads) - set(by_setup) else _SETUP.removesuffix(".")
        return doubt(
            "\n".join(["leads are left out, since the CRM lacks something for them:", *about_leads]),
            f"{add}, or set leads to false in cosell_settings{{_env}}.",
        )
    return fine("fits the columns of the CRM")


def filled(nobody_fills: Mapping[str, str]) -> Finding:
    """Judge required columns (path → level) that a new row would leave empty."""
    fix = "Give them a value under defaults in a mapping file of your own, or map a field to them."
    must = [path for path, level in nobody_fills.items() if level == "SystemRequired"]
    if must:
        return wrong(f"the CRM takes no new row without {listed(must)}, which nothing fills", fix)
    if nobody_fills:
        return doubt(f"required on the CRM's forms, and nothing fills them: {listed(nobody_fills)}", fix)
    return fine("every required column is filled by the mapping or has a default")


def untold(what: str) -> Finding:
    """Say that our role may not see it."""
    return unchecked(f"our role in the CRM may not read {what}")
