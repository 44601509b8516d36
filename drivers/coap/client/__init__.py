"""The hub as client of devices that host resources and know nothing of the hub (RFC 7252, RFC 7641, RFC 7959)."""

from drivers.coap.client.client import Client

__all__ = ["Client"]
