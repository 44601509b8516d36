"""Channels against real peers: a webhook receiver that misbehaves, an SMTP server with TLS, sign-in and refusals."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from hub.notify.channels import Email, Webhook
from hub.notify.mail import MailCarrier
from hub.notify.sealing import SIGNING, new_signing_key
from hub.notify.sending import Letter, Sent
from hub.notify.webhook import WebhookCarrier
from hub.notify.wording import Text
from tests.servers.mailbox import PASSWORD, USER, Box, mailbox
from tests.servers.ports import free_port
from tests.servers.webhook import Receiver, answer, drop, hang, receiver, twice

OWN = {"type": "alarm.began", "timestamp": "2026-11-22T16:00:00Z", "data": {"alarm": {"text": {"vi": "Báo cháy"}}}}


def letter(*to: str, **secrets: str) -> Letter:
    values = {"text": 'Báo cháy: "Chợ Đông Ba" & khói', "severity": "critical", "message": "msg-1"}
    return Letter("msg-1", OWN, Text("Báo cháy - Chợ Đông Ba", "Báo cháy\nNơi: panel-1"), values, secrets, to)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def post(hook: Receiver, given: Letter | None = None, timeout: float = 20.0, **channel: Any) -> Sent:
    carrier = WebhookCarrier(Webhook.model_validate({"url": hook.url} | channel), timeout)
    return asyncio.run(carrier.send(given or letter()))


def test_a_message_is_signed_so_that_others_can_verify_it(hook: Receiver) -> None:
    key = new_signing_key()
    assert post(hook, letter(**{SIGNING: key})) == Sent(True, "200")
    (got,) = hook.posts
    assert StandardWebhook(key).verify(got.body, got.headers) == OWN
    assert got.headers["webhook-id"] == "msg-1"
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(key).verify(got.body + b" ", got.headers)
    with pytest.raises(WebhookVerificationError):
        StandardWebhook(new_signing_key()).verify(got.body, got.headers)


def test_what_a_receiver_does_wrong_is_told_apart(hook: Receiver) -> None:
    cases = [
        (answer(500, b"down"), Sent(False, "500", "down", away=True)),
        (answer(404, b"nobody here"), Sent(False, "404", "nobody here")),
        (answer(429, b"", "Retry-After: 7"), Sent(False, "429", "", away=True, retry_after=7.0)),
        (answer(204), Sent(True, "204")),
        (twice, Sent(True, "200")),
    ]
    for way, expected in cases:
        hook.way = way
        assert post(hook) == expected
    hook.way = drop
    assert not (dropped := post(hook)).delivered and dropped.away
    hook.way = answer(302, b"", "Location: http://127.0.0.1:1/elsewhere")
    moved = post(hook)
    assert (moved.delivered, moved.status) == (False, "302")
    assert "redirects are not followed" in moved.detail
    hook.way = hang
    late = post(hook, timeout=0.2)
    assert not late.delivered and late.away and "within 0.2 s" in late.detail
    assert len(hook.posts) == len(cases) + 3


def test_nobody_listening_is_an_answer_too() -> None:
    carrier = WebhookCarrier(Webhook(url=f"http://127.0.0.1:{free_port()}/"), 5.0)
    sent = asyncio.run(carrier.send(letter()))
    assert not sent.delivered and sent.away and "ConnectError" in sent.detail


def test_a_gateway_gets_its_own_body_one_recipient_at_a_time(hook: Receiver) -> None:
    sms = {
        "url": hook.url + "?sender={secret.sender}",
        "headers": {"Authorization": "Bearer {secret.token}"},
        "body": {"Phone": "{to}", "Content": "{text}", "Sandbox": 0, "Nested": {"id": ["{message}"]}},
        "to": ["84905000001", "84905000002"],
        "expect": {"CodeResult": "100"},
    }
    hook.way = answer(200, b'{"CodeResult":"100"}')
    sent = post(hook, letter("84905000001", "84905000002", token="t0ken", sender="Huế"), **sms)
    assert sent == Sent(True, "200", left=())
    first, second = hook.posts
    assert first.path == "/hook?sender=Hu%E1%BA%BF"
    assert first.headers["authorization"] == "Bearer t0ken"
    text = 'Báo cháy: "Chợ Đông Ba" & khói'
    assert first.json == {"Phone": "84905000001", "Content": text, "Sandbox": 0, "Nested": {"id": ["msg-1"]}}
    assert second.json["Phone"] == "84905000002"
    hook.way = answer(200, b'{"CodeResult":"99","ErrorMessage":"no money"}')
    refused = post(hook, letter("84905000002", token="t0ken", sender="x"), **sms)
    assert (refused.delivered, refused.left) == (False, ("84905000002",))
    assert "no money" in refused.detail
    form = {"url": hook.url, "format": "form", "body": {"text": "{text}"}}
    hook.way = answer(200)
    assert post(hook, **form).delivered
    assert hook.posts[-1].body.startswith(b"text=B%C3%A1o+ch%C3%A1y%3A+%22")


def test_a_header_may_be_vietnamese_and_what_cannot_be_sent_holds_up_nothing_else(hook: Receiver) -> None:
    titled = {"headers": {"X-Title": "{text}"}, "body": {"text": "{text}"}}
    assert post(hook, **titled).delivered
    assert hook.posts[-1].headers["x-title"].encode("latin-1").decode() == 'Báo cháy: "Chợ Đông Ba" & khói'
    broken = post(hook, letter(key="a\nb"), headers={"X-Key": "{secret.key}"})
    assert not broken.delivered and not broken.away


def test_the_authorities_are_read_once_and_not_on_the_event_loop(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bool] = []
    make = httpx.create_ssl_context

    def noted() -> ssl.SSLContext:
        read.append(threading.current_thread() is threading.main_thread())
        return make()

    monkeypatch.setattr(httpx, "create_ssl_context", noted)

    async def scene() -> None:
        carrier = WebhookCarrier(Webhook(url=hook.url), 20.0)
        for _ in range(3):
            assert (await carrier.send(letter())).delivered

    asyncio.run(scene())
    assert read == [False]


# --- mail ---------------------------------------------------------------------------------------------------------------


def mail(box: Box, given: Letter, security: str = "starttls", **channel: Any) -> Sent:
    written = {
        "host": "127.0.0.1", "port": box.port, "security": security, "username": USER, "sender": "Đèn <den@city.example>",
        "to": ["duty@city.example", "Chief <chief@city.example>"], "ca": box.authority,
    }  # fmt: skip
    return asyncio.run(MailCarrier(Email.model_validate(written | channel), 20.0).send(given))


BOTH = ("duty@city.example", "Chief <chief@city.example>")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_out_encrypted_and_signed_in(tmp_path: Path, security: str) -> None:
    with mailbox(tmp_path, security) as box:
        assert mail(box, letter(*BOTH, password=PASSWORD), security).delivered
        assert box.signed_in == [USER]
        (found,) = box.letters
        assert found["Subject"] == "Báo cháy - Chợ Đông Ba"
        assert found["Message-ID"] == "<msg-1@city.example>"
        assert found["To"] == "duty@city.example, Chief <chief@city.example>"
        assert "Nơi: panel-1" in found.get_content()  # type: ignore[attr-defined]
        assert box.recipients == [["duty@city.example", "chief@city.example"]]


def test_what_a_mail_server_refuses_is_told_apart(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        wrong = mail(box, letter(*BOTH, password="not the password"))
        assert (wrong.delivered, wrong.status, wrong.away) == (False, "535", True)
        stranger = mail(box, letter(*BOTH, password=PASSWORD), ca="")
        assert not stranger.delivered and "certificate" in stranger.detail.lower()
        box.trouble = ["451 4.3.0 try later"]
        later = mail(box, letter(*BOTH, password=PASSWORD))
        assert (later.delivered, later.status, later.away) == (False, "451", True)
        box.trouble = ["554 5.7.1 we do not like this"]
        never = mail(box, letter(*BOTH, password=PASSWORD))
        assert (never.delivered, never.status, never.away) == (False, "554", False)
        assert box.letters == []
        box.refused = {"chief@city.example"}
        half = mail(box, letter(*BOTH, password=PASSWORD))
        assert (half.delivered, half.status, half.left) == (False, "550", ("Chief <chief@city.example>",))
        assert box.recipients == [["duty@city.example"]]
        again = mail(box, letter(*half.left or (), password=PASSWORD))
        assert not again.delivered and again.left == half.left
        box.refused = set()
        assert mail(box, letter(*half.left or (), password=PASSWORD)).delivered
        assert box.recipients == [["duty@city.example"], ["chief@city.example"]]


def test_a_name_with_a_line_break_that_only_unicode_knows_is_no_header_of_its_own(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        given = letter(*BOTH, password=PASSWORD)._replace(text=Text("Tủ\u2028số 1\r\nBcc: x@y.z", "a\u2028b"))
        assert mail(box, given).delivered
        (found,) = box.letters
        assert (found["Subject"], found["Bcc"]) == ("Tủ số 1 Bcc: x@y.z", None)
