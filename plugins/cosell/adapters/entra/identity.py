"""Our application as Entra ID knows it, and what its refusals mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msal

from cosell.adapters.entra.wire import LoginWire
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
_PFX = {".pfx", ".p12"}
_PERSON_NEEDED = {"invalid_grant", "interaction_required", "login_required", "consent_required", "expired_token"}
_PASSING = {"temporarily_unavailable", "server_error"}
_SETTING_WRONG = {"invalid_scope", "invalid_resource", "invalid_request", "invalid_tenant"}
_EXPIRED = 7000222
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
                http_client=LoginWire(verify=self.verify, transport=self.wire),
                instance_discovery=urlsplit(self.authority).hostname in _MICROSOFT_LOGINS,
            )
        except CosellError:
            raise
        except ValueError as error:
            message = f"msal cannot use authority {self.authority} or the credential of client {self.client_id}"
            raise ConfigurationError(message) from error

    def refusal(self, answer: Mapping[str, Any], *, scope: str) -> CosellError:
        """Give the error for an answer without a token; Entra's own sentence is left out, it may name persons."""
        kind = str(answer.get("error", ""))
        codes = ", ".join(f"AADSTS{code}" for code in answer.get("error_codes") or ())
        said = f"{kind} ({codes})" if codes else kind
        if kind in _PERSON_NEEDED:
            return SignInNeededError(f"{said}: a person must sign in with MFA: `airflow cosell sign-in`")
        if kind in _PASSING:
            return ServiceUnavailableError(f"the sign-in service answered {said}")
        if kind in _SETTING_WRONG:
            return ConfigurationError(f"the sign-in service refused scope {scope} of client {self.client_id}: {said}")
        if _EXPIRED in (answer.get("error_codes") or ()):
            message = (
                f"the secret of client {self.client_id} has expired ({said}): make a new one in Entra ID and enter it "
                "in the connection"
            )
            return AccessDeniedError(message)
        message = f"the sign-in service refused client {self.client_id}: {said}; check its secret or certificate"
        return AccessDeniedError(message)

    def _credential(self) -> str | dict[str, str] | None:
        if not self.certificate:
            return self.secret or None
        path = Path(self.certificate)
        if "-----BEGIN" not in self.certificate and path.suffix.lower() in _PFX:
            return {"private_key_pfx_path": str(path), **self._passphrase()}
        pem = self.certificate if "-----BEGIN" in self.certificate else _read(path)
        key, certificate = _KEY.search(pem), _CERTIFICATE.search(pem)
        if key is None or certificate is None:
            message = "the connection's certificate must hold a private key and its certificate"
            raise ConfigurationError(message)
        return {"private_key": key[0], "public_certificate": certificate[0], **self._passphrase()}

    def _passphrase(self) -> dict[str, str]:
        return {"passphrase": self.secret} if self.secret else {}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        message = f"the connection's certificate cannot be read: {path}"
        raise ConfigurationError(message) from error
