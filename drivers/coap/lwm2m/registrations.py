"""Who is registered: what a client says at `/rd` (LwM2M 1.0 section 5.3, RFC 6690 links), and until when it counts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.coap.endpoint import Peer
from drivers.coap.lwm2m.objects import ASSUMED
from drivers.coap.replies import Refused
from drivers.coap.speakers import Speakers
from hub.model.devices import Device
from hub.ports import Directory

PROFILE = "lwm2m"
_LINK = re.compile(r"<([^>]*)>((?:;[^,;\"]*(?:\"[^\"]*\")?)*)")
_PATH = re.compile(r"/(\d{1,5})(?:/(\d{1,5}))?")
_LIFETIME = 86_400.0  # when the client says none
_LONGEST, _SHORTEST = 30 * 86_400.0, 10.0
_GRACE = 30.0  # seconds after a lifetime: the update may be on its way, and be sent again
AWAKE = 93.0  # seconds that a client in queue mode listens after it spoke (MAX_TRANSMIT_WAIT, LwM2M 1.0 section 8.3)
_INSTANCES = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """What a client has: {object: its instances}, {object: version}, and the path before all of them."""

    instances: Mapping[int, tuple[int, ...]]
    versions: Mapping[int, str]
    root: str = ""


@dataclass(slots=True)
class Registration:
    """A client and how to reach it. Times by the loop's clock."""

    location: str
    device: str
    endpoint: str
    version: str
    lifetime: float
    queue: bool
    peer: Peer
    offered: Offered
    heard: float
    assumed: frozenset[int] = field(default_factory=frozenset)  # objects whose version it left out

    def awake(self, now: float) -> bool:
        """True while it can be sent something."""
        return not self.queue or now - self.heard < AWAKE

    def expired(self, now: float) -> bool:
        """True when its lifetime is over."""
        return now - self.heard > self.lifetime + _GRACE


def read_links(text: str) -> Offered:
    """What a registration's payload says: `</3416>;ver=2.0,</3416/0>,</3/0>`; raises Refused."""
    root = ""
    instances: dict[int, list[int]] = {}
    versions: dict[int, str] = {}
    for link in _LINK.finditer(text[:65_536]):
        target, attributes = link[1], link[2]
        if "oma.lwm2m" in attributes:
            root = target.rstrip("/")
            continue
        path = _PATH.fullmatch(target.removeprefix(root))
        if path is None:
            continue
        there = instances.setdefault(int(path[1]), [])
        if path[2] is not None and len(there) < _INSTANCES:
            there.append(int(path[2]))
        version = re.search(r";ver=\"?([0-9.]{1,10})\"?", attributes)
        if version is not None:
            versions[int(path[1])] = version[1]
    if not instances:
        raise Refused(Code.BAD_REQUEST, "no objects: send links as </3416/0>,</3/0>")
    return Offered({each: tuple(there) for each, there in instances.items()}, versions, root)


class Registrations:
    """By location and by device. A hub that was restarted knows none: 4.04 makes clients register again."""

    def __init__(self, directory: Directory, speakers: Speakers) -> None:
        self._directory, self._speakers = directory, speakers
        self._by_location: dict[str, Registration] = {}
        self._by_device: dict[str, Registration] = {}

    def __len__(self) -> int:
        return len(self._by_location)

    def __iter__(self) -> Iterator[Registration]:
        return iter(list(self._by_location.values()))

    def of(self, device: str) -> Registration | None:
        """The registration of a device."""
        return self._by_device.get(device)

    def at(self, location: str, peer: Peer) -> Registration:
        """The registration of that location, which is that of `peer`; raises Refused."""
        found = self._by_location.get(location)
        if found is None:
            raise Refused(Code.NOT_FOUND, "not registered: register again")
        self._speakers.check(peer, found.device)
        return found

    def register(self, request: Message, body: bytes, now: float) -> Registration:
        """A new registration, in place of the endpoint's earlier one; raises Refused."""
        query = _query(request)
        endpoint = query.get("ep", "")
        if not endpoint:
            raise Refused(Code.BAD_REQUEST, "no endpoint name: send ep=")
        version = query.get("lwm2m", "1.0")
        if not re.match(r"1\.[012](\.\d)?$", version):
            raise Refused(Code.PRECONDITION_FAILED, f"lwm2m={version[:10]}: this server speaks 1.0 and 1.1")
        device = self.device(endpoint)
        self._speakers.check(request.remote, device.id)
        offered = read_links(body.decode("utf-8", "replace"))
        registration = Registration(
            secrets.token_urlsafe(6), device.id, endpoint, version, _lifetime(query), _queues(query), request.remote,
            offered, now, frozenset(offered.instances.keys() - offered.versions.keys()),
        )  # fmt: skip
        before = self._by_device.get(device.id)
        if before is not None:
            self.drop(before)
        self._by_location[registration.location] = registration
        self._by_device[device.id] = registration
        return registration

    def update(self, location: str, request: Message, body: bytes, now: float) -> tuple[Registration, bool]:
        """The registration as the client says it is now, and whether it has other objects or another address; raises Refused."""
        found = self.at(location, request.remote)
        query = _query(request)
        if "lt" in query:
            found.lifetime = _lifetime(query)
        if "b" in query:
            found.queue = _queues(query)
        moved = found.peer != request.remote
        found.heard, found.peer = now, Peer(request.remote.address, session=request.remote.session)
        if body:
            offered = read_links(body.decode("utf-8", "replace"))
            moved = moved or offered != found.offered
            found.offered = offered
            found.assumed = frozenset(offered.instances.keys() - offered.versions.keys())
        return found, moved

    def drop(self, registration: Registration) -> None:
        """Forget a registration."""
        self._by_location.pop(registration.location, None)
        if self._by_device.get(registration.device) is registration:
            del self._by_device[registration.device]

    def device(self, endpoint: str) -> Device:
        """The device with that endpoint name; raises Refused."""
        device = self._directory.at(PROFILE, endpoint)
        if device is None:
            raise Refused(
                Code.NOT_FOUND, f"no {PROFILE} device has the address {endpoint[:63]!r}: register it at the hub"
            )
        return device


def versions(registration: Registration) -> dict[int, str]:
    """{object that the client has: its version}, 1.0 where it left it out."""
    offered = registration.offered
    return {number: offered.versions.get(number, ASSUMED) for number in offered.instances}


def _query(request: Message) -> dict[str, str]:
    return {key: value for key, _, value in (each.partition("=") for each in request.opt.uri_query)}


def _queues(query: Mapping[str, str]) -> bool:
    """LwM2M 1.0 says `b=UQ`, 1.1 `b=U` and a `Q` of its own."""
    return "Q" in query.get("b", "U") or "Q" in query


def _lifetime(query: Mapping[str, str]) -> float:
    text = query.get("lt")
    if text is None:
        return _LIFETIME
    if not text.isdecimal() or len(text) > 12:
        raise Refused(Code.BAD_REQUEST, f"lt={text[:20]}: send seconds, e.g. lt=86400")
    return min(_LONGEST, max(_SHORTEST, float(text)))
