"""A Partner Center world, the replica towards it, and the columns of a whole deal."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
from cosell.adapters.partner_center import PartnerCenterReplica, open_transport
from cosell.adapters.transport import Options, Patience
from cosell.core.record import Ref, Side
from cosell.sync.ports import Change, Draft

from sandbox.faults import Fault
from sandbox.partner_center import portal

if TYPE_CHECKING:
    from cosell.adapters.transport import Transport
    from cosell.core.record import Row, Window

    from sandbox.world import World

BASE = "https://127.0.0.1:8454"
QUICK = Patience(first_wait=0.001, longest_wait=0.002, tries=3, throttled=5)
PARTNER_ID = "1234567"
COLUMNS: dict[str, object] = {
    "name": "O'Brien & Söhne 🚀",
    "externalReferenceId": "6f1c9d4e-0000-4000-8000-00000000000a",
    "customerProfile.name": "Tailspin GmbH",
    "customerProfile.address.city": "Bonn",
    "customerProfile.address.country": "DE",
    "details.dealValue": Decimal("42000.50"),
    "details.currency": "EUR",
    "details.closingDateTime": "2027-03-31T00:00:00Z",
    "details.notes": None,
    "details.requirements.solutions": [{"id": "SOL-1-ABC", "name": "Connect", "price": Decimal("9.99")}],
    "details.requirements.additionalRequirements.attributes[type=CustomerMarketplaceIntent].id": "HaveNotDecided",
    "team": [{"firstName": "Bo", "lastName": "Lind", "email": "bo@partner.example", "phoneNumber": "+46800000"}],
}


@dataclass
class _Listening(httpx.AsyncBaseTransport):
    """Carries requests to an app in this process and keeps them."""

    app: Any
    heard: list[httpx.Request]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        self.heard.append(request)
        return await httpx.ASGITransport(self.app).handle_async_request(request)


@dataclass
class Desk:
    """One partner's Partner Center, seen through the portal and through our replica."""

    world: World
    app: Any
    memory: dict[str, Any] = field(default_factory=dict)
    heard: list[httpx.Request] = field(default_factory=list)

    def transport(self, wire: httpx.AsyncBaseTransport | None = None) -> Transport:
        """Give a transport to the sandbox in this process, or to another wire."""
        return open_transport(
            BASE, self, options=Options(patience=QUICK, wire=wire or _Listening(self.app, self.heard))
        )

    async def token(self, *, refused: str | None = None) -> str:
        """Give a signed-in person's token."""
        return self.world.tokens.issue("partner_center", client_id="ours", user="integration@contoso.example")

    def replica(self, transport: Transport, *, partner_id: str = PARTNER_ID) -> PartnerCenterReplica:
        """Give a replica that keeps its memory on this desk."""
        recall, remember = self.memory.get, self.memory.__setitem__
        return PartnerCenterReplica(transport, recall=recall, remember=remember, partner_id=partner_id)

    def deal(self, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a referral
        """Let a seller create a deal in the portal."""
        return portal.create_deal(self.world, **members)

    def break_(self, kind: str, **rule: Any) -> None:  # noqa: ANN401 - any part of a fault
        """Let chosen requests fail."""
        self.world.faults.add(Fault(kind=kind, app="partner_center", **rule))

    def asked(self, method: str) -> int:
        """Give how many requests of a method came."""
        return sum(request.method == method for request in self.heard)

    def stored(self) -> list[dict[str, Any]]:
        """Give all referrals as the service keeps them."""
        return list(self.world.store.table("referrals").values())


async def rows(replica: PartnerCenterReplica, window: Window) -> list[Row]:
    """Give all rows of a window."""
    return [row async for page in replica.changed(window) for row in page]


def draft(close_as: str | None = None, **columns: object) -> Draft:
    """Give a draft of a whole deal, with these columns in place of the usual ones."""
    wanted = {**COLUMNS, **{path.replace("__", "."): value for path, value in columns.items()}}
    return Draft(Ref(Side.DATAVERSE, "row-1"), wanted, close_as)


def change(referral: dict[str, Any], close_as: str | None = None, **columns: object) -> Change:
    """Give an edit of a referral as the portal shows it."""
    wanted = {path.replace("__", "."): value for path, value in columns.items()}
    return Change(Ref(Side.PARTNER_CENTER, referral["id"]), referral["eTag"], wanted, close_as)
