"""A real mail server with TLS that keeps what it takes, the bot's key, and somebody who reads mail with GnuPG."""

import asyncio
import ssl
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bot.clock import Clock
from bot.config.model import Notify
from bot.exchange.channel import Parcel
from bot.ids import RoomId
from bot.notify.mail import Mail
from bot.outbox.model import MAIL, Audience
from keys.openpgp import OpenPGP
from tests.harness.openpgp import GnuPG

PASSWORD = "correct horse"


class Sink:
    """What the server took, and what it says to the next letter."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.reply = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (the library's name)
        if self.reply.startswith("2"):
            self.taken.append(envelope.original_content)
        return self.reply


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


class MailHouse:
    """A mail server, the bot's key, and somebody who reads mail with a key of their own."""

    def __init__(self, folder: Path, short: Path, person: GnuPG) -> None:
        self.sink = Sink()
        self.pem, secret = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem, secret)
        self._context = context
        self.port = 0
        self.openpgp = OpenPGP(short / "bot")
        self.own = self.openpgp.generate("enlace", "enlace@example.org").fingerprint
        self.person = person
        self.fingerprint = person.new_key("Ana", "ana@example.mx")
        person.import_key(self.openpgp.export_public(self.own).decode())

    async def serve(self, *, security: str = "starttls") -> None:
        """Answer SMTP from now on, with TLS from the first byte on or after STARTTLS."""
        starttls = security == "starttls"

        def conversation() -> SMTP:
            return SMTP(
                self.sink,
                hostname="localhost",
                tls_context=self._context if starttls else None,
                require_starttls=starttls,
                auth_required=True,
                auth_require_tls=starttls,
                authenticator=lambda *found: AuthResult(success=found[-1].password == PASSWORD.encode()),
            )

        context = None if starttls else self._context
        self.server = await asyncio.get_running_loop().create_server(conversation, "127.0.0.1", 0, ssl=context)
        self.security = security
        self.port = self.server.sockets[0].getsockname()[1]

    def mail(self, **changed: Any) -> Mail:
        settings = {
            "smtp_host": "localhost",
            "smtp_port": self.port,
            "smtp_security": self.security,
            "smtp_ca_file": self.pem,
            "smtp_user": "enlace",
            "smtp_password": SecretStr(PASSWORD),
            "mail_from": "enlace@example.org",
            **changed,
        }
        return Mail(Notify(**settings), self.openpgp, self.own, Clock())

    def parcel(self, *, key: bytes | None = None, body: str = "CRÍTICA · CERT-MX calls\n.\nFrom here on\n") -> Parcel:
        content = {"subject": "enlace ESC-7F3KQ", "body": body}
        if key is not None:
            content |= {"key": b64encode(key).decode(), "fingerprint": self.fingerprint}
        return Parcel(RoomId(f"{MAIL}ana@example.mx"), "txn", "d1", content, Audience.PINNED)

    def letter(self) -> EmailMessage:
        (taken,) = self.sink.taken
        return message_from_bytes(taken, policy=policy.SMTP)  # type: ignore[return-value]

    def read_signed(self, whole: bytes) -> str:
        """The text of a multipart/signed, its signature by the bot checked over the bytes as they arrived."""
        message = message_from_bytes(whole, policy=policy.SMTP)
        assert message.get_content_type() == "multipart/signed"
        assert message.get_param("micalg") == "pgp-sha512"
        boundary = f"--{message.get_boundary()}\r\n".encode()
        part = whole.split(boundary)[1].removesuffix(b"\r\n")
        text, signature = message.iter_parts()
        with OpenPGP(self.person.home) as theirs:
            found = theirs.verify_detached(part, signature.get_payload(decode=True))
        assert found.primary_fingerprint == self.own
        return str(text.get_content())

    def read_sealed(self, whole: bytes) -> str:
        """The text of a multipart/encrypted (RFC 3156), opened with the person's key and its signature checked."""
        message = message_from_bytes(whole, policy=policy.SMTP)
        assert message.get_content_type() == "multipart/encrypted"
        version, sealed = message.iter_parts()
        assert version.get_content_type() == "application/pgp-encrypted"
        assert version.get_payload(decode=True) == b"Version: 1"
        with OpenPGP(self.person.home) as theirs:
            inside = theirs.decrypt(sealed.get_payload(decode=True))
        return self.read_signed(inside)

    def close(self) -> None:
        self.server.close()
        self.openpgp.close()
