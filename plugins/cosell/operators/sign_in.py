"""A person's sign-in to Partner Center as a task, for those without a shell: its log tells where to type which code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cosell.operators.base import CosellOperator
from cosell.operators.outcome import told_to_airflow

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cosell.adapters.entra import SignIn

REFERRALS, EVENTS = "referrals", "events"


class SignInOperator(CosellOperator):
    """Logs an address and a code, waits for the person, keeps the tokens encrypted, and tries them.

    The tokens are in no log, XCom or template; the code is of no use to whoever does not sign in with MFA.
    """

    def execute(self, context: Context) -> None:
        """Sign in for what the form says."""
        which = str(context["params"]["sign_in"])
        with told_to_airflow():
            self.log.info("%s", self._sign_in(is_of_events=which == EVENTS))

    def _sign_in(self, *, is_of_events: bool) -> str:
        from cosell.hooks.sign_in import sign_in

        return asyncio.run(sign_in(self._tell, is_of_events=is_of_events, environment=self.environment))

    def _tell(self, where: SignIn) -> None:
        self.log.warning("Open %s on any device and enter the code %s. Waiting ...", where.address, where.code)
