"""Where CoAP listens, and what is said of a place where it must not."""

from __future__ import annotations

import asyncio
import socket

import pytest

from drivers.coap import CoapDriver
from drivers.coap.settings import BadSetting, is_loopback, listening_address, read_settings, secure_address
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected, context
from tests.servers.ports import free_udp_port


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("lo", "127.0.0.1")])
def test_an_address_or_the_name_of_an_interface_is_taken(host: str, address: str) -> None:
    assert listening_address(host) == address
    assert is_loopback(address)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("0.0.0.0", "DTLS"),
        ("::", "DTLS"),
        ("224.0.1.187", "DTLS"),
        ("no-such-interface0", "interface"),
        ("", "interface"),
    ],
)
def test_every_interface_at_once_is_refused_with_the_reason(host: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        listening_address(host)


@pytest.mark.parametrize(("host", "address"), [("0.0.0.0", "0.0.0.0"), ("::", "::"), ("lo", "127.0.0.1")])
def test_with_keys_every_interface_at_once_may_be_meant(host: str, address: str) -> None:
    assert secure_address(host) == address


@pytest.mark.parametrize("host", ["224.0.1.187", "no-such-interface0"])
def test_where_nobody_can_sign_in_is_refused_with_the_settings_name(host: str) -> None:
    with pytest.raises(BadSetting, match=r"coap\.secure_host"):
        secure_address(host)


@pytest.mark.parametrize(("host", "shown"), [("lo", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", socket.gethostname())])
def test_devices_are_told_an_address_that_they_can_use(host: str, shown: str) -> None:
    async def scene() -> None:
        port = free_udp_port()
        async with serving(Collected(), secure_host=host, secure_port=port) as driver:
            assert driver.secure_url == f"coaps://{shown}:{port}"
        async with serving(Collected()) as driver:
            assert driver.secure_url is None

    asyncio.run(scene())


def test_an_unknown_setting_is_named_with_those_there_are() -> None:
    with pytest.raises(BadSetting, match="patience"):
        read_settings({"patients": 3})
    with pytest.raises(BadSetting, match=r"coap\.patience"):
        read_settings({"patience": 0})


def test_what_is_off_takes_no_port() -> None:
    async def scene() -> None:
        port = free_udp_port()
        driver = CoapDriver(context("", Collected(), enabled=False, port=port))
        await driver.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", port))
        assert driver.health().detail == "off" and driver.health().ok
        await driver.stop()

    asyncio.run(scene())
