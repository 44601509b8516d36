"""Plots of a report as SVG: small, drawn here, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

COLOURS = {"better": "#1a7f37", "worse": "#b42318", "mixed": "#b54708", "same": "#57606a", "unsure": "#8a6d00"}
OUT, BACK = "#1a7f37", "#1f6feb"
_WIDTH, _ROW, _LEFT = 760, 18, 230


def changes(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """A dot with whiskers for each movement's change of delay."""
    ends = [value for row in rows for value in row["delay"]["change"].values() if value is not None]
    reach = max([1.0, *(abs(float(value)) for value in ends)]) * 1.05
    height = _ROW * len(rows) + 40

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 20) * (value + reach) / (2 * reach)

    marks = [_line(x(0), 10, x(0), height - 24, "#57606a")]
    for tick in (-reach, -reach / 2, reach / 2, reach):
        marks += [
            _line(x(tick), 10, x(tick), height - 24, "#d0d7de"),
            _text(x(tick), height - 8, f"{tick:+.0f}", "middle"),
        ]
    marks.append(_text(x(0), height - 8, "0", "middle"))
    for number, row in enumerate(rows):
        y = 20 + _ROW * number
        change, colour = row["delay"]["change"], COLOURS[row["verdict"]]
        marks.append(_text(_LEFT - 8, y + 4, row["name"], "end"))
        if change["low"] is not None:
            marks.append(_line(x(change["low"]), y, x(change["high"]), y, colour, 2))
        marks.append(f'<circle cx="{x(change["mean"]):.1f}" cy="{y}" r="4" fill="{colour}"/>')
    return _svg(height, marks, title)


def time_space(found: Mapping[str, Any], title: str, cycles: int = 3) -> str:
    """Greens of each junction over time and the bands through them: outbound upwards, inbound downwards."""
    signals, cycle = found["signals"], float(found["cycle"])
    length = max(float(signals[-1]["position"]), 1.0)
    height, last = 360, cycle * cycles

    def x(seconds: float) -> float:
        return _LEFT / 2 + (_WIDTH - _LEFT / 2 - 20) * seconds / last

    def y(metres: float) -> float:
        return height - 40 - (height - 70) * metres / length

    marks = []
    for way, colour in (("outbound", OUT), ("inbound", BACK)):
        for band in found[way]["bands"][:1]:
            marks += [_band(band["at"], turn * cycle, colour, x, y) for turn in range(-2 * cycles, cycles)]
    for signal in signals:
        level = y(signal["position"])
        marks += [
            _text(_LEFT / 2 - 8, level + 4, signal["junction"], "end"),
            _line(x(0), level, x(last), level, "#b42318"),
        ]
        for way, colour, shift in (("outbound", OUT, -3), ("inbound", BACK, 3)):
            for start, end in signal["greens"][way]:
                for turn in range(-1, cycles):
                    low, high = max(0.0, start + turn * cycle), min(last, end + turn * cycle)
                    if high > low:
                        marks.append(_line(x(low), level + shift, x(high), level + shift, colour, 4))
    marks += [_text(x(turn * cycle), height - 14, f"{turn * cycle:g} s", "middle") for turn in range(cycles + 1)]
    return _svg(
        height,
        [f'<clipPath id="c"><rect x="{x(0)}" y="0" width="{x(last) - x(0)}" height="{height}"/></clipPath>', *marks],
        title,
    )


def _band(at: Sequence[Mapping[str, Any]], later: float, colour: str, x: Any, y: Any) -> str:
    there = [(x(corner["from"] + later), y(corner["position"])) for corner in at]
    back = [(x(corner["to"] + later), y(corner["position"])) for corner in reversed(at)]
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (*there, *back))
    return f'<polygon points="{points}" fill="{colour}" fill-opacity="0.15" clip-path="url(#c)"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: int, marks: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-size="11" '
        f'font-family="sans-serif"><title>{escape(title)}</title>{"".join(marks)}</svg>'
    )
