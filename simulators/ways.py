"""Which lamps and sensors of a city speak what: MQTT, CoAP by the contract, or LwM2M. Pure: the same seed, the same ones."""

from __future__ import annotations

import random
from dataclasses import replace

from simulators.city import City, Way
from simulators.noise import stream


def on_their_ways(city: City, coap: float, lwm2m: float) -> City:
    """The city with a share `lwm2m` of its lamps and sensors as LwM2M clients, a lamp and a sensor at least when it is above 0,
    and of what else has a connection of its own a share `coap` on CoAP.

    Such a lamp gets a connection of its own and hangs on its cabinet's feeder as before. Lamps without a controller stay so.
    """
    dice = random.Random(stream(city.seed, "ways"))
    able = [lamp.id for lamp in city.lamps if not lamp.single and not lamp.segment]
    chosen = set(dice.sample(able, min(len(able), _count(len(city.lamps), lwm2m))))
    single = [lamp.id for lamp in city.lamps if lamp.single]
    posting = set(single[: round(len(single) * coap)])
    lamps = tuple(
        replace(lamp, single=True, way=Way.LWM2M) if lamp.id in chosen
        else replace(lamp, way=Way.COAP) if lamp.id in posting
        else lamp
        for lamp in city.lamps
    )  # fmt: skip
    there = len(city.sensors)
    others = there - min(there, _count(there, lwm2m))
    first = others - round(others * coap)
    sensors = tuple(
        replace(sensor, way=Way.MQTT if index < first else Way.COAP if index < others else Way.LWM2M)
        for index, sensor in enumerate(city.sensors)
    )
    return replace(city, lamps=lamps, sensors=sensors)


def _count(there: int, share: float) -> int:
    return max(1, round(there * share)) if share > 0 else 0
