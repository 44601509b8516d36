"""Makes a city known to a hub through its public REST API, and collects the credentials of its devices."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from simulators.city import City, Way, ZonePlan
from simulators.credentials import Credential, load_credentials, save_credentials
from simulators.modbus.street import AskedDevice
from simulators.switchboard import MAIN

COLUMNS = ("id", "name", "kind", "profile", "zone", "lat", "lon", "rated_power", "address", "feed")
_ROWS_AT_ONCE = 500
_CALLS_AT_ONCE = 4


class RegistrationFailed(Exception):
    """The hub cannot be reached or does not take the city; the message says what it answered."""


class _Busy(Exception):
    """The hub asks us to come again."""


@dataclass(frozen=True, slots=True)
class HubAccess:
    """Which hub, and as whom."""

    url: str
    user: str
    password: str


def read_password(file: Path, user: str) -> str:
    """The password in `file`: the whole text, or the entry of `user` when it is a JSON object as `demo` writes it."""
    try:
        text = file.read_text("utf-8").strip()
    except OSError as error:
        raise RegistrationFailed(f"password file {file}: {error.strerror}") from error
    if not text.startswith("{"):
        return text
    try:
        entry = json.loads(text).get(user)
    except ValueError as error:
        raise RegistrationFailed(f"password file {file}: it begins like JSON but is none") from error
    if not isinstance(entry, str):
        raise RegistrationFailed(f"password file {file}: it has no {user!r}")
    return entry


async def register(
    city: City,
    access: HubAccess,
    file: Path,
    needed: Sequence[str],
    say: Callable[[str], None],
    asked: Sequence[AskedDevice] = (),
) -> dict[str, Credential]:
    """Create what is missing of `city`, and the Modbus devices `asked`, at the hub; returns the credentials of the `needed`
    devices, kept in `file`."""
    without = {
        lamp.id for lamp in city.lamps if lamp.way is Way.LWM2M
    }  # an account that such a device had ends with it
    without |= {sensor.id for sensor in city.sensors if sensor.way is Way.LWM2M}
    known = {id: each for id, each in load_credentials(file, must_exist=False).items() if id not in without}
    async with httpx.AsyncClient(base_url=access.url.rstrip("/") + "/api/v1", timeout=300.0) as http:
        hub = _Hub(http, access)
        await hub.sign_in()
        await _zones(hub, city, say)
        rows = [*_rows(city, {each.cabinet: each.id for each in asked if each.kind == "cabinet"}, asked)]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            given = await _import(hub, rows[start : start + _ROWS_AT_ONCE])
            if given:
                known |= given
                save_credentials(file, known)
            say(f"registered {min(start + _ROWS_AT_ONCE, len(rows))} of {len(rows)} devices")
        save_credentials(file, known)
        await _plan_sets(hub, city, say)
        missing = [device for device in needed if device not in known]
        for start in range(0, len(missing), 50):
            some = missing[start : start + 50]
            issued = await _side_by_side(hub.new_credentials(device) for device in some)
            known |= dict(zip(some, issued, strict=True))
            save_credentials(file, known)
            say(f"credentials for {start + len(some)} of {len(missing)} devices that were there already")
    return {device: known[device] for device in needed}


async def _zones(hub: _Hub, city: City, say: Callable[[str], None]) -> None:
    present = {zone["id"] async for zone in hub.items("/zones")}
    done = len([z for z in city.zones if z.id in present])
    for kind in dict.fromkeys(zone.kind for zone in city.zones):
        new = [zone for zone in city.zones if zone.kind == kind and zone.id not in present]
        for start in range(0, len(new), 50):
            some = new[start : start + 50]
            await _side_by_side(hub.create_zone(zone) for zone in some)
            done += len(some)
            say(f"registered {done} of {len(city.zones)} zones")


async def _plan_sets(hub: _Hub, city: City, say: Callable[[str], None]) -> None:
    """The intersection that each junction's controller is set up for, and the first version of its plan set."""
    new = [each for each in city.junctions if not [plan async for plan in hub.items(f"/junctions/{each.id}/plans")]]
    for each in new:
        await hub.call("PUT", f"/junctions/{each.id}/intersection", json=each.plan_set["intersection"])
        body = {"plan_set": each.plan_set, "note": "as its controller was set up"}
        await hub.call("POST", f"/junctions/{each.id}/plans", json=body)
    if new:
        say(f"plan sets of {len(new)} junctions")


async def _import(hub: _Hub, rows: Sequence[Sequence[Any]]) -> dict[str, Credential]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    answer = await hub.call(
        "POST", "/devices/import", content=text.getvalue().encode(), headers={"content-type": "text/csv"}
    )
    given = {}
    for item in answer.get("items", ()):
        if item.get("outcome") == "error":
            raise RegistrationFailed(f"the hub does not take {item.get('id')}: {item.get('detail')}")
        credential = Credential.parse(item.get("credentials"))
        if credential is not None:
            given[str(item["id"])] = credential
    return given


def _rows(city: City, boxes: Mapping[str, str], asked: Sequence[AskedDevice]) -> Iterator[tuple[Any, ...]]:
    """Devices for the import, gateways before the lamps they speak for. `boxes`: {cabinet: the Modbus device that has its
    contactors}."""
    for each in asked:
        place = each.zone, each.spot.lat, each.spot.lon
        yield each.id, each.name, each.kind, each.profile, *place, "", each.address, ""
    for cabinet in city.cabinets:
        yield (
            cabinet.id,
            cabinet.name,
            "cabinet",
            "native",
            cabinet.zone,
            cabinet.spot.lat,
            cabinet.spot.lon,
            "",
            "",
            "",
        )
    for lamp in city.lamps:
        profile = "feed" if lamp.segment else _profile(lamp.way)
        address = "" if lamp.single or lamp.segment else lamp.cabinet
        feed = "" if lamp.single else f"{lamp.cabinet}/{lamp.segment or MAIN}"
        if lamp.segment:
            feed = f"{boxes.get(lamp.cabinet, lamp.cabinet)}/{lamp.segment}"
        yield lamp.id, lamp.name, "light", profile, lamp.zone, lamp.spot.lat, lamp.spot.lon, lamp.rated, address, feed
    for sensor in city.sensors:
        place = sensor.zone, sensor.spot.lat, sensor.spot.lon
        yield sensor.id, sensor.name, "environment", _profile(sensor.way), *place, "", "", ""
    for panel in city.panels:
        yield panel.id, panel.name, "fire_panel", "native", panel.zone, panel.spot.lat, panel.spot.lon, "", "", ""
    for at in city.junctions:
        yield at.id, at.name, "junction", "native", at.zone, at.spot.lat, at.spot.lon, "", "", ""


def _profile(way: Way) -> str:
    return "lwm2m" if way is Way.LWM2M else "native"


async def _side_by_side(calls: Iterator[Any]) -> list[Any]:
    gate = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def one(call: Any) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*(one(call) for call in calls))


class _Hub:
    """The calls we need, each retried while the hub is busy, with a new sign-in when the token has run out."""

    def __init__(self, http: httpx.AsyncClient, access: HubAccess) -> None:
        self._http = http
        self._access = access
        self._token = ""
        self._signing_in = asyncio.Lock()

    async def sign_in(self) -> None:
        """Get a token; RegistrationFailed when the hub is away or does not know us."""
        form = {"username": self._access.user, "password": self._access.password}
        try:
            answer = await self._http.post("/auth/token", data=form, timeout=30.0)
        except httpx.InvalidURL as error:
            raise RegistrationFailed(f"hub {self._access.url!r}: write http://host:8080") from error
        except httpx.HTTPError as error:
            raise RegistrationFailed(
                f"hub {self._access.url}: cannot be reached ({str(error) or type(error).__name__})"
            ) from error
        if answer.status_code != 200:
            raise RegistrationFailed(f"hub {self._access.url}: sign-in of {self._access.user!r}: {_detail(answer)}")
        self._token = str(_object(answer).get("access_token", ""))

    async def create_zone(self, zone: ZonePlan) -> None:
        """POST /zones; a zone that is there is fine."""
        body = {
            "id": zone.id,
            "name": zone.name,
            "kind": zone.kind,
            "parent": zone.parent,
            "location": {"lat": zone.spot.lat, "lon": zone.spot.lon},
            "path": [[spot.lat, spot.lon] for spot in zone.path],
        }
        await self.call("POST", "/zones", json=body, fine=(409,))

    async def new_credentials(self, device: str) -> Credential:
        """POST /devices/{id}/credentials."""
        answer = await self.call("POST", f"/devices/{device}/credentials")
        found = Credential.parse(answer) or Credential.parse(answer.get("credentials"))
        if found is None:
            raise RegistrationFailed(f"the hub gave no credentials for {device}")
        return found

    async def items(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            params = {"limit": "1000"} | ({"cursor": cursor} if cursor else {})
            page = await self.call("GET", path, params=params)
            for item in page.get("items", ()):
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def call(self, method: str, path: str, *, fine: Sequence[int] = (), **request: Any) -> dict[str, Any]:
        """The answer's object; RegistrationFailed with the hub's words when it refuses."""
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type((_Busy, httpx.TransportError)),
                wait=wait_random_exponential(multiplier=0.3, max=10),
                stop=stop_after_delay(60),
                reraise=True,
            ):
                with attempt:
                    answer = await self._once(method, path, request)
        except (_Busy, httpx.TransportError) as error:
            raise RegistrationFailed(
                f"hub {self._access.url}: {method} {path}: {str(error) or type(error).__name__}"
            ) from error
        if answer.status_code >= 400 and answer.status_code not in fine:
            raise RegistrationFailed(f"hub {self._access.url}: {method} {path}: {_detail(answer)}")
        return _object(answer)

    async def _once(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        token = self._token
        headers = request.get("headers", {}) | {"authorization": f"Bearer {token}"}
        answer = await self._http.request(method, path, **(request | {"headers": headers}))
        if answer.status_code == 401:
            async with self._signing_in:
                if self._token == token:
                    await self.sign_in()
            headers["authorization"] = f"Bearer {self._token}"
            answer = await self._http.request(method, path, **(request | {"headers": headers}))
        if answer.status_code in (429, 502, 503, 504):
            raise _Busy(_detail(answer))
        return answer


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _detail(answer: httpx.Response) -> str:
    content = _object(answer)
    return str(content.get("detail") or content.get("title") or f"HTTP {answer.status_code}")
