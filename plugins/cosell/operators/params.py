"""The forms of a run: what a person may say when starting one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from airflow.sdk import Param

from cosell.core.errors import ConfigurationError
from cosell.core.record import Side
from cosell.core.registration import ADDRESS_PATTERN, DEFAULT_EVENTS, LONGEST_ADDRESS, address_problem
from cosell.hooks.address import address_to_register
from cosell.operators.registration import PUT_BACK, REGISTER
from cosell.operators.setup import CHECK, SET_UP
from cosell.operators.sign_in import EVENTS, REFERRALS
from cosell.sync.ports.memory import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_ISO_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$"


def _switch(title: str, description: str) -> Param:
    return Param(default=False, type="boolean", title=title, description=description)


def _text(title: str, description: str) -> Param:
    return Param(default=None, type=["null", "string"], title=title, description=description)


def _choice(title: str, description: str, choices: tuple[str, ...]) -> Param:
    return Param(default=None, type=["null", "string"], enum=[None, *choices], title=title, description=description)


def _one_of(title: str, description: str, choices: Mapping[str, str]) -> Param:
    """Give a choice of one, shown in words; the first unless another is chosen."""
    words = list(choices)
    return Param(
        default=words[0], type="string", enum=words, values_display=dict(choices), title=title, description=description
    )


def _moment(title: str, description: str) -> Param:
    return Param(
        default=None,
        type=["null", "string"],
        format="date-time",
        pattern=_ISO_TIME,  # Airflow checks the format only where an optional library is installed
        title=title,
        description=description,
    )


_SAFETY: dict[str, Param] = {
    "allow_brake": _switch(
        "Allow more changes than the brake", "Go on although more bound pairs change than a run should change"
    ),
    "accept_mapping": _switch(
        "Accept the changed mapping", "Take over a mapping file that is not the one remembered from the last run"
    ),
    "dry_run": _switch(
        "Dry run",
        "Only plan: nothing is written to either system; read it with `airflow cosell plan RUN_ID`, of another "
        "environment than default with `--env`",
    ),
}

SYNC_PARAMS: dict[str, Any] = {
    "since": _moment("Since", "Read what changed from this time on (manual runs); empty: from the watermark"),
    "until": _moment("Until", "Read what changed before this time (manual runs); empty: up to now"),
    "referral_ids": Param(
        default=None,
        type=["null", "array"],
        items={"type": "string"},
        title="Referral ids",
        description="Only these referrals and their opportunities, one id a line (manual runs)",
    ),
    **_SAFETY,
}

_JOBS = {
    SET_UP: "Set up: bring in what lacks (dry run: list it)",
    CHECK: "Check everything that the sync stands on; nothing is written",
}

SETUP_PARAMS: dict[str, Any] = {
    "what": _one_of("What to do", "In the log", _JOBS),
    "dry_run": Param(
        default=True, type="boolean", title="Dry run", description="Only list what lacks: nothing is written"
    ),
    "connection": Param(
        default=None,
        type=["null", "string"],
        title="Connection",
        description="Id of a connection whose application may customise the CRM (role System Customizer); empty: the "
        "environment's own",
    ),
}

_SIGN_INS = {
    REFERRALS: "To Partner Center, for the sync",
    EVENTS: "For the webhook's registration, where partner_center_events_default is another account",
}

SIGN_IN_PARAMS: dict[str, Any] = {
    "sign_in": _one_of("Sign in", "The task's log then shows an address and a code to enter there", _SIGN_INS),
}

RECONCILE_PARAMS: dict[str, Any] = {
    "switch_on": _switch(
        "Switch found deals on",
        "Set Sync with Partner Center to Yes on opportunities that are found to be the deal of a referral; "
        "else they rest until a seller does",
    ),
    "allow_brake": _SAFETY["allow_brake"],
    "dry_run": _SAFETY["dry_run"],
}

BACKFILL_PARAMS: dict[str, Any] = {
    "states": Param(
        default=["open", "won"],
        type="array",
        items={"type": "string", "enum": ["new", "open", "won", "lost", "declined", "expired"]},
        examples=["new", "open", "won", "lost", "declined", "expired"],
        title="States",
        description="Which deals are carried, by their state in Partner Center or Dynamics",
    ),
    **_SAFETY,
}

_ACTS = {
    "show": "Show what is held (in the log)",
    "resolve": "Resolve: take one side's value of a field (record, field, take)",
    "retry": "Retry one record (record)",
    "retry all": "Retry all records (of the reason, if chosen)",
    "allow brake": "Allow what the brake stopped, once",
    "allow mapping": "Allow the changed mapping, once",
}


HOLDING_PARAMS: dict[str, Any] = {
    "what": _one_of("What to do", "The next run of cosell_sync carries it out", _ACTS),
    "record": _text("Record", "Id of the referral, or of the CRM's row"),
    "field": _text("Field", "To resolve: the field, by its name in the mapping, such as deal_value"),
    "take": _choice("Take", "To resolve: the side whose value counts", tuple(each.value for each in Side)),
    "reason": _choice("Reason", "To show or retry: only what is held for this reason", get_args(Reason)),
}

_WISHES = {
    REGISTER: "Register this address",
    PUT_BACK: "Put back what stood before ours",
}


def _own_address() -> str | None:
    """Give the address that the form begins with; None where none is known, or it may not be registered."""
    try:
        own = address_to_register()
    except ConfigurationError:
        return None
    return None if address_problem(own, simulated=True) else own


REGISTRATION_PARAMS: dict[str, Any] = {
    "what": _one_of("What to do", "To put back, address and events are those that stood before", _WISHES),
    "endpoint_url": Param(
        default=_own_address(),
        type=["null", "string"],
        pattern=ADDRESS_PATTERN,
        maxLength=LONGEST_ADDRESS,
        title="Endpoint URL",
        description="The receiver's public address, https; empty: COSELL_WEBHOOK_URL. "
        "What is typed here stays readable in Airflow, so it must hold no secret",
    ),
    "events": Param(
        default=list(DEFAULT_EVENTS),
        type="array",
        items={"type": "string", "pattern": r"^[A-Za-z0-9-]{1,100}$"},
        minItems=1,
        title="Events",
        description="What Partner Center sends, one name a line; with test-created the address is tried",
    ),
    "overwrite": _switch(
        "Overwrite", "Also replace another address, or drop events that nobody here asked for; they get none any more"
    ),
    "dry_run": _switch("Dry run", "Only show what is registered and what would change (in the log)"),
}
