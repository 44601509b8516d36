"""The page's own files, read as text: which texts there are and which are asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

WEB = Path(__file__).parent.parent.parent / "dashboards" / "web"
LANGUAGES = ("en", "vi")

Text = str | dict[str, str]

_LITERAL = re.compile(r"\bt\(\s*'([^']+)'")
_TEMPLATE = re.compile(r"\bt\(\s*`([^`]+)`")
_CHOICE = re.compile(r"\bt\(([^'`(){}]*\?[^(){}]*?)[,)]")
_WORD = re.compile(r"\bword\(\s*'([^']+)'")
_HTML = re.compile(r'data-i18n(?:-\w+)?="([^"]+)"')
_ATTRIBUTE = re.compile(r"\bbutton\('\w+', '([a-z.-]+)'")


def modules() -> list[Path]:
    """Every module of the page that is ours, but the catalogues."""
    return [path for path in sorted((WEB / "js").rglob("*.js")) if path.parent.name != "i18n"]


def catalogue(language: str) -> dict[str, Text]:
    """The texts of a language. A catalogue is JSON behind `export default`."""
    source = (WEB / "js" / "i18n" / f"{language}.js").read_text("utf-8").strip()
    body = source.removeprefix("export default ").removesuffix(";")
    pairs = json.loads(body, object_pairs_hook=list)
    found = {key: dict(value) if isinstance(value, list) else value for key, value in pairs}
    assert len(found) == len(pairs), f"{language}.js holds a key twice"
    return found


def forms(text: Text) -> list[str]:
    """Every wording of a text."""
    return [text] if isinstance(text, str) else list(text.values())


def keys_asked_for() -> tuple[set[str], set[str]]:
    """Keys the page asks for by name, and prefixes (`outcome.`) behind which the hub's words or the page's own follow."""
    names: set[str] = set(_HTML.findall((WEB / "index.html").read_text("utf-8")))
    prefixes: set[str] = set()
    for module in modules():
        source = module.read_text("utf-8")
        names.update(_LITERAL.findall(source))
        names.update(_ATTRIBUTE.findall(source))
        for choice in _CHOICE.findall(source):
            names.update(key for key in re.findall(r"'([a-z_.-]+)'", choice) if "." in key or key == "loading")
        names.update(re.findall(r"'((?:device|progress)\.[a-z-]+)'", source))
        prefixes.update(template.split("${")[0] for template in _TEMPLATE.findall(source))
        prefixes.update(f"{family}." for family in _WORD.findall(source))
    return names, prefixes
