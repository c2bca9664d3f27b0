"""The signature's headers and the check over the raw body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.webhook.refused import MisshapenError, NotGenuineError
from cosell.webhook.verify import Claim, is_signed, read_claim
from cryptography.hazmat.primitives import hashes
from starlette.datastructures import Headers

if TYPE_CHECKING:
    from cosell.webhook.refused import RefusedError

    from sandbox.signing import Signer

BODY = b'{"EventName":"referral-updated"}'
URL = "https://host.example/cert/a.cer"
HALF = {"X-MS-Certificate-Url": URL, "X-MS-Signature-Algorithm": "rsa-sha256"}


@pytest.mark.parametrize(
    "where",
    [
        {"Authorization": "Signature aGVq"},
        {"Authorization": "signature  aGVq"},
        {"X-MS-Signature": "Signature aGVq"},
        {"X-MS-Signature": "aGVq"},
        {"Authorization": "Bearer eyJ0", "X-MS-Signature": "aGVq"},
        {"Authorization": "Signature aGVq", "X-MS-Signature": "b3RoZXI="},
    ],
)
def test_the_token_is_found_where_gateways_leave_it(where: dict[str, str]) -> None:
    """Authorization counts with our scheme only; else x-ms-signature, prefixed or bare."""
    assert read_claim(Headers({**HALF, **where})) == Claim(certificate_url=URL, signature=b"hej")


@pytest.mark.parametrize("algorithm", ["RSA-SHA256", "rsa-sha256 "])
def test_the_algorithm_may_be_spelled_in_any_case(algorithm: str) -> None:
    """There is one algorithm."""
    headers = Headers({**HALF, "X-MS-Signature": "aGVq", "X-MS-Signature-Algorithm": algorithm})
    assert read_claim(headers).signature == b"hej"


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        (HALF, NotGenuineError),
        ({**HALF, "Authorization": "Bearer aGVq"}, NotGenuineError),
        ({**HALF, "Authorization": "aGVq"}, NotGenuineError),
        ({**HALF, "X-MS-Signature": "not base64!"}, NotGenuineError),
        ({**HALF, "X-MS-Signature": "aGVqå"}, NotGenuineError),
        ({"X-MS-Signature": "aGVq", "X-MS-Certificate-Url": URL}, MisshapenError),
        ({"X-MS-Signature": "aGVq", "X-MS-Signature-Algorithm": "rsa-sha256"}, MisshapenError),
        *(
            ({**HALF, "X-MS-Signature": "aGVq", "X-MS-Signature-Algorithm": name}, NotGenuineError)
            for name in ("rsa-sha1", "none", "rsa-none", "hs256", "sha256", "rsa-sha512", "rsa")
        ),
    ],
)
def test_a_claim_that_is_none(headers: dict[str, str], error: type[RefusedError]) -> None:
    """No signature and any other algorithm are not genuine; a missing header is a wrong shape, as Microsoft has it."""
    with pytest.raises(error):
        read_claim(Headers(headers))


def test_the_very_bytes_are_signed(signer: Signer) -> None:
    """One byte more, or the same JSON written anew, is another body."""
    claim = read_claim(Headers(signer.headers(BODY, certificate_url=URL)))
    key = signer.key.public_key()
    assert is_signed(BODY, claim, key=key)
    assert not is_signed(BODY + b" ", claim, key=key)
    assert not is_signed(BODY.replace(b":", b": "), claim, key=key)
    assert not is_signed(BODY, Claim(certificate_url=URL, signature=b""), key=key)


def test_sha1_under_the_name_of_sha256_is_not_enough(signer: Signer) -> None:
    """What counts is how it was signed, not how that is called."""
    weak = {**HALF, "X-MS-Signature": signer.token(BODY, digest=hashes.SHA1())}  # noqa: S303 - that is the point
    assert not is_signed(BODY, read_claim(Headers(weak)), key=signer.key.public_key())
