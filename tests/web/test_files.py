"""The page is complete in itself: it asks nobody else for anything, and what it carries is what was published."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.web.source import WEB, modules

ADDRESS = re.compile(r"""["'(]\s*((?:https?:)?//[^"')\s]+)""")
NAMESPACE = "http://www.w3.org/2000/svg"


def _own_files() -> Iterator[Path]:
    yield from modules()
    yield from (WEB / "css").glob("*.css")
    yield WEB / "index.html"
    yield WEB / "favicon.svg"


def test_no_file_names_an_address_elsewhere() -> None:
    for path in _own_files():
        found = [address for address in ADDRESS.findall(path.read_text("utf-8")) if address != NAMESPACE]
        assert found == [], path


def test_there_is_no_inline_script_or_style() -> None:
    html = (WEB / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    for module in modules():
        source = module.read_text("utf-8")
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source) == []
        ), module


def test_everything_that_the_page_loads_is_there() -> None:
    html = (WEB / "index.html").read_text("utf-8")
    for reference in re.findall(r'(?:src|href)="/([^"#]+)"', html):
        assert (WEB / reference).is_file(), reference
    for module in modules():
        for target in re.findall(r"^import .*?from '([^']+)'", module.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            assert (module.parent / target).resolve().is_file(), f"{module.name} imports {target}"


def test_every_vendored_file_is_listed_with_its_sum() -> None:
    vendor = WEB / "vendor"
    sources = tomllib.loads((vendor / "SOURCES.toml").read_text("utf-8"))
    listed = {name: total for library in sources.values() for name, total in library["sha256"].items()}
    present = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()} - {"SOURCES.toml"}
    assert listed.keys() == present
    for name, total in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == total, name


def test_every_library_states_version_and_licence() -> None:
    for name, library in tomllib.loads((WEB / "vendor/SOURCES.toml").read_text("utf-8")).items():
        assert library["version"] and library["licence"], name


def test_files_stay_small() -> None:
    for path in modules():
        assert len(path.read_text("utf-8").splitlines()) <= 250, path


def test_every_file_is_explained_in_the_readme() -> None:
    readme = (WEB / "README.md").read_text("utf-8")
    names = [path.relative_to(WEB / "js").as_posix() for path in modules()]
    names += [path.name for path in (WEB / "css").glob("*.css")]
    assert [name for name in names if f"`{name}`" not in readme] == []
