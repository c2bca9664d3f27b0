"""A local Dataverse: the Web API over rows in the sandbox's store, with the manners of the real one.

Where the contract leaves a choice, the harder one for a client was taken: Won, Lost and Qualified cannot be set by an
update; of a closed opportunity or lead only custom columns change; revenue counts itself unless told not to; money is
rounded to its currency; custom navigation properties carry the schema name; a paged list follows the rows as they
change; a link that was re-encoded is refused; contact lacks CreateMultiple; one row twice in a bulk call is a
deadlock; 5.0 is no whole number; empty texts become null. Not served: $apply, FetchXML, SQL, changes
of metadata.
"""

from sandbox.dataverse.app import create_app

__all__ = ["create_app"]
