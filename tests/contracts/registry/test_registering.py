"""BR-45: registering takes nothing from others unasked, can be undone, and is looked after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.inbox import StoredInbox
from cosell.core.errors import (
    BrokenAnswerError,
    ConfigurationError,
    RegistrationRefusedError,
    RegistrationTakenError,
    RetryLaterError,
)
from cosell.core.registration import DEFAULT_EVENTS
from cosell.sync.arrivals import note_arrivals
from cosell.sync.ports.inbox import Notice
from cosell.sync.registering import has_arrived, ours

from tests.contracts.registry.registrar import OTHER, QUICK, URL, Registrar

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
NEW = "https://new.contoso.example/cosell/webhook"


async def test_the_first_registration(registrar: Registrar) -> None:
    """What stands and what changes is told; afterwards it stands, and a second time changes nothing."""
    assert await registrar.register() == "create"
    standing = await registrar.standing()
    assert standing is not None
    assert (standing.url, standing.names, standing.own_header) == (URL, frozenset(DEFAULT_EVENTS), True)
    assert registrar.told[0] == "Registered now: nothing."
    assert "+test-created" in registrar.told[1]
    assert await registrar.register() == "nothing"
    assert registrar.written() == ["POST"]


async def test_a_dry_run_shows_and_writes_nothing(registrar: Registrar) -> None:
    """Also where it would be refused, and without showing a secret."""
    await registrar.somebody_registers(OTHER, "invoice-ready", "referral-created")
    registrar.heard.clear()
    assert await registrar.register(dry_run=True) == "replace"
    now, would, end = registrar.told
    assert now == "Registered now: https://flows.example/run?... for invoice-ready, referral-created."
    assert "-invoice-ready" in would
    assert "+referral-updated" in would
    assert end.startswith("Dry run: nothing was written. Partner Center's events go to https://flows.example/run?...")
    assert registrar.written() == []
    assert registrar.kept.marks == {}


async def test_another_s_address_is_left_and_put_back(registrar: Registrar) -> None:
    """Refused with its name; with Overwrite replaced and kept, encrypted; put back as it was."""
    await registrar.somebody_registers(OTHER, "invoice-ready", "usagerecords-thresholdExceeded")
    before = await registrar.standing()
    with pytest.raises(RegistrationRefusedError, match=r"Nothing was registered.*flows\.example.*choose Overwrite"):
        await registrar.register()
    assert await registrar.standing() == before
    assert await registrar.register(overwrite=True) == "replace"
    assert "SECRET" not in str(registrar.kept.marks) + str(registrar.told)
    assert "SECRET" in registrar.kept.secrets["webhook_former"]
    assert await registrar.put_back() == "replace"
    assert await registrar.standing() == before
    assert ours(registrar.kept) is None


async def test_what_was_not_ours_is_kept_over_our_own_changes(registrar: Registrar) -> None:
    """Corrected twice, what can be put back is still the other one's; events of our own are dropped unasked."""
    await registrar.somebody_registers(OTHER, "invoice-ready")
    before = await registrar.standing()
    await registrar.register(overwrite=True)
    await registrar.register(NEW, "test-created", "referral-created")
    await registrar.put_back()
    assert await registrar.standing() == before


async def test_what_a_third_one_took_is_not_put_back_over(registrar: Registrar) -> None:
    """Putting back asks like registering does."""
    await registrar.somebody_registers(OTHER, "invoice-ready")
    await registrar.register(overwrite=True)
    await registrar.somebody_registers("https://third.example/x", "invoice-ready")
    with pytest.raises(RegistrationRefusedError, match=r"third\.example"):
        await registrar.put_back()


async def test_there_may_be_nothing_to_put_back(registrar: Registrar) -> None:
    """Where nothing stood before, and where the key is gone: the address is named without its secret."""
    await registrar.register()
    with pytest.raises(RegistrationRefusedError, match="nothing to put back"):
        await registrar.put_back()
    await registrar.somebody_registers(OTHER, "invoice-ready")
    await registrar.register(overwrite=True)
    registrar.kept.secrets.clear()
    with pytest.raises(RegistrationRefusedError, match=r"flows\.example/run\?\.\.\., cannot be read"):
        await registrar.put_back()


async def test_a_read_only_environment_registers_nothing(registrar: Registrar) -> None:
    """It would take the events of the one that may; a dry run is free."""
    registrar.read_only = True
    await registrar.register(dry_run=True)
    with pytest.raises(RegistrationRefusedError, match="paused_sides"):
        await registrar.register(overwrite=True)
    assert registrar.written() == []


async def test_a_restricted_environment_registers_nothing(registrar: Registrar) -> None:
    """Partner Center has one address, and it belongs to the environment that may do everything."""
    registrar.restricted = True
    await registrar.register(dry_run=True)
    with pytest.raises(RegistrationRefusedError, match="set partner_center to everything in the Variable"):
        await registrar.register(overwrite=True)
    assert registrar.written() == []


@pytest.mark.parametrize(
    ("url", "events", "said"),
    [
        (URL, ("referral-made",), "knows no event referral-made; it offers azure-fraud-event-detected"),
        ("http://sync.contoso.example/x", ("test-created",), "only https is safe"),
        ("http://localhost:8090/x?key=SECRET", ("test-created",), "this machine, which Microsoft cannot reach"),
    ],
)
async def test_what_cannot_be_registered_is_told(
    registrar: Registrar, url: str, events: tuple[str, ...], said: str
) -> None:
    """Before anything is asked of Partner Center that writes."""
    with pytest.raises(ConfigurationError, match=said) as told:
        await registrar.register(url, *events)
    assert "SECRET" not in str(told.value)
    assert registrar.written() == []


async def test_a_simulated_partner_center_reaches_this_machine(registrar: Registrar) -> None:
    """There plain http is enough."""
    registrar.simulated = True
    assert await registrar.register("http://127.0.0.1:8090/cosell/webhook") == "create"


async def test_an_answer_that_was_lost_changes_nothing(registrar: Registrar) -> None:
    """The registration was made; the task, tried again, finds it and looks after it."""
    registrar.break_("drop_after", method="POST", times=1)
    with pytest.raises(RetryLaterError):
        await registrar.register()
    assert await registrar.register() == "nothing"
    assert URL in await registrar.check()


async def test_what_is_shown_later_is_looked_at_again(registrar: Registrar) -> None:
    """Taken but not shown is not believed; the task, tried again, finds it and writes nothing more."""
    stale = {"webhookUrl": OTHER, "webhookEvents": ["invoice-ready"]}
    registrar.break_("status", method="GET", path="registration$", status=200, body=stale, skip=1)
    with pytest.raises(BrokenAnswerError, match=r"took https://sync.* does not show it. Registered now: .*run\?\.\.\."):
        await registrar.register()
    assert await registrar.register() == "nothing"
    assert registrar.written() == ["POST"]
    assert URL in await registrar.check()


async def test_a_lost_answer_to_a_takeover_loses_nothing(registrar: Registrar) -> None:
    """What stood before is kept before it is replaced, and not replaced by our own when the task is tried again."""
    await registrar.somebody_registers(OTHER, "invoice-ready")
    before = await registrar.standing()
    registrar.break_("drop_after", method="PUT", times=QUICK.tries)
    with pytest.raises(RetryLaterError):
        await registrar.register(overwrite=True)
    assert registrar.written().count("PUT") == QUICK.tries
    assert await registrar.register(overwrite=True) == "nothing"
    await registrar.put_back()
    assert await registrar.standing() == before


async def test_an_arrival_is_seen_in_the_inbox_or_remembered(registrar: Registrar, tmp_path: Path) -> None:
    """The file goes when the events are taken; another trial's, or another event of that id, is none."""
    mine, other = "6f1c9d4e-0000-4000-8000-00000000000a", "6f1c9d4e-0000-4000-8000-00000000000b"
    now, inbox = registrar.world.clock.now(), StoredInbox(tmp_path)
    lies = Notice(event="test-created", subject=mine, key="a" * 64, changed=now, received=now)
    async with registrar.office() as office:
        inbox.land(replace(lies, subject=other))
        inbox.land(replace(lies, event="referral-created"))
        assert not has_arrived(office, inbox, mine.upper())
        inbox.land(lies)
        assert has_arrived(office, inbox, mine.upper())
        inbox.remove(lies.name)
        assert not has_arrived(office, inbox, mine)
        note_arrivals(office.state, {mine: now})
        assert has_arrived(office, inbox, mine.upper())


async def test_the_check_sees_who_took_the_events(registrar: Registrar) -> None:
    """Quiet while ours stands; else red, with who has the events now and what to do."""
    await registrar.register()
    assert await registrar.check() == (
        f"Partner Center sends its events to {URL}, as registered: referral-created, referral-updated, "
        "related-referral-created, related-referral-updated, test-created."
    )
    await registrar.somebody_registers(URL, "test-created")
    with pytest.raises(RegistrationTakenError, match=r"were changed: referral-created, .* not sent"):
        await registrar.check()
    await registrar.somebody_registers(OTHER, "test-created")
    with pytest.raises(RegistrationTakenError, match=r"flows\.example/run\?\.\.\. now.*with Overwrite") as told:
        await registrar.check()
    assert "SECRET" not in str(told.value)
