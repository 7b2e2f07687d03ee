"""Handing e-mail to the server that SMTP_URL names, for those who set one.

    await Mail(settings).send(to="ana@example.com", subject="...", text="...", name=notification_id)

A name and password never travel in the clear: with them TLS is a must, but on this machine itself.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from inbox.ground import clock
from inbox.ground.settings import Settings, is_loopback

PATIENCE = 20.0  # seconds for each answer of the server
PERMANENT = range(500, 600)


class NotTaken(RuntimeError):
    """The server did not take it. `for_good`: it never will."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Mail:
    """The way out for e-mail of one process."""

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.mail_from
        parts = urlsplit(settings.smtp_url)
        self._host, self._port = parts.hostname or "localhost", parts.port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls_first = parts.scheme == "smtps"

    async def send(self, *, to: str, subject: str, text: str, name: UUID) -> None:
        """Raises NotTaken. Sent again under the same `name` it is the same letter to whoever reads it."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = f"Earshot <{self._sender}>", to, " ".join(subject.split())
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<{name}@{self._sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        must_hide = self._user is not None and not is_loopback(self._host)
        try:
            await aiosmtplib.send(
                letter,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls_first,
                start_tls=False if self._tls_first else True if must_hide else None,
                timeout=PATIENCE,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            for_good = all(one.code in PERMANENT for one in error.recipients)
            raise NotTaken("The server refuses this address.", for_good=for_good) from error
        except aiosmtplib.SMTPDataError as error:
            raise NotTaken("The server refuses this letter.", for_good=error.code in PERMANENT) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotTaken(type(error).__name__, for_good=False) from error
