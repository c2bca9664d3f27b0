"""A local Dataverse: the Web API over rows in the sandbox's store, with the manners of the real one."""

from sandbox.dataverse.app import create_app

__all__ = ["create_app"]
