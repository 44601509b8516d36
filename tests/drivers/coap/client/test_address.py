"""Addresses of devices that host resources: one way to write each, and a remedy for every other."""

from __future__ import annotations

import pytest

from drivers.coap.client.address import Address, BadAddress, check_address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("coap://10.0.0.5:5683", Address("10.0.0.5", 5683)),
        ("coap://lamp-7.local:61616", Address("lamp-7.local", 61616)),
        ("coap://[2001:db8::5]:5683", Address("2001:db8::5", 5683)),
        ("coap://10.0.0.5:5683/lamps/7", Address("10.0.0.5", 5683, ("lamps", "7"))),
    ],
)
def test_good_addresses_are_read_and_written_alike(text: str, address: Address) -> None:
    assert parse_address(text) == address and str(address) == text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "coap://10.0.0.5:5683"),
        ("10.0.0.5", "write coap://10.0.0.5:5683"),
        ("http://10.0.0.5", "a CoAP device has its server there"),
        ("coaps://10.0.0.5:5684", "plain CoAP over UDP alone: write coap://10.0.0.5:5684"),
        ("coap://10.0.0.5", "the port is missing: write coap://10.0.0.5:5683"),
        ("coap://10.0.0.5/lamps", "write coap://10.0.0.5:5683/lamps"),
        ("coap://10.0.0.5:0", "no port 0"),
        ("coap://10.0.0.5:70000", "mostly 5683"),
        ("coap://10.0.0.555:5683", "is no IP address"),
        ("coap://10.0.0.5:5683/", "without / at the end"),
        ("coap://10.0.0.5:5683/a?b", "without a query"),
        ("coap://224.0.1.187:5683", "not the address of one device"),
        ("coap://0.0.0.0:5683", "not the address of one device"),
        ("coap://LAMP.local:5683", "write 'coap://lamp.local:5683'"),
        ("coap://10.0.0.5:05683", "write 'coap://10.0.0.5:5683'"),
        ("coap://[2001:DB8:0::5]:5683", "write 'coap://[2001:db8::5]:5683'"),
    ],
)
def test_bad_addresses_say_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(BadAddress) as refused:
        check_address(text)
    assert remedy in str(refused.value)
