"""Junctions: the life of their plan sets, orders to them, green waves. Why it is so: docs/decisions/031."""
