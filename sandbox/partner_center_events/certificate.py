"""Who signs the events: a chain of the sandbox's own, made on first use and kept, so that trust outlives a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.signing import Chain, Signer

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World

PATH = "/cert/pcnotifications-dispatch.microsoft.example.cer"
_ONLY = "signer"
_LIFETIME = timedelta(days=3000)


def certificate_url(world: World) -> str:
    """Give where the signer's certificate can be downloaded."""
    return f"{world.settings['urls']['partner_center_events']}{PATH}"


def signer_of(world: World) -> Signer:
    """Give the world's signer."""
    kept = _kept(world)
    return _signer(kept["certificate"], kept["key"])


def trust_of(world: World) -> str:
    """Give root and issuing authority of the signer's certificate, as one PEM text."""
    return str(_kept(world)["trust"])


def _kept(world: World) -> Document:
    table = world.store.table("event_signer")
    kept = table.get(_ONLY)
    if kept is not None:
        return kept
    chain = Chain()
    signer = chain.signer(until=datetime.now(UTC) + _LIFETIME)
    made = {"certificate": signer.pem.decode(), "key": _pem(signer.key), "trust": chain.bundle.decode()}
    table.put(_ONLY, made)
    return made


@lru_cache(maxsize=8)
def _signer(certificate: str, key: str) -> Signer:
    loaded = serialization.load_pem_private_key(key.encode(), password=None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError(type(loaded))
    return Signer(x509.load_pem_x509_certificate(certificate.encode()), loaded)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
