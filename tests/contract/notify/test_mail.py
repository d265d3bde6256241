"""Letters go out through a real SMTP server with TLS, and what arrives is read with GnuPG as PGP/MIME says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.exchange.channel import Parcel, Refused, TryLater
from bot.ids import RoomId
from bot.outbox.model import MAIL, Audience
from tests.harness.openpgp import GnuPG
from tests.harness.post import MailHouse


@pytest.fixture
async def house(tmp_path: Path, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[MailHouse]:
    made = await asyncio.to_thread(MailHouse, tmp_path, short_path, gpg_home)
    await made.serve()
    yield made
    made.close()


async def test_encrypted_to_the_key_and_signed_by_the_bot(house: MailHouse) -> None:
    key = house.person.public_key(house.fingerprint).encode()
    receipt = await house.mail().send(house.parcel(key=key))
    assert (receipt.devices_reached, receipt.devices_meant) == (1, 1)
    letter = house.letter()
    assert (letter["To"], letter["Subject"], letter["Message-ID"]) == (
        "ana@example.mx",
        "enlace ESC-7F3KQ",
        "<d1@example.org>",
    )
    assert b"CERT-MX" not in house.sink.taken[0]
    text = await asyncio.to_thread(house.read_sealed, house.sink.taken[0])
    assert text.splitlines() == ["CRÍTICA · CERT-MX calls", ".", "From here on"]


async def test_without_a_key_signed_only(house: MailHouse) -> None:
    await house.mail().send(house.parcel())
    assert house.read_signed(house.sink.taken[0]).startswith("CRÍTICA")


async def test_a_key_that_nothing_can_be_encrypted_to_stops_no_page(house: MailHouse) -> None:
    parcel = house.parcel(key=b"no key at all")
    await house.mail().send(replace(parcel, content={**parcel.content, "sealed": "what only its reader may see"}))
    assert house.letter().get_content_type() == "multipart/signed"
    text = await asyncio.to_thread(house.read_signed, house.sink.taken[0])
    assert text.startswith("CRÍTICA")
    assert "only its reader" not in text


async def test_what_the_server_says_decides(house: MailHouse) -> None:
    house.sink.reply = "451 try again"
    with pytest.raises(TryLater):
        await house.mail().send(house.parcel())
    house.sink.reply = "554 never"
    with pytest.raises(Refused):
        await house.mail().send(house.parcel())
    with pytest.raises(TryLater):
        await house.mail(smtp_password=SecretStr("wrong")).send(house.parcel())
    assert house.sink.taken == []
    port = house.port
    house.server.close()
    with pytest.raises(TryLater):
        await house.mail(smtp_port=port).send(house.parcel())


async def test_nothing_is_said_to_a_server_for_whose_certificate_nobody_vouches(house: MailHouse) -> None:
    house.server.close()
    await house.serve(security="tls")  # a server that is refused after STARTTLS waits for its client to time out
    with pytest.raises(TryLater):
        await house.mail(smtp_ca_file=None).send(house.parcel())
    assert house.sink.taken == []
    await house.mail().send(house.parcel())
    assert len(house.sink.taken) == 1


@pytest.mark.parametrize("address", ["@", "ana@", "ana@@example.mx", "ana b@example.mx", "ana@example..mx", ""])
async def test_what_is_no_address_is_refused_and_not_tried_again(house: MailHouse, address: str) -> None:
    bad = Parcel(RoomId(f"{MAIL}{address}"), "t", "d1", house.parcel().content, Audience.PINNED)
    with pytest.raises(Refused):
        await house.mail().send(bad)
    assert house.sink.taken == []


async def test_no_header_comes_out_of_an_address_or_a_subject(house: MailHouse) -> None:
    parcel = house.parcel()
    bad = Parcel(RoomId(f"{MAIL}ana@example.mx\r\nBcc: x@example.org"), "t", "d2", parcel.content, Audience.PINNED)
    with pytest.raises(Refused):
        await house.mail().send(bad)
    await house.mail().send(
        Parcel(parcel.room, "t", "d3", {"subject": "a\r\nBcc: x@example.org", "body": "b"}, Audience.PINNED)
    )
    assert house.letter()["Bcc"] is None
