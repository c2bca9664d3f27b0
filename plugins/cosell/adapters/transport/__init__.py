"""HTTP towards one service: pinned to its host, patient, adaptive, and repeating only what may be repeated."""

from cosell.adapters.transport.client import Transport
from cosell.adapters.transport.errors import NoAnswerError
from cosell.adapters.transport.messages import Answer, Request, must_be_json
from cosell.adapters.transport.settings import UNNAMED, Naming, Options, Patience, TokenSource

__all__ = [
    "UNNAMED",
    "Answer",
    "Naming",
    "NoAnswerError",
    "Options",
    "Patience",
    "Request",
    "TokenSource",
    "Transport",
    "must_be_json",
]
