"""Notifications: who is told of an alarm, by which channel, when, and the proof of it."""
