"""The fewest legal reads that cover what is wanted."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.modbus.model import BITS, MOST_BITS, MOST_REGISTERS, Block, Point


def merged(points: Iterable[Point], gap: int = 0, most: int = MOST_REGISTERS) -> list[Block]:
    """Blocks that hold all `points`, each whole. At most `gap` registers that nobody wants are read along between two points,
    and at most `most` registers at once."""
    blocks: list[Block] = []
    functions: dict[int, list[Point]] = {}
    for point in points:
        functions.setdefault(point.function, []).append(point)
    for function, wanted in sorted(functions.items()):
        limit = MOST_BITS if function in BITS else min(most, MOST_REGISTERS)
        allowed = gap * 16 if function in BITS else gap
        run: list[Point] = []
        start = end = 0
        for point in sorted(wanted, key=lambda each: (each.first, each.end)):
            if run and point.first - end <= allowed and max(end, point.end) - start <= limit:
                run.append(point)
                end = max(end, point.end)
                continue
            if run:
                blocks.append(Block(function, start, end - start, tuple(run)))
            run, start, end = [point], point.first, point.end
        if run:
            blocks.append(Block(function, start, end - start, tuple(run)))
    return blocks


def pieces(block: Block) -> list[Block]:
    """The block in parts, for a device that refuses the whole: first without what nobody wants, then in halves. Nothing when
    there is but one point in it."""
    if len(block.points) == 1:
        return []
    parts = merged(block.points)
    if len(parts) > 1:
        return parts
    middle = len(block.points) // 2
    return merged(block.points[:middle]) + merged(block.points[middle:])
