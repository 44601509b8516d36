"""Sends by SMTP, with STARTTLS or TLS and a sign-in. A recipient that was refused is tried again alone."""

from __future__ import annotations

import asyncio
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

import aiosmtplib

from hub.model.untold import UNTOLD
from hub.notify.channels import Email
from hub.notify.sending import Letter, Sent
from hub.notify.trust import Trust
from hub.notify.wording import one_line


class MailCarrier:
    """One mailbox's way out."""

    def __init__(self, channel: Email, timeout: float, node: str = "lamplighter") -> None:
        self._channel, self._timeout, self._node = channel, timeout, node
        self._trust = Trust(lambda: ssl.create_default_context(cadata=channel.ca or None))

    async def send(self, letter: Letter) -> Sent:
        """One try."""
        channel = self._channel
        client = aiosmtplib.SMTP(
            hostname=channel.host, port=channel.port, timeout=self._timeout, use_tls=channel.security == "tls",
            start_tls=channel.security == "starttls", username=channel.username or None,
            password=letter.secrets.get("password") if channel.username else None,
            tls_context=await self._trust.context() if channel.security != "none" else None,
        )  # fmt: skip
        try:
            message = self._message(letter)
        except ValueError as error:  # what this message holds
            return Sent(False, detail=f"{type(error).__name__}: {error}")
        to = [parseaddr(each)[1] for each in letter.to]
        sender = parseaddr(channel.sender)[1]
        try:
            async with asyncio.timeout(self._timeout * 3):  # connect, sign in, hand over
                await client.connect()
                try:
                    refused, said = await client.send_message(message, sender=sender, recipients=to)
                finally:
                    client.close()  # without QUIT: what was taken is taken, whatever the server does next
        except TimeoutError:
            return Sent(False, detail=UNTOLD.say("no-answer", seconds=f"{self._timeout:g}"), away=True)
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            return Sent(False, str(first.code), f"{first.recipient}: {first.message}"[:300], left=letter.to)
        except aiosmtplib.SMTPResponseException as error:
            signing_in = isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectError)
            away = signing_in or error.code in (421, 450, 451, 452)
            return Sent(False, str(error.code), str(error.message)[:300], away)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return Sent(False, detail=f"{type(error).__name__}: {error}"[:300], away=True)
        if refused:
            left = tuple(each for each in letter.to if parseaddr(each)[1] in refused)
            code, why = next(iter(refused.values()))
            return Sent(
                False, str(code), UNTOLD.say("recipients", who=", ".join(sorted(refused)), answer=why)[:300], left=left
            )
        return Sent(True, "250", said[:200], left=())

    def _message(self, letter: Letter) -> EmailMessage:
        """The same at every try: a mail system that knows the Message-ID shows it once."""
        channel, message = self._channel, EmailMessage()
        name, sender = parseaddr(channel.sender)
        message["From"] = Address(name, addr_spec=sender)
        message["To"] = [Address(*_named(each)) for each in channel.to]
        message["Subject"] = one_line(letter.text.title)[:200]
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{letter.message}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Lamplighter-Message"] = letter.message
        message.set_content(letter.text.body + "\n")
        return message


def _named(written: str) -> tuple[str, str, str]:
    name, found = parseaddr(written)
    user, _, domain = found.rpartition("@")
    return name, user, domain
