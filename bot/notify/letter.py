"""Letters as RFC 5322 and PGP/MIME (RFC 3156) have them: signed by the bot, and encrypted where there is a key.  Pure
but for the two functions that sign and encrypt."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

LINE_END = b"\r\n"
Sign = Callable[[bytes], bytes]
"""Gives an armoured detached signature (SHA-512)."""
Encrypt = Callable[[bytes], bytes]
"""Gives an armoured OpenPGP message."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said to one address; the subject is not encrypted and says nothing that is not for everybody."""

    sender: str
    to: str
    subject: str
    body: str
    message_id: str
    """Without angle brackets; the same one for each attempt, so that a mail program shows two copies as one."""
    at: datetime


def compose(letter: Letter, sign: Sign, encrypt: Encrypt | None) -> bytes:
    """The whole message with CRLF line ends: ``multipart/signed``, inside ``multipart/encrypted`` if ``encrypt``."""
    signed = _signed(_text(letter.body), sign)
    inner = signed if encrypt is None else _encrypted(encrypt(signed))
    head = EmailMessage(policy=policy.SMTP)
    head["From"] = _address(letter.sender)
    head["To"] = _address(letter.to)
    head["Subject"] = " ".join(letter.subject.split())
    head["Date"] = format_datetime(letter.at)
    head["Message-ID"] = f"<{letter.message_id}>"
    head["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    head["MIME-Version"] = "1.0"
    return head.as_bytes().removesuffix(LINE_END) + inner


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (MessageError, IndexError) as error:
        raise ValueError("not an address") from error


def _text(body: str) -> bytes:
    part = EmailMessage(policy=policy.SMTP)
    part.set_content(body, cte="quoted-printable")
    del part["MIME-Version"]
    return part.as_bytes().removesuffix(LINE_END)


def _signed(part: bytes, sign: Sign) -> bytes:
    """RFC 3156, 5: the signature covers the first part, its headers too, without the line end before the boundary."""
    signature = _canonical(sign(part))
    head = b'Content-Type: application/pgp-signature; name="signature.asc"' + LINE_END * 2
    kind = b'multipart/signed; micalg="pgp-sha512"; protocol="application/pgp-signature"'
    return _multipart(kind, part, head + signature)


def _encrypted(message: bytes) -> bytes:
    """RFC 3156, 4."""
    first = b"Content-Type: application/pgp-encrypted" + LINE_END * 2 + b"Version: 1"
    head = b'Content-Type: application/octet-stream; name="encrypted.asc"' + LINE_END * 2
    kind = b'multipart/encrypted; protocol="application/pgp-encrypted"'
    return _multipart(kind, first, head + _canonical(message))


def _multipart(kind: bytes, *parts: bytes) -> bytes:
    boundary = f"enlace-{secrets.token_hex(16)}".encode()
    head = b"Content-Type: " + kind + b'; boundary="' + boundary + b'"' + LINE_END * 2
    inside = b"".join(b"--" + boundary + LINE_END + part + LINE_END for part in parts)
    return head + inside + b"--" + boundary + b"--" + LINE_END


def _canonical(armour: bytes) -> bytes:
    return LINE_END.join(armour.rstrip().splitlines())
