"""The sandbox's own certificate authority, its server certificate, and a client certificate to sign in with."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_YEARS_10 = timedelta(days=3650)
# Leaves stay under the 398 days that strict clients accept; they are made anew at every start.
_LEAF = timedelta(days=90)
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority(NamedTuple):
    """A certificate authority."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority(folder: Path) -> Authority:
    """Give the authority kept in a folder (`ca.pem`, `ca.key`), made on first use."""
    certificate_path, key_path = folder / "ca.pem", folder / "ca.key"
    if certificate_path.exists() and key_path.exists():
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return Authority(x509.load_pem_x509_certificate(certificate_path.read_bytes()), key)
    made = _new_authority()
    write_private(key_path, _key_pem(made.key))
    certificate_path.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    return made


def write_leaf(folder: Path, *, names: Iterable[str]) -> tuple[Path, Path]:
    """Write a fresh server certificate for the local names and those given; give the paths of certificate and key."""
    issuer = authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("cosell sandbox", key=key, issuer=issuer.certificate.subject, lifetime=_LEAF)
    alternative = x509.SubjectAlternativeName([_name(name) for name in dict.fromkeys((*_LOCAL_NAMES, *names))])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    signed = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(alternative, critical=False)
        .add_extension(usage, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "server.pem", folder / "server.key"
    certificate_path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    write_private(key_path, _key_pem(key))
    return certificate_path, key_path


def client_certificate() -> tuple[str, str]:
    """Give a new self-signed certificate for an application, and its key, both as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = _subject("cosell sandbox application")
    signed = _builder("cosell sandbox application", key=key, issuer=name, lifetime=_YEARS_10).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key).decode()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; nobody ever sees half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)


def _new_authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("cosell sandbox authority")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    signed = (
        _builder("cosell sandbox authority", key=key, issuer=name, lifetime=_YEARS_10)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(signed, key)


def _builder(common_name: str, *, key: Key, issuer: x509.Name, lifetime: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
