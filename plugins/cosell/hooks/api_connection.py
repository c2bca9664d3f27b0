"""What a connection to one of the two APIs says, checked: base URL, application, and how its certificate is trusted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from airflow.sdk.log import mask_secret

from cosell.adapters.entra import Identity, default_authority
from cosell.adapters.transport import Naming, Options
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Connection

_BEGIN_PEM = "-----BEGIN"
_HTTPS, _USUAL_PORTS = "https", {"https": 443, "http": 80}
_HOST_NAME = re.compile(r"[\w.:-]+")
_OWN_NAMES = (".localhost", ".local", ".internal", ".test")
_OF_THE_SERVICE = re.compile(r"/(api/data|v\d|webhooks|main\.aspx|dashboard)", re.IGNORECASE)
"""Begins of paths that people copy along, and that requests begin with themselves."""
_NO_BASE_URL = "host is not a base URL, such as https://name.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiConnection:
    """A connection as the adapters need it; holds secrets, so it is never logged."""

    conn_id: str
    base_url: str
    identity: Identity
    scope: str
    extra: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str | None:
        """Give an extra key as text; None where it is missing or empty."""
        value = self.extra.get(name)
        return str(value).strip() or None if value is not None else None

    def options(self) -> Options:
        """Give what a transport by this connection needs to know."""
        return Options(verify=self.identity.verify, naming=self.identity.naming)


def read_connection(connection: Connection, *, conn_type: str, sign_in: str) -> ApiConnection:
    """Give what a connection of that type says; `sign_in` is the command that signs a person in for it.

    Raises ConfigurationError naming the part that is missing or wrong.
    """
    _refuse_type(connection, conn_type)
    extra = _extra(connection)
    if extra.get("refresh_token"):
        mask_secret(str(extra["refresh_token"]))
    if _BEGIN_PEM in str(extra.get("certificate")):
        mask_secret(extra["certificate"])
    base_url = _base_url(connection)
    return ApiConnection(
        conn_id=connection.conn_id,
        base_url=base_url,
        identity=_identity(
            connection, extra, naming=Naming(connection=f"connection {connection.conn_id}", sign_in=sign_in)
        ),
        scope=extra.get("scope") or f"{base_url}/.default",
        extra=extra,
    )


def _extra(connection: Connection) -> dict[str, Any]:
    """Give the extra keys; what is no JSON object Airflow would pass over, with a trace in the log."""
    try:
        said = json.loads(connection.extra or "{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise _wrong(connection, 'extra is no JSON object, such as {"tenant_id": "..."}')
    extra: dict[str, Any] = connection.extra_dejson  # which hides what is secret in logs
    return extra


def _refuse_type(connection: Connection, wanted: str) -> None:
    """Raise ConfigurationError for a connection of another type."""
    if connection.conn_type and connection.conn_type != wanted:
        raise ConfigurationError(
            f"connection {connection.conn_id} is of the type {connection.conn_type}, and what is asked of it needs one "
            f"of the type {wanted}: name another connection, or correct its type"
        )


def _base_url(connection: Connection) -> str:
    host = (connection.host or "").strip()
    if not host:
        raise _wrong(connection, "host is empty: it holds the base URL of the service")
    if "://" not in host:
        host = f"{connection.schema or _HTTPS}://{host}"
    try:
        parts = urlsplit(host)
        port = parts.port
    except ValueError:
        raise _wrong(connection, _NO_BASE_URL) from None
    _refuse_more_than_a_base_url(connection, parts)
    usual = _USUAL_PORTS[parts.scheme]
    # A scope is made of the base URL, and Microsoft knows its own without the usual port.
    base_url = f"{parts.scheme}://{parts.netloc.removesuffix(f':{usual}')}"
    named = "" if port or connection.port in {None, 0, usual} else f":{connection.port}"
    return f"{base_url}{named}{parts.path.rstrip('/')}"


def _refuse_more_than_a_base_url(connection: Connection, parts: SplitResult) -> None:
    """Raise ConfigurationError for what does not belong to a base URL; only a path is repeated, the rest may be secret.

    A path of the API's own would be put before its paths; any other may be where a gateway keeps the service.
    """
    if not _HOST_NAME.fullmatch(parts.hostname or "") or parts.scheme not in _USUAL_PORTS:
        raise _wrong(connection, _NO_BASE_URL)
    base_url = f"{_HTTPS}://{parts.netloc.rpartition('@')[2]}"
    if parts.scheme != _HTTPS and not _is_near(str(parts.hostname)):
        problem = f"host begins with {parts.scheme}://, and a token sent that way can be read: write {base_url}"
        raise _wrong(connection, problem)
    if "@" in parts.netloc:
        problem = "host holds a user or a password before the @: take it out, they belong into login and password"
        raise _wrong(connection, problem)
    if parts.query or parts.fragment:
        raise _wrong(connection, f"host holds more than a base URL behind the ? or #: write {base_url}")
    if _OF_THE_SERVICE.match(parts.path):
        raise _wrong(connection, f"host holds the path {parts.path}, which is not part of a base URL: write {base_url}")


def _is_near(host: str) -> bool:
    """Tell whether a host is on this machine or in a network of one's own, by its address or name."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_OWN_NAMES)


def _identity(connection: Connection, extra: Mapping[str, Any], *, naming: Naming) -> Identity:
    if not connection.login:
        raise _wrong(connection, "login is empty: it holds the client id of the application")
    tenant = extra.get("tenant_id")
    authority = extra.get("authority") or (default_authority(tenant) if tenant else None)
    if authority is None:
        raise _wrong(connection, "extra key tenant_id is missing")
    if urlsplit(authority).scheme != _HTTPS:
        raise _wrong(connection, "extra key authority is no https address: a secret sent to it could be read")
    return Identity(
        client_id=connection.login,
        authority=authority.rstrip("/"),
        secret=connection.password or None,
        certificate=extra.get("certificate") or None,
        verify=_verify(connection, extra.get("verify", True)),
        naming=naming,
    )


def _verify(connection: Connection, said: object) -> bool | str:
    if said is None or said is True or str(said).strip().lower() in {"", "true"}:
        return True
    if said is False or str(said).strip().lower() == "false":
        raise _wrong(connection, "extra key verify must be true or the path of a CA bundle; it cannot be switched off")
    return str(said)


def _wrong(connection: Connection, problem: str) -> ConfigurationError:
    return ConfigurationError(f"connection {connection.conn_id}: {problem}")
