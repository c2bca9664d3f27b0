"""cosell: keeps Microsoft Partner Center referrals and Dynamics 365 opportunities the same on both sides."""
