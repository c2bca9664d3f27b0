"""What a connection to one of the two APIs says, checked: base URL, application, and how its certificate is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk.log import mask_secret

from cosell.adapters.entra import Identity, default_authority
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Connection

_BEGIN_PEM = "-----BEGIN"
_USUAL_PORTS = {"https": 443, "http": 80}


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


def read_connection(connection: Connection) -> ApiConnection:
    """Give what the connection says; raises ConfigurationError naming the part that is missing or wrong."""
    extra: dict[str, Any] = connection.extra_dejson
    if extra.get("refresh_token"):
        mask_secret(str(extra["refresh_token"]))
    if _BEGIN_PEM in str(extra.get("certificate")):
        mask_secret(extra["certificate"])
    base_url = _base_url(connection)
    return ApiConnection(
        conn_id=connection.conn_id,
        base_url=base_url,
        identity=_identity(connection, extra),
        scope=extra.get("scope") or f"{base_url}/.default",
        extra=extra,
    )


def _base_url(connection: Connection) -> str:
    host = (connection.host or "").rstrip("/")
    if not host:
        raise _wrong(connection, "host is empty: it holds the base URL of the service")
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    try:
        parts = urlsplit(host)
        named, usual = parts.port, _USUAL_PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise _wrong(connection, "host is not a base URL") from None
    if not parts.hostname:
        raise _wrong(connection, "host is not a base URL")
    # A scope is made of the base URL, and Microsoft knows its own without the usual port.
    host = host.removesuffix(f":{usual}")
    return host if named or connection.port in {None, 0, usual} else f"{host}:{connection.port}"


def _identity(connection: Connection, extra: Mapping[str, Any]) -> Identity:
    if not connection.login:
        raise _wrong(connection, "login is empty: it holds the client id of the application")
    tenant = extra.get("tenant_id")
    authority = extra.get("authority") or (default_authority(tenant) if tenant else None)
    if authority is None:
        raise _wrong(connection, "extra key tenant_id is missing")
    return Identity(
        client_id=connection.login,
        authority=authority.rstrip("/"),
        secret=connection.password or None,
        certificate=extra.get("certificate") or None,
        verify=_verify(connection, extra.get("verify", True)),
    )


def _verify(connection: Connection, said: object) -> bool | str:
    if said is None or said is True or str(said).strip().lower() in {"", "true"}:
        return True
    if said is False or str(said).strip().lower() == "false":
        raise _wrong(connection, "extra key verify must be true or the path of a CA bundle; it cannot be switched off")
    return str(said)


def _wrong(connection: Connection, problem: str) -> ConfigurationError:
    return ConfigurationError(f"connection {connection.conn_id}: {problem}")
