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
_RETURNS = 600.0  # seconds in which a client does not come back to an address that it left


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
    asleep: bool = False  # in queue mode, it did not answer since it was heard
    contested: bool = False  # it came back from where it was before another client took its place

    def speaks(self, now: float) -> None:
        """It has said something by itself."""
        self.heard, self.asleep = now, False

    def awake(self, now: float) -> bool:
        """True while it can be sent something."""
        return not self.queue or (now - self.heard < AWAKE and not self.asleep)

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


class Stranger(Refused):
    """A client that is no device of the hub."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.reason = f"no {PROFILE} device has the address {endpoint[:63]!r}: register it at the hub"
        super().__init__(Code.NOT_FOUND, self.reason)


class Registrations:
    """By location and by device. What is not known is answered 4.04, which makes clients register again."""

    def __init__(self, directory: Directory, speakers: Speakers) -> None:
        self._directory, self._speakers = directory, speakers
        self._by_location: dict[str, Registration] = {}
        self._by_device: dict[str, Registration] = {}
        self._replaced: dict[
            str, tuple[Peer, float]
        ] = {}  # by device: where its client was before, and until when that counts
        self.changed = False

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
        if device is None:
            raise Stranger(endpoint)
        self._speakers.check(request.remote, device.id)
        offered = read_links(body.decode("utf-8", "replace"))
        registration = Registration(
            secrets.token_urlsafe(6), device.id, endpoint, version, _lifetime(query), _queues(query), request.remote,
            offered, now, frozenset(offered.instances.keys() - offered.versions.keys()),
        )  # fmt: skip
        before = self._by_device.get(device.id)
        if before is not None:
            self.drop(before)
            if before.peer != registration.peer:
                was, until = self._replaced.get(device.id, (None, 0.0))
                registration.contested = was == registration.peer and now < until
                self._replaced[device.id] = before.peer, now + _RETURNS
        self.take(registration)
        return registration

    def take(self, registration: Registration) -> None:
        """Hold a registration."""
        self._by_location[registration.location] = registration
        self._by_device[registration.device] = registration
        self.changed = True

    def holds(self, registration: Registration) -> bool:
        """True while its device is still the one of that endpoint name."""
        device = self.device(registration.endpoint)
        return device is not None and device.id == registration.device

    def devices(self, registration: Registration) -> dict[int, str]:
        """{instance: the device that it is}: instance 0 is the client's own device, another one is a device of its own when one
        is registered at the hub with the address ENDPOINT/INSTANCE."""
        found = {0: registration.device}
        for instance in {each for there in registration.offered.instances.values() for each in there if each}:
            device = self.device(f"{registration.endpoint}/{instance}")
            if device is not None:
                found[instance] = device.id
        return found

    def place(self, device: Device) -> tuple[Registration, int] | None:
        """The client that a device is, or is an instance of; None when it is not registered."""
        own = self.of(device.id)
        if own is not None:
            return own, 0
        endpoint, _, instance = (device.address or "").rpartition("/")
        first = self.device(endpoint) if endpoint and instance.isdecimal() and len(instance) < 6 else None
        found = self.of(first.id) if first is not None else None
        return (found, int(instance)) if found is not None else None

    def update(self, location: str, request: Message, body: bytes, now: float) -> tuple[Registration, bool]:
        """The registration as the client says it is now, and whether it has other objects or another address; raises Refused."""
        found = self.at(location, request.remote)
        if not self.holds(found):
            raise Refused(Code.NOT_FOUND, "its device is no more: register again")
        query = _query(request)
        if "lt" in query:
            found.lifetime = _lifetime(query)
        if "b" in query:
            found.queue = _queues(query)
        moved = found.peer != request.remote
        found.speaks(now)
        found.peer = Peer(request.remote.address, session=request.remote.session)
        self.changed = self.changed or moved or "lt" in query or "b" in query
        if body:
            offered = read_links(body.decode("utf-8", "replace"))
            moved = moved or offered != found.offered
            self.changed = True
            found.offered = offered
            found.assumed = frozenset(offered.instances.keys() - offered.versions.keys())
        return found, moved

    def drop(self, registration: Registration) -> None:
        """Forget a registration."""
        self.changed = True
        self._by_location.pop(registration.location, None)
        if self._by_device.get(registration.device) is registration:
            del self._by_device[registration.device]

    def device(self, endpoint: str) -> Device | None:
        """The device with that endpoint name."""
        return self._directory.at(PROFILE, endpoint)


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
