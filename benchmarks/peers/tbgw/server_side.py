"""Plays the ThingsBoard server at a broker: grants the gateway its session and counts the telemetry that it delivers.

`server_side.py PORT` prints the number of entries so far, one line each time it has grown, at most ten times a second.
"""

from __future__ import annotations

import json
import sys
import time

import paho.mqtt.client as paho
from paho.mqtt import enums

LIMITS = {"maxPayloadSize": 1_000_000, "maxInflightMessages": 10_000, "rateLimits": {}, "gatewayRateLimits": {}}
entries = 0


def heard(client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
    """Answer the gateway's question for its limits; count what devices said."""
    global entries
    body = json.loads(message.payload)
    if message.topic == "v1/gateway/telemetry":
        entries += sum(len(said) for said in body.values())
    elif body.get("method") == "getSessionLimits":
        number = message.topic.rsplit("/", 1)[1]
        client.publish(f"v1/devices/me/rpc/response/{number}", json.dumps(LIMITS), 1)


client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="platform")
client.on_message = heard
client.connect("127.0.0.1", int(sys.argv[1]))
client.subscribe([("v1/gateway/#", 1), ("v1/devices/me/rpc/request/+", 1)])
client.loop_start()
told = -1
while True:
    if told != entries:
        told = entries
        print(told, flush=True)
    time.sleep(0.1)
