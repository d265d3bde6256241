"""What leaves a thread and what does not: lines that are kept, labels in a text, what only a server shows, leaving."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.ids import EventId, Ref
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, direct
from tests.harness.house import ref_in
from tests.harness.talking import DESK_PE, PIA, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def opened(talk: Talk) -> tuple[Ref, EventId, str, EventId]:
    """A message from Mexico to Brazil and Peru, to which Bruno has answered: its reference and event, its root in
    Brazil, and the event of Bruno's line."""
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    root = talk.event(DESK_BR, "Phishing kit")
    line = await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert "We see it too" in talk.last(DESK_PE)
    return Ref(ref_in(talk.world.seen(DESK_BR)[0])), event, root, line


def elsewhere(talk: Talk) -> str:
    """Everything that the others read."""
    return "\n".join([*talk.shown(DESK_MX), *talk.shown(DESK_PE)])


# --- lines that are kept ----------------------------------------------------------------------------------


async def test_a_line_that_is_kept_goes_nowhere_and_is_not_answered(talk: Talk) -> None:
    _, _, root, line = await opened(talk)
    before = len(talk.world.line.got)
    for text in ("// ask Bank X", "  // ask Bank X", "／／ ask Bank X", "\u200f// ask Bank X"):
        await talk.say(BRUNO, DESK_BR, text, thread=root)
        await talk.say(BRUNO, DESK_BR, f"> <@ana:cert.mx> Phishing kit\n> IOC\n\n{text}", reply_to=root)
        await talk.say(BRUNO, DESK_BR, text, reply_to=line)
    assert len(talk.world.line.got) == before


async def test_a_kept_line_among_others_is_asked_about(talk: Talk) -> None:
    ref, _, root, _ = await opened(talk)
    text = "Blocked since 02:10\n// Carla, keep Bank X out of it"
    await talk.say(BRUNO, DESK_BR, text, thread=root)
    await talk.say(BRUNO, DESK_BR, "no", thread=root)
    await talk.say(BRUNO, DESK_BR, f"!reply {ref} // keep Bank X out of it")
    await talk.say(BRUNO, DESK_BR, "no", reply_to=talk.event(DESK_BR, "Lines that begin with //"))
    await talk.say(BRUNO, DESK_BR, "!all Blocked\n// keep Bank X out of it", thread=root)
    await talk.say(BRUNO, DESK_BR, "no", thread=root)
    assert sum("those lines too" in said for said in talk.world.seen(DESK_BR)) == 3
    assert "Bank X" not in elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, text, thread=root)
    assert "Bank X" not in elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    for room in (DESK_MX, DESK_PE):
        assert text in "\n".join(talk.shown(room)), "it is its author's to decide"


async def test_a_kept_line_does_not_come_in_by_an_edit(talk: Talk) -> None:
    _, _, _, line = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "We see it too\n// at Bank X", edits=line)
    assert "was not passed on" in talk.last(DESK_BR)
    assert "Bank X" not in elsewhere(talk)


async def test_what_a_client_quotes_of_a_colleague_is_not_relayed(talk: Talk) -> None:
    _, _, root, _ = await opened(talk)
    note = await talk.say(CARLA, DESK_BR, "// Bank X has asked us", thread=root)
    said = f"> <{CARLA}> // Bank X has asked us\n\nWe will know more at noon"
    await talk.say(BRUNO, DESK_BR, said, thread=root, reply_to=note)
    assert talk.shown(DESK_MX)[-1].endswith("We will know more at noon")
    assert "Bank X" not in elsewhere(talk)
    line = talk.event(DESK_MX, "We will know more at noon")
    await talk.say(ANA, DESK_MX, f"!send {PIA}", reply_to=line)  # Brazil said it, and allows it
    await talk.say(BRUNO, DESK_BR, "ok", reply_to=talk.event(DESK_BR, "asks to send on"))
    assert any("CERT-BR · Bruno Lima:\nWe will know more at noon" in said for said in talk.shown(DESK_PE))
    assert "Bank X" not in elsewhere(talk)


# --- labels in a text -------------------------------------------------------------------------------------


async def test_a_text_that_says_a_stricter_label_does_not_go_under_another(talk: Talk) -> None:
    ref, event, root, line = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "TLP:RED the name is Juan", thread=root)
    await talk.say(BRUNO, DESK_BR, f"!reply {ref} Names:\n**tlp:amber+strict** Juan")
    assert sum(f"{ref} is TLP:AMBER: nothing was relayed" in said for said in talk.world.seen(DESK_BR)) == 2
    async with talk.world.db.unit() as unit:
        assert await talk.questions.open(unit, DESK_BR, BRUNO) == []
    await talk.say(BRUNO, DESK_BR, "TLP:RED the name is Juan", edits=line)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nTLP:RED Juan", edits=event)
    await talk.say(ANA, DESK_MX, "!send BR\nTLP:RED\nNames\nJuan")
    assert "Your text says TLP:RED, and it would go under TLP:AMBER" in talk.shown(DESK_MX)[-1]
    assert "Juan" not in elsewhere(talk)
    assert "Juan" not in "\n".join(talk.world.seen(DESK_BR))
    await talk.say(BRUNO, DESK_BR, "TLP:GREEN it is public now", thread=root)
    assert "Bruno Lima · TLP:AMBER\nTLP:GREEN it is public now" in talk.shown(DESK_MX)[-1], (
        "a lower one changes nothing"
    )


# --- what only a server shows -----------------------------------------------------------------------------


async def test_what_only_a_server_shows_in_a_thread_is_asked_about_and_not_relayed(talk: Talk) -> None:
    ref, _, root, line = await opened(talk)
    lunch = await talk.say(BRUNO, DESK_BR, "Lunch?")
    here, there = {"rel_type": "m.thread", "event_id": root}, {"rel_type": "m.thread", "event_id": lunch}
    cases = [
        await talk.say(BRUNO, DESK_BR, "Bank X 1", outer=here),
        await talk.say(BRUNO, DESK_BR, "Bank X 2", outer={"m.in_reply_to": {"event_id": line}}),
        await talk.say(BRUNO, DESK_BR, "Bank X 3", thread=lunch, outer=here),
        await talk.say(BRUNO, DESK_BR, "Bank X 4", thread=root, outer=there),
    ]
    refused = [c for c in talk.world.contents(DESK_BR) if f"disagree on whether this belongs to {ref}" in c["body"]]
    assert [c["m.relates_to"]["m.in_reply_to"]["event_id"] for c in refused] == cases
    before = len(talk.world.line.got)
    await talk.say(BRUNO, DESK_BR, "Bank X 5", thread=lunch, outer=there)
    assert len(talk.world.line.got) == before, "talk that is nobody's business"
    assert "Bank X" not in elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "Since 02:10", thread=root, outer={**here, "is_falling_back": True})
    assert talk.shown(DESK_MX)[-1].endswith("Since 02:10")


# --- what does not change any more ------------------------------------------------------------------------


async def test_who_has_left_says_nothing_more_and_reads_nothing_more(talk: Talk) -> None:
    ref, event, root, line = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "!leave", thread=root)
    before = talk.shown(DESK_BR)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    assert talk.shown(DESK_BR) == before
    assert "192.0.2.8" in talk.shown(DESK_PE)[0]
    for said in ({"thread": root}, {"reply_to": line}):
        await talk.say(BRUNO, DESK_BR, "One more thing", **said)  # type: ignore[arg-type]
        assert f"There is no exchange {ref}" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, "We do not see it", edits=line)
    assert "was not passed on" in talk.last(DESK_BR)
    thread = talk.event(DESK_PE, "Phishing kit")
    await talk.say(PIA, DESK_PE, "!all Here too", thread=thread)
    await talk.say(PIA, DESK_PE, "ok", thread=thread)
    assert "Here too" in talk.shown(DESK_MX)[-1]
    shown = "\n".join(talk.world.seen(DESK_BR))
    assert "Here too" not in shown
    assert "We see it too" in elsewhere(talk)
    assert "One more thing" not in elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "!withdraw", reply_to=line)
    assert "We see it too" not in elsewhere(talk), "what is one's own can be taken back for ever"


async def test_what_is_held_for_who_leaves_never_goes_out(talk: Talk) -> None:
    ref, event, _, _ = await opened(talk)
    talk.world.trust.failing[DESK_BR] = ("room-members-known", "@x:evil.example")
    await talk.say(ANA, DESK_MX, "The second domain", thread=event)
    await talk.say(BRUNO, direct(BRUNO), f"!leave {ref}")
    talk.world.trust.failing.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert "The second domain" in "\n".join(talk.world.seen(DESK_PE))
    assert "The second domain" not in "\n".join(talk.world.seen(DESK_BR))


async def test_what_is_withdrawn_closed_or_too_long_is_not_edited(talk: Talk) -> None:
    _, event, _, line = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "x" * 16_001, edits=line)
    assert "too long: 16,001 bytes" in talk.last(DESK_BR)
    assert "We see it too" in elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "!withdraw", reply_to=line)
    await talk.say(BRUNO, DESK_BR, "Once more", edits=line)
    assert "was not passed on" in talk.last(DESK_BR)
    await talk.say(ANA, DESK_MX, "!close", thread=event)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nOnce more", edits=event)
    assert "está cerrado" in talk.shown(DESK_MX)[-1]
    assert "Once more" not in elsewhere(talk)
    assert await talk.actions() == ["opened", "replied", "withdrawn", "closed"]


# --- two rooms of one organisation ------------------------------------------------------------------------


async def test_two_rooms_of_one_organisation_are_two_places(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, f"!send BR, {CARLA} tlp:amber\nPhishing kit\nIOC")
    own = direct(CARLA)
    ref = ref_in(talk.last(own))
    await talk.say(CARLA, own, f"!reply {ref} From my own room")
    for room in (DESK_MX, DESK_BR):
        assert talk.shown(room)[-1].endswith("From my own room")
    await talk.say(BRUNO, direct(BRUNO), f"!reply {ref} From nowhere near")
    for room in (DESK_MX, own):
        assert talk.shown(room)[-1].endswith("From nowhere near")
    await talk.say(BRUNO, direct(BRUNO), f"!leave {ref}")
    await talk.say(ANA, DESK_MX, "For who is left", thread=talk.event(DESK_MX, ref))
    assert talk.last(own).endswith("For who is left")
    assert not any("For who is left" in said for said in talk.world.seen(DESK_BR))


async def test_who_is_held_up_is_told_where_they_said_it(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, f"!send BR, {CARLA} tlp:amber\nPhishing kit\nIOC")
    ref = ref_in(talk.last(DESK_BR))
    talk.world.trust.failing[DESK_MX] = ("room-members-known", "@x:evil.example")
    said = [
        (CARLA, direct(CARLA), await talk.say(CARLA, direct(CARLA), f"!reply {ref} From my own room")),
        (CARLA, DESK_BR, await talk.say(CARLA, DESK_BR, f"!reply {ref} From the desk")),
        (BRUNO, direct(BRUNO), await talk.say(BRUNO, direct(BRUNO), f"!reply {ref} From nowhere near")),
    ]
    for _, room, event in said:
        told = [c for c in talk.world.contents(room) if f"{ref}: your message is held for CERT-MX" in c["body"]]
        assert [c["m.relates_to"]["m.in_reply_to"]["event_id"] for c in told] == [event], room
    talk.world.trust.failing.clear()
    talk.world.clock.push(timedelta(minutes=61))
    await talk.world.sender.look_at_held()
    await talk.settle()
    for who, room, _ in said:
        await talk.say(who, room, "ok", reply_to=talk.event(room, f"{ref} is still held for CERT-MX"))
    shown = "\n".join(talk.shown(DESK_MX))
    for words in ("From my own room", "From the desk", "From nowhere near"):
        assert words in shown


async def test_who_has_moved_is_told_in_the_room_that_is_left_to_them(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!send BR tlp:amber\nPhishing kit\nIOC")
    ref = ref_in(talk.last(DESK_BR))
    talk.world.trust.failing[DESK_MX] = ("room-members-known", "@x:evil.example")
    await talk.say(BRUNO, direct(BRUNO), f"!reply {ref} We see it too")
    del talk.world.trust.rooms[direct(BRUNO)]
    talk.world.clock.push(timedelta(hours=25))
    await talk.world.sender.look_at_held()
    await talk.settle()
    (told,) = [c for c in talk.world.contents(DESK_BR) if f"{ref} was not delivered to CERT-MX" in c["body"]]
    assert told["m.mentions"] == {"user_ids": [BRUNO]}
