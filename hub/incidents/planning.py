"""What a playbook does about one alarm at one device: the same for a preview and for the real thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.incidents.nearby import Nearby
from hub.incidents.playbook import Light, MarkAt, Playbook
from hub.model.alarms import AlarmKey
from hub.model.cabinets import split_feed
from hub.model.devices import Device, DeviceKind
from hub.model.incidents import Incident, Lighting, Mark, Task, Telling, Wave
from hub.model.refusals import REFUSED
from hub.model.zones import Location
from hub.registry.city import City


@dataclass(frozen=True, slots=True)
class Planner:
    """Works playbooks out over the city as it is now."""

    city: City
    nearby: Nearby

    def incident(
        self, playbook: Playbook, key: AlarmKey, text: str, alarm: str | None, now: float, id: str = ""
    ) -> Incident:
        """The incident that the alarm `alarm` (its id) of that key opens at `now`."""
        assert playbook.id is not None
        most = now + playbook.most_minutes * 60.0
        lights = tuple(self.lighting(each, key.device) for each in playbook.light)
        return Incident(
            id, playbook.id, playbook.name, key.device, key.type, key.point, text, now, most,
            playbook.after_minutes * 60.0, most, playbook.dry_run,
            holders=() if alarm is None else (alarm,),
            lights=lights,
            lamps=len({lamp for each in lights for lamp in self.city.lights(each.zones, each.devices)}),
            refused=("",) * len(lights),
            marks=tuple(mark for each in playbook.mark for mark in self._marks(each, key, text)),
            tellings=tuple(Telling(e.severity.value, self._said(e.text, key, text), e.to) for e in playbook.notify),
            tasks=tuple(Task(self._said(each.text, key, text)) for each in playbook.ask),
            waves=tuple(
                Wave(each.route, min(most, now + each.minutes * 60.0), self._reason(each.reason, playbook, key, text))
                for each in playbook.route
            ),
        )  # fmt: skip

    def lighting(self, light: Light, device: str) -> Lighting:
        """Which lights one entry stands for when something is wrong at `device`."""
        known = self.city.device(device)
        zones, devices, missing = list(light.zones), list(light.devices), ""
        if light.own_zone:
            if known is not None and known.zone is not None:
                zones.append(known.zone)
            else:
                missing = REFUSED.say("no-zone", device=device or "the hub")
        if light.within is not None:
            place = self.place(known)
            if place is None:
                missing = REFUSED.say("no-place", device=device or "the hub")
            else:
                near = self.nearby.lights(place, light.within)
                if light.whole_streets:
                    zones += sorted({zone for each in near if (zone := self.city.devices[each].zone) is not None})
                    near = [each for each in near if self.city.devices[each].zone is None]
                devices += self._whole(near)
                if not near and not light.whole_streets:
                    missing = REFUSED.say("none-near", metres=f"{light.within:g}", device=device)
        zones = [zone for zone in dict.fromkeys(zones) if zone in self.city.tree]
        devices = [each for each in dict.fromkeys(devices) if self.city.device(each) is not None]
        if not self.city.lights(zones, devices):
            return Lighting(light.level, light.ramp, why_none=missing or REFUSED.say("no-lights"))
        return Lighting(light.level, light.ramp, tuple(zones), tuple(devices))

    def place(self, device: Device | None) -> Location | None:
        """Where a device is: its own place, else that of what carries it."""
        if device is None:
            return None
        if device.location is not None:
            return device.location
        owner = self.city.device(self.city.topic_owner(device.id))
        return None if owner is None else owner.location

    def _whole(self, lights: Iterable[str]) -> list[str]:
        """With every light that can only be switched together with one of them."""
        return [each for light in lights for each in self.city.switched_with(self.city.devices[light])]

    def _marks(self, mark: MarkAt, key: AlarmKey, text: str) -> Iterable[Mark]:
        at = list(mark.devices)
        if mark.on == "device":
            at.append(key.device)
        elif mark.on == "cabinet":
            at.append(self._cabinet(key.device))
        said = self._said(mark.text, key, text)
        return [Mark(each, said) for each in dict.fromkeys(at) if each]

    def _cabinet(self, device: str) -> str:
        known = self.city.device(device)
        if known is not None and known.feed:
            return split_feed(known.feed).cabinet
        return device if known is not None and known.kind is DeviceKind.CABINET else self.city.topic_owner(device)

    def _reason(self, words: str, playbook: Playbook, key: AlarmKey, text: str) -> str:
        where = " ".join(filter(None, (key.device or "hub", key.point)))
        return (self._said(words, key, text) or f"{playbook.name}: {key.type} ({where})")[:300]

    def _said(self, words: str, key: AlarmKey, text: str) -> str:
        known = self.city.device(key.device)
        zone = known.zone if known is not None else None
        place = self.city.tree.zones.get(zone or "")
        for name, value in (
            ("device", key.device), ("name", (known.name if known is not None else "") or key.device),
            ("zone", "" if place is None else place.name or place.id), ("alarm", key.type), ("point", key.point),
            ("detail", text),
        ):  # fmt: skip
            words = words.replace("{" + name + "}", value)
        return words
