"""Lamps and sensors that are LwM2M clients, on CoAP and TLV of their own."""
