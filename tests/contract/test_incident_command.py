"""``!incident`` as people type it, on real databases."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.commands.call import Answer, Refusal, Reply
from bot.directory.model import Membership, Organisation, Person, Plan, Record, Source
from bot.errors import NotDone
from bot.ids import EventId, Handle, RoomId, UserId
from bot.incident.model import Act, State
from bot.outbox.model import Arrival, Proof
from bot.tlp import Tlp
from handlers.incident import COMMAND, prepare, read, run
from keys.trust import Standing
from tests.contract.incident_house import BR, BRUNO, CARLA, DIEGO, LUIS, MX, YAN, Stage, stage
from tests.harness.calling import DESK_BR, direct

ROOM = RoomId("!inc0")


@pytest.fixture
async def s(database_url: str) -> AsyncIterator[Stage]:
    found = await stage(database_url)
    yield found
    await found.world.db.close()


async def say(
    s: Stage, line: str, body: str = "", *, reply_to: str | None = None, coordinator: bool = False, **more: Any
) -> Answer:
    call = s.world.typed("incident", line, body, **({"by": LUIS} | more))
    call = replace(
        call,
        reply_to=EventId(reply_to) if reply_to else None,
        caller=replace(call.caller, coordinator=coordinator),
        place=replace(call.place, kind="incident" if call.place.room == ROOM else call.place.kind),
        event_id=EventId(f"$typed{s.world.clock.now().timestamp()}{line}"[:200]),
    )
    call = replace(call, extra={**call.extra, **await prepare(call, s)})
    async with s.world.db.unit() as unit:
        return await run(call, unit, s)


async def everything(s: Stage) -> Any:
    await s.settle()
    for user in list(s.house.rooms[ROOM].members):
        s.house.join(ROOM, user)
    async with s.world.db.reading() as unit:
        return await s.incident.find(unit, s.member(), ROOM)


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("open x", Act.OPEN),
        ("ABRIR x", Act.OPEN),
        ("Nota x", Act.NOTE),
        ("anotar", Act.NOTE),
        ("close", Act.CLOSE),
        ("cerrar INC-7F3KQ", Act.CLOSE),
        ("status", Act.STATUS),
        ("invitar BR", Act.INVITE),
        ("opened", None),
        ("", None),
    ],
)
def test_words_of_every_language(line: str, act: Act | None) -> None:
    wish = read(line)
    assert (wish.act if wish else None) == act


def test_references_are_read_leniently_and_words_that_begin_alike_stay() -> None:
    wish = read("note inc–7f3kq Call back")
    assert wish is not None
    assert (wish.ref, wish.rest) == ("INC-7F3KQ", "Call back")
    wish = read("note incoming call")
    assert wish is not None
    assert (wish.ref, wish.rest) == (None, "incoming call")


@pytest.mark.parametrize(
    ("line", "title", "tlp"),
    [
        ('open "Phishing wave" tlp:green high CERT-BR', "Phishing wave", Tlp.GREEN),
        ("open high CERT-BR", "", Tlp.AMBER),
        ("abrir ALTA tlp:amber+strict CERT-BR", "", Tlp.AMBER_STRICT),
        ("open CERT-BR tlp:amber high", "", Tlp.AMBER),
        ("open high BR", "", Tlp.AMBER),
    ],
)
async def test_opening(s: Stage, line: str, title: str, tlp: Tlp) -> None:
    answer = await say(s, line, "What happened")
    assert isinstance(answer, Reply)
    assert answer.ref in answer.text.plain
    for word in ("Ana Pérez (CERT-MX)", "Bruno Lima (CERT-BR)", str(tlp)):
        assert word in answer.text.plain
    assert ("named no label" in answer.text.plain) == ("tlp" not in line)
    incident = await everything(s)
    assert (incident.title, incident.tlp, incident.severity.value, incident.state) == (title, tlp, "high", State.OPEN)
    assert incident.summary == "What happened"
    assert incident.organisations == (MX, BR)


async def test_one_person_only(s: Stage) -> None:
    answer = await say(s, f"open critical {CARLA}", "x")
    assert "Carla Reis" in answer.text.plain
    assert "Bruno" not in answer.text.plain
    incident = await everything(s)
    assert BRUNO not in s.house.rooms[ROOM].members
    assert BR in incident.organisations


@pytest.mark.parametrize(
    ("line", "body", "said"),
    [
        ("", "", "What shall I do?"),
        ("frobnicate", "", "What shall I do?"),
        ("open CERT-BR", "x", "How severe"),
        ("open high", "x", "Whom does it concern?"),
        ("open high CERT-BR", " \n", "What has happened?"),
        ("open high CERT-BR nonsense", "x", "“nonsense” is neither"),
        ("open high CERT-XX", "x", "CERT-XX"),
        ("invite INC-00000", "", None),
    ],
)
async def test_what_is_unclear_is_not_done(s: Stage, line: str, body: str, said: str | None) -> None:
    if said is None:
        with pytest.raises(NotDone):
            await say(s, line, body)
        return
    answer = await say(s, line, body)
    assert isinstance(answer, Refusal)
    assert said in answer.text.plain
    assert "Nothing was" in answer.text.plain
    assert await s.work() == []


async def test_a_near_name_is_offered_and_keeps_everything_else(s: Stage) -> None:
    answer = await say(s, 'open "Wave" tlp:green high CERT-BRA CSIRT-CL', "x")
    assert isinstance(answer, Refusal)
    assert answer.question is not None
    assert answer.question.options[0] == 'open "Wave" TLP:GREEN high CERT-BR, CSIRT-CL'
    again = await say(s, answer.question.options[0], "x", confirmed=True)
    assert isinstance(again, Reply)


async def test_the_answer_says_who_was_not_invited_and_what_to_do(s: Stage) -> None:
    s.world.trust.standing[BRUNO] = Standing.UNKNOWN
    spanish = (await say(s, "abrir alta BR CSIRT-CL", "x", language="es")).text.plain
    assert "No se invitó a Bruno Lima (CERT-BR): sin verificar. Debe escribir !verificar" in spanish
    assert "No hay a quién invitar en CSIRT-CL" in spanish


async def test_leads_and_coordinators_only(s: Stage) -> None:
    for who in (BRUNO, UserId("@ana:cert.mx")):
        with pytest.raises(NotDone, match="Only leads"):
            await say(s, "open high CERT-BR", "x", by=who)
    assert isinstance(await say(s, "open high CERT-BR", "x", by=YAN, room=direct(YAN), coordinator=True), Reply)


async def test_who_belongs_to_nobody(s: Stage) -> None:
    answer = await say(s, "open high CERT-BR", "x", by=UserId("@nobody:x.example"), coordinator=True)
    assert "belong to no organisation" in answer.text.plain


async def test_notes_status_and_close_in_the_room(s: Stage) -> None:
    await say(s, "open high CERT-BR", "What happened")
    incident = await everything(s)
    noted = await say(s, "nota Bloqueado el dominio", "y la cuenta", by=BRUNO, room=ROOM, language="es")
    assert noted.text.plain == f"{incident.ref}: anotado."
    status = await say(s, "status", by=CARLA, room=ROOM)
    assert isinstance(status, Reply)
    assert status.tlp is Tlp.AMBER
    for word in ("What happened", "Bruno Lima (CERT-BR): Bloqueado el dominio\ny la cuenta", "Commander: Luis Soto"):
        assert word in status.text.plain
    with pytest.raises(NotDone, match="Luis Soto"):
        await say(s, "close", by=BRUNO, room=ROOM)
    closed = await say(s, "close", room=ROOM)
    assert "is closed" in closed.text.plain
    with pytest.raises(NotDone, match="is closed"):
        await say(s, "close", room=ROOM)
    with pytest.raises(NotDone, match="is closed"):
        await say(s, "note late", by=BRUNO, room=ROOM)


async def test_nobody_opens_or_notes_what_is_above_their_own_ceiling(s: Stage) -> None:
    s.world.trust.standing[LUIS] = Standing.VOUCHED
    with pytest.raises(NotDone, match="above what you may say: TLP:AMBER at most"):
        await say(s, "open tlp:amber+strict high CERT-BR", "What happened")
    assert await s.work() == []
    await say(s, "open tlp:amber high CERT-BR", "What happened")
    incident = await everything(s)
    s.world.trust.standing[LUIS] = Standing.GRACE
    with pytest.raises(NotDone, match="TLP:GREEN at most"):
        await say(s, "note 192.0.2.7", room=ROOM)
    async with s.world.db.reading() as unit:
        assert "192.0.2.7" not in str(await s.incident.timeline(unit, incident))


async def test_a_note_as_a_reply(s: Stage) -> None:
    await say(s, "open high CERT-BR", "What happened")
    incident = await everything(s)
    now = s.world.clock.now()
    s.messages[EventId("$m")] = Arrival(
        EventId("$m"), ROOM, CARLA, s.member().device, Proof.PINNED, {"body": "C2: 192.0.2.7"}, now, now
    )
    assert "could not read" not in (await say(s, "note", by=BRUNO, room=ROOM, reply_to="$m")).text.plain
    assert "could not read" in (await say(s, "note see above", by=BRUNO, room=ROOM, reply_to="$gone")).text.plain
    with pytest.raises(NotDone, match="nothing to note"):
        await say(s, "note", by=BRUNO, room=ROOM, reply_to="$gone")
    async with s.world.db.reading() as unit:
        timeline = await s.incident.timeline(unit, incident)
    assert [(line.text, line.quoted, line.about) for line in timeline[-2:]] == [
        ("", "Carla Reis (CERT-BR): C2: 192.0.2.7", "$m"),
        ("see above", "", "$gone"),
    ]


async def test_elsewhere_the_status_tells_only_that_there_is_one(s: Stage) -> None:
    await say(s, "open high CERT-BR", "What happened")
    incident = await everything(s)
    for who, room, coordinator in ((BRUNO, DESK_BR, False), (YAN, direct(YAN), True)):
        status = await say(s, f"status {incident.ref}", by=who, room=room, coordinator=coordinator)
        assert incident.ref in status.text.plain
        assert "What happened" not in status.text.plain
    full = await say(s, "status", by=BRUNO, room=direct(BRUNO))
    assert "What happened" in full.text.plain
    nothing = await say(s, "status", by=UserId("@zoe:oea.org"), room=direct(UserId("@zoe:oea.org")))
    assert "No open incident" in nothing.text.plain


async def test_several_at_once_are_listed_and_never_guessed(s: Stage) -> None:
    await say(s, "open high CERT-BR", "one")
    await s.settle()
    await say(s, "open critical CERT-BR", "two", room=direct(LUIS))
    await s.settle()
    listed = (await say(s, "status", by=DIEGO, room=DESK_BR)).text.plain
    assert listed.count("INC-") == 2
    assert "CRITICAL" in listed
    with pytest.raises(NotDone, match="several open incidents"):
        await say(s, "note x", by=DIEGO, room=DESK_BR)


async def test_inviting_by_command(s: Stage) -> None:
    await say(s, f"open high {BRUNO}", "x")
    await everything(s)
    answer = await say(s, f"invite {CARLA} {BRUNO}", room=ROOM)
    assert "Invited: Carla Reis (CERT-BR)" in answer.text.plain
    assert "Already in the room: Bruno Lima (CERT-BR)" in answer.text.plain
    await s.settle()
    assert CARLA in s.house.rooms[ROOM].members


async def apply(s: Stage, *records: Record) -> None:
    async with s.world.db.unit() as unit:
        await s.world.directory.apply(unit, Plan(added=records), source_sha256="1" * 64, actor=None)
    async with s.world.db.reading() as unit:
        await s.world.register.reload(unit)


def staffed(number: int) -> Record:
    """A member of the network with a technical and a diplomatic contact."""
    handle = Handle(f"CSIRT-{number:03}")
    network = Membership("oas-cbm", ("technical", "diplomatic"))
    people = (
        Person(f"Tec {number}", handle, UserId(f"@t{number}:c{number}.example"), ("technical",)),
        Person(f"Dip {number}", handle, UserId(f"@d{number}:c{number}.example"), ("diplomatic",)),
    )
    organisation = Organisation(handle, names={"en": f"Team {number}"}, country="CL", memberships=(network,))
    return Record(Source("x", number), organisation, people, (1, 1))


@pytest.mark.parametrize(
    ("target", "comes", "stays"),
    [
        ("BR/operational", "Bruno Carla", "Dora Diego"),
        ("BR/technical", "Bruno Carla", "Dora Diego"),
        ("BR/diplomatic", "Dora", "Bruno Carla Diego"),
        ("BR", "Bruno Carla Dora Diego", ""),
        (f"BR/diplomatic, {BRUNO}", "Dora Bruno", "Carla Diego"),
    ],
)
async def test_a_role_names_who_comes(s: Stage, target: str, comes: str, stays: str) -> None:
    said = (await say(s, f"open high {target}", "x")).text.plain
    assert all(name in said for name in comes.split())
    assert not any(name in said for name in stays.split())


async def test_nobody_of_another_role_comes_instead(s: Stage) -> None:
    record = staffed(1)
    await apply(s, replace(record, people=record.people[:1], people_lines=(1,)))
    said = (await say(s, "open high CSIRT-001/diplomatic", "x")).text.plain
    assert "Nobody to invite at CSIRT-001" in said
    assert "Tec 1" not in said
    answer = await say(s, "open high BR/police", "x")
    assert "nobody there holds this role" in answer.text.plain
    assert answer.question is None


@pytest.mark.parametrize("verb", ["open high", "invite"])
async def test_a_choice_from_the_list_keeps_the_roles_and_the_people_that_were_named(s: Stage, verb: str) -> None:
    if verb == "invite":
        await say(s, f"open high {CARLA}", "x")
        await everything(s)
    answer = await say(s, f'{verb} BR/diplomatic, "CSIRT-CX/technical", {DIEGO}', "x", room=direct(LUIS))
    assert answer.question is not None
    assert answer.question.options[0].endswith(f" BR/diplomatic, CSIRT-CL/technical, {DIEGO}")
    said = (await say(s, answer.question.options[0], "x", confirmed=True)).text.plain
    assert "Dora" in said
    assert "Diego" in said
    assert "Bruno" not in said


async def test_the_preview_of_a_group_says_the_role_and_ok_keeps_to_it(s: Stage) -> None:
    await apply(s, *map(staffed, range(6)))
    for number in range(6):
        s.world.trust.standing[UserId(f"@d{number}:c{number}.example")] = Standing.UNKNOWN
    answer = await say(s, f"open high net:oas-cbm/diplomatic, {BRUNO}", "x")
    assert "This invites 10 people of 9 organisations (net:oas-cbm/diplomatic, @bruno" in answer.text.plain
    assert answer.question is not None
    assert answer.question.options == (f"open high net:oas-cbm/diplomatic, {BRUNO}",)
    said = (await say(s, answer.question.options[0], "x", confirmed=True)).text.plain
    for name in ("Dip 0", "Dip 5", "Dora", "Bruno"):
        assert name in said
    for name in ("Tec", "Carla"):
        assert name not in said


async def test_the_answer_about_a_large_network_is_short(s: Stage) -> None:
    await apply(s, *map(staffed, range(60)))
    for number in range(60):
        s.world.trust.standing[UserId(f"@d{number}:c{number}.example")] = Standing.UNKNOWN
    said = (await say(s, "open high net:oas-cbm", "x", confirmed=True)).text.plain
    assert said.count("Not invited: Dip") == 12
    assert "… and 4" in said
    assert "more were not invited." in said
    assert len(said.encode()) < 6_000


def test_the_command_is_for_verified_people() -> None:
    assert (COMMAND.name, COMMAND.access.value, COMMAND.group) == ("incident", "verified", "incident")
