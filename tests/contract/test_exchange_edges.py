"""What goes wrong between people and exchanges at the edges: who has left, who is there already, what was refused, what
is answered too late, and two rooms that speak at the same moment."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.ids import EventId, RoomId, UserId
from bot.outbox.model import Arrival, Proof
from bot.outbox.tables.inbox import inbox
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, DEVICE, DIEGO, YAN, ZOE, direct
from tests.harness.house import ref_in
from tests.harness.talking import DESK_PE, PIA, Talk, talking

MESSAGE = "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7"


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def consents(talk: Talk, who: UserId, room: RoomId, text: str) -> EventId:
    """Somebody's first line in the thread, with their consent."""
    root = talk.event(room, "Phishing kit")
    event = await talk.say(who, room, text, thread=root)
    await talk.say(who, room, "ok", thread=root)
    return event


# --- who has left ---------------------------------------------------------------------------------------


async def test_who_has_left_gets_no_edit_either(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, MESSAGE)
    await talk.say(PIA, DESK_PE, f"!leave {ref_in(talk.last(DESK_BR))}")
    await talk.say(ANA, DESK_MX, MESSAGE.replace("192.0.2.7", "192.0.2.8"), edits=event)
    assert "192.0.2.8" in "\n".join(talk.shown(DESK_BR))
    assert "192.0.2.8" not in "\n".join(talk.shown(DESK_PE))
    await talk.say(ANA, DESK_MX, "!withdraw", reply_to=event)
    assert "192.0.2.7" not in "\n".join(talk.shown(DESK_PE)), "what they have can be taken back all the same"


async def test_who_has_left_edits_nothing_any_more(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, MESSAGE)
    ref = ref_in(talk.last(DESK_BR))
    line = await consents(talk, BRUNO, DESK_BR, "We see it too")
    await talk.say(BRUNO, DESK_BR, f"!leave {ref}")
    await talk.say(BRUNO, DESK_BR, "We see much more", edits=line)
    assert "was not passed on" in talk.last(DESK_BR)
    assert "much more" not in "\n".join([*talk.shown(DESK_MX), *talk.shown(DESK_PE)])


# --- who is there already -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "target"), [(DESK_MX, "CERT-MX"), (direct(ANA), str(ANA)), (DESK_MX, "CERT-BR CERT-MX")]
)
async def test_nothing_is_sent_to_the_room_in_which_it_was_typed(talk: Talk, room: RoomId, target: str) -> None:
    await talk.say(ANA, room, f"!send {target} tlp:amber\nPhishing kit\nIOC")
    assert f"{target.rsplit(maxsplit=1)[-1]} reads along in this very room" in talk.last(room)
    assert await talk.actions() == []
    await talk.say(ANA, room, "!send CERT-BR tlp:amber")
    assert "Phishing kit" in talk.last(DESK_BR), "the text was kept"


# --- what was refused is kept whole ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [
        "!send CERT-BR tlp:grin Phishing kit\nIOC 192.0.2.7",
        "!send CERT-BX tlp:green\nPhishing kit\nIOC 192.0.2.7",
        "!send CERT-BX tlp:green Phishing kit\nIOC 192.0.2.7",
        "!send CERT-BR tlp:red Phishing kit\nIOC 192.0.2.7",
    ],
)
@pytest.mark.parametrize("corrected", ["!send CERT-BR tlp:green", "!send CERT-BR tlp:green Phishing Kit"])
async def test_the_subject_of_a_refused_message_is_kept_with_it(talk: Talk, refused: str, corrected: str) -> None:
    await talk.say(ANA, direct(ANA), refused)
    await talk.say(ANA, direct(ANA), "!send CERT-BR tlp:griin")
    assert talk.world.seen(DESK_BR) == []
    await talk.say(ANA, direct(ANA), corrected)
    head, _, text, foot = talk.last(DESK_BR).splitlines()
    assert head.casefold().endswith(": phishing kit")
    assert (text, foot[0]) == ("IOC 192.0.2.7", "↩")


@pytest.mark.parametrize("refused", ["CERT-MX", "CERT-BR tlp:grin", "net:oas-cbm", "CERT-BR tlp:red"])
async def test_the_summary_of_a_refused_call_is_kept_with_it(talk: Talk, refused: str) -> None:
    await talk.say(ANA, DESK_MX, f"!escalate {refused} critical Grid down\nsince 02:10")
    assert talk.world.seen(DESK_BR) == []
    await talk.say(ANA, DESK_MX, "!escalate CERT-BR critical")
    kept = "tlp:red" not in refused
    assert ("Grid down\nsince 02:10" in "\n".join(talk.world.seen(DESK_BR))) == kept, "TLP:RED is not kept at all"


async def test_a_line_that_waits_for_its_authors_word_outlasts_what_is_refused_beside_it(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, MESSAGE)
    root = talk.event(DESK_BR, "Phishing kit")
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "!reply MSG-AAAAA hello")
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert "We see it too" in "\n".join(talk.shown(DESK_MX))


# --- what is answered too late --------------------------------------------------------------------------


async def test_an_ok_to_what_asks_nothing_any_more_is_not_met_with_silence(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!enviar BR hola tlp:green\nIOC")
    question = talk.event(DESK_MX, "ok")
    await talk.say(CARLA, DESK_MX, "ok", reply_to=question)
    assert "nada espera su respuesta" in talk.last(DESK_MX), "it asks somebody else"
    talk.world.clock.push(timedelta(minutes=10))
    await talk.say(ANA, DESK_MX, "ok", reply_to=question)
    assert talk.world.seen(DESK_BR) == []
    assert sum("nada espera su respuesta" in line for line in talk.world.seen(DESK_MX)) == 2
    await talk.say(ANA, DESK_MX, "ok, thanks", reply_to=question)
    assert sum("nada espera su respuesta" in line for line in talk.world.seen(DESK_MX)) == 2, "talk is talk"


# --- at the same moment ---------------------------------------------------------------------------------


async def test_three_rooms_that_speak_at_once_are_all_counted(talk: Talk) -> None:
    root = await talk.say(ANA, DESK_MX, MESSAGE)
    roots = {DESK_MX: root}
    for who, room in ((BRUNO, DESK_BR), (PIA, DESK_PE)):
        roots[room] = EventId(talk.event(room, "Phishing kit"))
        await consents(talk, who, room, "We see it too")
    now, world = talk.world.clock.now(), talk.world
    arrivals = [
        Arrival(
            EventId(f"$at-once-{room}-{number}"),
            room,
            who,
            DEVICE,
            Proof.PINNED,
            {
                "msgtype": "m.text",
                "body": f"line {number} of {room}",
                "m.relates_to": {"rel_type": "m.thread", "event_id": roots[room]},
            },
            now,
            now,
        )
        for number in range(4)
        for who, room in ((ANA, DESK_MX), (BRUNO, DESK_BR), (PIA, DESK_PE))
    ]
    async with world.db.unit() as unit:
        await world.outbox.accept(unit, arrivals)
    await talk.dispatcher.drain()
    await talk.settle()
    async with world.db.reading() as unit:
        assert await unit.scalar(select(func.sum(inbox.c.attempts))) == 0, "nobody had to try twice"
    for room in roots:
        shown = "\n".join(talk.shown(room))
        assert all(f"line {number} of {other}" in shown for number in range(4) for other in set(roots) - {room})


# --- flags and names beside one another -------------------------------------------------------------------


@pytest.mark.parametrize("targets", ["🇧🇷 Peru", "Peru 🇧🇷", "🇧🇷 CERT-PE", "Brasil 🇵🇪", "🇧🇷🇵🇪"])
async def test_a_flag_beside_a_name_gets_it_too(talk: Talk, targets: str) -> None:
    await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", targets))
    assert all("IOC 192.0.2.7" in talk.last(room) for room in (DESK_BR, DESK_PE))


async def test_a_sign_that_means_nobody_is_asked_about(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", "🔥 Peru"))
    assert "🔥" in talk.last(DESK_MX)
    assert talk.shown(DESK_PE) == []


# --- more than five others --------------------------------------------------------------------------------


async def test_a_leave_among_many_does_not_make_a_line_go_further(talk: Talk) -> None:
    others = {DESK_PE: PIA, **{direct(who): who for who in (CARLA, DIEGO, YAN, ZOE)}}
    await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", f"BR PE {CARLA} {DIEGO} {YAN} {ZOE}"))
    root = talk.event(DESK_BR, "Phishing kit")
    assert "it reaches CERT-MX · //" in talk.last(DESK_BR), "as the line below says, and no other's name"
    await talk.say(BRUNO, DESK_BR, "For the source", thread=root)
    assert talk.last(DESK_BR).startswith("This goes to CERT-MX.")
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    await talk.say(YAN, direct(YAN), f"!leave {ref_in(talk.world.seen(DESK_BR)[0])}")
    await talk.say(BRUNO, DESK_BR, "For the source again", thread=root)
    assert "For the source again" in talk.shown(DESK_MX)[-1]
    assert not any("For the source" in said for room in others for said in talk.shown(room))


async def test_an_edit_keeps_saying_whom_a_reply_reaches(talk: Talk) -> None:
    targets = f"BR PE {CARLA} {DIEGO} {YAN} {ZOE}"
    event = await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", targets))
    await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", targets).replace("192.0.2.7", "192.0.2.8"), edits=event)
    [copy] = talk.shown(DESK_BR)
    assert "192.0.2.8" in copy
    assert "it reaches CERT-MX · //" in copy


# --- persons of one organisation --------------------------------------------------------------------------


async def test_persons_who_were_named_are_named_in_what_is_read(talk: Talk) -> None:
    talk.world.trust.failing[direct(CARLA)] = ("room-members-known", "@x:evil.example")
    red = f"!send {BRUNO} {CARLA} tlp:red\nNames\nJuan"
    event = await talk.say(ANA, direct(ANA), red)
    await talk.say(ANA, direct(ANA), red.replace("Juan", "José"), edits=event)
    [copy] = talk.shown(direct(BRUNO))
    assert f"to CERT-BR ({BRUNO}), CERT-BR ({CARLA})\nJosé" in copy
    assert f"it reaches CERT-MX, CERT-BR ({CARLA}) · //" in copy
    [status] = talk.shown(direct(ANA))
    assert f"TLP:RED · to CERT-BR ({BRUNO}), CERT-BR ({CARLA})\n" in status
    assert f"Held for CERT-BR ({CARLA}): " in status


# --- long texts -------------------------------------------------------------------------------------------


async def test_a_long_text_arrives_whole_and_so_does_its_edit(talk: Talk) -> None:
    json_lines = '{"src":"192.0.2.7","dst":"<198.51.100.3>","act":"deny"}\n' * 280
    event = await talk.say(ANA, DESK_MX, f"!send BR tlp:amber\nLog\n{json_lines}")
    await talk.say(ANA, DESK_MX, f"!send BR tlp:amber\nLog\n{json_lines[:-60]}Blocked.", edits=event)
    copy, edit = talk.world.contents(DESK_BR)
    assert json_lines.strip() in copy["body"]
    assert "Blocked." in edit["m.new_content"]["body"]
    assert all(len(json.dumps(content, ensure_ascii=False)) < 45_000 for content in (copy, edit))


# --- rooms that are not verified just then ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"), [("!close", "has closed this exchange"), ("!withdraw", "has withdrawn a message")]
)
async def test_a_room_that_is_not_verified_is_told_once_it_is(talk: Talk, typed: str, told: str) -> None:
    event = await talk.say(ANA, DESK_MX, MESSAGE)
    talk.world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await talk.say(ANA, DESK_MX, typed, thread=event, reply_to=event)
    assert told in talk.last(DESK_PE)
    assert told not in talk.last(DESK_BR)
    talk.world.clock.push(timedelta(hours=2))
    talk.world.trust.failing.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert told in talk.last(DESK_BR)


async def test_so_is_it_of_a_leave_but_not_once_it_has_left_itself(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, MESSAGE.replace("BR, PE", f"BR PE {YAN}"))
    ref = ref_in(talk.last(DESK_BR))
    for room in (DESK_BR, DESK_PE):
        talk.world.trust.failing[room] = ("room-members-known", "@x:evil.example")
    await talk.say(YAN, direct(YAN), f"!leave {ref}")
    talk.world.trust.failing.pop(DESK_BR)
    await talk.say(BRUNO, DESK_BR, f"!leave {ref}", send=False)
    talk.world.trust.failing.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert not any("OEA" in said and "has left" in said for said in talk.shown(DESK_BR))
    assert sum("has left this exchange" in said for said in talk.shown(DESK_PE)) == 2


async def test_what_is_withdrawn_before_it_could_go_is_neither_held_nor_lost(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, MESSAGE, send=False)
    await talk.say(ANA, DESK_MX, "!withdraw", reply_to=event, send=False)
    talk.world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await talk.settle()
    status = next(said for said in talk.shown(DESK_MX) if "In their room" in said)
    assert "In their room 1/1" in status, "Peru's may have been there, and is taken out"
    assert "Held" not in status
    for hours in (2, 24):
        talk.world.clock.push(timedelta(hours=hours))
        talk.world.trust.failing.clear()
        await talk.world.sender.look_at_held()
        await talk.settle()
    assert talk.shown(DESK_BR) == []
    assert not any("Not delivered" in said or "still held" in said for said in talk.shown(DESK_MX))


async def test_what_was_queued_when_they_left_does_not_come_after_it_was_held(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, MESSAGE)
    await talk.say(ANA, DESK_MX, "Second line", thread=event, send=False)
    await talk.say(BRUNO, DESK_BR, f"!leave {ref_in(talk.last(DESK_BR))}", send=False)
    talk.world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await talk.settle()
    talk.world.trust.failing.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert any("Second line" in said for said in talk.shown(DESK_PE))
    assert not any("Second line" in said for said in talk.shown(DESK_BR))
    assert not any("Second line" in said or "held" in said for said in talk.shown(DESK_MX))
