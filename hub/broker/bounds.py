"""Bounds on what MQTT may store, set through JetStream's API.

Without them one full stream takes all of the store, and then nobody can connect any more, the hub included, because
nats-server has no room to note their sessions: nothing would ever be drained again. With them a full queue refuses new
messages (the publisher is cut without PUBACK and keeps its message), while sessions go on.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any

from hub.broker.settings import BrokerError

SHARES: Mapping[str, float] = {"$MQTT_msgs": 0.70, "$MQTT_rmsgs": 0.15, "$MQTT_qos2in": 0.04, "$MQTT_out": 0.01}
"""Each stream's part of `max_store`; the rest is for sessions."""


async def bound_streams(address: tuple[str, int], user: tuple[str, str], max_store: int) -> None:
    """Bound the streams that nats-server keeps for MQTT; they exist from the first MQTT connection on.

    `address` is its NATS listener. Raises BrokerError with its refusal, OSError when it cannot be reached.
    """
    reader, writer = await asyncio.open_connection(*address)
    try:
        inbox = f"_INBOX.{secrets.token_hex(8)}"
        await reader.readuntil(b"\r\n")
        hello = json.dumps({"user": user[0], "pass": user[1], "verbose": False, "pedantic": False})
        writer.write(f"CONNECT {hello}\r\nSUB {inbox} 1\r\n".encode())
        for stream, share in SHARES.items():
            answer = await _ask(reader, writer, inbox, f"$JS.API.STREAM.INFO.{stream}", None)
            wanted = {**answer["config"], "max_bytes": int(max_store * share), "discard": "new"}
            if wanted != answer["config"]:
                await _ask(reader, writer, inbox, f"$JS.API.STREAM.UPDATE.{stream}", wanted)
    finally:
        writer.close()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, inbox: str, subject: str, question: object
) -> dict[str, Any]:
    body = b"" if question is None else json.dumps(question).encode()
    writer.write(f"PUB {subject} {inbox} {len(body)}\r\n".encode() + body + b"\r\n")
    while True:
        verb, *words = (await reader.readuntil(b"\r\n")).decode().split()
        if verb == "PING":
            writer.write(b"PONG\r\n")
        elif verb == "-ERR":
            raise BrokerError(f"nats-server refuses its own keeper: {' '.join(words)}")
        elif verb == "MSG":
            answer: dict[str, Any] = json.loads((await reader.readexactly(int(words[-1]) + 2))[:-2])
            if "error" in answer:
                raise BrokerError(f"nats-server cannot bound its store: {answer['error'].get('description')}")
            return answer


async def sign_in(address: tuple[str, int], user: tuple[str, str]) -> bool:
    """Connect by MQTT once and leave; True when the broker lets `user` in. Raises OSError when it cannot be reached."""
    fields = [secrets.token_hex(16), *user]
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(len(f).to_bytes(2, "big") + f.encode() for f in fields)
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(b"\x10" + bytes([len(body)]) + body)
        accepted = await reader.readexactly(4) == b"\x20\x02\x00\x00"
        writer.write(b"\xe0\x00")
        await writer.drain()
        return accepted
    except asyncio.IncompleteReadError:
        return False
    finally:
        writer.close()
