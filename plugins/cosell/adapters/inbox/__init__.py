"""The inbox as files: on a local disk or in object storage."""

from cosell.adapters.inbox.known import KnownAddresses
from cosell.adapters.inbox.stored import StoredInbox

__all__ = ["KnownAddresses", "StoredInbox"]
