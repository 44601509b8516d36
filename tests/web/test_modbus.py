"""What the page says of devices on Modbus that answer with exceptions, in a real browser, as a technician sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.modbus.exceptions import CODES
from tests.servers.hub import RunningHub, running_hub
from tests.servers.modbus import Slave, slave
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import LANGUAGES, catalogue

MAP = """title = "A meter of ours"
kinds = ["meter"]
source = "this test"
[[registers]]
address = 0
type = "float32"
metric = "power"
[[registers]]
address = 20
type = "uint16"
expect = 17
"""
UNITS = {"refuses": (1, 2), "fails": (2, 4), "busy": (3, 6), "lost": (4, 11)}


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slave]:
    with slave(tmp_path_factory.mktemp("peer")) as running:
        for unit, code in UNITS.values():
            running.say(f"refuses {unit} {code}")
        yield running


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, peer: Slave) -> Iterator[RunningHub]:
    folder: Path = tmp_path_factory.mktemp("hub")
    own = folder / "data" / "profiles" / "modbus"
    own.mkdir(parents=True)
    (own / "ours.toml").write_text(MAP, "utf-8")
    with running_hub(folder, {"modbus__normal": 0.2, "modbus__timeout": 0.3}) as hub, hub.client() as api:
        devices = {name: unit for name, (unit, _) in UNITS.items()} | {"other": 5}
        for name, unit in devices.items():
            address = f"tcp://127.0.0.1:{peer.port}/{unit}"
            body = {"id": name, "kind": "meter", "profile": "ours", "address": address}
            assert api.post("/devices", json=body).status_code == 201
        for name in devices:
            until(name, lambda name=name: api.get(f"/devices/{name}").json()["conditions"] or None)  # type: ignore[misc]
        until("both reads", lambda: len(api.get("/devices/refuses").json()["conditions"]) == 2 or None)
        yield hub


def look_at(shown: Screen, device: str, phone: bool) -> str:
    """What the panel says is wrong."""
    if phone:
        shown.at("tab-zones").click()
    shown.at("search").fill(device)
    shown.at(f"found-{device}").click()
    shown.page.locator(f"[data-device={device}] [data-testid=conditions] li").first.wait_for()
    [line] = shown.at("conditions").locator("li").all_inner_texts()
    return " ".join(line.split())


SAID = {
    "en": {
        "refuses": [
            "Profile or register map does not fit",
            "holding registers 0–1, holding register 20",
            "exception 2: it has no such registers: check address, gap and most in its register map",
        ],
        "fails": ["Device fault", "holding registers 0–1", "exception 4: it failed while it carried this out"],
        "busy": ["Device is busy", "exception 6: it is busy with something else"],
        "lost": ["No communication", "exception 11: the gateway got no answer from it: check its power"],
        "other": [
            "Profile or register map does not fit",
            "holding register 20",
            "holds 0, and not 17: this is another type",
        ],
    },
    "vi": {
        "refuses": [
            "Hồ sơ hoặc bảng thanh ghi không khớp",
            "thanh ghi giữ 0–1, thanh ghi giữ 20",
            "mã lỗi 2: thiết bị không có các thanh ghi này",
        ],
        "fails": ["Thiết bị hỏng", "mã lỗi 4: thiết bị gặp lỗi khi thực hiện"],
        "busy": ["Thiết bị đang bận", "mã lỗi 6: thiết bị đang bận việc khác"],
        "lost": ["Mất liên lạc", "mã lỗi 11: cổng kết nối không nhận được trả lời"],
        "other": ["Hồ sơ hoặc bảng thanh ghi không khớp", "thanh ghi giữ 20", "đọc được 0, không phải 17"],
    },
}


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_every_exception_has_a_meaning_on_the_panel(hub: RunningHub, size: tuple[int, int], language: str) -> None:
    with chromium() as browser, screen(browser, hub.url, size, "en-GB" if language == "en" else "vi-VN") as shown:
        shown.sign_in("operator", hub.password("operator"))
        for device, parts in SAID[language].items():
            line = look_at(shown, device, size == PHONE)
            assert [part for part in parts if part not in line] == [], line
        meant = shown.ask("async () => (await import('/js/conditions.js')).exceptionMeaning('77')")
        assert meant == catalogue(language)["exception.other"]
        shown.clean()


def test_every_exception_has_a_meaning_in_the_log(hub: RunningHub) -> None:
    log = hub.log.read_text("utf-8")
    for words in (
        "exception 2: it has no such registers",
        "exception 4: it failed while it carried this out",
        "exception 6: it is busy with something else",
        "exception 11: the gateway got no answer from it",
    ):
        assert words in log


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_knows_every_code_of_the_standard_and_no_other(language: str) -> None:
    known = {key.removeprefix("exception.") for key in catalogue(language) if key.startswith("exception.")}
    assert known == {*map(str, CODES), "other"}
