"""Which addresses a certificate may come from."""

from __future__ import annotations

import pytest
from cosell.core.errors import ConfigurationError
from cosell.webhook.addresses import PUBLISHED, Allowed
from cosell.webhook.refused import NotGenuineError
from hypothesis import given
from hypothesis import strategies as st

FILE = "https://certs.example/cert/a.b-c.cer"
FOLDER = "https://certs.example:8443/cert/"
LIST = Allowed([FILE, FOLDER])


def test_the_published_address_stands_by_itself() -> None:
    """It is the default, and takes nothing beside it."""
    allowed = Allowed([PUBLISHED])
    assert allowed.files == {PUBLISHED}
    assert allowed.check(PUBLISHED) == PUBLISHED
    with pytest.raises(NotGenuineError):
        allowed.check(PUBLISHED.replace("pcnotifications", "other"))


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (FILE, FILE),
        ("HTTPS://CERTS.example:443/cert/a.b-c.cer", FILE),
        (FOLDER + "new.CRT", FOLDER + "new.CRT"),
        (FOLDER + "2027/new.pem", FOLDER + "2027/new.pem"),
    ],
)
def test_what_is_allowed_has_one_spelling(said: str, plain: str) -> None:
    """So that one certificate is not downloaded under many names."""
    assert LIST.check(said) == plain


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://certs.example/cert/a.b-c.cer",
        "https://certs.example:8444/cert/a.cer",
        "https://certs.example:0/cert/a.b-c.cer",
        "https://certs.example:99999/cert/a.b-c.cer",
        "https://other.example/cert/a.b-c.cer",
        "https://certs.example.evil.example/cert/a.b-c.cer",
        "https://certs.example@evil.example/cert/a.b-c.cer",
        "https://user:pw@certs.example/cert/a.b-c.cer",
        "https://evil.example#@certs.example/cert/a.b-c.cer",
        "https://evil.example\\@certs.example/cert/a.b-c.cer",
        "https://169.254.169.254/cert/a.b-c.cer",
        "https://[::1]/cert/a.b-c.cer",
        "https://certs.example./cert/a.b-c.cer",
        FILE + "?x=1",
        FILE + "#x",
        FILE + "/",
        FILE + "\n",
        FILE + "\r\nHost: evil",
        " " + FILE,
        FOLDER,
        FOLDER + "../a.cer",
        FOLDER + "x/../../a.cer",
        FOLDER + "./a.cer",
        FOLDER + ".a.cer",
        FOLDER + "%2e%2e/a.cer",
        FOLDER + "..%2fa.cer",
        FOLDER + "a%00.cer",
        FOLDER + "/a.cer",
        FOLDER + "a.exe",
        FOLDER + ".cer",
        FOLDER + "å.cer",
        FOLDER + "a\\b.cer",
        FOLDER + "a" * 500 + ".cer",
    ],
)
def test_what_is_not(address: str) -> None:
    """Another host, scheme or port, a user, a query, an encoded or dotted part, another ending."""
    with pytest.raises(NotGenuineError, match="not an allowed one"):
        LIST.check(address)


@given(st.text(max_size=60))
def test_nothing_else_gets_past(tail: str) -> None:
    """Whatever follows the folder, what comes out leads into it and is plain."""
    try:
        plain = LIST.check(FOLDER + tail)
    except NotGenuineError:
        return
    assert plain == FOLDER + tail
    assert plain.isascii()
    assert not set(plain) & set("%?#@\\ \r\n")
    assert ".." not in plain.split("/")


@pytest.mark.parametrize("entries", [[], ["certs.example"], ["http://certs.example/"], [FILE + "?"], [FOLDER[:-1]]])
def test_a_wrong_list_is_named(entries: list[str]) -> None:
    """The receiver does not start with one."""
    with pytest.raises(ConfigurationError, match="COSELL_WEBHOOK_CERTIFICATES"):
        Allowed(entries)


def test_a_whole_host_may_be_allowed() -> None:
    """Where somebody wants that."""
    assert Allowed(["https://certs.example/"]).check(FILE) == FILE
