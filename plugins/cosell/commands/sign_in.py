"""`airflow cosell sign-in`: a person signs in to Partner Center with MFA; the tokens go into the encrypted store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cosell.commands.opened import console, opened_state
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.partner_center_events import PartnerCenterEventsHook

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.adapters.entra import SignIn


def sign_in(args: Namespace) -> None:
    """Show where to sign in, wait for it, keep the tokens."""
    hook = PartnerCenterEventsHook() if args.events else PartnerCenterHook()
    with opened_state() as state:
        asyncio.run(hook.sign_in(state, tell=_tell))
    console().print("Signed in; the tokens are kept encrypted in the state database.")


def _tell(where: SignIn) -> None:
    console().print(f"Open {where.address} on any device and enter the code {where.code}. Waiting ...")
