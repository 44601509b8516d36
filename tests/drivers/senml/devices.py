"""A small directory for the codec's tests."""

from __future__ import annotations

from hub.model.devices import Device, DeviceKind

NOW = 1_763_750_000.0


class Devices:
    """lamp-1 and lamp-2 by themselves, child-1 and child-2 behind gw."""

    def __init__(self) -> None:
        self._devices = {
            "lamp-1": Device("lamp-1", "", DeviceKind.LIGHT),
            "lamp-2": Device("lamp-2", "", DeviceKind.LIGHT),
            "gw": Device("gw", "", DeviceKind.GATEWAY),
            "child-1": Device("child-1", "", DeviceKind.LIGHT, address="gw"),
            "child-2": Device("child-2", "", DeviceKind.METER, address="gw"),
        }

    def __getitem__(self, device: str) -> Device:
        return self._devices[device]

    def device(self, device: str) -> Device | None:
        return self._devices.get(device)

    def speaks_for(self, speaker: str, device: str) -> bool:
        found = self._devices.get(device)
        return speaker == device or (found is not None and found.address == speaker)

    def of_profile(self, profile: str) -> tuple[Device, ...]:
        return ()

    def fire_panels(self) -> tuple[str, ...]:
        return ()

    def topic_owner(self, device: str) -> str:
        found = self._devices.get(device)
        return found.address if found is not None and found.address else device
