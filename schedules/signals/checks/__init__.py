"""The rules, each beside what it is about. What a check needs to hold already, the one before it has found."""
