"""Peers with a key: libcoap's clients as programs of their own, and DTLS datagrams that a test can keep, repeat and mutilate."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Any

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

from tests.drivers.coap.peers import Said, Wire, read, wire
from tests.servers.missing import need

_MOST = 65_536
_SIGNATURE = "unsigned int (*)(SSL *, const char *, char *, unsigned int, unsigned char *, unsigned int)"


def program(library: str) -> str:
    """libcoap's client built with that library: openssl or gnutls."""
    found = shutil.which(f"coap-client-{library}")
    need("libcoap", found is not None, "apt-get install libcoap3-bin")
    assert found is not None
    return found


async def libcoap(
    port: int, identity: str, key: bytes, path: str, *words: str, body: bytes | None = None, library: str = "openssl"
) -> str:
    """What `coap-client -u IDENTITY -k KEY coaps://127.0.0.1:port/path` prints, on both its outputs."""
    process = await asyncio.create_subprocess_exec(
        program(library), "-v", "6", "-B", "5", "-u", identity, "-k", key.decode(), *words,
        *(["-f", "-"] if body is not None else []), f"coaps://127.0.0.1:{port}{path}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            said, _ = await process.communicate(body)
    finally:
        if process.returncode is None:
            process.kill()
    return said.decode(errors="replace")


class Keyed:
    """A device with a key, on a socket of its own. `sent` are the datagrams that left."""

    def __init__(self, wire: Wire, identity: str, key: bytes) -> None:
        self.wire, self.sent = wire, list[bytes]()
        self._context = context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_cipher_list(b"PSK-AES128-CCM8:@SECLEVEL=0")
        self._asked = Binding.ffi.callback(_SIGNATURE, self._ask)
        Binding.lib.SSL_CTX_set_psk_client_callback(context._context, self._asked)
        self._identity, self._key = identity.encode() + b"\0", key
        self._connection = SSL.Connection(context, None)
        self._connection.set_connect_state()
        self._connection.set_ciphertext_mtu(1400)

    def _ask(self, _: Any, hint: Any, identity: Any, room: int, key: Any, most: int) -> int:
        Binding.ffi.memmove(identity, self._identity, len(self._identity))
        Binding.ffi.memmove(key, self._key, len(self._key))
        return len(self._key)

    def step(self) -> bytes:
        """The next datagram of the handshake, not sent; empty when it is over."""
        with contextlib.suppress(SSL.WantReadError):
            self._connection.do_handshake()
        return self._outgoing()

    def seal(self, data: bytes) -> bytes:
        """The datagram that carries `data`, not sent."""
        self._connection.send(data)
        return self._outgoing()

    def send(self, datagram: bytes) -> None:
        self.sent.append(datagram)
        self.wire.send(datagram)

    def take(self, datagram: bytes) -> None:
        self._connection.bio_write(datagram)

    async def sign_in(self, within: float = 10.0) -> None:
        """The whole handshake, said again as DTLS does; raises SSL.Error for an alert, TimeoutError when nothing comes."""
        async with asyncio.timeout(within):
            while True:
                try:
                    self._connection.do_handshake()
                except SSL.WantReadError:
                    if out := self._outgoing():
                        self.send(out)
                    with contextlib.suppress(TimeoutError):
                        self.take(await asyncio.wait_for(self.wire.heard.get(), self._connection.DTLSv1_get_timeout()))
                    self._connection.DTLSv1_handle_timeout()
                else:
                    return

    async def ask(self, message: bytes, within: float = 10.0) -> Said:
        """Send a message, and the next one that comes."""
        self.send(self.seal(message))
        return await self.hear(within)

    async def hear(self, within: float = 10.0) -> Said:
        """The next message; raises SSL.ZeroReturnError at the farewell."""
        return read(await self.hear_bytes(within))

    async def hear_bytes(self, within: float = 10.0) -> bytes:
        """The same, as it came."""
        async with asyncio.timeout(within):
            while True:
                try:
                    return self._connection.recv(_MOST)
                except SSL.WantReadError:
                    self.take(await self.wire.heard.get())

    def _outgoing(self) -> bytes:
        with contextlib.suppress(SSL.WantReadError):
            return bytes(self._connection.bio_read(_MOST))
        return b""


@contextlib.asynccontextmanager
async def keyed(port: int, identity: str, key: bytes) -> AsyncIterator[Keyed]:
    """A device that has not signed in yet."""
    async with wire(port) as socket:
        yield Keyed(socket, identity, key)


class Tunnel(Wire):
    """What a Wire is to a device without a key: deciphered messages come, and what is sent leaves ciphered."""

    def __init__(self, device: Keyed) -> None:
        super().__init__()
        self._device = device

    def send(self, data: bytes) -> None:
        self._device.send(self._device.seal(data))

    async def live(self) -> None:
        with contextlib.suppress(SSL.ZeroReturnError):
            while True:
                self.heard.put_nowait(await self._device.hear_bytes(3600))


@contextlib.asynccontextmanager
async def tunnel(port: int, identity: str, key: bytes) -> AsyncIterator[Tunnel]:
    """A wire of a device that has signed in."""
    async with keyed(port, identity, key) as device:
        await device.sign_in()
        made = Tunnel(device)
        life = asyncio.create_task(made.live())
        try:
            yield made
        finally:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
