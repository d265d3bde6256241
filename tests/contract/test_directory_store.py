"""The directory's keeper and register, the same on every database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from sqlalchemy import Table

from bot.audit import tables as audit_tables
from bot.audit.service import Actor, AuditLog
from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import AT_ONCE, Database
from bot.directory.model import (
    Contact,
    Entries,
    Network,
    OpenPGPKey,
    Organisation,
    Person,
    Plan,
    Reading,
    Role,
    RoomRecord,
)
from bot.directory.rules.importing import plan_import
from bot.directory.service import (
    BELL,
    Directory,
    FoundingClosed,
    NoIdentity,
    NoSuchRoom,
    OpenQuestions,
    PlanHasProblems,
    Register,
    shipped,
)
from bot.directory.tables import entries as entry_tables
from bot.directory.tables import standing
from bot.formats import national_csirts, native
from bot.ids import DeviceId, Handle, RoomId, UserId
from bot.tlp import Tlp
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.statement import NonceLate, NonceUnknown
from keys.trust import DeviceKey, Pin, Withdrawal
from tests.unit.directory.directory_of import KEY, entries

ANA, COORDINATOR = UserId("@ana:cert.example.mx"), UserId("@clara:oas.example.org")
MX = Handle("CERT-MX")
ROOM = RoomId("!desk")
KEY_64 = MatrixKey("A" * 43)
ACTOR = Actor("OAS", "Clara", COORDINATOR, DeviceId("DEV"))
SHA = "ab" * 32


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url, Clock())
    parts = (entry_tables, standing, audit_tables)
    named = [(name, thing) for part in parts for name, thing in vars(part).items()]
    tables = [thing for name, thing in named if isinstance(thing, Table) and not name.startswith("_")]
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda c: metadata.create_all(c, tables=tables))
    yield database
    await database.close()


@pytest.fixture
def directory() -> Directory:
    return Directory(AuditLog("test.example/log"), frozenset({COORDINATOR}))


def whole(found: Entries) -> Plan:
    written = native.write(found)
    reading = native.read(written.document, "d.yaml", known=shipped(), beside=written.files.get)
    return plan_import(reading, Entries(shipped()))


async def bring(db: Database, directory: Directory, plan: Plan, **more: bool) -> dict[str, int]:
    async with db.unit() as unit:
        return dict(await directory.apply(unit, plan, source_sha256=SHA, actor=None, **more))


async def load(db: Database) -> Register:
    async with db.reading() as unit:
        return await Register.load(unit, [COORDINATOR])


async def log_of(db: Database) -> list[tuple[str, dict[str, object]]]:
    """Action and details of every entry, oldest first."""
    async with db.reading() as unit:
        found = await AuditLog("test.example/log").entries(unit)
    return [(e.details.action, dict(e.details.more)) for e in found if e.details is not None]


def pin(user: UserId = ANA, fingerprint: str | None = KEY) -> Pin:
    now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    return Pin(
        user_id=user,
        organisation=MX,
        level="verified",
        master_key=KEY_64,
        devices=frozenset({DeviceKey("DEV", KEY_64), DeviceKey("PHONE", KEY_64)}),
        issued=now,
        expires=now + timedelta(days=180),
        openpgp_fingerprint=OpenPGPFingerprint(fingerprint) if fingerprint else None,
    )


async def test_what_is_imported_is_what_the_register_says(db: Database, directory: Directory) -> None:
    rung = db.listen(BELL)
    counts = await bring(db, directory, whole(entries()))
    assert counts == {"added": len(entries().organisations), "changed": 0, "gone": 0}
    assert rung.is_set()
    register = await load(db)
    assert {o.handle: o for o in register.organisations()} == entries().organisations
    assert register.people_of("cert-mx") == (entries().people[0],)
    assert register.person(ANA) == entries().people[0]
    assert register.organisation("cert-MX") == entries().organisations[MX]
    assert register.shared_networks("CERT-MX", "CSIRT-CL") == {"csirtamericas", "un-gpd"}
    assert register.shared_networks("CERT-MX", "INCIBE-CERT") == frozenset()
    assert "CSIRT-CL" in register.connected("CERT-MX")
    assert "FGR-MX" not in register.connected("CERT-MX")
    assert register.network("un-gpd") == shipped()["un-gpd"]
    assert register.coordinators() == {COORDINATOR}
    assert register.person(UserId("@nobody:x")) is None
    assert register.organisation("nobody") is None


async def test_every_field_and_key_survives(db: Database, directory: Directory) -> None:
    watch = Role("watch", {"en": "W"}, {"en": "P"}, {"es": "E"}, always=True)
    own = Network("my-net", {"en": "Mine"}, (watch,), {"en": "R"}, "csirt", "P1M")
    full = replace(
        entries().organisations[MX],
        openpgp=(OpenPGPKey(KEY, b"\x99\x00armour", "mx.asc"), OpenPGPKey("F" * 40)),
        always=True, constituency="todo", website="https://x.example", source="list", confirmed_by="Clara",
        last_confirmed=datetime(2026, 10, 1, tzinfo=UTC).date(), memberships=(),
    )  # fmt: skip
    ana = replace(
        entries().people[0],
        openpgp=(OpenPGPKey("E" * 40, b"key", "ana.asc"),),
        contacts=(Contact("phone", "+52 1", Tlp.RED),),
    )
    nameless = Person("Bo", MX, roles=("watch",))
    found = Entries({own.id: own}, {MX: full}, (ana, nameless))
    await bring(db, directory, whole(found))
    register = await load(db)
    assert register.organisation(MX) == full
    assert register.people_of(MX) == (ana, nameless)
    assert register.network("my-net") == own


async def test_the_import_is_logged_with_the_digest_of_the_file(db: Database, directory: Directory) -> None:
    plan = whole(entries())
    async with db.unit() as unit:
        await directory.apply(unit, plan, source_sha256=SHA, actor=ACTOR)
    ((action, details),) = await log_of(db)
    assert action == "directory.imported"
    assert details == {"added": len(plan.added), "changed": 0, "gone": 0, "unchanged": 0, "problems": 0, "sha256": SHA}


async def test_an_import_changes_adds_and_removes_in_one_step(db: Database, directory: Directory) -> None:
    await bring(db, directory, whole(entries()))
    before = await load(db)
    found = dict(entries().organisations)
    # Ana and the key move from Mexico's entry to a new one, under the same user and fingerprint.
    found[MX] = replace(found[MX], openpgp=())
    del found[Handle("NC3")]
    found[Handle("MEX-2")] = Organisation(Handle("MEX-2"), openpgp=(OpenPGPKey(KEY),))
    people = (replace(entries().people[0], organisation=Handle("MEX-2")), *entries().people[1:])
    target = Entries(shipped(), found, people)
    reading = native.read(native.write(target).document, "d.yaml", known=shipped())
    counts = await bring(db, directory, plan_import(reading, before.entries))
    assert counts == {"added": 1, "changed": 1, "gone": 1}
    async with db.reading() as unit:
        await before.reload(unit)
    assert {o.handle: o for o in before.organisations()} == found
    person = before.person(ANA)
    assert person is not None
    assert person.organisation == "MEX-2"


async def test_nothing_is_written_if_any_record_is_bad(db: Database, directory: Directory) -> None:
    text = b"organisations:\n- {handle: GOOD-1}\n- {handle: BAD 2}\n- {handle: BAD 3}\n"
    plan = plan_import(native.read(text, "d.yaml", known=shipped()), Entries(shipped()))
    with pytest.raises(PlanHasProblems) as caught:
        await bring(db, directory, plan)
    assert caught.value.values["count"] == 2
    assert (await load(db)).organisations() == ()
    assert await log_of(db) == []
    assert await bring(db, directory, plan, skip_bad=True) == {"added": 1, "changed": 0, "gone": 0}
    assert (await log_of(db))[0][1]["problems"] == 2


async def test_open_questions_stop_the_import(db: Database, directory: Directory) -> None:
    await bring(db, directory, whole(entries()))
    near = b"organisations: [{handle: CSIRT-GOB-CL, country: CL, names: {es: CSIRT del Gobierno de Chile}}]"
    plan = plan_import(native.read(near, "d", known=shipped()), (await load(db)).entries, partial=True)
    with pytest.raises(OpenQuestions):
        await bring(db, directory, plan)


async def test_a_failure_in_the_middle_leaves_nothing_behind(db: Database, directory: Directory) -> None:
    await bring(db, directory, whole(entries()))
    taken = Organisation(Handle("MEX-2"), openpgp=(OpenPGPKey(KEY),))
    plan = whole(Entries(shipped(), {taken.handle: taken}))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await bring(db, directory, plan)
    assert (await load(db)).organisation("MEX-2") is None
    assert len(await log_of(db)) == 1


async def test_the_real_list_of_national_csirts_whole(db: Database, directory: Directory) -> None:
    data = (files("bot.demo") / "data" / "national-csirts" / "national_derived.csv").read_bytes()
    plan = plan_import(national_csirts.read(data, "n.csv"), Entries(shipped()))
    counts = await bring(db, directory, plan)
    register = await load(db)
    assert counts["added"] == len(plan.added) == len(register.organisations())
    assert list(register.organisations()) == sorted(
        (r.organisation for r in plan.added), key=lambda o: o.handle.casefold()
    )
    assert register.find("Turquía").exact


async def test_the_founding_import_ends_with_the_first_coordinator(db: Database, directory: Directory) -> None:
    plan = whole(entries())
    async with db.unit() as unit:
        await directory.save_identity(unit, pin(ANA), actor=None)
    await bring(db, directory, plan)
    async with db.unit() as unit:
        await directory.save_identity(unit, pin(COORDINATOR), actor=None)
    empty = Plan()
    with pytest.raises(FoundingClosed):
        await bring(db, directory, empty)
    async with db.unit() as unit:
        await directory.revoke_identity(unit, COORDINATOR, actor=ACTOR)
    with pytest.raises(FoundingClosed):  # it does not open again
        await bring(db, directory, empty)


@pytest.mark.parametrize("change", ["key", "person", "gone", "nothing"])
async def test_a_pin_ends_with_what_it_rests_on(db: Database, directory: Directory, change: str) -> None:
    found = dict(entries().organisations)
    await bring(db, directory, whole(entries()))
    async with db.unit() as unit:
        await directory.save_identity(unit, pin(), actor=None, statement="signed")
    people = entries().people
    if change == "key":
        found[MX] = replace(found[MX], openpgp=(OpenPGPKey("F" * 40),))
    elif change == "person":
        people = people[1:]
    elif change == "gone":
        del found[MX]
        people = people[1:]
    else:
        found[MX] = replace(found[MX], timezone="America/Tijuana")
    reading = native.read(native.write(Entries(shipped(), found, people)).document, "d", known=shipped())
    await bring(db, directory, plan_import(reading, (await load(db)).entries))
    kept = (await load(db)).pin(ANA)
    assert kept is not None
    why = {"key": Withdrawal.FINGERPRINT_CHANGED, "person": Withdrawal.REVOKED, "gone": Withdrawal.REVOKED}
    assert kept.reason == why.get(change)
    assert (kept.revoked_at is None) == (change == "nothing")


async def test_a_pin_comes_back_as_it_was_saved(db: Database, directory: Directory) -> None:
    async with db.unit() as unit:
        await directory.save_identity(unit, pin(), actor=ACTOR, statement="-----BEGIN PGP SIGNED MESSAGE-----")
    assert (await load(db)).pin(ANA) == pin()
    other = replace(pin(), master_key=None, level="vouched", openpgp_fingerprint=None)
    async with db.unit() as unit:
        await directory.save_identity(unit, other, actor=ACTOR)
        assert await standing.statement_of(unit, ANA) == "-----BEGIN PGP SIGNED MESSAGE-----"
    register = await load(db)
    assert register.pin(ANA) == other
    assert register.pins() == (other,)
    async with db.unit() as unit:
        withdrawn = await directory.revoke_identity(unit, ANA, actor=ACTOR)
    assert withdrawn.reason is Withdrawal.REVOKED
    async with db.reading() as unit:
        await register.reload(unit)
    assert register.pin(ANA) == withdrawn
    async with db.unit() as unit:
        with pytest.raises(NoIdentity):
            await directory.revoke_identity(unit, ANA, actor=ACTOR)
    assert [action for action, _ in await log_of(db)] == ["identity.pinned", "identity.pinned", "identity.withdrawn"]


async def test_a_challenge_is_used_once_by_whom_it_was_made_for(db: Database, directory: Directory) -> None:
    async with db.unit() as unit:
        first = await directory.challenge(unit, user=ANA, organisation=MX, room=ROOM, device=DeviceId("DEV"))
        second = await directory.challenge(unit, user=ANA, organisation=MX, room=ROOM, device=DeviceId("DEV"))
    assert first.nonce != second.nonce
    async with db.reading() as unit:
        assert await directory.open_challenge(unit, ANA) == second
    for nonce, user in ((first.nonce, ANA), ("0" * 32, ANA), (second.nonce, COORDINATOR)):
        async with db.unit() as unit:
            with pytest.raises(NonceUnknown):
                await directory.use_challenge(unit, nonce, user)
    async with db.unit() as unit:
        assert await directory.use_challenge(unit, second.nonce, ANA) == second
    async with db.unit() as unit:
        assert await directory.open_challenge(unit, ANA) is None
        with pytest.raises(NonceUnknown):
            await directory.use_challenge(unit, second.nonce, ANA)


async def test_a_challenge_runs_out(db: Database, directory: Directory) -> None:
    async with db.unit() as unit:
        asked = await directory.challenge(unit, user=ANA, organisation=MX, room=ROOM, device=DeviceId("DEV"))
    db.clock.push(timedelta(hours=24, seconds=1))
    async with db.unit() as unit:
        with pytest.raises(NonceLate):
            await directory.use_challenge(unit, asked.nonce, ANA)


async def test_rooms(db: Database, directory: Directory) -> None:
    direct = RoomRecord(RoomId("!direct"), "direct", frozenset({MX}), None, ANA)
    async with db.unit() as unit:
        await directory.register_room(unit, RoomRecord(ROOM, "desk", frozenset({MX})), actor=ACTOR)
        await directory.register_room(unit, direct, actor=ACTOR)
        await directory.set_room_language(unit, ROOM, "es", actor=ACTOR)
    register = await load(db)
    assert register.room(ROOM) == RoomRecord(ROOM, "desk", frozenset({MX}), "es")
    assert register.desk_rooms("cert-mx") == (ROOM,)
    assert register.direct_room(ANA) == "!direct"
    newer = replace(direct, room=RoomId("!newer"))
    async with db.unit() as unit:
        await directory.register_room(unit, newer, actor=ACTOR)
        await directory.forget_room(unit, ROOM, actor=ACTOR)
    async with db.reading() as unit:
        await register.reload(unit)
    assert register.rooms() == (newer,)
    assert register.desk_rooms(MX) == ()
    async with db.unit() as unit:
        with pytest.raises(NoSuchRoom):
            await directory.set_room_language(unit, ROOM, "es", actor=ACTOR)


async def test_a_reload_reads_only_what_changed(db: Database, directory: Directory) -> None:
    await bring(db, directory, whole(entries()))
    register = await load(db)
    search = register.search
    async with db.unit() as unit:
        await directory.register_room(unit, RoomRecord(ROOM, "desk", frozenset({MX})), actor=None)
    async with db.reading() as unit:
        await register.reload(unit)
    assert register.search is search
    assert register.room(ROOM) is not None


async def test_an_empty_reading_of_a_partial_file_changes_nothing(db: Database, directory: Directory) -> None:
    await bring(db, directory, whole(entries()))
    plan = plan_import(Reading(), (await load(db)).entries, partial=True)
    assert await bring(db, directory, plan) == {"added": 0, "changed": 0, "gone": 0}
    assert len((await load(db)).organisations()) == len(entries().organisations)


async def test_the_event_loop_goes_on_while_a_large_directory_is_read(db: Database, directory: Directory) -> None:
    """What was withdrawn is seen before the entries are; two reloads at once read and index once."""
    many = {Handle(f"CERT-{n:05}"): Organisation(Handle(f"CERT-{n:05}"), aliases=(f"Team {n}",)) for n in range(500)}
    await bring(db, directory, whole(entries()))
    async with db.unit() as unit:
        await directory.save_identity(unit, pin(), actor=ACTOR)
    register = await load(db)
    small = register.search
    await bring(db, directory, whole(Entries(shipped(), many)))
    async with db.unit() as unit:
        await directory.revoke_identity(unit, ANA, actor=ACTOR)
    turns: list[tuple[bool, bool]] = []

    async def watch() -> None:
        while True:
            seen = register.pin(ANA)
            turns.append((register.search is small, seen is not None and seen.revoked_at is not None))
            await asyncio.sleep(0)

    async def renew() -> None:
        async with db.reading() as unit:
            await register.reload(unit)

    watching = asyncio.create_task(watch())
    await asyncio.gather(renew(), renew())
    watching.cancel()
    assert len(register.organisations()) == 500 + len(entries().organisations)
    assert turns.count((True, True)) > 500 // AT_ONCE
    assert (False, False) not in turns
