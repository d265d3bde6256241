"""OpenPGP mail over SMTP with TLS.  A server that takes a letter promises no more than that it took it."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiosmtplib

from bot.clock import Clock
from bot.config.model import Notify
from bot.exchange.channel import Parcel, Receipt, Refused, TryLater
from bot.ids import EventId
from bot.logs import logger
from bot.notify.letter import Letter, compose
from bot.outbox.model import MAIL
from keys.errors import EnlaceError
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import (
    KeyCannotEncrypt,
    KeyExpired,
    KeyInvalid,
    KeyRevoked,
    KeyWeak,
    NoSuchKey,
    NotAKey,
    OpenPGP,
)

log = logger(__name__)

TIMEOUT = 20.0
"""Seconds for one step of the conversation with the server."""
BUSY = timedelta(seconds=20)
"""How soon to try again when the server says that it cannot now."""
TEMPORARY = range(400, 500)
"""Replies after which the same letter may be taken later (RFC 5321, 4.2.1)."""


class Mail:
    """Sends pages, and messages to who is not on enlace, as letters signed by the bot; one at a time."""

    def __init__(self, settings: Notify, openpgp: OpenPGP, own: OpenPGPFingerprint, clock: Clock) -> None:
        self._settings = settings
        self._openpgp = openpgp
        self._own = own
        self._clock = clock
        self._one = asyncio.Lock()

    async def send(self, parcel: Parcel) -> Receipt:
        """Hand one letter over.

        Content: ``subject``, ``body``, and where the directory has one ``key`` (base64) with its ``fingerprint``;
        ``sealed`` stands in place of the body in a letter that is encrypted, and nowhere else.
        A letter to whose key nothing can be encrypted (any more) is signed only: it holds nothing
        that is not for everybody.  With ``only_sealed`` it is refused instead.

        Raises :class:`TryLater` and :class:`Refused`."""
        sender = str(self._settings.mail_from)
        letter = Letter(
            sender=sender,
            to=parcel.room.removeprefix(MAIL),
            subject=str(parcel.content.get("subject", "")),
            body=str(parcel.content.get("body", "")),
            message_id=f"{parcel.delivery_id}@{sender.rpartition('@')[2]}",
            at=self._clock.now(),
        )
        try:
            message = await asyncio.to_thread(self._composed, letter, parcel.content)
        except Refused:
            raise
        except (EnlaceError, ValueError) as error:
            raise Refused(reason=type(error).__name__) from error
        async with self._one:
            await self._hand_over(message, sender, letter.to)
        return Receipt(EventId(letter.message_id), 1, 1)

    def _composed(self, letter: Letter, content: Mapping[str, Any]) -> bytes:
        key, fingerprint = content.get("key"), content.get("fingerprint")

        def sign(data: bytes) -> bytes:
            return self._openpgp.sign_detached(data, self._own)

        def encrypt(data: bytes) -> bytes:
            self._openpgp.import_key(b64decode(str(key)))
            return self._openpgp.encrypt(data, [OpenPGPFingerprint(str(fingerprint))])

        if key and fingerprint:
            try:
                return compose(replace(letter, body=str(content.get("sealed", letter.body))), sign, encrypt)
            except (KeyCannotEncrypt, KeyExpired, KeyInvalid, KeyRevoked, KeyWeak, NoSuchKey, NotAKey) as error:
                log.warning("mail.not-encrypted", why=type(error).__name__)
        if content.get("only_sealed"):
            raise Refused(reason="no-key")
        return compose(letter, sign, None)

    async def _hand_over(self, message: bytes, sender: str, to: str) -> None:
        settings = self._settings
        context = await asyncio.to_thread(ssl.create_default_context, cafile=settings.smtp_ca_file)
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        try:
            await aiosmtplib.send(
                message,
                sender=sender,
                recipients=[to],
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user,
                password=password,
                timeout=TIMEOUT,
                use_tls=settings.smtp_security == "tls",
                start_tls=settings.smtp_security == "starttls",
                tls_context=context,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {refused.code for refused in error.recipients}
            raise _judged(max(codes, default=450)) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise TryLater(reason="smtp-login") from error  # the operator can put it right
        except aiosmtplib.SMTPResponseException as error:
            raise _judged(error.code) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise TryLater(reason=type(error).__name__) from error


def _judged(code: int) -> TryLater | Refused:
    if code in TEMPORARY or code < 400:
        return TryLater(reason=f"smtp-{code}", wait=BUSY)
    return Refused(reason=f"smtp-{code}")
