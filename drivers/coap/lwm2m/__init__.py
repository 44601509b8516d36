"""The hub as LwM2M server (1.0 and 1.1 over UDP)."""

from drivers.coap.lwm2m.server import Lwm2mServer

__all__ = ["Lwm2mServer"]
