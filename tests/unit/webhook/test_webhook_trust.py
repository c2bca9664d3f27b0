"""Whose certificate counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import ConfigurationError
from cosell.webhook.refused import NotGenuineError
from cosell.webhook.trust import Trust, read_trust
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates import authority, write_leaf
from sandbox.signing import MICROSOFT, Chain

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.signing import Signer

NOW = datetime.now(UTC)


def trust_in(chain: Chain, *, organisation: str = MICROSOFT) -> Trust:
    """Give the trust of somebody who has that chain's bundle."""
    return Trust(x509.load_pem_x509_certificates(chain.bundle), organisation=organisation)


def test_der_and_pem_are_taken(chain: Chain, signer: Signer) -> None:
    """Microsoft's samples load the one and the other; a server's certificate signs."""
    for content in (signer.der, signer.pem):
        key, ends = trust_in(chain).accept(content, now=NOW)
        assert key.public_numbers() == signer.key.public_key().public_numbers()
        assert ends == signer.certificate.not_valid_after_utc


def test_another_chain_of_the_same_names_is_not_trusted(chain: Chain) -> None:
    """A name is no proof."""
    with pytest.raises(NotGenuineError, match="trusted root"):
        trust_in(chain).accept(Chain().signer().der, now=NOW)


def test_validity_is_looked_at(chain: Chain, signer: Signer) -> None:
    """Neither after its end nor before its beginning."""
    trust = trust_in(chain)
    for now in (signer.certificate.not_valid_after_utc + timedelta(seconds=1), NOW - timedelta(days=2)):
        with pytest.raises(NotGenuineError, match="valid now"):
            trust.accept(signer.der, now=now)


def test_the_issuer_must_be_microsoft(signer: Signer) -> None:
    """The same root signs for others too."""
    other = Chain(organisation="Contoso AB")
    with pytest.raises(NotGenuineError, match="another organisation"):
        trust_in(other).accept(other.signer().der, now=NOW)
    trust_in(other, organisation="Contoso AB").accept(other.signer().der, now=NOW)


def test_a_weak_key_is_not_taken(chain: Chain) -> None:
    """1024 bits are too few."""
    with pytest.raises(NotGenuineError, match="too weak"):
        trust_in(chain).accept(chain.signer(bits=1024).der, now=NOW)


def test_a_missing_intermediate_breaks_the_chain(chain: Chain, signer: Signer) -> None:
    """It is never downloaded: the bundle must hold it."""
    with pytest.raises(NotGenuineError, match="trusted root"):
        Trust([chain.root], organisation=MICROSOFT).accept(signer.der, now=NOW)


def test_an_issuer_s_own_certificate_signs_no_events_when_it_is_no_root(chain: Chain, tmp_path: Path) -> None:
    """A leaf with another kind of key, of an authority that we trust for something else, is refused in words."""
    certificate, _ = write_leaf(tmp_path, names=())
    trust = Trust([chain.root, authority(tmp_path).certificate], organisation=MICROSOFT)
    with pytest.raises(NotGenuineError):
        trust.accept(certificate.read_bytes(), now=NOW)


@pytest.mark.parametrize("content", [b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate(chain: Chain, content: bytes) -> None:
    """A page of an error is none."""
    with pytest.raises(NotGenuineError, match="no certificate"):
        trust_in(chain).accept(content, now=NOW)


def test_the_bundle_is_read_and_named_where_it_is_wrong(chain: Chain, tmp_path: Path) -> None:
    """An operator learns which setting to mend."""
    path = tmp_path / "trust.pem"
    for content in (None, b"nothing", chain.issuer.public_bytes(Encoding.PEM)):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigurationError, match="COSELL_WEBHOOK_TRUST"):
            read_trust(str(path), organisation=MICROSOFT)
    path.write_bytes(chain.bundle)
    read_trust(str(path), organisation=MICROSOFT)
