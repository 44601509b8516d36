"""Alarms that people can trust: rules, life cycle, causes. docs/decisions/025-alarms.md says why it is so."""
