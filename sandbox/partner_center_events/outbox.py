"""Events on their way: raised with the change that they tell of, waiting until they are due, settled, remembered."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from sandbox.clock import ticks
from sandbox.partner_center_events.registration import TEST, registration_of
from sandbox.partner_center_events.validation import add_result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.store import Document, Order, Table
    from sandbox.world import World

DELIVERED, GIVEN_UP, DROPPED, WAITING = "delivered", "given up", "dropped", "waiting"
REMEMBERED = 1000
"""How many settled deliveries are kept."""
# As published, and not where a referral can be read: a client takes the id and nothing else.
_HOST = "api.partnercenter.microsoft.com"
_REFERRAL = f"https://{_HOST}/engagements/v1/referrals/"
_VALIDATION = f"http://{_HOST}/webhooks/v1/registration/validationEvents/"


def raise_event(world: World, name: str, *, subject: str) -> None:
    """Let the registered address hear of a change, if it asked for events of this name."""
    registration = registration_of(world)
    if registration is None or name not in registration["events"]:
        return
    body = _body(world, name, subject)
    for _ in range(world.settings["event_copies"]):
        _add(world, {"event": name, "subject": subject, "body": body, "raised": ticks(world.clock.now())})
    for wake in world.when_raised:
        wake()


def due(world: World, *, most: int, but: Iterable[str] = ()) -> list[str]:
    """Give the keys of deliveries whose time has come, longest due first."""
    now, excepted = ticks(world.clock.now()), set(but)
    come = takewhile(lambda key: (waiting(world).get(key) or {})["due"] <= now, _by_due(world).keys())
    return list(islice((key for key in come if key not in excepted), most))


def waiting(world: World) -> Table:
    """Give the deliveries that are not settled yet."""
    return world.store.table("events_waiting")


def settled(world: World) -> Table:
    """Give the last deliveries that are settled, oldest first."""
    return world.store.table("events_settled")


def note_attempt(world: World, key: str, *, status: int | None, said: str, ms: float) -> None:
    """Note what an attempt came to (a status, or none and why), and what becomes of the delivery."""
    delivery = waiting(world).get(key)
    if delivery is None:
        return
    now = world.clock.now()
    attempt = {"at": ticks(now), "status": status, "said": said, "ms": round(ms, 1)}
    delivery = {**delivery, "attempts": [*delivery["attempts"], attempt]}
    if delivery["event"] == TEST:
        code = said if status else ""
        add_result(world, delivery["subject"], code=code, message="" if status else said, system_error=status is None)
    if status is not None and status // 100 == 2:  # noqa: PLR2004 - every 2xx is a receipt
        _settle(world, key, delivery, outcome=DELIVERED)
    elif len(delivery["attempts"]) >= world.settings["event_attempts"]:
        _settle(world, key, delivery, outcome=GIVEN_UP)
    else:
        pauses = world.settings["event_backoff_seconds"]
        pause = pauses[min(len(delivery["attempts"]), len(pauses)) - 1]
        waiting(world).put(key, {**delivery, "due": ticks(now + timedelta(seconds=pause))})


def _add(world: World, delivery: Document) -> None:
    counters = world.store.table("counters")
    number = (counters.get("event") or {"last": 0})["last"] + 1
    counters.put("event", {"last": number})
    key = f"{number:09d}"
    every = world.settings["event_drop_every"]
    if every and number % every == 0:
        _settle(world, key, {**delivery, "attempts": []}, outcome=DROPPED)
        return
    delay = timedelta(seconds=random.uniform(*world.settings["event_delay_seconds"]))
    waiting(world).put(key, {**delivery, "attempts": [], "due": ticks(world.clock.now() + delay)})


def _settle(world: World, key: str, delivery: Document, *, outcome: str) -> None:
    waiting(world).delete(key)
    settled(world).put(key, {**delivery, "outcome": outcome, "settled": ticks(world.clock.now())})
    while len(settled(world)) > REMEMBERED:
        settled(world).delete(next(settled(world).keys()))


def _body(world: World, name: str, subject: str) -> str:
    event = {
        "EventName": name,
        "ResourceUri": (_VALIDATION if name == TEST else _REFERRAL) + subject,
        "ResourceName": "test" if name == TEST else "referral",
        "AuditUri": None,
        "ResourceChangeUtcDate": ticks(world.clock.now()).replace("Z", "+00:00"),
    }
    return json.dumps(event, separators=(",", ":"))


def _by_due(world: World) -> Order:
    return waiting(world).order("due", lambda delivery: delivery["due"])
