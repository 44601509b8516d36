"""A real SMTP server (aiosmtpd) with STARTTLS or TLS, sign-in, and refusals that a test asks for."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers.ports import free_port

USER, PASSWORD = "lamplighter@city.example", "a mail password 1"


class Box:
    """What was delivered. `refused` are recipients that get 550; `trouble` is what the next letters are answered with."""

    def __init__(self, port: int, authority: str) -> None:
        self.port, self.authority = port, authority
        self.letters: list[Message] = []
        self.recipients: list[list[str]] = []
        self.refused: set[str] = set()
        self.trouble: list[str] = []
        self.signed_in: list[str] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.trouble:
            return self.trouble.pop(0)
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 2.0.0 kept"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Only our user with its password."""
        assert isinstance(data, LoginPassword)
        good = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        self.signed_in += [data.login.decode()] * good
        return AuthResult(success=good, handled=good)


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(_loopback())]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def _loopback() -> Any:
    return ipaddress.ip_address("127.0.0.1")


@contextlib.contextmanager
def mailbox(folder: Path, security: str = "starttls", *, sign_in: bool = True) -> Iterator[Box]:
    """A mail server on a free port for as long as it is needed; `security` is starttls, tls or none."""
    pem = certificate(folder)
    text = pem.read_text()
    box = Box(free_port(), text[: text.index("-----BEGIN PRIVATE")])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    options: dict[str, Any] = {"authenticator": box.authenticate} if sign_in else {}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    elif security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, auth_required=sign_in, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
