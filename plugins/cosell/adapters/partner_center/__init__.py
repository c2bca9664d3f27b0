"""Partner Center's Referrals API as a replica."""

from cosell.adapters.partner_center.client import open_transport
from cosell.adapters.partner_center.replica import PartnerCenterReplica

__all__ = ["PartnerCenterReplica", "open_transport"]
