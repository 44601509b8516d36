"""Incidents and playbooks: what the city does by itself when something happens."""
