"""Whom the receiver believes: a bundle of authorities, and the organisation that issues Microsoft's certificates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from cosell.core.errors import ConfigurationError
from cosell.webhook.refused import NotGenuineError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_LEAST_BITS = 2048
_PEM = b"-----BEGIN CERTIFICATE-----"


class Trust:
    """Authorities, those that are believed by themselves (roots) and those between them and a leaf."""

    def __init__(self, authorities: Iterable[x509.Certificate], *, organisation: str) -> None:
        both = list(authorities)
        roots = [one for one in both if one.subject == one.issuer]
        if not roots:
            raise ConfigurationError("COSELL_WEBHOOK_TRUST holds no root certificate (one that issued itself)")
        self._store = Store(roots)
        self._between = [one for one in both if one.subject != one.issuer]
        self._organisation = organisation

    def accept(self, content: bytes, *, now: datetime) -> tuple[RSAPublicKey, datetime]:
        """Give a downloaded certificate's key and the end of its validity; raises NotGenuineError."""
        try:
            leaf = _load(content)
            self._check_chain(leaf, now=now)
            issuers = [one.value for one in leaf.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
            key = leaf.public_key()
        except VerificationError:
            raise NotGenuineError("the certificate does not lead to a trusted root, or is not valid now") from None
        except (ValueError, UnsupportedAlgorithm):
            raise NotGenuineError("there is no certificate at its address") from None
        if self._organisation not in issuers:
            raise NotGenuineError("the certificate was issued by another organisation")
        if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
            raise NotGenuineError("the certificate's key is too weak or of another kind")
        return key, leaf.not_valid_after_utc

    def _check_chain(self, leaf: x509.Certificate, *, now: datetime) -> None:
        # Microsoft signs with a server's certificate, which a verifier of clients refuses by its usage alone
        policy = PolicyBuilder().store(self._store).time(now)
        policy = policy.extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        policy.build_client_verifier().verify(leaf, self._between)


def read_trust(path: str, *, organisation: str) -> Trust:
    """Give the trust of a PEM file with roots and intermediates; raises ConfigurationError."""
    try:
        authorities = x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        message = f"COSELL_WEBHOOK_TRUST names a file that cannot be read as PEM certificates: {path}"
        raise ConfigurationError(message) from error
    return Trust(authorities, organisation=organisation)


def _load(content: bytes) -> x509.Certificate:
    if _PEM in content:
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)
