"""The replica before the sandbox's Dataverse, in one process: the real transport over ASGI, persons at work."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import httpx
from cosell.adapters.dataverse import DataverseReplica, Organisation, Settings
from cosell.adapters.transport import Options, Patience, Transport
from cosell.core.record import Ref, Row, Side, Window
from cosell.mapping.shape import Related, TableShape
from cosell.sync.ports import Change, Draft

from sandbox.dataverse import create_app, crm
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp

T = TypeVar("T")
ORG = "https://contoso.crm4.dynamics.com"
SHAPE = TableShape(
    table="opportunity",
    key="opportunityid",
    referral_id_column="cosell_referralidentifier",
    flag_column="cosell_syncwithpartnercenter",
    columns=frozenset(
        {
            "opportunityid",
            "name",
            "description",
            "estimatedvalue",
            "estimatedclosedate",
            "stepname",
            "statecode",
            "statuscode",
            "cosell_referralidentifier",
            "cosell_syncwithpartnercenter",
            "cosell_marketplaceintent",
            "cosell_expireson",
            "cosell_audit",
        }
    ),
    related={
        "account": Related(
            "account",
            "account",
            "customerid_account",
            frozenset({"name", "address1_line1", "address1_city", "address1_postalcode", "address1_country"}),
        ),
        "contact": Related(
            "contact", "contact", "parentcontactid", frozenset({"firstname", "lastname", "emailaddress1", "telephone1"})
        ),
        "currency": Related("currency", "transactioncurrency", "transactioncurrencyid", frozenset({"isocurrencycode"})),
        "owner": Related("owner", "systemuser", "owninguser", frozenset({"internalemailaddress", "lastname"})),
        "solutions": Related(
            "solutions",
            "cosell_partnercentersolution",
            "cosell_opportunityid",
            frozenset({"cosell_solutionid", "cosell_name", "cosell_price", "cosell_quantity"}),
            many=True,
        ),
    },
)


class Memory:
    """What a run remembers."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    def recall(self, name: str) -> object | None:
        """Give what is kept."""
        return self.kept.get(name)

    def remember(self, name: str, value: object) -> None:
        """Keep it."""
        self.kept[name] = value


class Token:
    """A token of the sandbox's own."""

    def __init__(self, world: World) -> None:
        self._value = world.tokens.issue("dataverse", client_id="11111111-2222-3333-4444-555555555555")

    async def token(self, *, refused: str | None = None) -> str:
        """Give it."""
        return self._value


class Meanwhile(httpx.AsyncBaseTransport):
    """The wire to the CRM, on which a person may act just before a request of ours gets there."""

    def __init__(self, app: ASGIApp, acts: list[tuple[str, Callable[[], object]]]) -> None:
        self._wire, self._acts = httpx.ASGITransport(app=app), acts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Let the next person act where the request is the one that was waited for."""
        if self._acts and self._acts[0][0] in f"{request.method} {request.url}":
            self._acts.pop(0)[1]()
        return await self._wire.handle_async_request(request)


class Crm:
    """A CRM, the replica of it, and persons at work there."""

    def __init__(self) -> None:
        self.world = World.open(":memory:")
        self.app = create_app(self.world)
        self.memory = Memory()
        self.default_owner: str | None = None
        self.page_size = 1000
        self.optional: frozenset[str] = frozenset()
        self.shape = SHAPE
        self.twins: frozenset[str] = frozenset()
        self.acts: list[tuple[str, Callable[[], object]]] = []

    def ask(self, work: Callable[[DataverseReplica], Awaitable[T]]) -> T:
        """Run one piece of work as a task would: a replica of its own."""

        async def run() -> T:
            patience = Patience(tries=3, first_wait=0.01, longest_wait=0.01)
            options = Options(wire=Meanwhile(self.app, self.acts), patience=patience, twins=self.twins)
            async with Transport(ORG, Token(self.world), options=options) as wire:
                settings = Settings(
                    organisation=ORG,
                    default_owner=self.default_owner,
                    page_size=self.page_size,
                    optional=self.optional,
                )
                organisation = Organisation(wire, [self.shape], settings=settings, memory=self.memory)
                return await work(DataverseReplica(organisation, self.shape))

        return asyncio.run(run())

    def before(self, request: str, act: Callable[[], object]) -> None:
        """Let a person act just before the next request with this text in its method and URL."""
        self.acts.append((request, act))

    def changed(self, since: datetime | None, until: datetime | None = None, *, by: str = "changed") -> list[Row]:
        """Pull a window."""

        async def pull(replica: DataverseReplica) -> list[Row]:
            return [row async for page in replica.changed(Window(since, until, by=by)) for row in page]

        return self.ask(pull)

    def row(self, key: str) -> Row:
        """Fetch one row."""
        found = self.ask(lambda replica: replica.fetch([key]))[key]
        assert isinstance(found, Row)
        return found

    def create(self, *drafts: Draft) -> list[Any]:
        """Create drafts."""
        return list(self.ask(lambda replica: replica.create(drafts)))

    def update(self, *changes: Change) -> list[Any]:
        """Write changes."""
        return list(self.ask(lambda replica: replica.update(changes)))

    def deal(self, **columns: object) -> str:
        """Let a seller create a flagged opportunity."""
        given = {"name": "Deal", "cosell_syncwithpartnercenter": True} | columns
        return crm.create(self.world, "opportunity", **given)

    def line(self, deal: str, **columns: object) -> str:
        """Let a seller add a solution to a deal."""
        return crm.create(self.world, "cosell_partnercentersolution", cosell_opportunityid=deal, **columns)

    def edit(self, table: str, row: str, **columns: object) -> None:
        """Let a seller change a row."""
        crm.update(self.world, table, row, **columns)

    def read(self, table: str, row: str) -> dict[str, Any]:
        """Look at a row."""
        return crm.read(self.world, table, row)

    def find(self, table: str, **columns: object) -> list[dict[str, Any]]:
        """Look rows up."""
        return crm.find(self.world, table, **columns)

    def later(self, seconds: float = 60) -> datetime:
        """Let time pass and give the new time, in whole seconds as windows are."""
        return datetime.fromisoformat(self.world.advance(seconds)).astimezone(UTC).replace(microsecond=0)

    def requests(self, *, writes: bool | None = None) -> list[dict[str, Any]]:
        """Give the requests since the last asking."""
        entries = self.world.journal.as_dict()["last"]
        self.world.journal.clear()
        return [one for one in entries if writes is None or one["write"] is writes]


def draft(number: int = 1, *, close_as: str | None = None, **columns: object) -> Draft:
    """Give a new deal from a referral; columns with a dot go by their path with `__`."""
    referral = f"{number:08x}-0000-4000-8000-000000000000"
    given: dict[str, object] = {
        "name": f"Deal {number}",
        "estimatedvalue": 1000 + number,
        "isrevenuesystemcalculated": False,
        "cosell_referralidentifier": referral,
        "cosell_syncwithpartnercenter": True,
        "account.name": f"Customer {number}",
        "account.address1_postalcode": f"{10000 + number}",
        "account.address1_country": "DE",
        "currency.isocurrencycode": "EUR",
    }
    given |= {name.replace("__", "."): value for name, value in columns.items()}
    return Draft(Ref(Side.PARTNER_CENTER, referral), given, close_as=close_as)


def change(row: Row, *, close_as: str | None = None, **columns: object) -> Change:
    """Give an edit of a row as it was read."""
    given = {name.replace("__", "."): value for name, value in columns.items()}
    return Change(Ref(Side.DATAVERSE, row.key), row.etag, given, close_as=close_as)


def line(solution: str, **columns: object) -> dict[str, Any]:
    """Give a solution row as the mapper writes it."""
    return {"cosell_solutionid": solution, "cosell_name": f"Solution {solution}"} | columns


def some_id() -> str:
    """Give an id that nothing has."""
    return str(uuid4())
