"""A small MQTT 3.1.1 client made for thousands of connections on one asyncio loop (QoS 0 and 1)."""
