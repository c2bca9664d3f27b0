"""BR-45: an event goes to one address per tenant, so whose it is now decides what may be done without asking."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from cosell.core.registration import (
    DEFAULT_EVENTS,
    Known,
    Registration,
    Step,
    address_problem,
    decide,
    drift,
    shown,
)

URL, OTHER = "https://sync.contoso.example/cosell/webhook", "https://flows.example/run?sig=SECRET"
WISH = Registration(url=URL, events=DEFAULT_EVENTS, own_header=True)
FOREIGN = Registration(url=OTHER, events=("referral-created", "invoice-ready"), own_header=False)
OURS = Known(shown=URL, fingerprint=WISH.fingerprint, names=WISH.names)
MOVED = replace(WISH, url="https://new.contoso.example/cosell/webhook")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What stands, what is wished, and what follows."""

    name: str
    standing: Registration | None
    wish: Registration = WISH
    ours: Known | None = None
    overwrite: bool = False
    step: Step
    refusal: str | None = None


TABLE = (
    Case(name="nothing stands", standing=None, step="create"),
    Case(name="the wish stands", standing=WISH, step="nothing"),
    Case(name="it stands in other spelling", standing=replace(WISH, url=URL.replace("sync", "SYNC")), step="nothing"),
    Case(name="where the signature comes is not told", standing=replace(WISH, own_header=None), step="nothing"),
    Case(name="the signature comes elsewhere", standing=replace(WISH, own_header=False), step="replace"),
    Case(name="events are added", standing=replace(WISH, events=DEFAULT_EVENTS[:2]), step="replace"),
    Case(
        name="somebody else's address",
        standing=FOREIGN,
        step="replace",
        refusal="Partner Center's events go to https://flows.example/run?... (invoice-ready, referral-created). "
        "Whoever reads them there would get none any more. If that is meant, choose Overwrite.",
    ),
    Case(
        name="somebody else's since we registered ours",
        standing=FOREIGN,
        ours=OURS,
        step="replace",
        refusal="Partner Center's events go to https://flows.example/run?... (invoice-ready, referral-created). "
        "Whoever reads them there would get none any more. If that is meant, choose Overwrite.",
    ),
    Case(name="somebody else's, and told to", standing=FOREIGN, overwrite=True, step="replace"),
    Case(
        name="our address is sent an event that nobody here asked for",
        standing=replace(WISH, events=(*DEFAULT_EVENTS, "invoice-ready")),
        ours=OURS,
        step="replace",
        refusal="This address is sent invoice-ready too, which the new list of events lacks. "
        "Add them to the events, or choose Overwrite to drop them.",
    ),
    Case(
        name="the same, and told to",
        standing=replace(WISH, events=(*DEFAULT_EVENTS, "invoice-ready")),
        overwrite=True,
        step="replace",
    ),
    Case(
        name="what we registered ourselves may be dropped",
        standing=WISH,
        wish=replace(WISH, events=DEFAULT_EVENTS[:2]),
        ours=OURS,
        step="replace",
    ),
    Case(name="our own address moves", standing=WISH, wish=MOVED, ours=OURS, step="replace"),
    Case(
        name="an address that nobody here registered moves",
        standing=WISH,
        wish=MOVED,
        step="replace",
        refusal="Partner Center's events go to https://sync.contoso.example/cosell/webhook (referral-created, "
        "referral-updated, related-referral-created, related-referral-updated, test-created). "
        "Whoever reads them there would get none any more. If that is meant, choose Overwrite.",
    ),
)


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_what_is_somebody_else_s_is_not_taken_unasked(case: Case) -> None:
    """Another address, or events that nobody here asked for, are replaced only when a person says so."""
    decision = decide(case.standing, case.wish, ours=case.ours, overwrite=case.overwrite)
    assert (decision.step, decision.refusal) == (case.step, case.refusal)


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (WISH, None),
        (replace(WISH, own_header=False), None),
        (None, f"No address is registered in Partner Center any more; {URL} was."),
        (
            FOREIGN,
            f"Partner Center's events go to https://flows.example/run?... now, and not to {URL}: somebody has them.",
        ),
        (
            replace(WISH, events=(*DEFAULT_EVENTS[1:], "invoice-ready")),
            f"The events sent to {URL} were changed: referral-created not sent any more; invoice-ready sent too.",
        ),
    ],
)
def test_what_somebody_else_changed_is_told(standing: Registration | None, told: str | None) -> None:
    """The address, the events, or that nothing stands any more."""
    assert drift(standing, OURS) == told


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"{URL}?key=1",
        "https://h",
        "https://h:8443/x",
        "http://127.0.0.1:8090/x",
        "http://localhost/x",
        "http://[::1]:1/x",
    ],
)
def test_an_address_that_may_be_registered(url: str) -> None:
    """https; and for a simulated Partner Center, http on this machine."""
    assert address_problem(url, simulated=True) is None
    assert (address_problem(url, simulated=False) is None) == url.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        "http://sync.contoso.example/x",
        "http://localhost.contoso.example/x",
        "ftp://h/x",
        "h/x",
        "https://",
        "https:///x",
        "https://user:word@h/x",
        "https://h/x#part",
        "https://h/a b",
        "https://h/x\n",
        "https://h:99999/x",
        "https://[h/x",
        "https://h\\@other/x",
        "https://hö/x",
        f"https://h/{'x' * 2000}",
    ],
)
def test_an_address_that_may_not(url: str) -> None:
    """Each is told what is wrong; the address, which may hold a secret, is not repeated."""
    told = address_problem(url, simulated=True)
    assert told
    assert "sync" not in told


def test_a_secret_in_an_address_is_not_shown() -> None:
    """A query may hold one, and so may a user's part; neither is in what Python shows, nor is the address guessed."""
    assert shown("https://user:SECRET@h:1/x?sig=SECRET") == "https://h:1/x?..."
    assert "SECRET" not in repr(FOREIGN)
    assert "flows" not in FOREIGN.fingerprint
    assert FOREIGN.fingerprint != replace(FOREIGN, url=OTHER.replace("SECRET", "OTHER")).fingerprint
