"""registering: let Partner Center send its events to us, keep what stood before, and see whether it still stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cosell.core.errors import BrokenAnswerError, ConfigurationError, RegistrationRefusedError, RegistrationTakenError
from cosell.core.registration import TEST_EVENT, Known, Registration, address_problem, decide, drift
from cosell.sync.arrivals import arrived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cosell.core.registration import Decision, Step
    from cosell.sync.ports import SyncState
    from cosell.sync.ports.inbox import Inbox
    from cosell.sync.ports.registry import Registry, Secrets

_OURS = "webhook_registration"
_FORMER = "webhook_former"
_DAG = "cosell_webhook_registration"


@dataclass(frozen=True, kw_only=True)
class Office:
    """All that registering speaks to."""

    registry: Registry
    state: SyncState
    secrets: Secrets
    """An address may hold a secret, so one that is to be put back is kept encrypted."""
    read_only: bool
    """Nothing may be written to Partner Center from here."""
    settings: str
    """The Variable that says so."""
    restricted: bool = False
    """Its environment may not do everything in Partner Center."""
    simulated: bool
    """It is a simulated Partner Center, on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for."""

    registration: Registration
    overwrite: bool = False
    dry_run: bool = False
    puts_back: bool = False
    """It is what stood before ours."""


async def register(office: Office, wish: Wish, *, tell: Callable[[str], None]) -> Step:
    """Let the wish stand in Partner Center, and tell line by line what is found and done; give what had to be done.

    Raises RegistrationRefusedError where others would lose by it.
    """
    if not wish.puts_back:
        wish = replace(wish, registration=await _as_offered(office, wish.registration))
    standing = await office.registry.standing()
    decision = decide(standing, wish.registration, ours=ours(office.state), overwrite=wish.overwrite)
    tell(_now(standing))
    tell(_would(decision, wish.registration, standing))
    if wish.dry_run:
        tell(f"Dry run: nothing was written. {decision.refusal or ''}".rstrip())
        return decision.step
    if decision.step != "nothing":
        _must_be_allowed(office, decision)
        _keep_former(office, standing)
        await _put(office, wish.registration, standing)
    _remember(office, None if wish.puts_back else wish.registration)
    tell(_stands(wish))
    return decision.step


def former(office: Office) -> Registration:
    """Give the last registration that was not ours. Raises RegistrationRefusedError where there is none."""
    mark = _recalled(office.state, _FORMER)
    if mark is None:
        raise RegistrationRefusedError(
            "There is nothing to put back: no other address was replaced from here, and Partner Center knows no way to "
            "register none."
        )
    kept = office.secrets.get(_FORMER)
    if kept is None:
        raise RegistrationRefusedError(
            f"What stood before, {mark['shown']}, cannot be read any more: the Fernet key that it was encrypted with "
            f"is gone. Enter that address into the form of {_DAG}."
        )
    told = json.loads(kept)
    return Registration(url=told["url"], events=tuple(told["events"]), own_header=told["own_header"])


async def check(office: Office, known: Known) -> str:
    """Tell that all is as this deployment registered it. Raises RegistrationTakenError."""
    problem = drift(await office.registry.standing(), known)
    if problem is not None:
        raise RegistrationTakenError(
            f"{problem} Changes in Partner Center are still found by cosell_sync. If this was not meant, run {_DAG} "
            "with Overwrite; if it was, pause cosell_webhook_check."
        )
    return f"Partner Center sends its events to {known.shown}, as registered: {_listed(known.names)}."


def ours(state: SyncState) -> Known | None:
    """Give what this deployment registered last; None: nothing, or it was put back."""
    mark = _recalled(state, _OURS)
    if mark is None:
        return None
    return Known(shown=mark["shown"], fingerprint=mark["fingerprint"], names=frozenset(mark["events"]))


def has_arrived(office: Office, inbox: Inbox, correlation_id: str) -> bool:
    """Tell whether the test event lies in the inbox, or was there: its file goes once it was taken note of."""
    lies = any(each.event == TEST_EVENT and each.subject == correlation_id.lower() for each in inbox.landed())
    return lies or arrived(office.state, correlation_id) is not None


async def _as_offered(office: Office, wish: Registration) -> Registration:
    """Give the wish with the events as Partner Center spells them. Raises ConfigurationError."""
    if problem := address_problem(wish.url, simulated=office.simulated):
        raise ConfigurationError(f"The endpoint URL cannot be registered: {problem}")
    if not wish.events:
        raise ConfigurationError("No event is named: nothing would ever be sent")
    offered = {name.lower(): name for name in await office.registry.offered()}
    if unknown := wish.names - offered.keys():
        raise ConfigurationError(
            f"Partner Center knows no event {_listed(unknown)}; it offers {_listed(offered) or 'none'}"
        )
    return replace(wish, events=tuple(offered[name] for name in sorted(wish.names)))


def _must_be_allowed(office: Office, decision: Decision) -> None:
    if office.restricted:
        raise RegistrationRefusedError(
            "Partner Center has one address for all environments, so only one that may do everything there registers "
            f"it. Do it from that one, or set partner_center to everything in the Variable {office.settings}."
        )
    if office.read_only:
        raise RegistrationRefusedError(
            "This environment may not write to Partner Center (paused_sides in the Variable "
            f"{office.settings} names it), so it may not register an address either: it would take the events from the "
            "one that may."
        )
    if decision.refusal is not None:
        raise RegistrationRefusedError(f"Nothing was registered. {decision.refusal}")


async def _put(office: Office, wish: Registration, standing: Registration | None) -> None:
    """Register, and look whether it stands: tried again where the service shows it only later."""
    await office.registry.put(wish, exists=standing is not None)
    found = await office.registry.standing()
    if found is None or not found.covers(wish):
        raise BrokenAnswerError(
            f"Partner Center took {wish.shown} ({_listed(wish.events)}) but does not show it. {_now(found)}"
        )


def _keep_former(office: Office, standing: Registration | None) -> None:
    """Keep what is about to be replaced, unless we registered it ourselves; before anything is written."""
    known = ours(office.state)
    if standing is None or (known is not None and known.fingerprint == standing.fingerprint):
        return
    told = {"url": standing.url, "events": standing.events, "own_header": standing.own_header}
    office.secrets.put(_FORMER, json.dumps(told))
    office.state.remember(_FORMER, _mark(standing))


def _remember(office: Office, registration: Registration | None) -> None:
    office.state.remember(_OURS, None if registration is None else _mark(registration))


def _mark(registration: Registration) -> dict[str, object]:
    return {
        "shown": registration.shown,
        "fingerprint": registration.fingerprint,
        "events": sorted(registration.names),
    }


def _recalled(state: SyncState, name: str) -> dict[str, Any] | None:
    found = state.recall(name)
    return found if isinstance(found, dict) else None


def _now(standing: Registration | None) -> str:
    if standing is None:
        return "Registered now: nothing."
    return f"Registered now: {standing.shown} for {_listed(standing.events) or 'no event'}."


def _would(decision: Decision, wish: Registration, standing: Registration | None) -> str:
    if decision.step == "nothing":
        return "Wished: the same. Nothing to change."
    before = standing.names if standing else frozenset[str]()
    more, less = sorted(wish.names - before), sorted(before - wish.names)
    changes = [f"+{name}" for name in more] + [f"-{name}" for name in less]
    return f"Wished: {wish.shown} for {_listed(wish.events)}. Events that change: {', '.join(changes) or 'none'}."


def _stands(wish: Wish) -> str:
    if wish.puts_back:
        return f"Put back: {wish.registration.shown}. This deployment looks after no registration any more."
    return f"Registered: {wish.registration.shown}. The DAG cosell_webhook_check looks after it daily."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
