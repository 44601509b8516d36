"""What is remembered of handshakes, with clocks that a test turns."""

from __future__ import annotations

import time

import pytest
from structlog.testing import capture_logs

from drivers.coap.secure import sessions
from drivers.coap.secure.openssl import Acceptor, Channel
from drivers.coap.secure.port import SecurePort
from drivers.coap.secure.sessions import Opening, Openings
from drivers.coap.settings import bound_socket
from tests.drivers.coap.keyed import Keyed
from tests.drivers.coap.peers import Wire

KEY, OTHER = b"kdq3x5w2vnq6wmz7p4a2y3t5ub", b"another-key-of-26-letters-"
HOME = ("127.0.0.1", 1)


def opened(acceptor: Acceptor, device: Keyed) -> tuple[Channel, bytes]:
    """A handshake of which the hub has sent its part, and the device's next datagram: all that it says with its key."""
    verify, channel = acceptor.hello(device.step(), HOME)
    assert channel is None
    device.take(verify)
    flight, channel = acceptor.hello(device.step(), HOME)
    assert channel is not None
    device.take(flight)
    return channel, device.step()


def test_handshakes_are_bounded_and_end_when_their_time_is_over() -> None:
    late: list[Opening] = []
    openings = Openings(late.append)
    channel, _ = opened(Acceptor({"lamp-1": KEY}.get), Keyed(Wire(), "lamp-1", KEY))
    for number in range(sessions._OPENING):
        assert openings.add(("10.0.0.1", number), Opening(channel, b"", number / 1000))
    assert not openings.add(("10.0.0.2", 1), Opening(channel, b"", 1.0))  # the others have hardly begun
    assert openings.add(("10.0.0.1", 400), Opening(channel, b"", 2.0))  # one that begins again takes its own place
    assert openings.add(("10.0.0.2", 1), Opening(channel, b"", sessions._FAIR))
    assert openings.at(("10.0.0.1", 0)) is None and openings.at(("10.0.0.1", 1)) is not None
    assert len(openings) == sessions._OPENING and late == []
    openings.end_late(0.0025 + sessions._PATIENCE)
    assert len(late) == 2 and len(openings) == sessions._OPENING - 2


def test_a_lost_datagram_of_the_hub_is_sent_again() -> None:
    device = Keyed(Wire(), "lamp-1", KEY)
    acceptor = Acceptor({"lamp-1": KEY}.get)
    verify, _ = acceptor.hello(device.step(), HOME)
    device.take(verify)
    flight, channel = acceptor.hello(device.step(), HOME)
    assert channel is not None and channel.again() == b""
    end = time.monotonic() + 10
    again = b""
    while not again and time.monotonic() < end:  # OpenSSL waits for a second
        time.sleep(0.02)
        again = channel.again()
    assert len(again) == len(flight)
    device.take(again)
    assert list(channel.feed(device.step())) == [] and channel.established


def test_a_device_with_another_key_is_named_once_in_the_log() -> None:
    listener = bound_socket("127.0.0.1", 0)
    port = SecurePort(listener, {"lamp-1": KEY}.get, 10, 60.0, lambda message, session: None)
    try:
        with capture_logs() as said:
            for key in (OTHER, OTHER):
                channel, last = opened(port._acceptor, Keyed(Wire(), "lamp-1", key))
                opening = Opening(channel, b"", 0.0)
                port._openings.add(HOME, opening)
                port._go_on(opening, last, HOME, 0.0, None)
                port._openings.end_late(sessions._PATIENCE + 1)
        assert [(line["log_level"], line["device"]) for line in said] == [("warning", "lamp-1")]
        assert port.counted["sign_ins_failed"] == 2 and port.gauges == {"sessions": 0, "handshakes": 0}
    finally:
        listener.close()


def test_an_openssl_without_keys_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers.coap.secure import openssl

    class Bare:
        lib, ffi = object(), None

    monkeypatch.setattr(openssl, "Binding", Bare)
    with pytest.raises(openssl.CannotSecure, match="pre-shared"):
        Acceptor(lambda identity: None)
