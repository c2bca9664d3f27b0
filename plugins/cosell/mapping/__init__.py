"""How a referral field is said in Dataverse: the mapping file, read, checked and applied with pandas."""
