"""Registering the webhook's address, asking for a test event, and looking after the registration, as tasks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from cosell.core.registration import TEST_EVENT
from cosell.operators.base import CosellOperator
from cosell.operators.outcome import told_to_airflow
from cosell.operators.telling import alarming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cosell.core.registration import Known
    from cosell.hooks.environment import Environment
    from cosell.sync.registering import Office, Wish

REGISTER, PUT_BACK = "register", "put back"
_NOT_OURS = (
    "This environment has registered no address, so there is nothing to look after; cosell_webhook_registration does "
    "that."
)


class RegisterOperator(CosellOperator):
    """Does what the form says, and logs what stood, what changes and what stands."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Register; give what had to be done, and whether the address is to be tried."""
        with told_to_airflow(), alarming(self.environment):
            return asyncio.run(self._register(dict(context["params"])))

    async def _register(self, params: Mapping[str, Any]) -> dict[str, Any]:
        from cosell.hooks.partner_center_events import open_office
        from cosell.sync.registering import register

        async with open_office(self.environment) as office:
            wish = _wish(office, params)
            step = await register(office, wish, tell=self.log.info)
        return {"step": step, "left_out": _why_not_tried(wish)}


class AskForTestOperator(CosellOperator):
    """Asks Partner Center for a test event to the registered address."""

    def __init__(self, *, after: str, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        """Make the task; `after`: the id of the task that registers."""
        super().__init__(**settings)
        self.after = after

    def execute(self, context: Context) -> dict[str, str]:
        """Ask; give the correlation id and when it was asked."""
        if left_out := context["ti"].xcom_pull(task_ids=self.after)["left_out"]:
            raise AirflowSkipException(left_out)
        with told_to_airflow(), alarming(self.environment):
            correlation_id = asyncio.run(self._ask())
        self.log.info("asked for a test event: correlation id %s", correlation_id)
        return {"correlation_id": correlation_id, "asked": datetime.now(UTC).isoformat()}

    async def _ask(self) -> str:
        from cosell.hooks.partner_center_events import open_office

        async with open_office(self.environment) as office:
            return await office.registry.ask_for_test()


class CheckRegistrationOperator(CosellOperator):
    """Fails where the address is not registered any more as this deployment registered it."""

    def execute(self, context: Context) -> None:
        """Look, and say what stands."""
        del context
        with told_to_airflow(), alarming(self.environment):
            self.log.info("%s", self._look())

    def _look(self) -> str:
        from cosell.hooks.state import opened
        from cosell.sync.registering import ours

        with opened(self.environment) as state:
            known = ours(state)
        return _NOT_OURS if known is None else asyncio.run(_checked(self.environment, known))


async def _checked(environment: Environment, known: Known) -> str:
    from cosell.hooks.partner_center_events import open_office
    from cosell.sync.registering import check

    async with open_office(environment) as office:
        return await check(office, known)


def _wish(office: Office, params: Mapping[str, Any]) -> Wish:
    """Give what the form says."""
    from cosell.core.registration import Registration
    from cosell.hooks.address import address_to_register
    from cosell.sync.registering import Wish, former

    said = {name: bool(params[name]) for name in ("overwrite", "dry_run")}
    if params["what"] == PUT_BACK:
        return Wish(registration=former(office), puts_back=True, **said)
    url = (params["endpoint_url"] or address_to_register()).strip()
    # The receiver takes the signature from either header, and gateways keep `Authorization` for themselves.
    return Wish(registration=Registration(url=url, events=tuple(params["events"]), own_header=True), **said)


def _why_not_tried(wish: Wish) -> str | None:
    """Give why no test event is asked for; None where one is."""
    if wish.dry_run:
        return "dry run: no test event is asked for"
    if wish.puts_back:
        return "what was put back is not tried: its events go to whom it belongs"
    if TEST_EVENT not in wish.registration.names:
        return f"the address is not tried: {TEST_EVENT} is not among its events"
    return None
