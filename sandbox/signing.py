"""Signs events as Partner Center does: a chain of root, issuer and leaf, and the headers that go with a body."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MICROSOFT = "Microsoft Corporation"
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Signer:
    """Who signs events: a leaf and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        """Give the certificate as bytes, as Microsoft's server does."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """Give the certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def token(self, body: bytes, *, digest: hashes.HashAlgorithm | None = None) -> str:
        """Give the signature of a body, in base64."""
        return base64.b64encode(self.key.sign(body, padding.PKCS1v15(), digest or hashes.SHA256())).decode()

    def headers(self, body: bytes, *, certificate_url: str) -> dict[str, str]:
        """Give the headers of a delivery."""
        return {
            "Authorization": f"Signature {self.token(body)}",
            "Content-Type": "application/json",
            "X-MS-Certificate-Url": certificate_url,
            "X-MS-Signature-Algorithm": "rsa-sha256",
        }


class Chain:
    """A root, and beneath it an issuer that bears an organisation's name."""

    def __init__(self, *, organisation: str = MICROSOFT) -> None:
        root_key, self._key = _new_key(), _new_key()
        root_name = _name("cosell sandbox root", organisation="cosell sandbox")
        self._name = _name("cosell sandbox issuer", organisation=organisation)
        until = datetime.now(UTC) + 10 * _YEAR
        root = _builder(root_name, key=root_key, until=until, issuer=root_name, issuer_key=root_key)
        issuer = _builder(self._name, key=self._key, until=until, issuer=root_name, issuer_key=root_key)
        self.root = _as_authority(root).sign(root_key, hashes.SHA256())
        self.issuer = _as_authority(issuer).sign(root_key, hashes.SHA256())

    @property
    def bundle(self) -> bytes:
        """Give root and issuer as one PEM file."""
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (self.root, self.issuer))

    def signer(self, *, until: datetime | None = None, bits: int = 2048) -> Signer:
        """Give a leaf, valid until then (else for 90 days): a server's certificate, as Microsoft signs with."""
        key, until = _new_key(bits), until or datetime.now(UTC) + _YEAR / 4
        name = _name("pcnotifications-dispatch.microsoft.example", organisation=MICROSOFT)
        leaf = (
            _builder(name, key=key, until=until, issuer=self._name, issuer_key=self._key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("microsoft.example")]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Signer(leaf, key)


def _builder(
    name: x509.Name, *, key: rsa.RSAPrivateKey, until: datetime, issuer: x509.Name, issuer_key: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), until) - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _as_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    uses = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage = x509.KeyUsage(key_cert_sign=True, crl_sign=True, **uses)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)


def _new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _name(common: str, *, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
