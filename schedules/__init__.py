"""Pure decisions: what should be true at time t. Imports nothing of ours, does no I/O, never reads the clock."""
