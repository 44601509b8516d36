"""One run of SUMO, and what each movement of it suffered."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from hub.evaluation.crossings import Crossing, crossings
from hub.evaluation.demand import Vehicle, edges, vehicles, write_demand
from hub.evaluation.extra import run
from hub.evaluation.network import write_network
from hub.evaluation.road import Arm, Movement, Road

DRAIN = 1800.0  # seconds that those under way at the end are given to arrive
HALTED = 0.1  # m/s; SUMO's own mark of a halt
QUEUED = 5 / 3.6  # m/s; slower vehicles stand or creep in a queue
WIDTH = 0.8  # metres of a sublane: motorcycles pass beside cars


@dataclass(frozen=True, slots=True)
class Suffered:
    """Means over the vehicles of a movement, flow or class: `delay` in s against driving at one's own speed, stops, and
    `queue`: the longest queue of each cycle, in vehicles (movements only)."""

    vehicles: int
    delay: float
    stops: float
    queue: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """One seed under one plan. `unfinished`: vehicles that had not arrived when the time was over, or never started.

    `warnings` are what SUMO said of the programs and of vehicles that braked hard or met; `crossings` what its geometry did.
    """

    movements: dict[Movement, Suffered]
    flows: dict[str, Suffered]
    kinds: dict[str, Suffered]
    whole: Suffered
    unfinished: int
    warnings: tuple[str, ...]
    crossings: tuple[Crossing, ...]


def simulate(road: Road, new: bool, seed: int) -> Run:
    """Run one seed in a folder of its own. Nothing teleports, so that a jam stays in sight."""
    wanted = vehicles(road, seed)
    with tempfile.TemporaryDirectory(prefix="lamplighter-sumo-") as name:
        folder = Path(name)
        network = write_network(road, new, folder)
        write_demand(road, wanted, folder / "road.rou.xml")
        said = run(
            "sumo", "--net-file", str(network), "--route-files", str(folder / "road.rou.xml"), "--seed", str(seed),
            "--end", str(road.warmup + road.period + DRAIN), "--time-to-teleport", "-1", "--lateral-resolution", str(WIDTH),
            "--collision.check-junctions", "--collision.action", "warn", "--no-step-log",
            "--fcd-output", str(folder / "seen.parquet"), "--fcd-output.attributes", "speed,lane",
        )  # fmt: skip
        warnings = tuple(line.removeprefix("Warning: ") for line in said.splitlines() if line.startswith("Warning"))
        cross = crossings(network, road, new)
        return _measured(road, new, wanted, folder / "seen.parquet", (warnings, cross))


def _measured(
    road: Road, new: bool, wanted: list[Vehicle], seen: Path, said: tuple[tuple[str, ...], tuple[Crossing, ...]]
) -> Run:
    with duckdb.connect(":memory:", config={"threads": 1}) as base:
        base.register("wanted", _wanted(road, wanted))
        places, movements = _places(road)
        base.register("places", places)
        base.register("cycles", _cycles(road, new, movements))
        base.execute(_SUFFERED, {"halted": HALTED, "queued": QUEUED, "seen": str(seen)})
        queues = dict(base.execute(_QUEUES, {"warmup": road.warmup, "end": road.warmup + road.period}).fetchall())
        rows = base.execute(_BY_MOVEMENT).fetchall()
        by_movement = {
            movement: Suffered(count, delay, stops, queues.get(number, 0.0))
            for number, count, delay, stops in rows
            for movement in (movements[number],)
        }
        flows = {str(road.flows[number]): Suffered(*rest) for number, *rest in base.execute(_whole("flow")).fetchall()}
        kinds = {kind: Suffered(*rest) for kind, *rest in base.execute(_whole("kind")).fetchall()}
        whole = Suffered(*base.execute(_whole("1")).fetchall()[0][1:])
        (unfinished,) = base.execute(_UNFINISHED, {"end": road.warmup + road.period + DRAIN}).fetchall()[0]
    return Run(by_movement, flows, kinds, whole, unfinished, *said)


def _wanted(road: Road, wanted: list[Vehicle]) -> pa.Table:
    return pa.table(
        {
            "vehicle": [each.id for each in wanted],
            "flow": [each.flow for each in wanted],
            "kind": [each.kind for each in wanted],
            "depart": [each.depart for each in wanted],
            "factor": [each.factor for each in wanted],
            "counts": [each.depart >= road.warmup for each in wanted],
        }
    )


def _places(road: Road) -> tuple[pa.Table, list[Movement]]:
    """Of each flow and place, an edge or a junction: the movement that time spent there belongs to, and the limit.

    What is lost in speeding up beyond the last junction belongs to the last movement.
    """
    movements = sorted({each for flow in road.flows for each in flow.path}, key=str)
    numbers = {each: number for number, each in enumerate(movements)}
    rows: list[tuple[int, str, int, float]] = []
    for flow_number, flow in enumerate(road.flows):
        way = edges(road, flow)
        for edge, each in zip(way, flow.path, strict=False):
            limit = road.speed(Arm(each.junction, each.arm))
            rows += [
                (flow_number, edge, numbers[each], limit),
                (flow_number, f":{each.junction}", numbers[each], limit),
            ]
        rows.append((flow_number, way[-1], numbers[flow.path[-1]], road.speed(flow.exit)))
    columns = list(zip(*rows, strict=True))
    return pa.table(dict(zip(("flow", "place", "movement", "free"), columns, strict=True))), movements


def _cycles(road: Road, new: bool, movements: list[Movement]) -> pa.Table:
    lengths = [road.junction(each.junction).program(new).cycle for each in movements]
    return pa.table({"movement": list(range(len(movements))), "cycle": lengths})


# One row for each second of each vehicle; an edge's lane is its id and a number, a junction's within is ':id_number_number'.
_SUFFERED = """
CREATE TABLE suffered AS
WITH seen AS (
    SELECT timestep_time AS t, vehicle_id AS vehicle, vehicle_speed AS speed,
        CASE WHEN vehicle_lane LIKE ':%' THEN regexp_replace(vehicle_lane, '_[0-9]+_[0-9]+$', '')
             ELSE regexp_replace(vehicle_lane, '_[0-9]+$', '') END AS place
    FROM read_parquet($seen) WHERE vehicle_id IS NOT NULL
)
SELECT t, vehicle, kind, flow, counts, movement, greatest(0, 1 - speed / (free * factor)) AS lost,
    speed < $queued AS queued,
    speed < $halted AND NOT coalesce(lag(speed < $halted) OVER (PARTITION BY vehicle ORDER BY t), false) AS stopped,
    CASE WHEN row_number() OVER (PARTITION BY vehicle ORDER BY t) = 1 THEN greatest(0, t - depart) ELSE 0 END AS late
FROM seen JOIN wanted USING (vehicle) JOIN places USING (flow, place)
"""
_BY_MOVEMENT = """
SELECT movement, count(*), avg(delay), avg(stops) FROM (
    SELECT movement, vehicle, sum(lost + late) AS delay, count(*) FILTER (stopped) AS stops
    FROM suffered WHERE counts GROUP BY movement, vehicle
) GROUP BY movement ORDER BY movement
"""
_QUEUES = """
SELECT movement, avg(longest) FROM (
    SELECT movement, floor(t / cycle) AS turn, max(standing) AS longest FROM (
        SELECT movement, t, count(*) FILTER (queued) AS standing FROM suffered
        WHERE t >= $warmup AND t < $end GROUP BY movement, t
    ) JOIN cycles USING (movement) GROUP BY movement, turn
) GROUP BY movement
"""
_UNFINISHED = """
SELECT count(*) FILTER (last IS NULL OR last >= $end - 1) FROM wanted
LEFT JOIN (SELECT vehicle, max(t) AS last FROM suffered GROUP BY vehicle) USING (vehicle) WHERE counts
"""


def _whole(key: str) -> str:
    return f"""
SELECT {key}, count(*), avg(delay), avg(stops) FROM (
    SELECT vehicle, any_value(flow) AS flow, any_value(kind) AS kind, sum(lost + late) AS delay,
        count(*) FILTER (stopped) AS stops
    FROM suffered WHERE counts GROUP BY vehicle
) GROUP BY {key} ORDER BY {key}
"""
