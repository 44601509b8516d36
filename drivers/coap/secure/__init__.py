"""CoAP over DTLS with a key for each device: the port, its sessions, and OpenSSL beneath them (docs/decisions/022)."""

from drivers.coap.secure.openssl import CannotSecure
from drivers.coap.secure.port import SecurePort
from drivers.coap.secure.sessions import Session

__all__ = ["CannotSecure", "SecurePort", "Session"]
