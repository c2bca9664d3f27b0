"""The receiver of Partner Center's events: verify the signature, land the event in the inbox, answer."""
