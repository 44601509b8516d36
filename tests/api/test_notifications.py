"""Notifications through the API: what is written, checked and never shown; tests, the preview, the record for an auditor."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.model.reports import EventReport
from tests.api.hall import Hall, code
from tests.servers.mailbox import PASSWORD, USER, mailbox
from tests.servers.waiting import until
from tests.servers.webhook import Receiver, answer, receiver

DOCS = (Path(__file__).parents[2] / "docs/notifications.md").read_text("utf-8")
SECRET = "s3cret-of-the-gateway"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def admin(hall: Hall) -> Iterator[httpx.Client]:
    with hall.client() as client:
        yield client


def add(admin: httpx.Client, hook: Receiver, id: str = "duty", **more: Any) -> dict[str, Any]:
    made = admin.post("/webhooks", json={"id": id, "url": hook.url} | more)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


def route(admin: httpx.Client, id: str = "all", *channels: str, **more: Any) -> httpx.Response:
    return admin.post("/notifications/routes", json={"id": id, "steps": [{"channels": channels or ["duty"]}]} | more)


def happens(hall: Hall, type: str, *devices: str, active: bool = True) -> None:
    now = hall.clock.now()
    hall.report(events=[EventReport(device, type, active, now, now) for device in devices])


def deliveries(admin: httpx.Client, count: int, **query: Any) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = admin.get("/notifications/deliveries", params=query).json()["items"]
        return items if len(items) == count else None

    return until(f"{count} deliveries of {query}", look, within=20)


def test_a_webhook_signs_with_a_key_that_is_shown_once_and_both_recipes_verify(
    hall: Hall, admin: httpx.Client, hook: Receiver, tmp_path: Path
) -> None:
    key = add(admin, hook)["key"]
    assert "key" not in admin.get("/webhooks/duty").json()
    with hall.client("operator") as operator:
        assert key not in operator.get("/notifications/channels").text
    tested = admin.post("/notifications/channels/duty/test").json()
    assert (tested["state"], tested["what"], tested["tries"][0]["status"]) == ("delivered", "test", "200")
    (post,) = hook.posts
    python, node = (re.search(rf"```{name}\n(.*?)```", DOCS, re.DOTALL) for name in ("python", "javascript"))
    assert python and node
    space: dict[str, Any] = {}
    exec(python[1], space)
    assert space["verify"](key, post.headers, post.body)
    assert not space["verify"](key, post.headers, post.body + b" ")
    given = json.dumps([key, post.headers, post.body.decode()])
    asked = (
        "const [k, h, b] = JSON.parse(process.argv[1]);"
        "console.log(verify(k, h, Buffer.from(b)), verify(k, h, Buffer.from(b + ' ')))"
    )
    said = subprocess.run(
        ["node", "-e", node[1] + asked, given], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout.split() == ["true", "false"]
    other = admin.post("/webhooks/duty/key").json()["key"]
    admin.post("/notifications/channels/duty/test")
    assert space["verify"](other, hook.posts[1].headers, hook.posts[1].body)
    assert not space["verify"](key, hook.posts[1].headers, hook.posts[1].body)


def test_secrets_are_used_and_never_shown_again(hall: Hall, admin: httpx.Client, hook: Receiver) -> None:
    hook.way = answer(403, f"the key {SECRET} is unknown".encode())
    add(admin, hook, headers={"X-Key": "{secret.key}"}, secrets={"key": SECRET})
    tested = admin.post("/notifications/channels/duty/test")
    assert hook.posts[0].headers["x-key"] == SECRET
    assert tested.json()["state"] == "given-up" and "the key *** is unknown" in tested.text
    config = admin.get("/webhooks/duty").json()["config"]
    assert admin.put("/webhooks/duty", json=config).json()["secrets"] == ["key"], "what is not named stays"
    told = [
        admin.get(path).text for path in ("/webhooks", "/notifications/channels", "/notifications/deliveries", "/audit")
    ]
    assert SECRET not in "".join(told)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in hall.folder.glob("registry.db*"))
    gone = admin.put("/webhooks/duty", json=config | {"secrets": {"key": None}})
    assert (gone.status_code, code(gone)) == (422, "bad-secret")
    assert "'key' is used and was never written" in gone.json()["detail"]
    whats = {line["what"] for line in admin.get("/audit").json()["items"]}
    assert {"channel.added", "channel.replaced", "channel.tested"} <= whats


def test_what_cannot_work_is_refused_with_what_to_write(admin: httpx.Client, hook: Receiver) -> None:
    add(admin, hook)
    cases = [
        (admin.post("/webhooks", json={"id": "duty", "url": hook.url}), 409, "exists", "choose another id"),
        (admin.post("/webhooks", json={"id": "x", "url": "gopher://x"}), 422, "bad-input", "write https://host/path"),
        (route(admin, "a", "nobody"), 422, "unknown-channel", "add it first (there are: duty)"),
        (route(admin, "a", when={"zones": ["nowhere"]}), 422, "unknown-zone", "add it first"),
        (admin.post("/notifications/channels", json={"kind": "mqtt", "id": "t", "topic": "ll/d/lamp-1/down/command"}),
         422, "bad-input", "is for devices"),
        (admin.post("/notifications/channels", json={"kind": "pigeon", "id": "t"}), 422, "bad-input", "mqtt"),
        (admin.get("/webhooks/nobody"), 404, "not-found", "no channel"),
        (admin.post("/notifications/preview", json={}), 422, "bad-input", "give alarm or type"),
        (admin.get("/notifications/deliveries/99999"), 404, "not-found", "no delivery"),
    ]  # fmt: skip
    for got, status, word, said in cases:
        assert (got.status_code, code(got)) == (status, word), got.text
        assert said in got.json()["detail"], got.json()["detail"]
    assert route(admin).status_code == 201
    used = admin.delete("/webhooks/duty")
    assert (used.status_code, code(used)) == (409, "in-use")
    old = admin.get("/notifications/routes/all").headers["etag"]
    body = {"steps": [{"channels": ["duty"]}], "name": "mới"}
    assert admin.put("/notifications/routes/all", json=body, headers={"If-Match": old}).status_code == 200
    assert admin.put("/notifications/routes/all", json=body, headers={"If-Match": old}).status_code == 412
    assert admin.delete("/notifications/routes/all").status_code == 204
    assert admin.delete("/webhooks/duty").status_code == 204


def test_the_preview_says_who_would_be_told_and_why_others_would_not(
    hall: Hall, admin: httpx.Client, hook: Receiver
) -> None:
    add(admin, hook)
    add(admin, hook, "chief")
    steps = [{"channels": ["duty"]}, {"after": 10, "channels": ["chief"]}]
    route(admin, "ward", steps=steps, when={"zones": ["ward-1"]}, quiet=[{"from": "22:00", "until": "06:00"}])
    route(admin, "fire", when={"classes": ["fire"]})
    assert admin.get("/notifications/routes").json()["fire_told"] is True
    asked = {"type": "lampFailure", "device": "lamp-0", "at": "2026-11-20T23:00:00+07:00"}
    shown = admin.post("/notifications/preview", json=asked).json()
    assert [(each["route"], each["channel"], each["at"], each["held"]) for each in shown["items"]] == [
        ("ward", "duty", "2026-11-20T23:00:00Z", True), ("ward", "chief", "2026-11-20T23:00:00Z", True),
    ]  # fmt: skip
    assert shown["others"] == [{"route": "fire", "because": "classes"}]
    elsewhere = admin.post("/notifications/preview", json=asked | {"device": "lamp-1"}).json()
    assert elsewhere["items"] == [] and {"route": "ward", "because": "zones"} in elsewhere["others"]
    fire = admin.post("/notifications/preview", json=asked | {"type": "fireAlarm"}).json()
    assert fire["fire"] and [(each["channel"], each["at"]) for each in fire["items"]] == [
        ("duty", "2026-11-20T16:00:00Z"), ("chief", "2026-11-20T16:10:00Z"),
    ]  # fmt: skip
    assert hook.posts == []


def test_an_auditor_reads_every_attempt_and_whoever_discarded_it(
    hall: Hall, admin: httpx.Client, hook: Receiver
) -> None:
    add(admin, hook)
    assert route(admin, on=["began", "ended"]).status_code == 201
    happens(hall, "fireAlarm", "gate-1")
    (told,) = deliveries(admin, 1, state="delivered", fire=True)
    detail = admin.get(f"/notifications/deliveries/{told['id']}").json()
    (attempt,) = detail["tries"]
    assert (attempt["outcome"], attempt["status"]) == ("delivered", "200") and attempt["took"] >= 0
    assert detail["body"]["alarm"]["name"] == "Gateway"
    hook.way = answer(500, b"=cmd()")
    happens(hall, "lampFailure", "lamp-0")
    (waits,) = deliveries(admin, 1, state="planned")
    assert hook.posts[-1].json["data"]["alarm"]["type"] == "fireAlarm", "what is not fire waits for its cause"
    hall.clock.added += 11
    until("a failed attempt", lambda: admin.get("/webhooks/duty").json()["failing_since"], within=20)
    gone = admin.post(f"/notifications/deliveries/{waits['id']}/discard", json={"reason": "the crew knows"})
    assert (gone.json()["state"], gone.json()["by"], gone.json()["reason"]) == ("discarded", "admin", "the crew knows")
    again = admin.post(f"/notifications/deliveries/{told['id']}/retry")
    assert (again.status_code, code(again)) == (409, "delivery-refused")
    assert again.json()["why"] == "told"
    rows = list(csv.DictReader(io.StringIO(admin.get("/notifications/deliveries/download").text)))
    assert {(row["type"], row["outcome"], row["state"]) for row in rows} >= {
        ("fireAlarm", "delivered", "delivered"), ("lampFailure", "failed", "discarded"),
    }  # fmt: skip
    assert {row["detail"] for row in rows if row["outcome"] == "failed"} == {"'=cmd()"}
    whole = admin.get("/notifications/deliveries/download", params={"format": "json", "fire": True}).json()
    assert [(each["type"], len(each["tries"])) for each in whole] == [("fireAlarm", 1)]
    metrics = httpx.get(f"{hall.url}/metrics").status_code
    assert metrics == 200
    hook.way = answer(200)
    sent = admin.post(f"/notifications/deliveries/{waits['id']}/retry").json()
    assert sent["state"] in ("waiting", "delivered")
    until("it to arrive", lambda: deliveries(admin, 2, state="delivered"), within=20)
    assert hook.posts[-1].headers["webhook-id"] == waits["message"]


def test_a_mailbox_with_a_password_is_tested_through_the_api(admin: httpx.Client, tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        body = {
            "id": "mail", "kind": "email", "language": "vi", "host": "127.0.0.1", "port": box.port, "username": USER,
            "sender": USER, "to": ["trực ban <duty@city.example>"], "ca": box.authority,
        }  # fmt: skip
        missing = admin.post("/notifications/channels", json=body)
        assert (missing.status_code, code(missing)) == (422, "bad-secret")
        assert admin.post("/notifications/channels", json=body | {"secrets": {"password": PASSWORD}}).status_code == 201
        tested = admin.post("/notifications/channels/mail/test").json()
        assert tested["state"] == "delivered", tested
        assert box.letters[0]["Subject"] == "Tin thử của Lamplighter đến kênh mail"
        wrong = admin.put("/notifications/channels/mail", json=body | {"secrets": {"password": "another password"}})
        assert wrong.status_code == 200
        refused = admin.post("/notifications/channels/mail/test")
        assert refused.json()["state"] == "given-up" and refused.json()["tries"][0]["status"] == "535"
        assert "another password" not in refused.text


def test_a_storm_through_the_api_is_a_digest_that_names_its_alarms(
    hall: Hall, admin: httpx.Client, hook: Receiver
) -> None:
    add(admin, hook, digest={"most": 3, "within": 60})
    route(admin)
    happens(hall, "lampFailure", *(f"lamp-{number}" for number in range(10)))
    deliveries(admin, 10, state="planned")
    hall.clock.added += 11
    told = deliveries(admin, 10, state="delivered")
    assert len({each["message"] for each in told}) == 1
    (post,) = hook.posts
    assert {item["data"]["alarm"]["device"] for item in post.json["data"]["items"]} == {f"lamp-{n}" for n in range(10)}
    assert post.headers["webhook-id"] == told[0]["message"]
    assert abs(time.time() - int(post.headers["webhook-timestamp"])) < 60, "by the machine's clock, not the city's"
