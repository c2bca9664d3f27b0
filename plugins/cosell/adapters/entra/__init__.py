"""Access tokens from Entra ID by msal: the application's own for Dataverse, a person's for Partner Center."""

from cosell.adapters.entra.grants import ClientCredentials, RefreshTokenGrant
from cosell.adapters.entra.identity import Identity, default_authority
from cosell.adapters.entra.sign_in import SignIn, sign_in
from cosell.adapters.entra.vault import AccessToken, TokenVault

__all__ = [
    "AccessToken",
    "ClientCredentials",
    "Identity",
    "RefreshTokenGrant",
    "SignIn",
    "TokenVault",
    "default_authority",
    "sign_in",
]
