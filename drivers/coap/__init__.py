"""The CoAP driver: native devices that post SenML, and LwM2M clients."""

from drivers.coap.driver import CoapDriver

__all__ = ["CoapDriver"]
