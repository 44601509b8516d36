"""report.html: the report for people, one file that asks nothing of any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from hub.evaluation.plots import COLOURS, changes, time_space
from hub.evaluation.texts import TEXTS

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;color:#1f2328;background:#fff}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}div.wide{overflow-x:auto}
th,td{padding:.2rem .5rem;border-bottom:1px solid #d0d7de;text-align:right}th:first-child,td:first-child{text-align:left}
svg{width:100%;height:auto;margin:1rem 0}code{font-size:11px;overflow-wrap:anywhere}
"""


def page(found: Mapping[str, Any], language: str = "en") -> str:
    """The page of a report (`report.json`'s values) in `en` or `vi`."""
    say = TEXTS[language]
    minutes = f"{found['period'] / 60:g}"
    made = say["made"].format(
        made=found["made"], sumo=found["sumo"]["version"], seeds=len(found["seeds"]), minutes=minutes
    )
    unfinished = say["unfinished"].format(**{key: f"{value:g}" for key, value in found["unfinished"].items()})
    parts = [
        f"<h1>{escape(say['title'])}: {escape(found['name'])}</h1><p>{escape(made)}</p>",
        f"<p><strong>{escape(say['verdict'])}: {_verdict(found['verdict'], say)}</strong></p>",
        _list(say["because"], found["because"]),
        f"<p>{escape(unfinished)}</p>",
        _table(say, say["all"], [{**found["all"], "name": say["all"]}, *found["classes"]]),
        f"<h2>{escape(say['change'])}</h2>{changes(found['movements'], say['change'])}",
        _table(say, say["movements"], found["movements"]),
        _list(say["foreseen"], [say["pays"].format(**each) for each in found["foreseen"] or ()]),
        _table(say, say["flows"], found["flows"]),
        _walks(say, found["pedestrians"]),
        *_bands(say, found["bands"]),
        _programs(say, found["programs"]),
        _list(say["unmeasured"], found["unmeasured"]),
        _list(say["warnings"].format(count=found["sumo"]["warnings"]), found["sumo"]["said"]),
    ]
    title = f"{escape(say['title'])}: {escape(found['name'])}"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    body = "".join(parts)
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}</body></html>\n'


def _verdict(verdict: str, say: Mapping[str, str]) -> str:
    return f'<span style="color:{COLOURS[verdict]}">{escape(say[verdict])}</span>'


def _list(head: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    return f"<h3>{escape(head)}</h3><ul>{''.join(f'<li>{escape(each)}</li>' for each in items)}</ul>"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells are markup."""
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _table(say: Mapping[str, str], title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    kinds = ("delay", "stops", "queue")
    head = [say["movement"], say["vehicles"]]
    head += [f"{say[kind]}: {say[which]}" for kind in kinds for which in ("old", "new", "difference")]
    cells = [
        [
            escape(row["name"]),
            f"{row['vehicles']:g}",
            *(_estimate(row[kind][which]) for kind in kinds for which in ("old", "new", "change")),
            _verdict(row["verdict"], say),
        ]
        for row in rows
    ]
    return f"<h2>{escape(title)}</h2>{_rows([*head, say['verdict']], cells)}"


def _estimate(each: Mapping[str, float | None]) -> str:
    if each["low"] is None or each["high"] is None:
        return f"{each['mean']:.1f}"
    return f"{each['mean']:.1f}&nbsp;±&nbsp;{(each['high'] - each['low']) / 2:.1f}"


def _walks(say: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    cells = [
        [
            escape(f"{row['junction']}/{row['group']}"),
            f"{row['wait']['old']:.1f}",
            f"{row['wait']['new']:.1f}",
            _verdict(row["verdict"], say),
        ]
        for row in rows
    ]
    return f"<h2>{escape(say['pedestrians'])}</h2>{_rows([say['movement'], say['old'], say['new'], say['verdict']], cells)}"


def _bands(say: Mapping[str, str], found: Mapping[str, Any] | None) -> list[str]:
    parts = []
    for which in ("old", "new") if found is not None else ():
        each = (found or {})[which]
        title = say["bands"].format(which=say[which])
        said = say["band"].format(
            outbound=f"{each['outbound']['width']:g}",
            inbound=f"{each['inbound']['width']:g}",
            cycle=f"{each['cycle']:g}",
        )
        parts.append(f"<h2>{escape(title)}</h2><p>{escape(said)}</p>{time_space(each, title)}")
    return parts


def _programs(say: Mapping[str, str], found: Mapping[str, Any]) -> str:
    cells = [
        [
            escape(junction),
            *(
                f"{escape(str(both['old'][key]))} → {escape(str(both['new'][key]))}"
                for key in ("program", "cycle", "offset")
            ),
            f"<code>{escape(both['new']['checksum'])}</code>",
        ]
        for junction, both in found.items()
    ]
    head = [say["junction"], say["program"], say["cycle"], say["offset"], say["checksum"]]
    return f"<h2>{escape(say['programs'])}</h2>{_rows(head, cells)}"
