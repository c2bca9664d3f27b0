"""Our application as Entra ID knows it, and what its refusals mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msal

from cosell.adapters.entra.wire import LoginWire, unknown_tenant
from cosell.adapters.transport import UNNAMED, Naming
from cosell.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    CosellError,
    ServiceUnavailableError,
    SignInNeededError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_MICROSOFT_LOGINS = {
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
}


class _Refusal(NamedTuple):
    """What a number of Entra's means for a connection, and the way out."""

    error: type[AccessDeniedError | ConfigurationError]
    told: str


_REFUSALS: Final = {
    700016: _Refusal(
        ConfigurationError,
        "its tenant has no application {client} ({said}): correct its login (client id), or its extra key tenant_id "
        "where the application is registered in another tenant",
    ),
    7000215: _Refusal(
        AccessDeniedError,
        "the secret of client {client} is wrong ({said}): enter the secret's value, not its id, as its password "
        "(client secret)",
    ),
    7000222: _Refusal(
        AccessDeniedError,
        "the secret of client {client} has expired ({said}): make a new one in Entra ID and enter it as its password "
        "(client secret)",
    ),
    7000218: _Refusal(
        AccessDeniedError,
        "client {client} sent no secret ({said}): enter its password (client secret); to sign in by a code, allow "
        "public client flows for the application in Entra ID (Authentication)",
    ),
    700025: _Refusal(
        AccessDeniedError,
        "client {client} is a public client ({said}), which has no secret: leave its password and certificate empty",
    ),
}
"""By the number after AADSTS. Others are told by their number alone."""
_PFX = {".pfx", ".p12"}
_PERSON_NEEDED = {"invalid_grant", "interaction_required", "login_required", "consent_required", "expired_token"}
_PASSING = {"temporarily_unavailable", "server_error"}
_SETTING_WRONG = {"invalid_scope", "invalid_resource", "invalid_request", "invalid_tenant"}
_UNKNOWN_TENANT = {90002, 900023}
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def default_authority(tenant_id: str) -> str:
    """Give Microsoft's login address for a tenant."""
    return f"https://login.microsoftonline.com/{tenant_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An application registration and how it proves itself; without secret and certificate it is a public client."""

    client_id: str
    authority: str
    secret: str | None = field(default=None, repr=False)
    """The client secret; with a certificate, its passphrase."""
    certificate: str | None = field(default=None, repr=False)
    """Path of a PFX or of a PEM with key and certificate, or that PEM itself."""
    verify: bool | str = True
    naming: Naming = UNNAMED
    wire: httpx.BaseTransport | None = field(default=None, repr=False)
    """Carries the requests instead of the network, in tests."""

    def application(self, *, public: bool = False) -> msal.ClientApplication:
        """Give msal's application; this asks the authority for its addresses, so it blocks."""
        credential = None if public else self._credential()
        kind = msal.PublicClientApplication if credential is None else msal.ConfidentialClientApplication
        try:
            return kind(
                self.client_id,
                authority=self.authority,
                client_credential=credential,
                http_client=LoginWire(self.authority, verify=self.verify, naming=self.naming, transport=self.wire),
                instance_discovery=urlsplit(self.authority).hostname in _MICROSOFT_LOGINS,
            )
        except CosellError:
            raise
        except ValueError as error:
            message = (
                f"{self.naming.connection}: its authority {self.authority}, or its certificate with its password as "
                "passphrase, cannot be used: correct what is wrong there"
            )
            raise ConfigurationError(message) from error

    def refusal(self, answer: Mapping[str, Any], *, scope: str) -> CosellError:
        """Give the error for an answer without a token; Entra's own sentence is left out, it may name persons."""
        kind, codes = str(answer.get("error", "")), tuple(answer.get("error_codes") or ())
        said = f"{kind} ({', '.join(f'AADSTS{code}' for code in codes)})" if codes else kind
        if _UNKNOWN_TENANT.intersection(codes) or kind == "invalid_tenant":
            return unknown_tenant(self.authority, naming=self.naming, said=said)
        known = next((_REFUSALS[code] for code in codes if code in _REFUSALS), None)
        if known is not None:
            return known.error(f"{self.naming.connection}: {known.told.format(client=self.client_id, said=said)}")
        if kind in _PERSON_NEEDED:
            told = f"{said}: a person must sign in with MFA for {self.naming.connection}: `{self.naming.sign_in}`"
            return SignInNeededError(told)
        if kind in _PASSING:
            return ServiceUnavailableError(f"{self.naming.connection}: the sign-in service answered {said}")
        refused = f"{self.naming.connection}: the sign-in service refused"
        if kind in _SETTING_WRONG:
            fix = "correct its host (base URL), or its extra key scope"
            return ConfigurationError(f"{refused} scope {scope} of client {self.client_id}: {said}; {fix}")
        fix = "check its login (client id), and its password (client secret) or certificate"
        return AccessDeniedError(f"{refused} client {self.client_id}: {said}; {fix}")

    def _credential(self) -> str | dict[str, str] | None:
        if not self.certificate:
            return self.secret or None
        path = Path(self.certificate)
        if "-----BEGIN" not in self.certificate and path.suffix.lower() in _PFX:
            return {"private_key_pfx_path": str(path), **self._passphrase()}
        pem = self.certificate if "-----BEGIN" in self.certificate else self._read(path)
        key, certificate = _KEY.search(pem), _CERTIFICATE.search(pem)
        if key is None or certificate is None:
            message = f"{self.naming.connection}: its certificate must hold a private key and its certificate"
            raise ConfigurationError(message)
        return {"private_key": key[0], "public_certificate": certificate[0], **self._passphrase()}

    def _passphrase(self) -> dict[str, str]:
        return {"passphrase": self.secret} if self.secret else {}

    def _read(self, path: Path) -> str:
        try:
            return path.read_text()
        except OSError as error:
            message = f"{self.naming.connection}: its certificate cannot be read: {path}"
            raise ConfigurationError(message) from error
