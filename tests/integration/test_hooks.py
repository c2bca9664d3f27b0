"""Connections, variables and keys as Airflow gives them, and what our hooks make of them."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.crypto import get_fernet
from cosell.adapters.entra import AccessToken
from cosell.adapters.state import open_state
from cosell.core.errors import ConfigurationError
from cosell.core.lifecycle import Gestures
from cosell.hooks.dataverse import DataverseHook, twins_of
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.partner_center_events import PartnerCenterEventsHook
from cosell.hooks.process import refuse_wrong_variables
from cosell.hooks.settings import read_start, read_wishes
from cosell.hooks.state import SyncStateHook
from cosell.hooks.vault import SharedTokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cosell.hooks.api_connection import ApiConnection

GOOD = {
    "conn_type": "dataverse",
    "host": "https://contoso.crm4.example",
    "login": "client",
    "password": "client-secret-1",
    "extra": {"tenant_id": "tenant"},
}

PARTNER = {**GOOD, "conn_type": "partner_center"}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    yield
    get_fernet.cache_clear()


def read(monkeypatch: pytest.MonkeyPatch, **changes: object) -> ApiConnection:
    """Give what the Dataverse hook makes of a connection with these changes."""
    monkeypatch.setenv("AIRFLOW_CONN_DATAVERSE_DEFAULT", json.dumps({**GOOD, **changes}))
    return DataverseHook().get_conn()


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("https://contoso.crm4.example", "https://contoso.crm4.example"),
        ("https://contoso.crm4.example/", "https://contoso.crm4.example"),
        ("contoso.crm4.example", "https://contoso.crm4.example"),
        ("https://127.0.0.1:8455", "https://127.0.0.1:8455"),
    ],
)
def test_the_host_is_a_base_url(monkeypatch: pytest.MonkeyPatch, host: str, base_url: str) -> None:
    """Whichever way a person writes it; the scope follows from it unless it is said."""
    api = read(monkeypatch, host=host)
    assert (api.base_url, api.scope) == (base_url, f"{base_url}/.default")


@pytest.mark.parametrize(
    ("host", "port", "base_url"),
    [
        ("https://contoso.crm4.example", 443, "https://contoso.crm4.example"),
        ("https://contoso.crm4.example:443/", None, "https://contoso.crm4.example"),
        ("https://contoso.crm4.example", 0, "https://contoso.crm4.example"),
        ("https://127.0.0.1:8455", 8455, "https://127.0.0.1:8455"),
        ("https://127.0.0.1", 8455, "https://127.0.0.1:8455"),
    ],
)
def test_the_usual_port_is_left_out(monkeypatch: pytest.MonkeyPatch, host: str, port: int, base_url: str) -> None:
    """Airflow's form has a field for it; Microsoft gives no token for a scope with :443 in it."""
    api = read(monkeypatch, host=host, port=port)
    assert (api.base_url, api.scope) == (base_url, f"{base_url}/.default")


def test_the_authority_follows_from_the_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft's login host and the tenant, unless the connection names another."""
    assert read(monkeypatch).identity.authority.endswith("/tenant")
    other = read(monkeypatch, extra={"tenant_id": "t", "authority": "https://login.example/t/"})
    assert other.identity.authority == "https://login.example/t"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "host"),
        ({"host": "ftp://contoso.example"}, "host is not a base URL"),
        ({"host": "https://"}, "host is not a base URL"),
        ({"host": "https://contoso example"}, "host is not a base URL"),
        ({"host": "https://contoso.example:x"}, "host"),
        ({"login": ""}, "login"),
        ({"extra": {}}, "tenant_id"),
        ({"extra": "{tenant_id"}, "extra is no JSON object"),
        ({"extra": ["tenant_id"]}, "extra is no JSON object"),
        ({"extra": {"tenant_id": "t", "authority": "http://login.example/t"}}, "authority is no https address"),
        ({"extra": {"tenant_id": "t", "verify": False}}, "verify"),
        ({"extra": {"tenant_id": "t", "verify": "false"}}, "verify"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], named: str) -> None:
    """A wrong connection stops the run with the connection's id and the part; TLS cannot be switched off."""
    with pytest.raises(ConfigurationError, match=rf"dataverse_default: .*{named}"):
        read(monkeypatch, **changes)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (
            "http://contoso.example",
            "host begins with http://, and a token sent that way can be read: write https://contoso.example",
        ),
        ("http://8.8.8.8:81", "host begins with http://, .*: write https://8.8.8.8:81"),
        ("https://c.example/api/data/v9.2", "holds the path /api/data/v9.2, which is not .*: write https://c.example$"),
        ("c.example:8455/v1.0/engagements/", "holds the path /v1.0/engagements/, .*: write https://c.example:8455$"),
        (
            "https://c.example/main.aspx?appid=hidden",
            r"more than a base URL behind the \? or #: write https://c.example$",
        ),
        ("https://c.example#hidden", "more than a base URL behind"),
        ("https://ina:hidden@c.example", "host holds a user or a password before the @: take it out"),
    ],
)
def test_more_than_a_base_url_is_refused(monkeypatch: pytest.MonkeyPatch, host: str, told: str) -> None:
    """What people paste from a browser or a page of the API: part and fix are named, nothing secret is shown."""
    with pytest.raises(ConfigurationError, match=f"connection dataverse_default: .*{told}") as caught:
        read(monkeypatch, host=host)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "http://127.0.0.1:8455",
        "http://[::1]:8455",
        "http://192.168.1.20",
        "http://emulator:8455",
        "http://crm.localhost",
        "http://127.0.0.1:8455/crm",
        "https://gateway.example/partner-center",
    ],
)
def test_a_system_near_by_or_behind_a_gateway_is_reached(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """On this machine and in a network of one's own a service needs no TLS; a gateway may keep it below a path."""
    assert read(monkeypatch, host=host).base_url == host
    assert read(monkeypatch, host=f"{host}/").base_url == host


def test_a_host_elsewhere_is_not_reached_without_tls_by_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URI's path, or http in a field that the form does not show."""
    assert read(monkeypatch, host="c.example", schema="https").base_url == "https://c.example"
    assert read(monkeypatch, host="127.0.0.1", schema="http", port=8455).base_url == "http://127.0.0.1:8455"
    with pytest.raises(ConfigurationError, match="dataverse_default: host begins with http://"):
        read(monkeypatch, host="c.example", schema="http")


@pytest.mark.parametrize("conn_type", ["partner_center", "http", None])
def test_a_connection_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch, conn_type: str | None) -> None:
    """Its id and both types are named; its credentials are sent nowhere."""
    told = f"connection dataverse_default is of the type {conn_type}, .* needs one of the type dataverse: name another"
    with pytest.raises(ConfigurationError, match=told if conn_type else "dataverse_default cannot be read"):
        read(monkeypatch, conn_type=conn_type)


@pytest.mark.parametrize(
    "text", ['{"conn_type": "dataverse", "password": "hidden"', "hidden", '{"port": "hidden"}', "[]"]
)
def test_a_variable_that_holds_no_connection_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Airflow passes it over in silence: it is named, and its value is not shown; the memory is not another one."""
    for conn_id in ("partner_center_default", "partner_center_events_default", "cosell_state_default"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    for hook in (PartnerCenterHook(), PartnerCenterEventsHook(), SyncStateHook()):
        told = f"connection {hook.conn_id} cannot be read: the environment variable AIRFLOW_CONN_{hook.conn_id.upper()}"
        with pytest.raises(ConfigurationError, match=told) as caught:
            hook.get_conn()
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(("said", "meant"), [(True, True), ("true", True), (None, True), ("/ca.pem", "/ca.pem")])
def test_verify_is_true_or_a_bundle(monkeypatch: pytest.MonkeyPatch, said: object, meant: object) -> None:
    """It holds for the token endpoint as well, so it goes with the identity."""
    assert read(monkeypatch, extra={"tenant_id": "t", "verify": said}).identity.verify == meant


def test_no_secret_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the client secret nor the refresh token is in what a log line or a trace would print."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_PARTNER_CENTER_DEFAULT",
        json.dumps({**PARTNER, "extra": {"tenant_id": "t", "refresh_token": "refresh-token-1"}}),
    )
    shown = repr(PartnerCenterHook().get_conn())
    assert "client-secret-1" not in shown
    assert "refresh-token-1" not in shown


@pytest.mark.parametrize(
    ("base_url", "twins"),
    [
        ("https://contoso.crm4.dynamics.com", {"contoso.api.crm4.dynamics.com"}),
        ("https://contoso.api.crm4.dynamics.com", {"contoso.crm4.dynamics.com"}),
        ("https://127.0.0.1:8455", set()),
        ("https://localhost:8455", set()),
    ],
)
def test_an_environment_has_two_names(base_url: str, twins: set[str]) -> None:
    """Dataverse links may carry the `.api.` name of the same organisation, and no other host."""
    assert twins_of(base_url) == twins


def test_without_a_connection_of_its_own_the_webhook_is_registered_as_partner_center_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Same application, same sign-in; another host, and a token for another audience."""
    first = {**PARTNER, "host": "https://api.partner.microsoft.com"}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_DEFAULT", json.dumps(first))
    api = PartnerCenterEventsHook().get_conn()
    assert (api.base_url, api.scope) == (
        "https://api.partnercenter.microsoft.com",
        "https://api.partnercenter.microsoft.com/.default",
    )
    assert (api.identity, api.conn_id) == (PartnerCenterHook().get_conn().identity, "partner_center_default")


def test_the_address_that_registers_webhooks_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where referrals come from anywhere but Microsoft, credentials are not sent to Microsoft for that."""
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_DEFAULT", json.dumps(PARTNER))
    with pytest.raises(ConfigurationError, match="connection partner_center_events_default is missing"):
        PartnerCenterEventsHook().get_conn()


def test_the_webhook_s_connection_has_a_sign_in_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another account may hold the role; neither one's rotated token takes the place of the other's, none shows."""
    own = {**GOOD, "conn_type": "partner_center_events", "extra": {"tenant_id": "t", "refresh_token": "given-1"}}
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT", json.dumps(own))
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_DEFAULT", json.dumps(PARTNER))
    state = SyncStateHook().get_conn()
    events, referrals = PartnerCenterEventsHook(), PartnerCenterHook()
    api = events.get_conn()
    assert (api.base_url, api.conn_id) == ("https://contoso.crm4.example", "partner_center_events_default")
    assert not [secret for secret in ("client-secret-1", "given-1") if secret in repr(api)]
    signed_in = {"access_token": "a", "expires_in": 3600}
    referrals.grant(referrals.get_conn(), state).adopt({**signed_in, "refresh_token": "of-referrals"})
    events.grant(api, state).adopt({**signed_in, "refresh_token": "of-events"})
    origins = [grant.origin for grant in (referrals.grant(referrals.get_conn(), state), events.grant(api, state))]
    assert SharedTokens(state).refresh_token(origin=origins[0]) == "of-referrals"
    assert SharedTokens(state, sign_in="events").refresh_token(origin=origins[1]) == "of-events"
    state.close()


def test_without_a_connection_the_state_is_a_file_of_ours(tmp_path: Path) -> None:
    """It lies under AIRFLOW_HOME and only its owner can read it."""
    SyncStateHook().get_conn().close()
    file = tmp_path / "cosell" / "state.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_state_lies_where_its_connection_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra key url names the database."""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps({"conn_type": "generic", "extra": {"url": url}}))
    SyncStateHook().get_conn().close()
    assert (tmp_path / "elsewhere.db").exists()
    assert SyncStateHook().test_connection()[0] is True


def test_a_state_connection_without_url_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-filled connection is not taken for none: that would be another memory."""
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps({"conn_type": "generic", "host": "db"}))
    with pytest.raises(ConfigurationError, match="url"):
        SyncStateHook().get_conn()


def test_a_database_that_is_down_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The UI's test button gives a sentence, and the URL stays a secret."""
    url = "postgresql://user:state-password-1@127.0.0.1:1/cosell"
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps({"conn_type": "generic", "extra": {"url": url}}))
    works, message = SyncStateHook().test_connection()
    assert works is False
    assert "state-password-1" not in message


@pytest.mark.parametrize("key", ["", "abc"])
def test_what_is_no_fernet_key_stops(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are never stored readable."""
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", key)
    get_fernet.cache_clear()
    state = open_state("sqlite://")
    with pytest.raises(ConfigurationError, match="FERNET_KEY"):
        SharedTokens(state)


def test_tokens_are_shared_by_their_sign_in_only() -> None:
    """An access token is given to whoever descends from the same sign-in, until a person signs in anew."""
    token = AccessToken("access-token-1", datetime.now(UTC) + timedelta(hours=1))
    tokens = SharedTokens(open_state("sqlite://"))
    tokens.keep_access_token("scope", token, origin="one")
    assert tokens.access_token("scope", origin="one") == token
    assert tokens.access_token("scope", origin="two") is None
    tokens.forget_access_tokens()
    assert tokens.access_token("scope", origin="one") is None


def test_the_newest_refresh_token_belongs_to_its_sign_in() -> None:
    """A rotated token is given back, but not to a connection whose token was changed by a person since."""
    tokens = SharedTokens(open_state("sqlite://"))
    assert tokens.refresh_token(origin="one") is None
    tokens.keep_refresh_token("rotated", origin="one")
    assert tokens.refresh_token(origin="one") == "rotated"
    assert tokens.refresh_token(origin="two") is None


def test_settings_have_defaults_that_suit() -> None:
    """Nothing needs to be set but where to start."""
    wishes = read_wishes().to_sync(start=read_start(), states=None)
    assert (wishes.start, wishes.overlap, wishes.history_days) == (None, timedelta(minutes=10), 400)


def test_leads_are_wanted_unless_a_deployment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Co-sell deals only is a choice."""
    assert read_wishes().leads is None
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"leads": false}')
    assert read_wishes().leads is False


def test_what_answers_a_referral_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Progress accepts and Lost declines, until a deployment says otherwise; so it is with the marks of clocks."""
    usual = read_wishes().to_sync(start=None, states=None)
    assert (usual.gestures, usual.clock_marks) == (Gestures(), (7, 3, 1, 0))
    wishes = {"accepts": ["won"], "declines": [], "clock_marks_days": [2]}
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps(wishes))
    told = read_wishes().to_sync(start=None, states=None)
    assert (told.gestures, told.clock_marks) == (Gestures(frozenset({"won"}), frozenset()), (2,))


def test_settings_are_read_from_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """One JSON object says what differs."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps({"marks": False, "severities": {"ADDRESS-1": "off"}}))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_START", "now")
    wishes = read_wishes().to_sync(start=read_start(), states=["open"])
    assert (wishes.marks, wishes.severities, wishes.start) == (False, {"ADDRESS-1": "off"}, "now")
    assert wishes.states == {"open"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"brake_shar": 0.5}', "there is no setting 'brake_shar': did you mean brake_share?"),
        ('{"colour": "red"}', "there is no setting 'colour': known: accepts, account_match, "),
        ('{"brake_share": 7}', "brake_share: expected a number up to 1, found 7"),
        ('{"overlap_minutes": -5}', "overlap_minutes: expected a number over 0, found -5"),
        ('{"overlap_minutes": "ten"}', "overlap_minutes: expected a number, found 'ten'"),
        ('{"overlap_minutes": Infinity}', "overlap_minutes: expected a number, found inf"),
        ('{"overlap_minutes": 1e300}', "overlap_minutes: expected a number up to 525600, found 1e+300"),
        ('{"history_days": 0}', "history_days: expected a number from 1, found 0"),
        ('{"history_days": 1.5}', "history_days: expected a whole number, found 1.5"),
        ('{"history_days": 1000000000000}', "history_days: expected a number up to 36500, found 1000000000000"),
        ('{"marks": "maybe"}', "marks: expected true or false, found 'maybe'"),
        (
            '{"marks": null, "leads": 7}',
            "marks: expected true or false, found null; leads: expected true or false, found",
        ),
        ('{"paused_sides": "dataverse"}', "paused_sides: expected a list, found 'dataverse'"),
        ('{"paused_sides": ["crm"]}', "paused_sides: expected 'partner_center' or 'dataverse', found 'crm'"),
        ('{"account_match": []}', "account_match: expected a list of at least 1, found a list"),
        ('{"severities": {"NAME-1": "wran"}}', "severities.NAME-1: expected 'refuse', 'warn' or 'off', found 'wran'"),
        ('{"severities": ["NAME-1"]}', "severities: expected a table of keys and values, found a list"),
        ('{"severities": {"NAME1": "warn"}}', "severities: there is no rule 'NAME1': did you mean NAME-1?"),
        ('{"language": "de"}', "language: there are no sentences in 'de': known: cs, en"),
        ('{"accepts": ["opened"]}', "accepts: there is no state 'opened': did you mean open?"),
        ('{"accepts": ["lost"]}', "lost cannot both accept and decline"),
        ('{"time_zone": "Europe/Pragu"}', "'Europe/Pragu' is no IANA time zone; did you mean Europe/Prague?"),
        ('{"referral_link": "https://x"}', "referral_link has no {id} in it: 'https://x'"),
        ('{"marks": false,}', "is not JSON: trailing comma at line 1 column 17"),
        ('{\n"marks": False}', "is not JSON: expected value at line 2 column 10"),
        ("[]", 'expected a JSON object such as {"marks": false}, found a list'),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    """A misspelled or senseless setting stops the run instead of being passed over; near names are told."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", text)
    with pytest.raises(ConfigurationError, match=re.escape(told)) as caught:
        read_wishes()
    assert str(caught.value).startswith("the Airflow Variable cosell_settings ")
    assert "nput should" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        (
            "COSELL_SCHEDULE",
            "every day",
            r"cron expression, UTC is expected, such as \*/5 \* \* \* \*: Airflow reads no",
        ),
        ("COSELL_BACKFILL_SCHEDULE", "0 0 31 2", "Airflow reads no times"),
        ("COSELL_INBOX_POLL", "often", "seconds is expected, such as 1: it is no number"),
        ("COSELL_INBOX_POLL", "0", "more than 0"),
        ("COSELL_WEBHOOK_URL", "foo", "https address is expected: "),
    ],
)
def test_a_variable_that_no_dag_could_load_with_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str, told: str
) -> None:
    """By its name, with what is expected; what is as it should be passes."""
    refuse_wrong_variables()
    monkeypatch.setenv(name, said)
    with pytest.raises(ConfigurationError, match=f"the environment variable {name} is .*{told}"):
        refuse_wrong_variables()
