"""The page of junctions against a real hub and simulated controllers: as an operator lives through a night, on a phone too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.servers.waiting import until
from tests.web.avenue import Avenue, J, fits, open_list, running_avenue, send
from tests.web.browser import DESKTOP, PHONE, chromium, screen
from tests.web.source import catalogue

REPORT = Path(__file__).parents[1] / "evaluation/report.json"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def avenue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Avenue]:
    with running_avenue(tmp_path_factory.mktemp("avenue")) as found:
        yield found


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_the_list_says_how_each_runs_and_is_searched_filtered_and_saved(
    avenue: Avenue, browser: Browser, size: tuple[int, int], language: str
) -> None:
    phone = size == PHONE
    with screen(browser, avenue.hub.url, size, "vi-VN" if phone else "en-GB") as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        open_list(shown, phone=phone)
        rows = shown.at("junctions-list").locator("li.junction")
        count = len(avenue.get("/junctions")["items"])
        assert count >= 4
        shown.until("every junction", lambda: rows.count() == count)
        assert fits(shown)
        shown.at("junctions-search").fill("junction-02")
        shown.until("the one", lambda: rows.count() == 1)
        shown.at("junctions-search").fill("nothing such")
        none = str(catalogue(language)["junctions.none-such"])
        shown.until("that there is none", lambda: none in shown.at("junctions-list").inner_text())
        shown.at("junctions-search").fill("")
        shown.until("all again", lambda: rows.count() == count)
        with shown.page.expect_download() as file:
            shown.at("junctions-csv").click()
        assert file.value.path().read_text("utf-8").count("junction-0") >= 4
        shown.at("junctions-list").focus()
        shown.page.keyboard.press("ArrowDown")
        shown.page.keyboard.press("Enter")
        shown.at("junction-one").wait_for()
        shown.page.keyboard.press("Escape")  # back, not away
        rows.first.wait_for()
        shown.clean()


def test_the_second_hand_goes_round_and_stands_once_nobody_says_anything(avenue: Avenue, browser: Browser) -> None:
    dumb = "junction-04"
    avenue.active(dumb)
    with screen(browser, avenue.hub.url, PHONE) as shown:
        shown.sign_in("analyst", avenue.hub.password("analyst"))
        open_list(shown, phone=True)
        shown.at(f"junction-{dumb}").click()
        second, old = shown.at("ring-second"), shown.at("junction-old")
        shown.until("the hand to go", lambda: second.is_visible() and second.inner_text().isdigit())
        seen = {second.inner_text()}
        shown.until("other seconds", lambda: seen.add(second.inner_text()) or len(seen) > 3)
        shown.until("it to be of now", lambda: not old.is_visible())
        bars = shown.at("junction-bars")
        shown.until("what every group does, in words", lambda: "pav: " in (bars.get_attribute("aria-label") or ""))
        assert shown.at("order-select").is_disabled() and shown.at("junction-denied").is_visible()
        assert fits(shown)
        avenue.post(f"/devices/{dumb}/credentials", "admin", {})  # its controller is cut off for good
        shown.until("it says how old it is", old.is_visible)
        stood = second.inner_text()
        head = shown.at("junction-mode")
        unknown = str(catalogue("en")["junctions.last-said"]).split("{")[0]
        shown.until("nobody knows by now", lambda: unknown in head.inner_text())
        assert second.inner_text() == stood
        assert "stale" in (shown.at("junction-live").get_attribute("class") or "")
        shown.clean()


def test_an_order_needs_reason_and_end_and_is_followed_until_it_runs(avenue: Avenue, browser: Browser) -> None:
    avenue.active()
    with screen(browser, avenue.hub.url, PHONE) as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        open_list(shown, phone=True)
        shown.at(f"junction-{J}").click()
        shown.at("order-select").click()
        form = shown.at("form-select")
        form.wait_for()
        assert form.get_by_test_id("order-end-2h").count() == 1  # as long as the city allows, and no longer
        assert form.get_by_test_id("order-end-morning").count() == 0
        shown.at("order-send").click()
        assert "program" in shown.at("order-error").inner_text()
        runs = avenue.state()["state"]["program"]
        other = "morning" if runs != "morning" else "evening"
        form.get_by_test_id(f"program-{other}").check(force=True)
        shown.at("order-send").click()
        assert str(catalogue("en")["order.end.missing"]) in shown.at("order-error").inner_text()
        form.get_by_test_id("order-end-1h").check(force=True)
        shown.at("order-reason").fill("football")
        shown.page.keyboard.press("Escape")  # what is typed is not lost by it
        shown.at("guard-stay").click()
        assert shown.at("order-reason").input_value() == "football"
        assert fits(shown)
        send(shown)
        order = shown.at("junction-order")
        order.wait_for()
        assert "football" in order.inner_text()
        shown.until("it runs", lambda: order.get_attribute("data-state") == "running")
        assert avenue.state()["state"]["program"] == other
        shown.until("its name above", lambda: other in shown.at("junction-mode").inner_text())
        shown.at("order-local").click()
        shown.at("order-reason").fill("over")
        send(shown)
        shown.until("the calendar decides", lambda: not avenue.state()["order"])
        shown.clean()


def test_flashing_amber_and_a_held_stage_on_a_phone(avenue: Avenue, browser: Browser) -> None:
    rested = "junction-03"  # the one above has just changed its program, and would have to run it first
    avenue.active(rested)
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        open_list(shown, phone=True)
        shown.at(f"junction-{rested}").click()
        shown.until("orders to be possible", lambda: shown.at("order-hold").is_enabled())
        shown.at("order-hold").click()
        form = shown.at("form-hold")
        form.get_by_test_id("stage-1").check(force=True)
        form.get_by_test_id("seconds-10").check(force=True)
        form.get_by_test_id("order-end-30m").check(force=True)
        shown.at("order-reason").fill("đoàn xe")
        send(shown)
        order = shown.at("junction-order")
        temporary = shown.at("held-bars")
        shown.until("its program, drawn", lambda: temporary.locator("rect.run").count() > 0)
        shown.until("the stage to be held", lambda: order.get_attribute("data-state") == "running")
        given = avenue.state(rested)["order"]
        held, cycle = given["body"], avenue.plan_set(rested)["programs"][given["program"]]["cycle"]
        assert held["cycle"] == cycle + 10 and temporary.locator("rect.old").count() > 0
        shown.until("the junction itself to show it", lambda: shown.at("junction-bars").is_visible())
        assert shown.at("junction-bars").get_attribute("aria-label") == temporary.get_attribute("aria-label")
        assert fits(shown)
        shown.at("order-flash").click()
        shown.at("form-flash").get_by_test_id("order-end-30m").check(force=True)
        shown.at("order-reason").fill("tai nạn")
        send(shown)
        flash = str(catalogue("vi")["signalmode.flash"])
        shown.until("flashing amber", lambda: shown.at("junction-mode").inner_text() == flash)
        assert "tai nạn" in order.inner_text()
        shown.at("order-local").click()
        shown.at("order-reason").fill("xong")
        send(shown)
        shown.until("the plan again", lambda: "flash" not in (shown.at("junction-mode").get_attribute("class") or ""))
        shown.clean()


def test_a_plan_set_is_edited_by_keys_found_unsafe_mended_and_approved_by_a_second_person(
    avenue: Avenue, browser: Browser
) -> None:
    edited = "junction-02"
    avenue.active(edited)
    with screen(browser, avenue.hub.url) as shown:
        shown.sign_in("technician", avenue.hub.password("technician"))
        open_list(shown)
        shown.at(f"junction-{edited}").click()
        shown.at("sets-open").click()
        shown.at("sets-copy").click()
        shown.at("set-edit").click()
        shown.at("program-day").click()
        state = shown.at("lint-state")
        shown.until("the linter to have looked", lambda: state.get_attribute("data-state") == "safe")
        shown.at("handle-st-52").focus()
        for _ in range(4):
            shown.page.keyboard.press("ArrowLeft")
        shown.until("what is unsafe", lambda: state.get_attribute("data-state") == "errors")
        finding = shown.at("finding-intergreen").first
        assert "st" in finding.inner_text() and "48" in finding.inner_text()
        shown.until("its mark at its second", lambda: shown.page.locator(".find.error").count() > 0)
        shown.page.keyboard.press("Escape")  # unsaved work is not lost by it
        shown.at("guard-stay").click()
        for _ in range(4):
            shown.at("editor-undo").click()
        shown.until("it to be safe again", lambda: state.get_attribute("data-state") == "safe")
        grip = shown.at("handle-st-52").bounding_box()
        assert grip is not None
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        shown.page.mouse.move(x, y)
        shown.page.mouse.down()
        shown.page.mouse.move(x + 40, y, steps=4)
        shown.page.mouse.up()
        shown.until("a later start", lambda: shown.at("handle-st-52").count() == 0)
        shown.until("that it is safe too", lambda: state.get_attribute("data-state") == "safe")
        shown.at("editor-note").fill("a later start of the side street")
        shown.at("editor-save").click()
        word = shown.at("set-word")
        shown.until("the change", lambda: "programs.day.states" in shown.at("set-change").inner_text())
        shown.at("step-submit").click()
        shown.at("step-reason").fill("less waiting on foot")
        shown.at("step-send").click()
        shown.until("it to wait", lambda: word.get_attribute("data-state") == "submitted")
        assert shown.at("step-approve").is_disabled() and shown.at("set-edit").count() == 0
        id = shown.at("set-view").get_attribute("data-plan")
        shown.clean()
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        open_list(shown, phone=True)
        shown.at(f"junction-{edited}").click()
        shown.at("sets-open").click()
        version = avenue.get(f"/plans/{id}")["version"]
        shown.at(f"set-open-{version}").click()
        word = shown.at("set-word")
        shown.until("it", lambda: word.get_attribute("data-state") == "submitted")
        assert fits(shown)
        for what, becomes in (("approve", "approved"), ("activate", "active")):
            shown.at(f"step-{what}").click()
            shown.at("step-reason").fill("đã xem")
            shown.at("step-send").click()
            shown.until(becomes, lambda becomes=becomes: word.get_attribute("data-state") == becomes)  # type: ignore[misc]
        assert avenue.state(edited)["active"]["id"] == id
        shown.at("step-rollback").click()
        shown.at("step-reason").fill("hàng chờ dài")
        shown.at("step-send").click()
        shown.until("the one before to run", lambda: avenue.state(edited)["active"]["id"] != id)
        shown.until("it to say so", lambda: word.get_attribute("data-state") == "superseded")
        shown.clean()


def test_a_plan_set_from_a_file_and_to_a_file(avenue: Avenue, browser: Browser) -> None:
    broken = avenue.plan_set("junction-02")
    broken["programs"]["day"]["states"]["45"] = broken["programs"]["day"]["states"]["0"]
    with screen(browser, avenue.hub.url) as shown:
        shown.sign_in("technician", avenue.hub.password("technician"))
        open_list(shown)
        shown.at("junction-junction-02").click()
        shown.at("sets-open").click()
        shown.at("sets-import").wait_for()

        def load(name: str, text: str) -> None:
            with shown.page.expect_file_chooser() as chosen:
                shown.at("sets-import").click()
            chosen.value.set_files([{"name": name, "mimeType": "application/json", "buffer": text.encode()}])

        load("no.json", "{")
        shown.at("sets-error").wait_for()
        shown.until("why it is none", lambda: shown.at("sets-error").inner_text())
        load("plans.json", json.dumps(broken))
        state = shown.at("lint-state")
        shown.until("the linter's word", lambda: state.get_attribute("data-state") == "errors")
        shown.at("editor-save").click()
        word = shown.at("set-word")
        shown.until("a draft", lambda: word.get_attribute("data-state") == "draft")
        assert shown.at("step-submit").count() == 0
        with shown.page.expect_download() as file:
            shown.at("set-export-json").click()
        assert json.loads(file.value.path().read_text("utf-8"))["programs"]["day"] == broken["programs"]["day"]
        with shown.page.expect_download() as file:
            shown.at("set-export-yaml").click()
        assert file.value.path().read_text("utf-8").count("states:") == 4
        shown.at("set-delete").click()
        shown.at("sets-list").wait_for()
        shown.errors = [each for each in shown.errors if "422" not in each]  # the browser's own line about the refusal
        shown.clean()


def test_a_fire_asks_for_its_green_wave_and_gives_it_back(avenue: Avenue, browser: Browser) -> None:
    legs = ["junction-02", "junction-03"]
    for junction in legs:
        avenue.active(junction)
    route = {"id": "station-2", "name": "Station 2", "legs": [{"junction": id, "program": "evening"} for id in legs]}
    avenue.post("/routes", "technician", route)
    with avenue.panel("panel-9") as panel, screen(browser, avenue.hub.url, DESKTOP) as shown:
        shown.sign_in("admin", avenue.hub.password("admin"))
        shown.at("playbooks-open").click()
        shown.at("playbook-template-fire-approach").click()
        shown.at("playbook-trigger-devices").fill("panel-9")
        shown.at("playbook-add-route").click()
        shown.at("playbook-route-route").fill("station-3")
        shown.at("playbook-save").click()
        error = shown.at("playbook-error")
        shown.until("what exists", lambda: "station-2" in error.inner_text())
        shown.at("playbook-route-route").fill("station-2")
        for junction in legs:  # what somebody ordered there is not taken away for a fire
            if avenue.state(junction)["order"]:
                avenue.post(f"/junctions/{junction}/local", "operator", {"reason": "for the fire"})
            until("nothing to hold it", lambda at=junction: avenue.state(at)["order"] is None)  # type: ignore[misc]
        until("both to be free", lambda: not avenue.post("/routes/station-2/preview", "operator", {})["refused"])
        shown.at("playbook-device").fill("panel-9")
        shown.at("playbook-try").click()
        shown.until("what it would do", lambda: "would be asked" in shown.at("incident-leg-junction-03").inner_text())
        shown.at("playbook-save").click()
        shown.at("playbook-fire-approach").wait_for()
        shown.at("playbooks-close").click()
        panel.change("alarm", "1/7", text="khói")
        runs = str(catalogue("en")["legstate.running"])
        for junction in legs:
            shown.until("it to run", lambda at=f"incident-leg-{junction}": runs in shown.at(at).inner_text())  # type: ignore[misc]
            assert avenue.state(junction)["order"]["by"].startswith("incident:fire-approach:")
        panel.change("alarm", "1/7", active=False)
        (incident,) = avenue.get("/incidents?running=true&playbook=fire-approach")["items"]
        shown.at(f"incident-end-{incident['id']}").click()
        shown.at("incident-reason").fill("put out")
        shown.at("incident-end-yes").click()
        until("it to rest", lambda: not avenue.get("/routes/station-2")["running"])


def test_a_green_wave_is_asked_for_followed_and_ended(avenue: Avenue, browser: Browser) -> None:
    for junction in (J, "junction-03"):
        avenue.active(junction)
    with screen(browser, avenue.hub.url, PHONE) as shown:
        shown.sign_in("admin", avenue.hub.password("admin"))
        open_list(shown, phone=True)
        shown.at("routes-open").click()
        shown.at("newroute").locator("summary").click()
        shown.at("newroute-id").fill("fire-1")
        shown.at("newroute-name").fill("Station 1 to the market")
        shown.at("newroute-legs").fill(f"{J} evening\njunction-03 evening")
        shown.at("newroute-save").click()
        shown.at("route-fire-1").wait_for()
        shown.at("route-preview-fire-1").click()
        foreseen = shown.at("route-foreseen-fire-1")
        shown.until(
            "what it would do", lambda: "evening" in foreseen.inner_text() or "Too soon" in foreseen.inner_text()
        )

        def order(what: str, reason: str) -> None:
            shown.at(f"route-{what}-fire-1").click()
            if what == "request":
                shown.page.get_by_test_id("order-end-30m").check(force=True)
            shown.at("route-reason").fill(reason)
            button = f"route-{what}-send"

            def taken() -> bool:
                shown.ask("(id) => document.querySelector(`[data-testid=${id}]:enabled`)?.click()", button)
                return shown.at(button).count() == 0

            shown.until("the route to be taken", taken)

        def rests(junction: str) -> bool:
            """It runs what its calendar wants: one that an order has left does not at once, and then it must run that first."""
            now = avenue.state(junction)
            return bool(not now["order"] and now["state"] and now["state"]["program"] == now["due"])

        # A junction that has just changed rests, and a wave goes without it.
        until("both to do what their calendars want", lambda: rests(J) and rests("junction-03"), within=90)
        until("both to be free", lambda: not avenue.post("/routes/fire-1/preview", "operator", {})["refused"])
        order("request", "fire at the market")
        running, route = str(catalogue("en")["junctions.progress.running"]), shown.at("route-fire-1")
        for junction in (J, "junction-03"):
            leg = route.get_by_test_id(f"leg-{junction}")
            shown.until(f"{junction} to run it", lambda leg=leg: running in leg.inner_text())  # type: ignore[misc]
            assert avenue.state(junction)["state"]["program"] == "evening"
        assert fits(shown)
        order("end", "over")
        shown.until("it to rest", lambda: not avenue.get("/routes/fire-1")["running"])


def _decimal(value: float) -> str:
    """As the page writes it in Vietnamese."""
    return f"{round(value + 1e-9, 1):.1f}".removesuffix(".0").replace(".", ",")


def _interval(mean: float, low: float, high: float) -> str:
    return f"{_decimal(mean)} [{_decimal(low)}, {_decimal(high)}]"


def test_a_report_is_attached_and_shows_its_figures_and_green_bands(avenue: Avenue, browser: Browser) -> None:
    """The report is a real one (tests/evaluation/golden.py), said to be of the programs that run here."""
    id = avenue.active()
    report = json.loads(REPORT.read_text("utf-8"))
    report["programs"] = {J: {"new": {"checksum": avenue.get(f"/plans/{id}")["checksums"]["day"]}}}
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("technician", avenue.hub.password("technician"))
        open_list(shown, phone=True)
        shown.at(f"junction-{J}").click()
        shown.at("sets-open").click()
        shown.at(f"set-open-{avenue.get(f'/plans/{id}')['version']}").click()
        shown.at("evaluation-attach").wait_for()
        files = [("report.json", json.dumps(report)), ("report.html", "<p>ok</p>")]
        with shown.page.expect_file_chooser() as chosen:
            shown.at("evaluation-attach").click()
        chosen.value.set_files(
            [{"name": name, "mimeType": "text/plain", "buffer": text.encode()} for name, text in files]
        )
        shown.at("evaluation-open").first.click()
        table = shown.at("report-table")
        whole = _interval(*(report["all"]["delay"]["new"][each] for each in ("mean", "low", "high")))
        shown.until("the figures", lambda: whole in table.inner_text())
        rows = 1 + sum(len(report[each]) for each in ("movements", "classes", "flows"))
        assert table.locator("tbody tr").count() == rows
        worse = [each["name"] for each in report["movements"] if each["verdict"] == "worse"]
        assert worse
        for name in worse:
            assert str(catalogue("vi")["verdict.worse"]) in table.locator("tr", has_text=name).first.inner_text()
        assert report["because"][0] in shown.at("report").inner_text()
        for each in report["foreseen"]:
            assert (
                f"{each['name']} {_decimal(each['old'])} → {_decimal(each['new'])} s" in shown.at("report").inner_text()
            )
        assert shown.at("timespace").count() == 2
        band = shown.page.locator("polygon.band.outbound").first
        shown.until("a band", lambda: band.count())
        share = report["bands"]["new"]["outbound"]["share"]
        assert share > 0
        assert f"{round(100 * share)} %" in shown.at("bandwords").last.inner_text()
        assert fits(shown)
        with shown.page.expect_download() as file:
            shown.at("evaluation-html").click()
        assert file.value.path().read_text("utf-8") == "<p>ok</p>"
        shown.clean()
