"""Who may do what: users and their passwords, tokens, roles, zone limits, and the accounts of devices."""
