"""Two coordinators of two organisations, each alone and blind to the other: level vouched, and nothing more."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.audit.service import Actor
from bot.commands.access import VouchedCoordinator, judge
from bot.commands.call import Answer, Refusal, Reply
from bot.directory.service.enrolment import NotInTheDirectory
from bot.directory.service.vouching import AlreadyVerified, CoordinatorNotVouched
from bot.directory.tables.renewal import vouches
from bot.exchange.rules.tlp import ceiling
from bot.ids import BadUserId, RoomId, UserId
from bot.outbox.model import Proof
from bot.tlp import Tlp
from handlers import vouch
from handlers.vouch import VouchAlone, VouchHow
from keys.fingerprint import MatrixKey, NotAMatrixKey
from keys.openpgp import OpenPGP
from keys.trust import DeviceNotPublished, DeviceNotSigned, Standing, VouchesNotApart
from tests.contract.trust_house import ANA, BRUNO, CLARA, COSME, DESK, DORA, House, build, direct
from tests.unit.keys.matrix_people import Device

HOURS = timedelta(hours=1)


@pytest.fixture
async def house(database_url: str, short_path: Path) -> AsyncIterator[House]:
    """Every coordinator is verified; Ana is not."""
    with OpenPGP(short_path / "bot") as openpgp:
        made = await build(database_url, openpgp, {})
        for user in (CLARA, COSME, DORA):
            await made.enrol(user)
        await made.said()
        yield made
        await made.db.close()


def key_of(device: Device) -> str:
    """As the person reads it out."""
    return MatrixKey(device.key.ed25519).grouped()


async def say(house: House, by: UserId, key: str, user: str = ANA, room: RoomId | None = None) -> Answer:
    """``!vouch`` as the dispatcher runs it."""
    typed = house.call("vouch", f"{user} {key}", by=by, room=room)
    extra = await vouch.prepare(typed, house)
    call = replace(typed, extra=extra)
    async with house.db.unit() as unit:
        answer = await vouch.run(call, unit, house)
    await house.reload()
    return answer


async def pending(house: House) -> int:
    async with house.db.reading() as unit:
        return len(await unit.all(select(vouches)))


async def test_two_apart_are_enough_and_both_are_told(house: House) -> None:
    phone = house.phone(ANA)
    first = await say(house, CLARA, key_of(phone))
    assert isinstance(first, Reply)
    assert "another organisation" in first.text.plain
    assert house.standing(ANA) is Standing.UNKNOWN
    assert await house.said() == [], "nobody else learns that somebody has vouched"
    house.clock.push(23 * HOURS)
    second = await say(house, DORA, phone.key.ed25519)
    assert isinstance(second, Reply)
    assert house.standing(ANA) is Standing.VOUCHED
    verdict, pin = house.trust.person(ANA), house.register.pin(ANA)
    assert verdict.level == "vouched"
    assert ceiling(verdict.standing.value) is Tlp.AMBER
    assert pin is not None
    assert pin.openpgp_fingerprint is None
    assert 150 <= (pin.expires - pin.issued).days <= 210
    told = dict(await house.said())
    assert set(told) == {direct(ANA), DESK, direct(CLARA)}
    assert "TLP:AMBER" in told[direct(CLARA)]
    assert await pending(house) == 0
    assert (await house.actions())[-3:] == ["identity.vouch", "identity.vouch", "identity.vouched"]


async def test_the_session_key_is_sealed_at_rest(house: House) -> None:
    phone = house.phone(ANA)
    await say(house, CLARA, key_of(phone))
    async with house.db.reading() as unit:
        row = await unit.first(select(vouches))
        log = [entry.details for entry in await house.audit.entries(unit)]
    assert row is not None
    assert phone.key.ed25519.encode() not in row.sealed
    assert phone.key.ed25519 not in str(log)


async def test_one_organisation_is_one_word_however_often(house: House) -> None:
    phone = house.phone(ANA)
    noted = await say(house, CLARA, key_of(phone))
    assert (await say(house, CLARA, key_of(phone))) == noted
    assert (await say(house, COSME, key_of(phone))) == noted, "blind: nothing shows that another word waits"
    assert house.standing(ANA) is Standing.UNKNOWN
    await say(house, DORA, key_of(phone))
    assert house.standing(ANA) is Standing.VOUCHED


async def test_after_a_day_the_first_word_is_forgotten(house: House) -> None:
    phone = house.phone(ANA)
    await say(house, CLARA, key_of(phone))
    house.clock.push(24 * HOURS + timedelta(seconds=1))
    await say(house, DORA, key_of(phone))
    assert house.standing(ANA) is Standing.UNKNOWN
    assert await pending(house) == 1
    await say(house, CLARA, key_of(phone))
    assert house.standing(ANA) is Standing.VOUCHED


async def test_keys_that_differ_undo_both(house: House) -> None:
    phone, other = house.phone(ANA), Device(ANA, "SECOND")
    house.published.servers[ANA].add(other, house.seeds[ANA])  # both are signed: the server may have added one
    await say(house, CLARA, key_of(phone))
    answer = await say(house, DORA, key_of(other))
    assert isinstance(answer, Refusal)
    assert "differ" in answer.text.plain
    assert [room for room, _ in await house.said()] == [direct(CLARA)]
    assert await pending(house) == 0
    assert house.standing(ANA) is Standing.UNKNOWN
    await say(house, DORA, key_of(phone))
    assert house.standing(ANA) is Standing.UNKNOWN, "the first word does not come back"


async def test_only_a_published_and_signed_device(house: House) -> None:
    bare = Device(ANA, "BARE")
    house.published.servers[ANA].add(bare)
    with pytest.raises(DeviceNotSigned):
        await say(house, CLARA, key_of(bare))
    with pytest.raises(DeviceNotPublished):
        await say(house, CLARA, key_of(Device(ANA, "NOWHERE")))
    with pytest.raises(NotAMatrixKey):
        await say(house, CLARA, "not a key")
    with pytest.raises(VouchHow):
        await say(house, CLARA, "")
    with pytest.raises(BadUserId):
        await say(house, CLARA, key_of(house.phone(ANA)), user="ana")
    assert await pending(house) == 0


async def test_whom_nobody_vouches_for(house: House) -> None:
    with pytest.raises(VouchesNotApart):
        await say(house, CLARA, key_of(house.phone(CLARA)), user=CLARA)
    with pytest.raises(CoordinatorNotVouched):
        await say(house, CLARA, key_of(house.phone(DORA)), user=DORA)
    with pytest.raises(NotInTheDirectory):
        await say(house, CLARA, key_of(house.phone(ANA)), user=UserId("@nobody:x.org"))
    await house.enrol(BRUNO)
    with pytest.raises(AlreadyVerified):
        await say(house, CLARA, key_of(house.phone(BRUNO)), user=BRUNO)
    assert house.trust.person(BRUNO).level == "verified"
    assert await pending(house) == 0


async def test_only_alone_with_the_bot(house: House) -> None:
    for room in (DESK, direct(ANA), RoomId("!elsewhere")):
        with pytest.raises(VouchAlone):
            await say(house, CLARA, key_of(house.phone(ANA)), room=room)
    assert await pending(house) == 0


async def test_a_word_counts_only_while_whoever_gave_it_is_verified(house: House) -> None:
    phone = house.phone(ANA)
    await say(house, CLARA, key_of(phone))
    async with house.db.unit() as unit:
        await house.directory.revoke_identity(unit, CLARA, actor=None)
    await house.reload()
    await say(house, DORA, key_of(phone))
    assert house.standing(ANA) is Standing.UNKNOWN
    await house.enrol(CLARA)
    await say(house, COSME, key_of(phone))
    assert house.standing(ANA) is Standing.VOUCHED


async def test_who_is_vouched_for_may_not_vouch_nor_coordinate(house: House) -> None:
    pin = house.register.pin(CLARA)
    assert pin is not None
    async with house.db.unit() as unit:
        await house.directory.save_identity(unit, replace(pin, level="vouched"), actor=None)
    await house.reload()
    call = house.call("vouch", by=CLARA)
    denied = judge(vouch.COMMAND.access, call.caller, call.place, Proof.PINNED, None)
    assert isinstance(denied, VouchedCoordinator)
    call = house.call("vouch", by=DORA)
    assert judge(vouch.COMMAND.access, call.caller, call.place, Proof.PINNED, None) is None


async def test_withdrawal_ends_it_and_a_statement_or_two_words_lead_back(house: House) -> None:
    phone = house.phone(ANA)
    await say(house, CLARA, key_of(phone))
    await say(house, DORA, key_of(phone))
    await say(house, CLARA, key_of(phone))  # renewal
    async with house.db.unit() as unit:
        await house.enrolment.revoke(
            unit, ANA, actor=Actor("CERT-MX", "Ana Pérez", ANA), lead=False, coordinator=False, room=direct(ANA)
        )
    await house.reload()
    assert house.standing(ANA) is Standing.REVOKED
    await say(house, DORA, key_of(phone))
    assert house.standing(ANA) is Standing.REVOKED, "a word given before the withdrawal counts no more"
    await say(house, CLARA, key_of(phone))
    assert house.standing(ANA) is Standing.VOUCHED
    await house.enrol(ANA)
    assert house.standing(ANA) is Standing.VERIFIED
