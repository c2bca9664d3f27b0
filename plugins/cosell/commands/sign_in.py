"""`airflow cosell sign-in`: a person signs in to Partner Center with MFA; the tokens go into the encrypted store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table

from cosell.commands.opened import console, done, environment_of, opened_state
from cosell.core.sign_in import in_words
from cosell.hooks import sign_in as sign_ins

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.adapters.entra import SignIn
    from cosell.hooks.environment import Environment


def sign_in(args: Namespace) -> None:
    """Show where to sign in, wait for it, keep the tokens and try them; or only say how the sign-ins do."""
    environment = environment_of(args)
    if args.status:
        _show_status(environment)
    else:
        console().print(done(sign_ins.sign_in(_tell, is_of_events=args.events, environment=environment)))


def _tell(where: SignIn) -> None:
    console().print(f"Open {where.address} on any device and enter the code {where.code}. Waiting ...")


def _show_status(environment: Environment) -> None:
    """Print each sign-in; the exit code is 1 where one is refused."""
    with opened_state(environment) as state:
        standing = sign_ins.standing_sign_ins(state, environment)
    now, table = datetime.now(UTC), Table("connection", "signed in", "how it does")
    for one in standing:
        signed_in = f"{one.health.signed_in:%Y-%m-%d}" if one.health.signed_in else "not from here"
        table.add_row(one.connection, signed_in, in_words(one.health, now))
    console().print(table)
    if any(one.health.error for one in standing):
        raise SystemExit(1)
