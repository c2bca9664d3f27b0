"""A token goes to the configured host and its twins, whatever a link in an answer says."""

import pytest
from cosell.adapters.transport.links import Links, template
from cosell.core.errors import ConfigurationError, ForeignHostError

BASE = "https://contoso.crm4.example/api/data/v9.2"


def resolve(link: str, **params: str) -> str:
    """Give where a link of a service with one twin leads."""
    links = Links(BASE, twins=frozenset({"contoso.api.crm4.example"}))
    return str(links.resolve(link, params=params))


def test_paths_lie_below_the_base() -> None:
    """A relative path is asked below the base URL's own path."""
    assert resolve("accounts(1)") == f"{BASE}/accounts(1)"


def test_query_values_are_encoded() -> None:
    """Spaces, quotes' contents and plus signs survive; option names keep their dollar."""
    asked = resolve("accounts", **{"$filter": "name eq 'A+B & C'"})
    assert asked == f"{BASE}/accounts?$filter=name%20eq%20'A%2BB%20%26%20C'"


@pytest.mark.parametrize("host", ["contoso.crm4.example", "contoso.api.crm4.example", "CONTOSO.crm4.example"])
def test_links_to_our_hosts_are_followed_with_the_base_scheme(host: str) -> None:
    """A link may name the host or its twin, in any case, and its scheme is never taken over."""
    assert resolve(f"http://{host}/next?$skiptoken=a%2Fb") == f"https://{host.lower()}/next?$skiptoken=a%2Fb"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/next",
        "https://contoso.crm4.example.evil.example/next",
        "https://contoso.crm4.example@evil.example/next",
        "https://user:secret@contoso.crm4.example/next",
        "https://contoso.crm4.example:8443/next",
        "//evil.example/next",
        "\\\\evil.example\\next",
        "https:\\\\evil.example/next",
        "https://contoso.crm4.example\\@evil.example/next",
        "ftp://contoso.crm4.example/next",
        "javascript:alert(1)",
        "https://[not-an-address/next",
    ],
)
def test_other_links_are_refused(link: str) -> None:
    """Another host, port, scheme, or a name hidden in front of an @ is an error of its own."""
    with pytest.raises(ForeignHostError):
        resolve(link)


def test_port_of_the_base_is_kept() -> None:
    """A base with a port of its own keeps it for links that leave the port out or name the default one."""
    links = Links("https://127.0.0.1:8454")
    for link in ("http://127.0.0.1/x", "http://127.0.0.1:80/x", "http://127.0.0.1:8454/x", "/x"):
        assert str(links.resolve(link, params={})) == "https://127.0.0.1:8454/x"


@pytest.mark.parametrize(
    "base", ["contoso.crm4.example", "", "https://me:pw@contoso.example", "https://a.example/?x=1"]
)
def test_base_that_is_no_plain_url_is_a_setting_to_mend(base: str) -> None:
    """A connection whose host is no URL stops the run with a sentence on the connection."""
    with pytest.raises(ConfigurationError):
        Links(base)


def test_log_template_shows_no_key() -> None:
    """Ids and alternate key values do not reach a log."""
    path = "accounts(name='O''Brien')/6f1c9d4e-0000-4000-8000-000000000001"
    assert template(path) == "accounts(...)/{id}"
