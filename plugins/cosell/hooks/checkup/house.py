"""Looks at our own house: settings, state, storage, and the webhook that leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.storage import try_out
from cosell.core.checkup import house
from cosell.core.checkup.finding import Finding, doubt, fine, unchecked, wrong
from cosell.core.errors import CosellError, NoLogicalNameError
from cosell.core.record import Side
from cosell.hooks.checkup.bare import reach
from cosell.hooks.inbox import inbox_place
from cosell.hooks.mapping_check import looked_up
from cosell.hooks.neighbours import contradictions
from cosell.hooks.partner_center_events import open_office
from cosell.hooks.process import refuse_wrong_variables
from cosell.hooks.settings import read_start
from cosell.hooks.vault import open_vault
from cosell.sync.registering import ours

if TYPE_CHECKING:
    from cosell.hooks.checkup.ground import Ground

_NO_KEY = "Set AIRFLOW__CORE__FERNET_KEY to the same key for every Airflow component."


async def settings(ground: Ground) -> Finding:
    """Read the settings and the mapping files."""
    refuse_wrong_variables()
    changed = len(ground.wishes.model_fields_set)
    try:
        files = sorted({mapping.file.mapping for mapping in ground.mappings})
    except NoLogicalNameError as error:
        raise await looked_up(error, ground.environment) from None
    return fine(f"{changed} settings differ from their defaults; mappings: {', '.join(files)}")


async def neighbours(ground: Ground) -> Finding:
    """Look whether other environments get in this one's way."""
    may = ground.wishes.scope(ground.environment).permission
    return house.neighbours(contradictions(ground.environment), may=may)


async def state(ground: Ground) -> Finding:
    """Open the state; its tables are made or brought up to date by that."""
    ground.state.revision()
    return fine("answers, and its tables are up to date")


async def start(ground: Ground) -> Finding:
    """Look where a first run would begin."""
    has_run = all(ground.state.watermark(side) is not None for side in Side)
    return house.start(read_start(ground.environment), has_run=has_run)


async def tokens(ground: Ground) -> Finding:
    """Look whether tokens can be kept encrypted."""
    try:
        open_vault(ground.state)
    except CosellError as error:
        return wrong(str(error), _NO_KEY)
    return fine("tokens are kept encrypted")


async def staged(ground: Ground) -> Finding:
    """Try the place where tasks hand over files."""
    place = ground.wishes.staging(ground.environment)
    return house.storage(try_out(place), place=str(place), setting="the setting staged_in")


async def inbox(ground: Ground) -> Finding:
    """Try the place where notices land."""
    place = inbox_place(environment=ground.environment)
    return house.storage(try_out(place), place=str(place), setting="COSELL_INBOX")


async def webhook(ground: Ground) -> Finding:
    """Ask Partner Center where its events go."""
    try:
        async with open_office(ground.environment) as office:
            ground.registered = await office.registry.standing()
    except CosellError as error:
        return doubt(
            f"where the events go cannot be seen: {error}",
            "Without a webhook the regular sync carries all; else see Register it in docs/webhook.md.",
        )
    return house.webhook(ground.registered, ours=ours(ground.state))


async def receiver(ground: Ground) -> Finding:
    """Knock at the registered address."""
    known, standing = ours(ground.state), ground.registered
    if standing is None or known is None or standing.fingerprint != known.fingerprint:
        return unchecked("no address of this deployment is registered")
    return house.receiver(await reach(standing.url))
