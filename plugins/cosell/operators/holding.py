"""What a person does about held records, as a task: the same as on the command line, for those who have none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cosell.core.errors import CannotResolveError
from cosell.core.record import Side
from cosell.core.sentences import SIDE_NAMES
from cosell.operators.base import CosellOperator
from cosell.operators.outcome import told_to_airflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cosell.hooks.environment import Environment
    from cosell.sync.holding import Resolved
    from cosell.sync.stops import Stop

_LISTED = 1000


class HoldingOperator(CosellOperator):
    """Does what the form says and logs what was done: ids and names of fields, no values and nobody's name."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do it; give how many records or stops it was about."""
        params = dict(context["params"])
        acts = {"show": self._show, "resolve": self._resolve, "retry": self._retry, "retry all": self._retry}
        with told_to_airflow():
            what = str(params["what"])
            found = acts[what](params) if what in acts else self._allow(what)
        return {"what": what, "found": found}

    def _show(self, params: Mapping[str, Any]) -> int:
        from cosell.hooks.state import opened
        from cosell.sync.stops import standing_stops

        with opened(self.environment) as state:
            records = state.all_unsettled(limit=_LISTED, reason=params["reason"])
            stops = standing_stops(state)
        for stop in stops:
            self._tell(stop)
        for one in records:
            codes = ", ".join(remark.code for remark in one.remarks)
            chosen = ", ".join(choice.field for choice in one.choices)
            since, again = f"{one.since:%Y-%m-%d %H:%M}", f"{one.due:%Y-%m-%d %H:%M}" if one.due else "when it changes"
            told = (one.ref.side, one.ref.key, one.reason, since, codes, chosen, again)
            self.log.info("unsettled: %s %s: %s since %s; says %s; chosen: %s; looked at again: %s", *told)
        return len(records)

    def _resolve(self, params: Mapping[str, Any]) -> int:
        record, field, take = (_said(params, name) for name in ("record", "field", "take"))
        kept = asyncio.run(_resolved(self.environment, record, field=field, take=Side(take)))
        when = "once the referral has been answered" if kept.waits else "by the next run, unless edited before"
        told = (kept.ref.key, kept.field, SIDE_NAMES[kept.side.other], SIDE_NAMES[kept.side], when)
        self.log.info("resolve: %s: %s is taken from %s and carried to %s %s", *told)
        return 1

    def _retry(self, params: Mapping[str, Any]) -> int:
        from datetime import UTC, datetime

        from cosell.hooks.state import opened
        from cosell.sync.holding import retry

        record = None if params["what"] == "retry all" else _said(params, "record")
        with opened(self.environment) as state:
            found = retry(state, record, reason=params["reason"], now=datetime.now(UTC))
        self.log.info("retry: %s held records are tried again by the next run", found)
        return found

    def _allow(self, what: str) -> int:
        from cosell.hooks.state import opened
        from cosell.sync.stops import KINDS, allow

        kind = next(each for each in KINDS if what == f"allow {each}")
        with opened(self.environment) as state:
            stops = allow(state, kind)
        if not stops:
            raise CannotResolveError(f"No run stands still by a {kind} now, so there is nothing to allow.")
        for stop in stops:
            self._tell(stop)
        dag = self.environment.own("cosell_sync")
        self.log.info("allow: the next run of %s passes this, once; should there be more, it stops again", dag)
        return len(stops)

    def _tell(self, stop: Stop) -> None:
        self.log.info("stopped: %s of %s since %s: %s", stop.kind, stop.table, stop.since, stop.sentence)


async def _resolved(environment: Environment, record: str, *, field: str, take: Side) -> Resolved:
    from cosell.hooks.world import open_worlds
    from cosell.sync.holding import resolve

    async with open_worlds(environment, run_id="resolve") as worlds:
        return await resolve(worlds, record, field=field, take=take)


def _said(params: Mapping[str, Any], name: str) -> str:
    """Give what the form must say for this."""
    if not params[name]:
        raise CannotResolveError(f"Nothing was done: fill in {name!r} in the form.")
    return str(params[name])
