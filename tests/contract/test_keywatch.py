"""Keys that run out, were revoked or cannot be encrypted to: said once in each room; a revoked one takes its pins."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.audit.service import Actor
from bot.directory.model import OpenPGPKey, Plan
from bot.directory.rules.keywatching import Finding, Stage, judge
from bot.directory.rules.proposing import details, thaw
from bot.directory.service import plan_import
from bot.directory.service.keyring import refresh_keys
from bot.directory.service.keywatch import KeyWatch
from bot.ids import RoomId, UserId
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.policy import KeyInfo, SubkeyInfo
from keys.trust import Standing, Withdrawal
from tests.contract.proposal_house import changed, made, say
from tests.contract.trust_house import ANA, BRUNO, CLARA, COSME, DESK, DORA, LUIS, MX, House, build, direct, rooms
from tests.harness.openpgp import GnuPG

DAY = timedelta(days=1)
FPR = OpenPGPFingerprint("0123456789ABCDEF0123456789ABCDEF01234567")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
BY_CLARA = Actor("OAS", "Clara Díaz", CLARA, "PHONE")


def part(letters: str, expires: datetime | None, **more: object) -> SubkeyInfo:
    return SubkeyInfo(FPR, "ed25519", 255, frozenset(letters), NOW - 900 * DAY, expires, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("primary", "subkey", "found"),
    [
        (part("sc", None), part("e", None), None),
        (part("sc", NOW + 31 * DAY), part("e", None), None),
        (part("sc", NOW + 30 * DAY), part("e", None), Finding(Stage.SOON, NOW + 30 * DAY)),
        (part("sc", None), part("e", NOW + 8 * DAY), Finding(Stage.SOON, NOW + 8 * DAY)),
        (part("sc", NOW + 20 * DAY), part("e", NOW + 7 * DAY), Finding(Stage.NEAR, NOW + 7 * DAY)),
        (part("sc", NOW), part("e", None), Finding(Stage.OVER, NOW)),
        (part("sc", None), part("e", NOW - DAY), Finding(Stage.OVER, NOW - DAY)),
        (part("sc", None), part("s", None), Finding(Stage.NO_ENCRYPTION)),
        (part("sc", NOW + 5 * DAY), part("s", None), Finding(Stage.NO_ENCRYPTION)),
        (part("sc", None), part("e", None, revoked=True), Finding(Stage.NO_ENCRYPTION)),
        (part("sc", NOW - DAY, revoked=True), part("e", None), Finding(Stage.REVOKED)),
    ],
)
def test_what_is_said(primary: SubkeyInfo, subkey: SubkeyInfo, found: Finding | None) -> None:
    assert judge(KeyInfo(primary, (subkey,)), NOW) == found


def revoke(gpg: GnuPG, fingerprint: str) -> str:
    """With the certificate that gpg made beside the key; returns the public key."""
    text = (gpg.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text()
    gpg.import_key(text[text.index(":-----BEGIN") :].replace(":-----", "-----", 1))
    return gpg.public_key(fingerprint)


@pytest.fixture
async def house(database_url: str, short_path: Path, gpg_home: GnuPG) -> AsyncIterator[House]:
    """Ana and Bruno have keys for a year; every coordinator is verified."""
    now = datetime.now(UTC)
    keys = {}
    for user, name in ((ANA, "Ana"), (BRUNO, "Bruno")):
        fingerprint = gpg_home.new_key(name, f"{name}@example.org")
        keys[user] = (OpenPGPFingerprint(fingerprint), gpg_home.public_key(fingerprint).encode())
    with OpenPGP(short_path / "bot") as openpgp:
        house_ = await build(database_url, openpgp, keys)
        house_.clock.at = now + timedelta(minutes=1)
        for user in (CLARA, COSME, DORA):
            await house_.enrol(user)
        await house_.said()
        yield house_
        await house_.db.close()


async def heard(house: House) -> Mapping[RoomId, str]:
    """What a service that has just started says; a second look says nothing."""
    watch = KeyWatch(
        register=house.register,
        directory=house.directory,
        telling=house.telling,
        audit=house.audit,
        openpgp=house.openpgp,
    )
    await watch.step(house.db)
    assert await watch.step(house.db) == 0
    await house.reload()
    said = await house.said()
    return {room: "\n".join(words for at, words in said if at == room) for room, _ in said}


def fingerprint_of(house: House, user: UserId) -> OpenPGPFingerprint:
    person = house.register.person(user)
    assert person is not None
    return OpenPGPFingerprint(person.openpgp[0].fingerprint)


async def refreshed(house: House, file: bytes) -> Plan:
    found = refresh_keys(file, "new.asc", house.register, house.openpgp)
    assert found.unknown == ()
    return plan_import(found.reading, house.register.entries, partial=True)


async def approved(house: House, plan: Plan) -> None:
    one = await made(house, plan, BY_CLARA)
    await say(house, DORA, one.ref)


async def test_each_stage_is_said_once_to_the_organisation_and_the_coordinators(house: House) -> None:
    assert await heard(house) == {}
    year = house.clock.at + 365 * DAY
    rooms = {DESK, direct(ANA), direct(BRUNO), direct(CLARA), direct(COSME), direct(DORA)}
    for at, words in (
        (year - 29 * DAY, "29 días"),
        (year - 10 * DAY, None),
        (year - 6 * DAY, "6 días"),
        (year + 1 * DAY, "venció"),
        (year + 50 * DAY, None),
    ):
        house.clock.at = at
        said = await heard(house)
        if words is None:
            assert said == {}, at
            continue
        assert set(said) == rooms
        assert words in said[DESK]
        assert "Ana Pérez (CERT-MX)" in said[DESK]
        assert fingerprint_of(house, ANA).grouped() in said[DESK]
        assert "Bruno" not in said[DESK], "what is another organisation's stays there"
        assert "Ana Pérez" in said[direct(CLARA)]
        assert "Bruno Lima" in said[direct(CLARA)]
    assert direct(LUIS) not in said
    assert "key.warned" in await house.actions()


async def test_a_prolonged_key_comes_through_a_proposal_and_starts_anew(house: House, gpg_home: GnuPG) -> None:
    house.clock.push(345 * DAY)
    assert DESK in await heard(house)
    key = fingerprint_of(house, ANA)
    gpg_home._gpg("--quick-set-expire", key, "2y")
    gpg_home._gpg("--quick-set-expire", key, "2y", "*")
    plan = await refreshed(house, gpg_home.public_key(key).encode())
    assert [change.fields for change in plan.changed] == [("people",)]
    await approved(house, plan)
    assert await heard(house) == {}
    house.clock.push(365 * DAY)
    said = await heard(house)
    assert "vence" in said[DESK]
    assert (await refreshed(house, gpg_home.public_key(key).encode())).changed == (), "nothing new"


async def test_a_revoked_key_takes_the_pins_made_under_it(house: House, gpg_home: GnuPG) -> None:
    key = fingerprint_of(house, ANA)
    text = await house.challenge(ANA)
    signed = gpg_home.clear_sign(text, key)
    evidence = await house.enrolment.examine(ANA, signed)
    async with house.db.unit() as unit:
        await house.enrolment.accept(
            unit, user=ANA, room=direct(ANA), device=house.phone(ANA).device_id, evidence=evidence, signed=signed
        )
    await house.reload()
    assert house.standing(ANA) is Standing.VERIFIED
    plan = await refreshed(house, revoke(gpg_home, key).encode())
    one = await made(house, plan, BY_CLARA)
    assert any(line.startswith("  ~ ") and key.grouped() in line for line in details(thaw(one.what)))
    await heard(house)
    assert house.standing(ANA) is Standing.VERIFIED, "proposed is not done"
    await say(house, DORA, one.ref)
    said = await heard(house)
    assert house.standing(ANA) is Standing.REVOKED
    pin = house.register.pin(ANA)
    assert pin is not None
    assert pin.reason is Withdrawal.KEY_REVOKED
    assert "fue revocada" in said[direct(ANA)]
    assert "!verificar" in said[direct(ANA)]
    assert "was revoked" in said[direct(COSME)]
    assert house.standing(CLARA) is Standing.VERIFIED
    assert (await house.actions()).count("identity.withdrawn") == 1


async def test_an_older_copy_does_not_bring_a_revoked_key_back(house: House, gpg_home: GnuPG) -> None:
    key = fingerprint_of(house, ANA)
    person = house.register.person(ANA)
    assert person is not None
    older = person.openpgp[0].data
    assert older is not None
    await approved(house, await refreshed(house, revoke(gpg_home, key).encode()))
    assert (await refreshed(house, older)).changed == ()


async def test_a_key_without_a_subkey_for_encryption(house: House, gpg_home: GnuPG) -> None:
    gpg_home._gpg("--quick-generate-key", "Luis <luis@example.org>", "ed25519", "cert,sign", "5y")
    key = gpg_home._colons("--list-secret-keys", "=Luis <luis@example.org>")
    staff = house.register.people_of(MX)
    data = gpg_home.public_key(key).encode()
    staff = tuple(replace(p, openpgp=(OpenPGPKey(key, data),)) if p.mxid == LUIS else p for p in staff)
    await approved(house, changed(house, MX, people=staff))
    said = await heard(house)
    assert set(said) == {DESK, direct(LUIS), direct(CLARA), direct(COSME), direct(DORA)}
    assert "no se puede cifrar" in said[DESK]


async def test_a_room_that_comes_later_is_told_then(house: House) -> None:
    house.clock.push(360 * DAY)
    async with house.db.unit() as unit:
        await house.directory.forget_room(unit, DESK, actor=None)
    await house.reload()
    assert DESK not in await heard(house)
    async with house.db.unit() as unit:
        await house.directory.register_room(unit, next(iter(rooms())), actor=None)
    await house.reload()
    assert set(await heard(house)) == {DESK}


async def test_gpg_reads_a_key_once_also_over_a_start_and_a_changed_one_anew(
    house: House, monkeypatch: pytest.MonkeyPatch, gpg_home: GnuPG
) -> None:
    read: list[bytes] = []
    real = OpenPGP.read_keys

    def counted(openpgp: OpenPGP, content: bytes) -> list[KeyInfo]:
        read.append(content)
        return real(openpgp, content)

    monkeypatch.setattr(OpenPGP, "read_keys", counted)
    await heard(house)
    assert len(read) == 2
    await heard(house)
    assert len(read) == 2, "what was read before the start"
    house.clock.at += 360 * DAY
    assert "días" in "".join((await heard(house)).values()), "how it stands is judged anew"
    assert len(read) == 2
    file = revoke(gpg_home, fingerprint_of(house, ANA)).encode()
    await approved(house, await refreshed(house, file))
    read.clear()
    assert "revo" in "".join((await heard(house)).values())
    assert len(read) == 1
    monkeypatch.setattr(OpenPGP, "version", "another")
    await heard(house)
    assert len(read) == 3, "another gpg may see more"
