"""Entra's error bodies: an OAuth error, and the AADSTS number that says what it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.answers import Answer


@dataclass
class EntraError(Exception):
    """A refusal of the token endpoint."""

    error: str
    number: int
    text: str
    status: int = 400

    def answer(self, request_id: str) -> Answer:
        """Give the refusal as the endpoint words it."""
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
        body = {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.text} Trace ID: {request_id} Timestamp: {now}",
            "error_codes": [self.number],
            "timestamp": now,
            "trace_id": request_id,
            "correlation_id": request_id,
        }
        return Answer(self.status, body)


def missing(parameter: str) -> EntraError:
    """Give the refusal of a request without a required parameter."""
    return EntraError(
        "invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'."
    )


def unknown_client(client_id: str) -> EntraError:
    """Give the refusal of an application that the tenant does not have."""
    return EntraError("unauthorized_client", 700016, f"Application with identifier '{client_id}' was not found.")


def wrong_secret(client_id: str) -> EntraError:
    """Give the refusal of a wrong client secret."""
    text = f"Invalid client secret provided for app '{client_id}'."
    return EntraError("invalid_client", 7000215, text, 401)


def expired_secret(client_id: str) -> EntraError:
    """Give the refusal of a client secret that is past its end."""
    return EntraError(
        "invalid_client", 7000222, f"The provided client secret keys for app '{client_id}' are expired.", 401
    )


def no_credential() -> EntraError:
    """Give the refusal of a confidential client that sends neither secret nor assertion."""
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return EntraError("invalid_client", 7000218, text, 401)


def bad_assertion(reason: str) -> EntraError:
    """Give the refusal of a client assertion that does not verify."""
    return EntraError("invalid_client", 700027, f"Client assertion failed signature validation: {reason}.", 401)


def unknown_resource(resource: str) -> EntraError:
    """Give the refusal of a scope whose resource the tenant does not know."""
    return EntraError("invalid_resource", 500011, f"The resource principal named {resource} was not found.")


def bad_grant() -> EntraError:
    """Give the refusal of a refresh token that is unknown, rotated away or revoked."""
    return EntraError("invalid_grant", 70000, "Provided grant is invalid or malformed.")
