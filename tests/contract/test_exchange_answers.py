"""One word in a thread: what it answers, and what it never sends to the others."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.commands.questions import KEPT_FOR
from bot.ids import EventId
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX
from tests.harness.talking import DESK_PE, Talk, talking

ASKED = "This goes to CERT-MX, CERT-PE"
EXPIRED = "The question about your line has expired"
NOTHING = "Nothing waits for your answer there"


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def opened(talk: Talk) -> tuple[EventId, str]:
    """A message from Mexico to Brazil and Peru: its event, and its root in Brazil."""
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    return event, talk.event(DESK_BR, "Phishing kit")


async def spoken(talk: Talk) -> tuple[EventId, str]:
    """The same, and Bruno has said something in it."""
    event, root = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert "We see it too" in talk.last(DESK_PE)
    return event, root


def elsewhere(talk: Talk) -> str:
    """Everything that the others read."""
    return "\n".join([*talk.shown(DESK_MX), *talk.shown(DESK_PE)])


# --- what keeps a line here -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["in the thread", "as a reply", "with words, as a reply", "alone"])
async def test_two_slashes_keep_the_line_that_was_asked_about(talk: Talk, how: str) -> None:
    _, root = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "Bank X is hit too", thread=root)
    asked = talk.event(DESK_BR, ASKED)
    match how:
        case "in the thread":
            await talk.say(BRUNO, DESK_BR, " // ", thread=root)
        case "as a reply":
            await talk.say(BRUNO, DESK_BR, "／／", thread=root, reply_to=asked)
        case "with words, as a reply":
            await talk.say(BRUNO, DESK_BR, "// only for us", reply_to=asked)
        case _:
            await talk.say(BRUNO, DESK_BR, "//")
    assert "nothing was done" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert "We see it too" in talk.last(DESK_PE)
    assert "Bank X" not in elsewhere(talk)


async def test_two_slashes_with_words_in_the_thread_are_a_line_of_their_own(talk: Talk) -> None:
    _, root = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    before = len(talk.world.line.got)
    await talk.say(BRUNO, DESK_BR, "// Carla, have a look", thread=root)
    assert len(talk.world.line.got) == before
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert "We see it too" in talk.last(DESK_PE)


async def test_a_waiting_line_that_was_deleted_does_not_go_with_the_others(talk: Talk) -> None:
    _, root = await opened(talk)
    gone = await talk.say(BRUNO, DESK_BR, "Bank X is hit too", thread=root)
    for line in ("We see it too", "Since 02:10"):
        await talk.say(BRUNO, DESK_BR, line, thread=root)
    await talk.redacts(BRUNO, DESK_BR, gone)
    assert talk.last(DESK_BR).startswith("What you were asked about was deleted")
    await talk.redacts(BRUNO, DESK_BR, gone)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.last(DESK_BR).endswith("relayed to CERT-MX, CERT-PE.\nYour ok sent 2 lines.")
    assert "Since 02:10" in elsewhere(talk)
    assert "Bank X" not in elsewhere(talk)
    assert sum("was deleted" in said for said in talk.world.seen(DESK_BR)) == 1


# --- what is no consent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("waits", ["We see it too", "We see it\n// at Bank X"])
async def test_a_number_in_a_thread_is_said_to_the_others_and_consents_to_nothing(talk: Talk, waits: str) -> None:
    event, root = await (spoken(talk) if "//" in waits else opened(talk))
    before = len(talk.shown(DESK_PE))
    await talk.say(BRUNO, DESK_BR, waits, thread=root)
    await talk.say(ANA, DESK_MX, "How many hosts?", thread=event)
    await talk.say(BRUNO, DESK_BR, "1", thread=root)
    said = [line.splitlines()[-1] for line in talk.shown(DESK_PE)[before:]]
    assert said == (["How many hosts?", "1"] if "//" in waits else ["How many hosts?"])


async def test_a_late_ok_sends_neither_the_line_nor_itself(talk: Talk) -> None:
    _, root = await opened(talk)
    before = elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "Bank X is hit too", thread=root)
    asked = talk.event(DESK_BR, ASKED)
    talk.world.clock.push(KEPT_FOR + timedelta(minutes=1))
    await talk.questions.step(talk.world.db)
    for relation in ({"thread": root}, {"reply_to": asked}, {"thread": root, "reply_to": asked}):
        for word in ("ok", "no", "ok"):
            await talk.say(BRUNO, DESK_BR, word, **relation)
            assert talk.last(DESK_BR).startswith(EXPIRED)
    assert elsewhere(talk) == before
    await talk.say(CARLA, DESK_BR, "ok", thread=root)
    assert talk.last(DESK_BR).startswith(ASKED), "she was asked nothing, so it is a line"
    await talk.say(BRUNO, DESK_BR, "We see it too", thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    await talk.say(BRUNO, DESK_BR, "OK", thread=root)
    assert [line.splitlines()[-1] for line in talk.shown(DESK_PE)[-2:]] == ["We see it too", "OK"], "they talk"


async def test_a_late_ok_of_who_has_spoken_sends_nothing_either(talk: Talk) -> None:
    _, root = await spoken(talk)
    before = elsewhere(talk)
    await talk.say(BRUNO, DESK_BR, "Blocked\n// at Bank X", thread=root)
    talk.world.clock.push(KEPT_FOR)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.last(DESK_BR).startswith(EXPIRED)
    assert elsewhere(talk) == before


@pytest.mark.parametrize("word", ["ok", "no", "2"])
async def test_a_word_to_what_the_bot_has_said_is_no_line(talk: Talk, word: str) -> None:
    event, root = await spoken(talk)
    settled = talk.event(DESK_BR, ASKED)
    await talk.say(BRUNO, DESK_BR, word, thread=root, reply_to=settled)
    assert talk.last(DESK_BR).startswith(NOTHING)
    status = talk.event(DESK_MX, "In their room")
    for relation in ({"reply_to": status}, {"thread": event, "reply_to": status}):
        seen = len(talk.shown(DESK_PE))
        await talk.say(ANA, DESK_MX, word, **relation)
        assert "Ahí nada espera su respuesta" in talk.last(DESK_MX)
        assert len(talk.shown(DESK_PE)) == seen


async def test_a_reply_to_what_the_bot_has_said_is_asked_about(talk: Talk) -> None:
    await spoken(talk)
    status = talk.event(DESK_MX, "In their room")
    await talk.say(ANA, DESK_MX, "Why is this 2/2?", reply_to=status)
    assert talk.last(DESK_MX).startswith("Esto va a CERT-BR, CERT-PE")
    assert "Why is" not in talk.last(DESK_PE)
    await talk.say(ANA, DESK_MX, "ok", reply_to=talk.event(DESK_MX, "Esto va a"))
    assert "Why is" in talk.last(DESK_PE)


async def test_an_ok_in_the_thread_answers_what_was_asked_about_a_rich_reply(talk: Talk) -> None:
    _, root = await spoken(talk)
    await talk.say(BRUNO, DESK_BR, "Blocked\n// at Bank X", reply_to=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.last(DESK_PE).endswith("Blocked\n// at Bank X")
    await talk.say(BRUNO, DESK_BR, "And\n// at Bank Y", reply_to=root)
    talk.world.clock.push(KEPT_FOR)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.last(DESK_BR).startswith(EXPIRED)


# --- which exchange ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Only for Peru", "!reply Only for Peru", "!all Only for Peru", "!close", "!leave"])
async def test_a_reply_within_another_exchange_s_thread_is_asked_about(talk: Talk, text: str) -> None:
    first = await talk.say(ANA, DESK_MX, "!send BR tlp:amber\nFirst\nIOC")
    second = await talk.say(ANA, DESK_MX, "!send PE tlp:amber\nSecond\nIOC", thread=first)
    before = [talk.shown(room) for room in (DESK_BR, DESK_PE)]
    await talk.say(ANA, DESK_MX, text, thread=first, reply_to=second)
    assert talk.last(DESK_MX).startswith(("No está claro de qué intercambio", "It is not clear which exchange"))
    assert [talk.shown(room) for room in (DESK_BR, DESK_PE)] == before
    await talk.say(ANA, DESK_MX, "// between us", thread=first, reply_to=second)
    await talk.say(ANA, DESK_MX, "Only for Peru", thread=second, reply_to=second)
    assert "Only for Peru" in talk.last(DESK_PE)
    assert talk.shown(DESK_BR) == before[0]
