"""Dataverse: one organisation's Web API as the replica that the steps read and write."""

from cosell.adapters.dataverse.organisation import Organisation
from cosell.adapters.dataverse.replica import DataverseReplica
from cosell.adapters.dataverse.settings import Catalogue, Settings

__all__ = ["Catalogue", "DataverseReplica", "Organisation", "Settings"]
