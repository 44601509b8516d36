"""What is wrong at a junction begins as a condition when its controller says so, and ends when it is right again."""

from __future__ import annotations

from pathlib import Path

from hub.signals.watch import ASTRAY, CLOCK, FAULT, SILENT, UNASKED
from tests.signals.house import House
from tests.signals.test_desks import ONE, played


def held(house: House) -> set[str]:
    return {each.type for each in house.conditions.of(ONE)}


def test_conditions_begin_and_end_with_what_the_controller_says(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        watch = house.room.watch
        await house.active()
        await house.seconds(60.0)
        await watch.look()
        assert held(house) == set()
        house.lost.add(ONE)
        await house.seconds(200.0)
        await watch.look()
        assert held(house) == {SILENT}
        house.lost.clear()
        house.crossroads[ONE].controller.trip("controller")
        await house.seconds(2.0)
        await watch.look()
        assert held(house) == {FAULT}
        house.crossroads[ONE].controller.reset(house.clock.now())
        await house.seconds(2.0)
        await watch.look()
        assert FAULT not in held(house) and not {CLOCK, ASTRAY, UNASKED} & held(house)

    played(tmp_path, scene)
