"""What is decided without doing anything: times of the week, routes, plans of messages, the next message of a channel."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.api.views import notify as views
from hub.model.alarms import Alarm, AlarmKey, AlarmState, Severity
from hub.model.notify import ChannelKind, Delivery, DeliveryState, JournalLine, What
from hub.model.untold import UNTOLD
from hub.notify.channels import Digest, Email, Topic, Webhook
from hub.notify.facts import Facts
from hub.notify.picking import FIRE_AT_ONCE, Lane, Pick, Retry, pick
from hub.notify.planning import Plans, begins, plan, verdict
from hub.notify.routes import Route, fire_is_told
from hub.notify.sealing import scrubbed
from hub.notify.windows import Window, quiet_until
from hub.notify.wording import request

HUE, BERLIN = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = HUE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def window(start: str, until: str, *days: str) -> Window:
    return Window.model_validate({"from": start, "until": until} | ({"days": days} if days else {}))


# --- times of the week --------------------------------------------------------------------------------------------------


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday = window("22:00", "06:00", "fri")
    assert friday.ends(at("2026-11-20 23:00"), HUE) == at("2026-11-21 06:00")  # a Friday
    assert friday.ends(at("2026-11-21 05:59"), HUE) == at("2026-11-21 06:00")
    assert friday.ends(at("2026-11-21 06:00"), HUE) is None
    assert friday.ends(at("2026-11-20 05:00"), HUE) is None
    assert friday.ends(at("2026-11-21 23:00"), HUE) is None


def test_quiet_hours_that_follow_each_other_end_with_the_last_and_never_hold_for_ever() -> None:
    night, morning = window("22:00", "06:00"), window("06:00", "07:30")
    assert quiet_until([night, morning], at("2026-11-20 23:00"), HUE) == at("2026-11-21 07:30")
    assert quiet_until([], 5.0, HUE) == 5.0
    always = [window("00:00", "12:00"), window("12:00", "00:00")]
    assert quiet_until(always, at("2026-11-20 23:00"), HUE) < at("2026-11-29 00:00")


def test_the_night_of_the_clock_change_has_the_length_that_it_has() -> None:
    night = window("22:00", "06:00")
    assert night.ends(at("2026-10-24 23:00", BERLIN), BERLIN) == at("2026-10-25 06:00", BERLIN)
    assert night.ends(at("2026-03-28 22:00", BERLIN), BERLIN) == at("2026-03-28 22:00", BERLIN) + 7 * 3600


# --- what people write ---------------------------------------------------------------------------------------------------

STEPS = [{"channels": ["sms"]}]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"steps": []}, "at least 1"),
        ({"steps": [{"after": 5, "channels": ["sms"]}]}, "write after = 0"),
        ({"steps": [*STEPS, {"after": 0, "channels": ["boss"]}]}, "write more than 0"),
        ({"steps": [*STEPS, {"after": 5, "channels": ["boss"]}], "on": ["ended"]}, "add began"),
        ({"steps": STEPS, "when": {"classes": ["fire"]}, "quiet": [{"from": "22:00", "until": "06:00"}]}, "never apply to fire"),
        ({"steps": STEPS, "quiet": [{"from": "22:00", "until": "22:00"}]}, "write different times"),
        ({"steps": STEPS, "quiet": [{"from": "10 pm", "until": "06:00"}]}, "write HH:MM"),
        ({"steps": STEPS, "when": {"severities": ["loud"]}}, "critical"),
    ],
)  # fmt: skip
def test_a_route_that_cannot_be_followed_says_what_to_write(body: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Route.model_validate(body)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (Webhook, {"url": "ftp://a/b"}, "write https://"),
        (Webhook, {"url": "https://user:pw@a/b"}, "without a user name"),
        (Webhook, {"url": "https://a/", "body": {"t": "{texxt}"}}, "there is no {texxt}"),
        (Webhook, {"url": "https://a/", "body": {"t": "{to}"}}, "write the recipients"),
        (Webhook, {"url": "https://a/", "body": {"t": "{text}"}, "to": ["1"]}, "nothing takes {to}"),
        (Webhook, {"url": "https://a/", "headers": {"webhook-id": "x"}}, "no header of yours"),
        (Webhook, {"url": "https://a/", "headers": {"X-A": "x\r\nHost: y"}}, "line break"),
        (Webhook, {"url": "https://a/", "format": "form", "body": {"a": 1}}, "texts only"),
        (Webhook, {"url": "https://a/", "ca": "no pem"}, "as PEM"),
        (Email, {"host": "h", "sender": "a@b.c", "to": ["nobody"]}, "no e-mail address"),
        (Email, {"host": "h", "sender": "a@b.c", "to": ["a@b.c"], "username": "a", "security": "none"}, "in the clear"),
        (Topic, {"topic": "a/#"}, "without spaces, wildcards"),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_be_used_says_what_to_write(kind: Any, body: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        kind.model_validate(body)


def test_a_city_without_fire_notices_at_some_hour_is_told_so() -> None:
    day = Route.model_validate({"steps": STEPS, "when": {"times": [{"from": "06:00", "until": "18:00"}]}})
    night = Route.model_validate({"steps": STEPS, "when": {"times": [{"from": "18:00", "until": "06:00"}]}})
    weekend = Route.model_validate(
        {"steps": STEPS, "when": {"times": [{"from": "18:00", "until": "06:00", "days": ["sat"]}]}}
    )
    now = at("2026-11-20 23:00")
    assert fire_is_told({"day": day, "night": night}, now, HUE)
    assert not fire_is_told({"day": day, "weekend": weekend}, now, HUE)
    late = Route.model_validate({"steps": STEPS, "when": {"times": [{"from": "18:00", "until": "05:52"}]}})
    assert not fire_is_told({"day": day, "late": late}, now, HUE), "eight minutes a day are a gap"
    assert not fire_is_told({"ward": Route.model_validate({"steps": STEPS, "when": {"zones": ["ward-1"]}})}, now, HUE)


# --- from the journal to messages ------------------------------------------------------------------------------------------


def facts(type: str = "lampFailure", group: str = "lighting", severity: str = "high", **alarm: Any) -> Facts:
    stands = Alarm("alarm-1", AlarmKey("lamp-1", type), AlarmState.UNACKNOWLEDGED, times=1)
    text = {"en": type, "vi": type}
    zones = {"le-loi": "Lê Lợi", "ward-1": "Phường 1"}
    return Facts(replace(stands, **alarm), Severity(severity), group, text, text, "Đèn 1", zones)


FIRE = facts("fireAlarm", "fire", "critical")


def plans(*routes: dict[str, Any], settle: float = 10.0) -> Plans:
    read = {f"r{number}": Route.model_validate({"steps": STEPS} | body) for number, body in enumerate(routes)}
    return Plans(read, {"sms": ChannelKind.WEBHOOK, "boss": ChannelKind.EMAIL}, HUE, settle)


def line(what: str, id: int = 1, episode: int = 1, time: float = 1000.0, who: str = "") -> JournalLine:
    return JournalLine(id, "alarm-1", episode, time, what, who)


ESCALATED = {"steps": [*STEPS, {"after": 10, "channels": ["boss"]}]}
NIGHT = [{"from": "22:00", "until": "06:00"}]


def test_an_alarm_waits_for_its_cause_and_fire_for_nothing() -> None:
    (sent,) = begins(plans({}), facts(), 1000.0)
    assert (sent.channel, sent.due, sent.conditional) == ("sms", 1010.0, False)
    (sent,) = begins(plans({}), FIRE, 1000.0)
    assert sent.due == 1000.0


def test_quiet_hours_hold_everything_but_fire_until_they_end() -> None:
    night = at("2026-11-20 23:00")
    quiet = plans({"quiet": NIGHT} | ESCALATED)
    first, second = begins(quiet, facts(), night)
    assert (first.due, first.held, first.conditional) == (at("2026-11-21 06:00"), True, True)
    assert second.due == at("2026-11-21 06:00")
    first, second = begins(quiet, FIRE, night)
    assert (first.due, first.held, second.due) == (night, False, night + 600)


def test_who_was_told_hears_the_end_and_nobody_else_is_asked_after_an_acknowledgement() -> None:
    ways = plans(ESCALATED | {"on": ["began", "ended", "acknowledged"]})
    first, second = plan(ways, line("began"), facts(), []).new
    assert (first.channel, second.channel, second.conditional, second.due) == ("sms", "boss", True, 1600.0)
    delivered = replace(first, state=DeliveryState.DELIVERED)
    seen = plan(ways, line("acknowledged", 2, who="lan"), facts(), [delivered, second])
    assert [(each.what, each.channel) for each in seen.new] == [(What.ACKNOWLEDGED, "sms")]
    assert seen.cancelled == {second.message: "acknowledged by lan"}
    over = plan(ways, line("ended", 3), facts(), [delivered, second])
    assert [(each.what, each.channel) for each in over.new] == [(What.ENDED, "sms")]
    assert over.cancelled == {second.message: "returned"}
    told = replace(second, state=DeliveryState.DELIVERED)
    assert {each.channel for each in plan(ways, line("ended", 3), facts(), [delivered, told]).new} == {"sms", "boss"}


def test_what_nobody_needs_to_know_is_cancelled_when_its_time_comes() -> None:
    ways = plans(ESCALATED)
    first, second = plan(ways, line("began"), facts(), []).new
    assert verdict(ways, first, facts(), 1005.0) is None
    ready = verdict(ways, first, facts(), 1010.0)
    assert ready is not None and ready.goes
    for alarm, reason in (({"cause": "alarm-0"}, "cause"), ({"state": AlarmState.RETURNED}, None)):
        found = verdict(ways, first, facts(**alarm), 1010.0)
        assert found is not None and (found.goes or (reason is not None and reason in found.reason))
    for alarm, reason in (
        ({"state": AlarmState.RETURNED}, "returned"),
        ({"state": AlarmState.ACKNOWLEDGED, "acknowledged_by": "lan"}, "acknowledged by lan"),
        ({"times": 2}, "returned"),
    ):
        found = verdict(ways, second, facts(**alarm), 1600.0)
        assert found is not None and not found.goes and reason in found.reason
    fire = verdict(ways, replace(first, fire=True), replace(FIRE, alarm=replace(FIRE.alarm, cause="alarm-0")), 1010.0)
    assert fire is not None and fire.goes
    back = verdict(ways, second, facts(), 500.0)
    assert back is not None and back.goes, "a clock that was set back makes nobody wait for the old one"


def test_routes_choose_by_severity_class_type_and_zone() -> None:
    def told(when: dict[str, Any], about: Facts) -> bool:
        return bool(begins(plans({"when": when}), about, 1000.0))

    assert told({"severities": ["high"]}, facts()) and not told({"severities": ["high"]}, FIRE)
    assert told({"classes": ["fire"]}, FIRE) and not told({"classes": ["fire"]}, facts())
    assert told({"types": ["lampFailure"]}, facts()) and not told({"types": ["lampFailure"]}, FIRE)
    assert told({"zones": ["ward-1"]}, facts()) and not told({"zones": ["ward-2"]}, facts())
    assert not told({"zones": ["ward-1"]}, replace(facts(), zones={}))
    both = begins(plans({}, {}), facts(), 1000.0)
    assert [each.channel for each in both] == ["sms"], "one message, however many routes say so"
    failing = replace(facts(), alarm=Alarm("x", AlarmKey("", "notificationFailed", "sms"), times=1))
    assert begins(plans({}), failing, 1000.0) == [], "a channel is not told of its own failure"


# --- the next message of a channel -------------------------------------------------------------------------------------------


def waits(number: int, alarm: str = "", **more: Any) -> Delivery:
    delivery = Delivery(f"m{number}", "sms", ChannelKind.WEBHOOK, alarm or f"a{number}", 1, What.BEGAN, id=number)
    return replace(delivery, **more)


DIGEST = Digest(most=3, within=60)


def test_fire_goes_each_for_itself_and_some_at_a_time() -> None:
    fires = [waits(number, fire=True) for number in range(9)]
    sent: list[str] = []
    while isinstance(found := pick(fires, Lane(True, in_flight=sent), DIGEST, 0.0), Pick):
        assert len(found.deliveries) == 1
        sent.append(found.deliveries[0].message)
    assert sent == [f"m{number}" for number in range(FIRE_AT_ONCE)]
    assert pick(fires, Lane(True, in_flight=["m0"], failing=True), DIGEST, 0.0) is None, (
        "a failing channel is tried by one"
    )
    assert pick(fires, Lane(True, rests=7.0), DIGEST, 0.0) == 7.0


def test_messages_of_one_alarm_go_in_their_order_while_others_pass() -> None:
    first = waits(1, "a", attempts=1)
    rest = [waits(2, "a"), waits(3, "b")]
    found = pick([first, *rest], Lane(False, not_before={"m1": 50.0}), DIGEST, 0.0)
    assert isinstance(found, Pick) and [each.id for each in found.deliveries] == [3]
    found = pick([first, *rest], Lane(False, not_before={"m1": 50.0}), DIGEST, 50.0)
    assert isinstance(found, Pick) and [each.id for each in found.deliveries] == [1]
    fires = [replace(each, fire=True) for each in (first, *rest)]
    found = pick(fires, Lane(True, in_flight=["m1"]), DIGEST, 0.0)
    assert isinstance(found, Pick) and [each.id for each in found.deliveries] == [3]


def test_many_become_one_digest_and_more_wait_for_the_next() -> None:
    many = [waits(number) for number in range(500)]
    found = pick(many, Lane(False), DIGEST, 0.0)
    assert isinstance(found, Pick) and found.fresh and len(found.deliveries) == 500
    two = many[:2]
    found = pick(two, Lane(False, sent=[1.0]), DIGEST, 2.0)
    assert isinstance(found, Pick) and len(found.deliveries) == 1
    found = pick(two, Lane(False, sent=[0.5, 1.0]), DIGEST, 2.0)
    assert isinstance(found, Pick) and len(found.deliveries) == 2, "the last one of this minute takes them all"
    assert pick(two, Lane(False, sent=[0.5, 1.0, 1.5]), DIGEST, 2.0) == 60.5


@given(st.integers(1, 60), st.booleans(), st.floats(0, 1))
def test_waits_grow_and_have_an_end(failures: int, fire: bool, jitter: float) -> None:
    retry = Retry(5.0, 900.0, 30.0)
    wait = retry.wait(failures, fire, jitter)
    assert 2.5 <= wait <= (30.0 if fire else 900.0)
    assert wait <= retry.wait(failures + 1, fire, 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=12),
    st.booleans(),
)
def test_nothing_is_sent_before_an_older_message_of_its_alarm(those: list[tuple[int, int, bool]], fire: bool) -> None:
    waiting = [waits(n, f"a{alarm}", attempts=tries, fire=fire) for n, (alarm, tries, _) in enumerate(those)]
    resting = {f"m{n}": 10.0 for n, (_, _, rests) in enumerate(those) if rests}
    found = pick(waiting, Lane(fire, not_before=resting), DIGEST, 0.0)
    if isinstance(found, Pick):
        going = {each.id for each in found.deliveries}
        for each in found.deliveries:
            assert each.message not in resting
            assert all(older.id in going for older in waiting if older.alarm == each.alarm and older.id < each.id)


@pytest.mark.parametrize("cut", [300, 24, 20, 12])
def test_secrets_are_cut_out_however_an_answer_repeats_them(cut: int) -> None:
    secret = 'pa/ss "wörd" +1'
    forms = (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        b64encode(secret.encode()).decode(),
    )
    for written in forms:
        said = scrubbed(f"denied: {written}"[:cut], [secret])
        assert said == "denied: ***"
    assert scrubbed("denied: nobody", [secret]) == "denied: nobody"


def test_what_devices_say_cannot_break_a_header() -> None:
    said = "Tủ\u2028số 1\r\nBcc: x@y.z\x00"
    hook = Webhook.model_validate(
        {"url": "https://h/{name}", "headers": {"X-Title": "{name}"}, "body": {"t": "{name}"}}
    )
    asked = request(hook, {"name": said}, {})
    assert asked.headers["X-Title"] == "Tủ số 1 Bcc: x@y.z"
    assert json.loads(asked.content) == {"t": said}
    assert "%0D%0A" in asked.url


@pytest.mark.parametrize("code", UNTOLD.texts)
def test_a_reason_is_read_back_as_it_was_said(code: str) -> None:
    values = {name: f"{name} ({place})?\n" for place, name in enumerate(re.findall(r"\{(\w+)\}", UNTOLD.texts[code]))}
    assert UNTOLD.read(UNTOLD.say(code, **values)) == (code, values)
    assert views.why("the crew knows") == {"code": None, "values": {}}
