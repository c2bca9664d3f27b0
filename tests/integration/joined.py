"""Both sandboxes in this process, the real adapters, mapping and state between them, people at work; no Airflow."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
from cosell.adapters.dataverse import DataverseReplica, Organisation
from cosell.adapters.dataverse import Settings as CrmSettings
from cosell.adapters.partner_center import PartnerCenterReplica, open_transport
from cosell.adapters.staging import FileStaging
from cosell.adapters.state import open_state
from cosell.adapters.transport import Options, Patience, Transport
from cosell.core.accounts import AccountPolicy
from cosell.core.record import Side
from cosell.mapping import LEAD_MAPPING, MappingSettings, load_mapping
from cosell.mapping import Mapping as LoadedMapping
from cosell.sync.pull import pull_tables
from cosell.sync.steps import PlanOptions, RunFacts, Settings, World, advance, open_run, plan, push, write_back
from cosell.sync.tables import for_each, main_of, with_leads

from sandbox.dataverse import create_app as dataverse_app
from sandbox.dataverse import crm
from sandbox.faults import Fault
from sandbox.partner_center import create_app as partner_center_app
from sandbox.partner_center import portal
from sandbox.seed import plant
from sandbox.world import World as Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.sync.ending import Ending
    from cosell.sync.ports import RunRecord

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
PC_URL, DV_URL = "https://127.0.0.1:8454", "https://127.0.0.1:8455"
shipped = cache(load_mapping)
"""A shipped mapping, read once."""
QUICK = Patience(first_wait=0.001, longest_wait=0.01, tries=3, throttled=5)
TASKS = (
    "pull_partner_center",
    "pull_dataverse",
    "plan",
    "push_to_dataverse",
    "push_to_partner_center",
    "write_back",
    "advance",
)


@dataclass(frozen=True)
class _Person:
    """Tokens of whoever signed in to one of the systems."""

    sandbox: Sandbox
    app: str

    async def token(self, *, refused: str | None = None) -> str:
        """Give a token."""
        user = "integration@contoso.example" if self.app == "partner_center" else None
        return self.sandbox.tokens.issue(self.app, client_id="11111111-2222-3333-4444-555555555555", user=user)


@dataclass
class Joined:
    """One partner's two systems and the sync between them."""

    folder: Path
    sandbox: Sandbox = field(default_factory=Sandbox.open)
    settings: Settings = field(default_factory=lambda: Settings(start="everything"))
    state_url: str = "sqlite://"
    mapping: LoadedMapping = field(default_factory=shipped)
    leads: LoadedMapping | None = field(default_factory=lambda: shipped(LEAD_MAPPING))
    """None: co-sell deals only."""
    accounts: AccountPolicy = field(default_factory=AccountPolicy)
    shared: Sandbox | None = None
    """Whose Partner Center it is, where this partner has several CRMs; the CRM is always the sandbox's own."""

    def __post_init__(self) -> None:
        self.portal = self.shared or self.sandbox
        self.apps: dict[Side, Any] = {PC: partner_center_app(self.portal), DV: dataverse_app(self.sandbox)}
        plant(self.sandbox)
        self.state = open_state(self.state_url)
        self.runs = 0
        self.endings: list[Ending] = []
        self.unknown: tuple[str, ...] = ()
        """What the last pull of Partner Center told of that its contract does not name."""
        self.seller = crm.seller(self.sandbox)

    # ------------------------------------------------------------ people

    def opportunity(self, *, solutions: int = 1, **columns: Any) -> str:  # noqa: ANN401 - columns of a record
        """Let a seller enter a whole, flagged opportunity of a German customer."""
        account = columns.pop("account", None) or self.account()
        given = {
            "name": "CRM deal",
            "customerid": f"account:{account}",
            "estimatedvalue": 1500,
            "estimatedclosedate": (self.sandbox.clock.now() + timedelta(days=60)).date().isoformat(),
            "transactioncurrencyid": crm.currency("EUR"),
            "cosell_syncwithpartnercenter": True,
        } | columns
        row = crm.create(self.sandbox, "opportunity", **given)
        for number in range(solutions):
            line = {"cosell_solutionid": f"SOL-{number}", "cosell_name": f"Solution {number}"}
            crm.create(self.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row, **line)
        return row

    def account(self, **columns: Any) -> str:  # noqa: ANN401 - columns of a record
        """Let a seller enter an account."""
        given = {
            "name": "Adatum GmbH",
            "address1_line1": "Ring 5",
            "address1_city": "Köln",
            "address1_postalcode": "50667",
            "address1_country": "Deutschland",
        } | columns
        return crm.create(self.sandbox, "account", **given)

    def referral(self, **members: Any) -> str:  # noqa: ANN401 - columns of a record
        """Let a seller make a deal in the portal."""
        return portal.create_deal(self.portal, **members)["id"]

    def dispute(self, name: str) -> tuple[str, str]:
        """Let one deal be entered on both sides with notes that have nothing in common: a person must decide."""
        row = self.opportunity(name=name, description="ours")
        return self.referral(name=name, externalReferenceId=row, details={"notes": "theirs"}), row

    def row(self, key: str) -> dict[str, Any]:
        """Look at an opportunity."""
        return crm.read(self.sandbox, "opportunity", key)

    def rows(self) -> list[dict[str, Any]]:
        """Look at all opportunities."""
        return crm.find(self.sandbox, "opportunity")

    def row_of(self, referral: str) -> dict[str, Any]:
        """Look at the opportunity of a referral."""
        (row,) = crm.find(self.sandbox, "opportunity", cosell_referralidentifier=referral)
        return row

    def shown(self, referral: str) -> dict[str, Any]:
        """Look at a referral in the portal."""
        return portal.show(self.portal, referral)

    def referrals(self) -> list[dict[str, Any]]:
        """Look at all referrals."""
        return list(self.portal.store.table("referrals").values())

    def break_(self, app: str, kind: str, **rule: Any) -> None:  # noqa: ANN401 - columns of a record
        """Let chosen requests fail."""
        met = self.portal if app == "partner_center" else self.sandbox
        met.faults.add(Fault(kind=kind, app=app, **rule))

    def writes(self) -> list[dict[str, Any]]:
        """Give the writing requests since the last asking."""
        entries = [one for one in self.sandbox.journal.as_dict()["last"] if one["write"]]
        self.sandbox.journal.clear()
        return entries

    def written(self) -> int:
        """Count the records that requests changed since the last asking; a guarded write that missed is none."""
        return sum(one["rows_written"] for one in self.writes())

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.sandbox.advance(seconds)

    # ------------------------------------------------------------ runs

    def facts(self, kind: str = "scheduled", **given: Any) -> RunFacts:  # noqa: ANN401 - columns of a record
        """Give the facts of a new run."""
        self.runs += 1
        now = self.sandbox.clock.now()
        return RunFacts(f"run-{self.runs}", "cosell_sync", kind, now, now + timedelta(seconds=1), **given)  # type: ignore[arg-type]

    def run(
        self, facts: RunFacts | None = None, *, tasks: tuple[str, ...] = TASKS, options: PlanOptions | None = None
    ) -> RunFacts:
        """Do a run's tasks, each in a world of its own as a task process has."""
        facts = facts or self.facts()
        for task in tasks:
            asyncio.run(self._task(facts, task, options or PlanOptions()))
        return facts

    def report(self, facts: RunFacts) -> dict[str, Any]:
        """Give a run's report."""
        stored = self.state.runs(facts.run_id)
        return dict(stored.report) if stored else {}

    async def _task(self, facts: RunFacts, task: str, options: PlanOptions) -> None:
        async with AsyncExitStack() as stack:
            worlds = await self.worlds(stack, facts.run_id)
            main = main_of(worlds)
            run = open_run(main, facts)
            if task == "advance":
                self.endings = list((await advance(main, run)).endings)
                main.state.tell_clocks(each.clock for each in self.endings)
            elif task == "pull_partner_center":
                self.unknown = (await pull_tables(worlds, PC, run))[main.table].unknown
            else:
                await _step(worlds, run, task, options)

    async def worlds(self, stack: AsyncExitStack, run_id: str) -> list[World]:
        """Open what a task works with, closed with the stack."""
        mappings = [self.mapping, self.leads] if self.leads else [self.mapping]
        wires = {side: httpx.ASGITransport(app) for side, app in self.apps.items()}
        pc = await stack.enter_async_context(
            open_transport(
                PC_URL, _Person(self.portal, "partner_center"), options=Options(patience=QUICK, wire=wires[PC])
            )
        )
        dv = await stack.enter_async_context(
            Transport(DV_URL, _Person(self.sandbox, "dataverse"), options=Options(patience=QUICK, wire=wires[DV]))
        )
        state = self.state
        partner_id = str(self.portal.settings["mpn_id"])
        referrals = PartnerCenterReplica(pc, recall=state.recall, remember=state.remember, partner_id=partner_id)
        shapes = [mapping.shape() for mapping in mappings]
        told = CrmSettings(organisation=DV_URL, accounts=self.accounts)
        organisation = Organisation(dv, shapes, settings=told, memory=state)
        replicas = [DataverseReplica(organisation, shape) for shape in shapes]
        scope = self.settings.scope
        wished = MappingSettings(marks=self.settings.marks, environment=scope.environment, labelled=scope.is_restricted)
        mappers = [
            mapping.mapper(limits=await replica.limits(), settings=wished)
            for mapping, replica in zip(mappings, replicas, strict=True)
        ]
        world = World(
            replicas={PC: referrals, DV: replicas[0]},
            mapper=mappers[0],
            state=state,
            staging=FileStaging(self.folder, run_key=run_id),
            clock=self.sandbox.clock.now,
            settings=replace(self.settings, organization_id=referrals.organization_id),
            engagements=referrals.engagements,
        )
        return with_leads(world, replica=replicas[1], mapper=mappers[1]) if self.leads else [world]


async def _step(worlds: list[World], run: RunRecord, task: str, options: PlanOptions) -> None:
    match task:
        case "pull_dataverse":
            await pull_tables(worlds, DV, run)
        case "plan":
            await for_each(worlds, lambda world: plan(world, run, options))
        case "push_to_dataverse":
            await for_each(worlds, lambda world: push(world, DV, run))
        case "push_to_partner_center":
            await for_each(worlds, lambda world: push(world, PC, run))
        case _:
            await for_each(worlds, lambda world: write_back(world, run))
