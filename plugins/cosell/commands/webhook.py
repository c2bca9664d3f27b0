"""`airflow cosell webhook url`: the address to register, alone on its line; doubts about it go to standard error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console

from cosell.commands.opened import console
from cosell.core.registration import doubts
from cosell.hooks.address import ADDRESS, own_address

if TYPE_CHECKING:
    from argparse import Namespace

_FROM_AIRFLOW = (
    f"{ADDRESS} is not set, so this is where Airflow's API server serves the receiver ([api] base_url), if "
    "COSELL_WEBHOOK_TRUST is set there."
)


def show_address(args: Namespace) -> None:
    """Print it."""
    del args
    address = own_address()
    console().print(address, soft_wrap=True)
    notes = Console(stderr=True, highlight=False, markup=False)
    for note in (*([] if os.environ.get(ADDRESS) else [_FROM_AIRFLOW]), *doubts(address)):
        notes.print(note, soft_wrap=True)
