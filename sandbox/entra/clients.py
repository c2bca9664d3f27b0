"""Who is asking: the application's secret, or its signed assertion, checked."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import jwt
from cryptography import x509

from sandbox.entra import errors
from sandbox.tenant import tenant_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.world import World

DEFAULTS = {"expired_secrets": []}
"""Client ids whose secret is past its end."""


def authenticate(world: World, form: Mapping[str, str], *, endpoint: str) -> str:
    """Give the client id of the application that proved itself."""
    client_id = known_client(world, form)
    if assertion := form.get("client_assertion"):
        _verify(world, assertion, client_id=client_id, endpoint=endpoint)
        return client_id
    given = form.get("client_secret")
    if not given:
        raise errors.no_credential()
    if not hmac.compare_digest(given.encode(), (tenant_of(world).secret_of(client_id) or "").encode()):
        raise errors.wrong_secret(client_id)
    if client_id in world.settings["expired_secrets"]:
        raise errors.expired_secret(client_id)
    return client_id


def known_client(world: World, form: Mapping[str, str]) -> str:
    """Give the client id that the form names, known to the tenant."""
    client_id = form.get("client_id")
    if not client_id:
        name = "client_id"
        raise errors.missing(name)
    if tenant_of(world).secret_of(client_id) is None:
        raise errors.unknown_client(client_id)
    return client_id


def _verify(world: World, assertion: str, *, client_id: str, endpoint: str) -> None:
    certificate = x509.load_pem_x509_certificate(tenant_of(world).certificate.encode())
    try:
        claims = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=["RS256", "PS256"],
            audience=endpoint,
            options={"require": ["exp", "iss", "sub"]},
        )
    except jwt.InvalidTokenError as error:
        raise errors.bad_assertion(str(error)) from error
    if {claims["iss"], claims["sub"]} != {client_id}:
        reason = "issuer and subject must be the application"
        raise errors.bad_assertion(reason)
