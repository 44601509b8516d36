"""The device of the self-test, on the wire: an MQTT client as a panel has one."""

from __future__ import annotations

import ssl
import threading
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hub.model.fire import SELF_TEST, PanelCondition


class NotSent(Exception):
    """The broker did not take the message; says why."""


class Account(NamedTuple):
    """How it signs in at the broker."""

    url: str
    username: str | None
    password: str | None
    ca_file: str
    prefix: str


def publish(account: Account, time: float, point: str, active: bool, patience: float) -> None:
    """Send a test event (QoS 1) as a panel does, by a connection of its own; returns when the broker acknowledged it. Blocks;
    raises NotSent."""
    parts = urlsplit(account.url)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=SELF_TEST, clean_session=True)
    if account.username:
        client.username_pw_set(account.username, account.password)
    if parts.scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context(cafile=account.ca_file or None))
    answered, refused = threading.Event(), list[str]()

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        answered.set()

    client.on_connect = connected
    body = {
        "t": time,
        "type": PanelCondition.TEST.event,
        "active": active,
        "point": point,
        "text": "Lamplighter self-test",
    }
    try:
        client.connect(parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883))
        client.loop_start()
        if not answered.wait(patience) or refused:
            raise NotSent(f"the broker refused the test device: {refused[0] if refused else 'no answer'}")
        sent = client.publish(f"{account.prefix}/d/{SELF_TEST}/up/event", msgspec.json.encode(body), qos=1)
        sent.wait_for_publish(patience)
        if not sent.is_published():
            raise NotSent("the broker has not acknowledged the test event")
    except (OSError, ValueError, RuntimeError) as error:
        raise NotSent(f"the broker cannot be reached: {error}") from error
    finally:
        client.disconnect()
        client.loop_stop()
