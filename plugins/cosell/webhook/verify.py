"""Reads who claims to have signed a request, and checks the claim over the raw body. No I/O.

Follows Microsoft's "Partner Center webhook events": the body alone is signed, byte for byte, RSA PKCS#1 v1.5.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from cosell.webhook.refused import MisshapenError, NotGenuineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHM = "rsa-sha256"
_SCHEME = "signature"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the headers say of the signature."""

    certificate_url: str
    signature: bytes


def read_claim(headers: Mapping[str, str]) -> Claim:
    """Give the claim of a request; raises NotGenuineError without one, MisshapenError with half of one.

    The headers' names are found in any case, as Starlette's are.
    """
    token = _token(headers)
    if token is None:
        raise NotGenuineError("no signature")
    address, algorithm = headers.get("x-ms-certificate-url"), headers.get("x-ms-signature-algorithm")
    if not address or not algorithm:
        raise MisshapenError("no certificate address or no algorithm")
    if algorithm.strip().lower() != ALGORITHM:
        raise NotGenuineError("another algorithm", shown=algorithm)
    try:
        signature = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise NotGenuineError("the signature is not base64") from None
    return Claim(certificate_url=address.strip(), signature=signature)


def is_signed(body: bytes, claim: Claim, *, key: RSAPublicKey) -> bool:
    """Tell whether the key's owner signed these very bytes."""
    try:
        key.verify(claim.signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _token(headers: Mapping[str, str]) -> str | None:
    """Give the signature's text: gateways use Authorization for themselves, so it counts with our scheme only."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == _SCHEME:
        return token.strip()
    alone = headers.get("x-ms-signature", "").strip()
    scheme, _, token = alone.partition(" ")
    return (token.strip() if scheme.lower() == _SCHEME else alone) or None
