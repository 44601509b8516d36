"""DTLS 1.2 with pre-shared keys (RFC 6347, RFC 4279) by OpenSSL, over memory: datagrams in, datagrams out.

pyOpenSSL has everything but the call for pre-shared keys. That one is taken from the bindings beneath it, which promise
nothing: so both are pinned to releases that this was tested with, and `Acceptor` says it when the call is gone.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

CIPHERS = (
    b"ECDHE-PSK-CHACHA20-POLY1305:PSK-AES128-GCM-SHA256:PSK-AES128-CCM:PSK-AES128-CCM8"
    b":ECDHE-PSK-AES128-CBC-SHA256:PSK-AES128-CBC-SHA256:@SECLEVEL=0"
)
"""CCM8 is what RFC 7252 section 9.1.3.1 asks of every device, CBC-SHA256 what LwM2M 1.0 adds. OpenSSL counts CCM8 with its
tag of 64 bits as level 0, and these names are the only ones offered."""

_DTLS_1_2 = 0xFEFD
_NO_RENEGOTIATION = 1 << 30  # SSL_OP_NO_RENEGOTIATION
_LARGEST = 65_536
_COOKIE = 16  # bytes: what an unknown address is sent stays shorter than the shortest hello
_MTU = 1_400  # of handshake messages
_NAME = 64  # bytes of an identity; ids are shorter
_SIGNATURE = "unsigned int (*)(SSL *, const char *, unsigned char *, unsigned int)"


class CannotSecure(Exception):
    """The OpenSSL that is installed lacks what is needed."""


class Channel:
    """DTLS with one address. Ends with `closed`."""

    def __init__(self, connection: SSL.Connection, acceptor: Acceptor) -> None:
        self._connection, self._acceptor = connection, acceptor
        self.identity: str | None = None  # whom the other side says that it is; proven when `established`
        self.key: bytes | None = None
        self.established = False
        self.closed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What a datagram holds, deciphered. Nothing of what was forged, mutilated or heard before."""
        if data and not self.closed:
            self._connection.bio_write(data)
            if self.established or self._shake():
                yield from self._read()

    def seal(self, data: bytes) -> bytes:
        """The datagram that carries `data`; empty when that cannot be."""
        try:
            self._connection.send(data)
        except SSL.Error:
            self.closed = True
        return self.outgoing()

    def outgoing(self) -> bytes:
        """What is to be sent now: records that fit one datagram."""
        try:
            return bytes(self._connection.bio_read(_LARGEST))
        except SSL.Error:
            return b""

    def again(self) -> bytes:
        """Of a handshake: what the other side has not acknowledged in time."""
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self.closed = True
        return self.outgoing()

    def close(self) -> bytes:
        """The farewell, to be sent."""
        if not self.closed and self.established:
            with contextlib.suppress(SSL.Error):
                self._connection.shutdown()
        self.closed = True
        return self.outgoing()

    def _shake(self) -> bool:
        self._acceptor.asking = self
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error:
            self.closed = True
            return False
        finally:
            self._acceptor.asking = None
        self.established = True
        return True

    def _read(self) -> Iterator[bytes]:
        try:
            while True:
                yield self._connection.recv(_LARGEST)
        except SSL.WantReadError:
            return
        except SSL.Error:  # an alert, or the farewell
            self.closed = True


class Acceptor:
    """Takes first datagrams: an address is believed when it sends back the cookie that was sent there, and only then is
    anything remembered of it (RFC 6347 section 4.2.1). `key` gives the key of an identity, None to refuse it."""

    def __init__(self, key: Callable[[str], bytes | None]) -> None:
        self._key = key
        self._secret = secrets.token_bytes(32)
        self.asking: Channel | None = None
        self.unknown = 0  # sign-ins by identities that have no key
        self._context = context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context.set_min_proto_version(_DTLS_1_2)
        context.set_max_proto_version(_DTLS_1_2)
        context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | _NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_cipher_list(CIPHERS)
        context.set_cookie_generate_callback(self._cookie)
        context.set_cookie_verify_callback(lambda one, cookie: hmac.compare_digest(cookie, self._cookie(one)))
        self._answer = _set_key_callback(context, self._find)
        self._next = self._fresh()

    def hello(self, data: bytes, address: tuple[Any, ...]) -> tuple[bytes, Channel | None]:
        """What to answer to a ClientHello, and the channel that it opens when it holds the cookie."""
        connection = self._next
        connection.set_app_data(address)
        connection.bio_write(data)
        try:
            connection.DTLSv1_listen()
        except SSL.WantReadError:
            try:
                return bytes(connection.bio_read(_LARGEST)), None
            except SSL.Error:
                return b"", None
        except SSL.Error:
            self._next = self._fresh()
            return b"", None
        self._next = self._fresh()
        channel = Channel(connection, self)
        channel._shake()
        return channel.outgoing(), channel

    def _fresh(self) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        connection.set_ciphertext_mtu(_MTU)
        return connection

    def _cookie(self, connection: SSL.Connection) -> bytes:
        return hmac.digest(self._secret, repr(connection.get_app_data()).encode(), "sha256")[:_COOKIE]

    def _find(self, identity: bytes) -> bytes | None:
        name = identity.decode("ascii", "replace") if len(identity) <= _NAME else ""
        found = self._key(name)
        if found is None or self.asking is None:
            self.unknown += 1
            return None
        self.asking.identity, self.asking.key = name, found
        return found


def _set_key_callback(context: SSL.Context, find: Callable[[bytes], bytes | None]) -> object:
    """Have OpenSSL ask `find`; what is returned must live as long as the context."""
    library, cffi = Binding.lib, Binding.ffi
    if not getattr(library, "Cryptography_HAS_PSK", 0):
        raise CannotSecure("the OpenSSL of the package cryptography has no pre-shared keys")

    def ask(_: object, identity: Any, room: Any, most: int) -> int:
        key = find(cffi.string(identity, _NAME + 1))
        if key is None or len(key) > most:
            return 0
        cffi.memmove(room, key, len(key))
        return len(key)

    answer = cffi.callback(_SIGNATURE, ask, error=0)
    library.SSL_CTX_set_psk_server_callback(context._context, answer)
    return answer
