"""Stations that speak CoAP instead of MQTT: the same contract over UDP."""
