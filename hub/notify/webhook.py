"""Sends by HTTP POST: signed, 2xx only, no redirects, never longer than the time-out."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from hub.model.untold import UNTOLD
from hub.notify.channels import Webhook
from hub.notify.sealing import SIGNING
from hub.notify.sending import Letter, Sent
from hub.notify.signing import signed_headers
from hub.notify.trust import Trust
from hub.notify.wording import request

LARGEST_ANSWER = 65_536  # bytes that are read of an answer
_AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})


class WebhookCarrier:
    """One webhook. A recipient of `to` gets a POST of their own, with a message id of their own."""

    def __init__(self, channel: Webhook, timeout: float) -> None:
        self._channel, self._timeout = channel, timeout
        self._trust = Trust(lambda: _trusted(channel.ca))

    async def send(self, letter: Letter) -> Sent:
        """One try; recipients that were reached are not tried again."""
        context = await self._trust.context()
        async with httpx.AsyncClient(verify=context, follow_redirects=False, timeout=self._timeout) as client:
            if not letter.to:
                return await self._post(client, letter, letter.message, letter.values)
            left, failed = [], None
            for to in letter.to:
                message = f"{letter.message}.{self._channel.to.index(to) if to in self._channel.to else to}"
                sent = await self._post(client, letter, message, letter.values | {"to": to})
                if not sent.delivered:
                    left.append(to)
                    failed = sent._replace(detail=f"{to}: {sent.detail}")
                    if sent.away:
                        left += letter.to[letter.to.index(to) + 1 :]
                        break
            if failed is None:
                return Sent(True, "200", left=())
            return failed._replace(left=tuple(left))

    async def _post(self, client: httpx.AsyncClient, letter: Letter, message: str, values: Mapping[str, str]) -> Sent:
        secrets = {f"secret.{name}": value for name, value in letter.secrets.items() if name != SIGNING}
        asked = request(self._channel, {**values, **secrets}, letter.own)
        headers = asked.headers | {"user-agent": "Lamplighter"}
        if key := letter.secrets.get(SIGNING):
            headers |= signed_headers(key, message, int(time.time()), asked.content)
        try:
            async with asyncio.timeout(self._timeout):
                sent = {name.encode(): value.encode() for name, value in headers.items()}  # a title may be Vietnamese
                async with client.stream("POST", asked.url, headers=sent, content=asked.content) as answer:
                    return self._judged(answer, await _beginning(answer) if self._reads(answer) else b"")
        except TimeoutError:
            return Sent(False, detail=UNTOLD.say("no-answer", seconds=f"{self._timeout:g}"), away=True)
        except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:  # what this message holds
            return Sent(False, detail=f"{type(error).__name__}: {error}")
        except httpx.HTTPError as error:
            return Sent(False, detail=f"{type(error).__name__}: {error}", away=True)

    def _reads(self, answer: httpx.Response) -> bool:
        return bool(self._channel.expect) or not answer.is_success

    def _judged(self, answer: httpx.Response, body: bytes) -> Sent:
        status = str(answer.status_code)
        if answer.is_success:
            misfit = _misfit(self._channel.expect, body)
            return Sent(misfit is None, status, misfit or "")
        if answer.is_redirect:
            place = answer.headers.get("location", "")
            return Sent(False, status, UNTOLD.say("elsewhere", place=place))
        return Sent(False, status, _said(body), answer.status_code in _AWAY, retry_after=_retry_after(answer.headers))


def _trusted(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority) if authority else httpx.create_ssl_context()


def _said(body: bytes) -> str:
    return " ".join(body[:4000].decode("utf-8", "replace").split())[:1000]


async def _beginning(answer: httpx.Response) -> bytes:
    found = b""
    async for part in answer.aiter_bytes():
        found += part
        if len(found) >= LARGEST_ANSWER:
            break
    return found[:LARGEST_ANSWER]


def _misfit(expected: Mapping[str, Any], body: bytes) -> str | None:
    """What the answer should have held and did not; None when it is as expected."""
    if not expected:
        return None
    said = _said(body)
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return UNTOLD.say("no-json", answer=said)
    for name, value in expected.items():
        if not isinstance(found, dict) or found.get(name) != value:
            return UNTOLD.say("unexpected", name=name, value=repr(value), answer=said)
    return None


def _retry_after(headers: httpx.Headers) -> float | None:
    value = headers.get("retry-after", "")
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else None
