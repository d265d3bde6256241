"""Letters go out through a real SMTP server with TLS, and what arrives is read with GnuPG as PGP/MIME says."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from bot.clock import Clock
from bot.config.model import Notify
from bot.exchange.channel import Parcel, Refused, TryLater
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


class House:
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

    async def serve(self) -> None:
        """Answer SMTP from now on."""

        def conversation() -> SMTP:
            return SMTP(
                self.sink,
                hostname="localhost",
                tls_context=self._context,
                require_starttls=True,
                auth_required=True,
                authenticator=lambda *found: AuthResult(success=found[-1].password == PASSWORD.encode()),
            )

        self.server = await asyncio.get_running_loop().create_server(conversation, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    def mail(self, **changed: Any) -> Mail:
        settings = {
            "smtp_host": "localhost",
            "smtp_port": self.port,
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

    def close(self) -> None:
        self.server.close()
        self.openpgp.close()


@pytest.fixture
async def house(tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[House]:
    made = await asyncio.to_thread(House, tmp_path, short_path, gpg_home)
    await made.serve()
    yield made
    made.close()


async def test_encrypted_to_the_key_and_signed_by_the_bot(house: House) -> None:
    key = house.person.public_key(house.fingerprint).encode()
    receipt = await house.mail().send(house.parcel(key=key))
    assert (receipt.devices_reached, receipt.devices_meant) == (1, 1)
    letter = house.letter()
    assert (letter["To"], letter["Subject"], letter["Message-ID"]) == (
        "ana@example.mx",
        "enlace ESC-7F3KQ",
        "<d1@example.org>",
    )
    assert letter.get_content_type() == "multipart/encrypted"
    assert b"CERT-MX" not in house.sink.taken[0]
    version, sealed = letter.iter_parts()
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_payload(decode=True) == b"Version: 1"
    with OpenPGP(house.person.home) as theirs:
        inside = theirs.decrypt(sealed.get_payload(decode=True))
    assert house.read_signed(inside).splitlines() == ["CRÍTICA · CERT-MX calls", ".", "From here on"]


async def test_without_a_key_signed_only(house: House) -> None:
    await house.mail().send(house.parcel())
    assert house.read_signed(house.sink.taken[0]).startswith("CRÍTICA")


async def test_a_key_that_nothing_can_be_encrypted_to_stops_no_page(house: House) -> None:
    await house.mail().send(house.parcel(key=b"no key at all"))
    assert house.letter().get_content_type() == "multipart/signed"


async def test_what_the_server_says_decides(house: House) -> None:
    house.sink.reply = "451 try again"
    with pytest.raises(TryLater):
        await house.mail().send(house.parcel())
    house.sink.reply = "554 never"
    with pytest.raises(Refused):
        await house.mail().send(house.parcel())
    with pytest.raises(TryLater):
        await house.mail(smtp_password=SecretStr("wrong")).send(house.parcel())
    with pytest.raises(TryLater):
        await house.mail(smtp_ca_file=None).send(house.parcel())  # nobody vouches for this certificate
    assert house.sink.taken == []
    port = house.port
    house.server.close()
    with pytest.raises(TryLater):
        await house.mail(smtp_port=port).send(house.parcel())


async def test_no_header_comes_out_of_an_address_or_a_subject(house: House) -> None:
    parcel = house.parcel()
    bad = Parcel(RoomId(f"{MAIL}ana@example.mx\r\nBcc: x@example.org"), "t", "d2", parcel.content, Audience.PINNED)
    with pytest.raises(Refused):
        await house.mail().send(bad)
    await house.mail().send(
        Parcel(parcel.room, "t", "d3", {"subject": "a\r\nBcc: x@example.org", "body": "b"}, Audience.PINNED)
    )
    assert house.letter()["Bcc"] is None
