"""Channels as people write them: webhook, e-mail, MQTT topic. Checked when they are written. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from hub.model.notify import ChannelKind

FIELDS = (
    "text", "title", "what", "severity", "class", "type", "device", "name", "point", "zone", "street", "cabinet", "began",
    "response", "detail", "beneath", "count", "alarm", "episode", "message", "to",
)  # fmt: skip
"""What a template may fill in, as `{text}`; secrets are `{secret.NAME}`."""
_PLACE = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_-]+)?)\}")
_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_OURS = {"content-type", "content-length", "host", "transfer-encoding", "connection", "user-agent"}


def places(text: str) -> Iterator[str]:
    """The names that a template fills in."""
    return (match[1] for match in _PLACE.finditer(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with its places filled in; braces that are no place stay."""
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), text)


def _line(text: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise ValueError("holds a line break or control character: write plain text on one line")
    return text


def _address(text: str) -> str:
    _line(text)
    _, found = parseaddr(text)
    name, at, host = found.rpartition("@")
    if not at or not name or "." not in f".{host}"[1:] + "." or " " in found or len(found) > 254:
        raise ValueError(f"{text[:60]!r} is no e-mail address: write e.g. duty@city.example")
    return text


def _authority(text: str) -> str:
    try:
        if text:
            ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise ValueError("is no certificate: write that of the server's authority as PEM, or leave it out") from error
    return text


Line = Annotated[str, AfterValidator(_line), Field(max_length=500)]
Address = Annotated[str, AfterValidator(_address)]
Authority = Annotated[
    str, AfterValidator(_authority), Field(max_length=100_000, description="PEM; empty: the usual authorities")
]
Secrets = dict[str, Annotated[str, Field(min_length=1, max_length=2000)] | None]


class Digest(BaseModel):
    """When messages are put together: more than `most` in `within` seconds become one. Fire never does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(5, ge=1, le=100)
    within: float = Field(60.0, ge=1, le=3600)


class _Channel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[Line, Field(max_length=100)] = ""
    language: Literal["en", "vi"] = "en"
    digest: Digest = Digest()


class Webhook(_Channel):
    """A message by HTTP POST, signed. With `body` it is another system's: an SMS gateway, Zalo, a chat.

    `to`: one POST a recipient, who is `{to}`. `expect`: what the answer (JSON) must hold beside a status of 2xx.
    """

    url: Line
    headers: dict[str, Line] = Field(default_factory=dict, max_length=20)
    format: Literal["json", "form"] = "json"
    body: dict[str, JsonValue] | None = Field(None, description="template; none: the hub's own message")
    to: tuple[Annotated[Line, Field(min_length=1, max_length=100)], ...] = Field((), max_length=50)
    expect: dict[str, JsonValue] = Field(default_factory=dict, max_length=10)
    ca: Authority = ""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _check_url(self.url)
        for name in self.headers:
            if not _HEADER.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("webhook-"):
                raise ValueError(f"headers: {name[:40]!r} is no header of yours: leave it out")
        if self.format == "form" and not (self.body and all(isinstance(each, str) for each in self.body.values())):
            raise ValueError('format: a form needs body with texts only, e.g. {"text": "{text}"}')
        used = set(self.used)
        unknown = sorted(each for each in used if not each.startswith("secret.") and each not in FIELDS)
        if unknown:
            raise ValueError(f"body: there is no {{{unknown[0]}}}: use {', '.join(FIELDS)} or secret.NAME")
        if self.to and self.body is None:
            raise ValueError("to: recipients are for a body of your own: write body with {to} in it, or leave to out")
        if self.to and "to" not in used:
            raise ValueError("to: nothing takes {to}: write it into body, url or headers")
        if not self.to and "to" in used:
            raise ValueError('to: {to} is used: write the recipients, e.g. ["84905123456"]')
        return self

    @property
    def used(self) -> Iterator[str]:
        """Every place that url, headers and body fill in."""
        yield from places(self.url)
        for header in self.headers.values():
            yield from places(header)
        yield from _texts(self.body)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who is reached one by one; empty where all go together."""
        return self.to


class Email(_Channel):
    """A message by SMTP."""

    host: Annotated[Line, Field(min_length=1, max_length=253)]
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="none: only within your own network")
    username: Annotated[Line, Field(max_length=254)] = ""
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1, max_length=50)
    ca: Authority = ""

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.username and self.security == "none":
            raise ValueError(
                "security: a password is not sent in the clear: use starttls or tls, or leave username out"
            )
        return self

    @property
    def used(self) -> Iterator[str]:
        """The secrets that it needs."""
        if self.username:
            yield "secret.password"

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody: who refuses is asked again alone."""
        return self.to


class Topic(_Channel):
    """A message to a topic of the hub's MQTT broker, QoS 1, not retained."""

    topic: Annotated[Line, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _publishable(self) -> Self:
        levels = self.topic.split("/")
        if any(sign in self.topic for sign in "+#*> ") or "" in levels or self.topic.startswith("$"):
            raise ValueError("topic: write levels without spaces, wildcards or empty parts, e.g. city/alarms/duty")
        return self

    @property
    def used(self) -> Iterator[str]:
        """No secrets."""
        return iter(())

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whoever subscribes."""
        return ()


Channel = Webhook | Email | Topic
KINDS: Mapping[ChannelKind, type[Channel]] = {
    ChannelKind.WEBHOOK: Webhook, ChannelKind.EMAIL: Email, ChannelKind.MQTT: Topic,
}  # fmt: skip


def needed(channel: Channel) -> set[str]:
    """The names of the secrets that it needs."""
    return {each.removeprefix("secret.") for each in channel.used if each.startswith("secret.")}


def secret_misfit(channel: Channel, names: set[str]) -> str | None:
    """What is wrong with the names of its secrets, as a sentence; None when they fit."""
    for name in sorted(names):
        if not _SECRET.fullmatch(name) or name == "signing":
            return f"{name[:40]!r} is no name for a secret: use letters, digits, '-' and '_', and not signing"
    if missing := sorted(needed(channel) - names):
        return f'{missing[0]!r} is used and was never written: write it, e.g. {{"{missing[0]}": "..."}}'
    if unused := sorted(names - needed(channel)):
        return (
            f"nothing uses {unused[0]!r}: leave it out (null takes away what was kept), or write {{secret.{unused[0]}}}"
        )
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from places(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not parts.username and not parts.password and not parts.fragment and " " not in url
    except ValueError:
        usable = False
    if not usable or "{" in (parts.netloc if usable else ""):
        raise ValueError("url: write https://host/path, without a user name in it; secrets go in as {secret.NAME}")
