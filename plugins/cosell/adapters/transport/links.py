"""Where a request may go: the configured host and its twins, nothing else, whatever a link in an answer says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import httpx

from cosell.core.errors import ConfigurationError, ForeignHostError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ABSOLUTE = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.\-]*:|[/\\]{2})")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY = re.compile(r"\([^)]*=[^)]*\)|\('[^)]*\)")


class Links:
    """Turns what is asked for into a URL on the configured service."""

    def __init__(self, base_url: str, *, twins: frozenset[str] = frozenset()) -> None:
        self.base = _base(base_url)
        self._below = str(self.base)
        self._hosts = {self.base.host} | {twin.lower() for twin in twins}

    def resolve(self, path: str, *, params: Mapping[str, str]) -> httpx.URL:
        """Give the URL of a path below the base, or of a link that the service gave; raises ForeignHostError.

        A path with a leading slash starts at the host, as in a link.
        """
        if params:
            path += ("&" if "?" in path else "?") + urlencode(params, quote_via=quote, safe="$,'()/:@*")
        if _ABSOLUTE.match(path):
            return self._pinned(path)
        return self.base.join(path) if path.startswith("/") else httpx.URL(self._below + path)

    def _pinned(self, link: str) -> httpx.URL:
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL as error:
            message = "a link in an answer is no URL"
            raise ForeignHostError(message) from error
        if url.scheme not in _DEFAULT_PORTS or url.userinfo or "\\" in link or url.host not in self._hosts:
            message = f"a link in an answer points to {url.scheme}://{url.host}, not to {self.base.host}"
            raise ForeignHostError(message)
        if url.port not in {None, self.base.port, _DEFAULT_PORTS[url.scheme]}:
            message = f"a link in an answer points to port {url.port} of {url.host}"
            raise ForeignHostError(message)
        return url.copy_with(scheme=self.base.scheme, port=self.base.port, fragment=None)


def template(path: str) -> str:
    """Give a path without its ids and key values, fit for a log."""
    return _KEY.sub("(...)", _GUID.sub("{id}", path))


def _base(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.rstrip("/") + "/")
    except httpx.InvalidURL as error:
        message = "the connection's host is no URL"
        raise ConfigurationError(message) from error
    if url.scheme not in _DEFAULT_PORTS or not url.host or url.userinfo or url.query:
        message = f"the connection's host must be a URL like https://name/path, not one of scheme {url.scheme!r}"
        raise ConfigurationError(message)
    return url
