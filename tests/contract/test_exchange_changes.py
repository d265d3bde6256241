"""What becomes of what was said: edits follow, a withdrawal takes the copies away, a redaction does not; leave, close."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.commands.questions import KEPT_FOR
from bot.commands.tables import questions
from bot.ids import EventId, Ref
from bot.outbox.model import Proof
from tests.harness.calling import ANA, BRUNO, CARLA, DESK_BR, DESK_MX, LUIS, direct, logged
from tests.harness.house import ref_in
from tests.harness.talking import DESK_PE, PIA, Talk, talking


@pytest.fixture
async def talk(database_url: str) -> AsyncIterator[Talk]:
    talk = await talking(database_url)
    yield talk
    await talk.world.db.close()


async def opened(talk: Talk, text: str = "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7") -> tuple[Ref, str]:
    """A message from Mexico to Brazil and Peru; its reference and its own event."""
    event = await talk.say(ANA, DESK_MX, text)
    return Ref(ref_in(talk.last(DESK_BR))), event


async def answered(talk: Talk, text: str = "We see it too") -> str:
    """Bruno's first line in the thread, with his consent; the event of the line."""
    root = talk.event(DESK_BR, "Phishing kit")
    event = await talk.say(BRUNO, DESK_BR, text, thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    return event


# --- edits ----------------------------------------------------------------------------------------------


async def test_a_line_that_waits_for_consent_is_not_silently_sent_as_it_was(talk: Talk) -> None:
    await opened(talk)
    root = talk.event(DESK_BR, "Phishing kit")
    event = await talk.say(BRUNO, DESK_BR, "We see it too, at Bank X", thread=root)
    await talk.say(BRUNO, DESK_BR, "We see it too", edits=event)
    assert "your edit was not taken" in talk.last(DESK_BR)
    await talk.say(BRUNO, DESK_BR, "no", thread=root)
    await talk.say(BRUNO, DESK_BR, "We see it too", edits=event)
    assert not any("We see it too" in line for line in talk.world.seen(DESK_MX))


async def test_one_ok_sends_all_lines_that_waited_for_it_in_the_order_in_which_they_were_written(talk: Talk) -> None:
    ref, _ = await opened(talk)
    root = talk.event(DESK_BR, "Phishing kit")
    for line in ("First we saw it", "then we blocked it", "and called the bank"):
        event = await talk.say(BRUNO, DESK_BR, line, thread=root)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    seen = [body.splitlines()[-1] for body in talk.shown(DESK_MX) if "Bruno Lima" in body]
    assert seen == ["First we saw it", "then we blocked it", "and called the bank"]
    async with talk.world.db.reading() as unit:
        message = await talk.exchanges.message(unit, DESK_BR, EventId(event))
        assert message is not None
        assert (message.ref, message.seq) == (ref, 4)
    await talk.say(BRUNO, DESK_BR, "ok", thread=root)
    assert talk.shown(DESK_MX)[-1].endswith("ok"), "nothing is left to be answered: it is a line like others"


async def test_an_edit_of_the_first_message_edits_the_copies_and_rings_nobody(talk: Talk) -> None:
    _, event = await opened(talk)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    for room in (DESK_BR, DESK_PE):
        (shown,) = [line for line in talk.shown(room) if "Phishing kit" in line]
        assert "192.0.2.8" in shown
        assert "192.0.2.7" not in shown
        edit = talk.world.contents(room)[-1]
        assert edit["m.mentions"] == {}
        assert edit["m.new_content"]["org.enlace.exchange"]["seq"] == 1
    assert await talk.actions() == ["opened", "edited"]


@pytest.mark.parametrize(
    "text",
    [
        "!send BR, PE tlp:green\nPhishing kit\nIOC",
        "!send BR tlp:amber\nPhishing kit\nIOC",
        "!send BR, CL tlp:amber\nPhishing kit\nIOC",
        "!whois BR",
        "never mind",
    ],
)
async def test_an_edit_that_changes_more_than_the_text_is_not_followed(talk: Talk, text: str) -> None:
    _, event = await opened(talk)
    before = talk.shown(DESK_BR)
    await talk.say(ANA, DESK_MX, text, edits=event)
    assert talk.shown(DESK_BR) == before
    assert "no se transmitió" in talk.last(DESK_MX)
    assert await talk.actions() == ["opened"]


async def test_an_edit_of_a_line_in_the_thread_follows_also_if_the_line_was_asked_about(talk: Talk) -> None:
    await opened(talk)
    line = await answered(talk)
    root = talk.event(DESK_BR, "Phishing kit")
    second = await talk.say(BRUNO, DESK_BR, "Since 02:10", thread=root)
    await talk.say(BRUNO, DESK_BR, "We see it as well", edits=line)
    await talk.say(BRUNO, DESK_BR, "Since 02:20", edits=second)
    for room in (DESK_MX, DESK_PE):
        shown = "\n".join(talk.shown(room))
        assert "We see it as well" in shown
        assert "We see it too" not in shown
        assert "Since 02:20" in shown
        assert "Since 02:10" not in shown


@pytest.mark.parametrize("text", ["// only for us", "!whois MX"])
async def test_an_edit_into_what_is_never_relayed_is_not_followed(talk: Talk, text: str) -> None:
    await opened(talk)
    line = await answered(talk)
    await talk.say(BRUNO, DESK_BR, text, edits=line)
    assert "was not passed on" in talk.last(DESK_BR)
    assert "only for us" not in "\n".join(talk.shown(DESK_MX))


async def test_an_edit_of_a_command_that_is_asked_about_is_refused_aloud(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, "!send BR hello tlp:amber\nblock 192.0.2.7")
    assert talk.shown(DESK_BR) == []
    await talk.say(ANA, DESK_MX, "!send BR hello tlp:amber\nblock 192.0.2.8", edits=event)
    assert talk.last(DESK_MX).startswith("Todavía se le pregunta por este comando, así que su edición no se tomó")
    await talk.redacts(ANA, DESK_MX, event)
    await talk.say(ANA, DESK_MX, "ok")
    assert talk.shown(DESK_BR) == [], "what was deleted is not sent"


async def test_only_the_author_s_own_encrypted_edit_counts(talk: Talk) -> None:
    await opened(talk)
    line = await answered(talk)
    before = talk.shown(DESK_MX)
    await talk.say(CARLA, DESK_BR, "We do not see it", edits=line)
    await talk.say(BRUNO, DESK_BR, "We do not see it", edits=line, proof=Proof.PLAIN)
    await talk.say(BRUNO, direct(BRUNO), "We do not see it", edits=line)
    await talk.say(BRUNO, DESK_BR, "We do not see it", edits=line, proof=Proof.SIGNED)
    assert talk.shown(DESK_MX) == before


async def test_what_is_held_goes_out_as_it_was_edited(talk: Talk) -> None:
    talk.world.trust.failing[DESK_PE] = ("room-members-verified", ("@x:cert.pe",))
    _, event = await opened(talk)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    assert talk.shown(DESK_PE) == []
    talk.world.trust.failing.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    (shown,) = talk.world.contents(DESK_PE)
    assert "192.0.2.8" in shown["body"]
    assert shown["m.mentions"] == {"user_ids": [PIA]}


# --- withdraw -------------------------------------------------------------------------------------------


async def test_a_withdrawal_takes_the_copies_and_their_edits_away_and_leaves_the_log(talk: Talk) -> None:
    ref, event = await opened(talk)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event)
    assert any("2 salas" in line for line in talk.shown(DESK_MX))
    for room in (DESK_BR, DESK_PE):
        assert not [line for line in talk.shown(room) if "192.0.2" in line]
        assert "has withdrawn a message" in talk.last(room)
    assert len(talk.world.line.withdrawn) == 4, "two copies and two edits"
    assert await talk.actions() == ["opened", "edited", "withdrawn"]
    await talk.say(ANA, DESK_MX, f"!retirar {ref}")
    assert "No hay nada suyo" in talk.last(DESK_MX)


async def test_of_several_messages_a_list_is_shown_and_nothing_is_guessed(talk: Talk) -> None:
    ref, event = await opened(talk)
    await talk.say(ANA, DESK_MX, "El segundo dominio", thread=event)
    await talk.say(ANA, DESK_MX, "!retirar", thread=event)
    assert talk.world.line.withdrawn == []
    await talk.say(ANA, DESK_MX, "2", thread=event)
    for room in (DESK_BR, DESK_PE):
        shown = "\n".join(talk.shown(room))
        assert "Phishing kit" in shown
        assert "El segundo dominio" not in shown
    await talk.say(ANA, DESK_MX, f"!retirar {ref}")
    assert "Phishing kit" not in "\n".join(talk.shown(DESK_BR))


async def test_nobody_withdraws_what_somebody_else_has_said(talk: Talk) -> None:
    ref, event = await opened(talk)
    await talk.say(LUIS, DESK_MX, "!retirar", reply_to=event)
    await talk.say(BRUNO, DESK_BR, f"!withdraw {ref}")
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event, proof=Proof.SIGNED)
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event, proof=Proof.PLAIN)
    assert talk.world.line.withdrawn == []
    assert "Phishing kit" in "\n".join(talk.shown(DESK_BR))


@pytest.mark.parametrize("at", ["withdrawn already", "somebody else's line", "what the bot says"])
async def test_a_withdrawal_that_points_at_what_cannot_be_withdrawn_takes_nothing_else(talk: Talk, at: str) -> None:
    ref, event = await opened(talk)
    pointed = ""
    match at:
        case "withdrawn already":
            pointed = await talk.say(ANA, DESK_MX, "Segundo dominio", thread=event)
            await talk.say(ANA, DESK_MX, "!withdraw", reply_to=pointed)
        case "somebody else's line":
            await answered(talk)
            pointed = talk.event(DESK_MX, "We see it too")
        case _:
            pointed = talk.event(DESK_MX, "In their room")
    before = len(talk.world.line.withdrawn)
    await talk.say(ANA, DESK_MX, "!withdraw", reply_to=pointed)
    assert talk.last(DESK_MX).startswith(f"{ref}: which of your messages? Nothing was withdrawn yet.")
    assert len(talk.last(DESK_MX).splitlines()) == 2, "one can be withdrawn, and it is named"
    assert len(talk.world.line.withdrawn) == before
    await talk.say(ANA, DESK_MX, "1", reply_to=talk.event(DESK_MX, "which of your messages"))
    assert len(talk.world.line.withdrawn) == before + 2, "from two rooms"


async def test_a_withdrawn_copy_that_has_not_gone_out_never_does(talk: Talk) -> None:
    talk.world.line.dead.add(DESK_PE)
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.7", send=False)
    talk.world.trust.failing[DESK_BR] = ("room-members-verified", ("@x:cert.br",))
    await talk.settle()
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event)
    talk.world.trust.failing.clear()
    talk.world.line.dead.clear()
    await talk.world.sender.look_at_held()
    for _ in range(4):
        await talk.settle()
    assert talk.world.seen(DESK_BR) == [], "held: dropped"
    assert "192.0.2.7" not in "\n".join(talk.world.seen(DESK_PE)), (
        "queued: nobody knows, so it is sent empty and removed"
    )
    assert len(talk.world.line.withdrawn) == 1


async def test_the_author_is_told_whose_server_keeps_a_withdrawn_copy(talk: Talk) -> None:
    _, event = await opened(talk)
    await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    talk.world.line.refused.add(DESK_PE)
    talk.world.line.dead.add(DESK_BR)
    await talk.say(ANA, DESK_MX, "!retirar", reply_to=event)

    def told(who: str) -> int:
        return sum(f"your message is still in the room of {who}" in said for said in talk.world.seen(DESK_MX))

    assert (told("CERT-PE"), told("CERT-BR")) == (1, 0), "refused, and not answered yet"
    assert [said for said in talk.world.contents(DESK_MX) if said["m.mentions"] == {"user_ids": [ANA]}], "it rings"
    talk.world.clock.push(timedelta(hours=25))
    await talk.settle()
    assert (told("CERT-PE"), told("CERT-BR")) == (1, 1)


# --- a server's redaction -------------------------------------------------------------------------------


async def test_a_redaction_is_shown_once_and_not_executed(talk: Talk) -> None:
    _, event = await opened(talk)
    await talk.redacts(ANA, DESK_MX, event)
    await talk.redacts(ANA, DESK_MX, event)
    assert talk.world.line.withdrawn == []
    for room in (DESK_BR, DESK_PE):
        shown = talk.shown(room)
        assert sum("Phishing kit" in line for line in shown) == 1
        assert sum("a server has withdrawn a message of CERT-MX" in line for line in shown) == 1
    assert sum("!retirar MSG-" in line for line in talk.shown(DESK_MX)) == 1
    assert await talk.actions() == ["opened", "removal-seen"]


async def test_the_redaction_of_an_edit_is_shown_too(talk: Talk) -> None:
    _, event = await opened(talk)
    edit = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC 192.0.2.8", edits=event)
    await talk.redacts(ANA, DESK_MX, edit)
    for room in (DESK_BR, DESK_PE):
        assert sum("a server has withdrawn a message of CERT-MX" in line for line in talk.shown(room)) == 1
    assert "IOC 192.0.2.8" in "\n".join(talk.shown(DESK_BR))


async def test_what_fails_unforeseen_is_said_with_a_number_that_is_on_record(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(talk.dispatcher, "_run", broken)
    event = await talk.say(ANA, DESK_MX, "!whois BR")
    said = talk.last(DESK_MX)
    entry = (await logged(talk.world))[-1].details
    assert entry is not None
    assert (entry.action, entry.more["event"]) == ("command.failed", event)
    assert entry.outcome.startswith("E-")
    assert entry.outcome in said
    assert entry.actor is not None
    assert entry.actor.user == ANA


async def test_what_nobody_answered_is_wiped_without_anybody_saying_anything(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, "!send NOBODY tlp:amber\nPhishing kit\nIOC 192.0.2.7")
    kept = select(func.count()).select_from(questions)
    async with talk.world.db.reading() as unit:
        assert await unit.scalar(kept) == 1
    await talk.questions.step(talk.world.db)
    async with talk.world.db.reading() as unit:
        assert await unit.scalar(kept) == 1
    talk.world.clock.push(KEPT_FOR)
    await talk.questions.step(talk.world.db)
    async with talk.world.db.reading() as unit:
        assert await unit.scalar(kept) == 0


async def test_a_copy_that_a_server_removes_is_told_where_it_was(talk: Talk) -> None:
    await opened(talk)
    copy = talk.event(DESK_BR, "Phishing kit")
    before = len(talk.shown(DESK_PE))
    await talk.redacts(BRUNO, DESK_BR, copy)
    assert "A server has withdrawn a message of CERT-MX here" in talk.last(DESK_BR)
    assert len(talk.shown(DESK_PE)) == before
    await talk.redacts(BRUNO, DESK_BR, "$nothing")
    await talk.redacts(PIA, DESK_PE, copy)
    assert len(talk.shown(DESK_PE)) == before, "that event is another room's"
    assert await talk.actions() == ["opened", "removal-seen"]


# --- leave, close, all ----------------------------------------------------------------------------------


async def test_who_leaves_gets_nothing_more_and_the_others_are_told(talk: Talk) -> None:
    ref, event = await opened(talk)
    await talk.say(BRUNO, DESK_BR, "!leave", thread=talk.event(DESK_BR, "Phishing kit"))
    assert "has left it" in talk.last(DESK_BR)
    for room, said in (
        (DESK_MX, "CERT-BR · Bruno Lima dejó este intercambio"),
        (DESK_PE, "CERT-BR · Bruno Lima has left"),
    ):
        assert any(said in line for line in talk.shown(room))
    await talk.say(ANA, DESK_MX, "Segundo dominio", thread=event)
    assert any("Segundo dominio" in line for line in talk.shown(DESK_PE))
    assert not any("Segundo dominio" in line for line in talk.shown(DESK_BR))
    await talk.say(BRUNO, DESK_BR, f"!reply {ref} still here")
    assert "There is no exchange" in talk.last(DESK_BR)
    await talk.say(ANA, DESK_MX, f"!dejar {ref}")
    assert "no puede dejarlo" in talk.last(DESK_MX)


async def test_only_the_source_closes_and_then_nothing_is_relayed(talk: Talk) -> None:
    ref, event = await opened(talk)
    await answered(talk)
    await talk.say(BRUNO, DESK_BR, f"!close {ref}")
    assert "only CERT-MX can close it" in talk.last(DESK_BR)
    await talk.say(PIA, DESK_PE, "!close")
    assert "not clear which exchange" in talk.last(DESK_PE)
    await talk.say(LUIS, DESK_MX, "!cerrar", thread=event)
    for room in (DESK_BR, DESK_PE):
        assert "CERT-MX · Luis Soto has closed this exchange" in talk.last(room)
    await talk.say(BRUNO, DESK_BR, "One more thing", thread=talk.event(DESK_BR, "Phishing kit"))
    assert "is closed; nothing was relayed" in talk.last(DESK_BR)
    assert not any("One more thing" in line for line in talk.shown(DESK_MX))
    assert await talk.actions() == ["opened", "replied", "closed"]


async def test_a_rich_reply_to_a_colleague_s_relayed_line_counts_as_in_the_thread(talk: Talk) -> None:
    await opened(talk)
    line = await answered(talk)
    await talk.say(BRUNO, DESK_BR, "And since 02:10", reply_to=line)
    assert any("And since 02:10" in shown for shown in talk.shown(DESK_MX))
    assert any("And since 02:10" in shown for shown in talk.shown(DESK_PE))


# --- what the source is told -----------------------------------------------------------------------------


async def test_the_status_line_names_who_holds_a_copy_up_and_says_what_became_of_it(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, "!send BR, PE tlp:amber\nPhishing kit\nIOC", send=False)
    talk.world.trust.failing[DESK_PE] = ("room-members-known", "@x:evil.example")
    await talk.settle()
    line = next(line for line in talk.shown(DESK_MX) if "In their room" in line)
    assert "In their room 1/2 · keys for 1/1 devices · nobody has answered yet" in line
    assert "Held for CERT-PE: @x:evil.example: in their room and not verified" in line
    await talk.say(ANA, DESK_MX, "!withdraw", reply_to=event)
    await talk.say(ANA, DESK_MX, "!close", thread=event)
    line = next(line for line in talk.shown(DESK_MX) if "In their room" in line)
    assert "In their room 1/1" in line
    assert "Withdrawn by you" in line
    assert "Closed" in line


# --- encrypted by its author, and for one person alone ----------------------------------------------------

ARMOUR = "-----BEGIN PGP MESSAGE-----\n\nhF4D+/x==\n=AbCd\n-----END PGP MESSAGE-----"


async def test_what_its_author_has_encrypted_is_carried_byte_for_byte_and_said_so(talk: Talk) -> None:
    event = await talk.say(ANA, DESK_MX, f"!enviar BR tlp:amber\n{ARMOUR}")
    copy = talk.world.seen(DESK_BR)[0]
    assert ARMOUR in copy
    assert "OpenPGP message" in copy.splitlines()[0] or "Mensaje OpenPGP" in copy.splitlines()[0]
    assert "carries it unopened" in copy
    assert any("lo lleva sin abrirlo" in line for line in talk.shown(DESK_MX))
    await talk.say(ANA, DESK_MX, ARMOUR, thread=event)
    assert ARMOUR in talk.last(DESK_BR)
    assert "carries it unopened" in talk.last(DESK_BR)


async def test_red_is_refused_where_others_see_it_and_not_kept(talk: Talk) -> None:
    await talk.say(ANA, DESK_MX, f"!send {BRUNO} tlp:red\nNames\nonly for you")
    assert "only in your direct room" in talk.last(DESK_MX)
    async with talk.world.db.unit() as unit:
        assert await talk.questions.open(unit, DESK_MX, ANA) == []
    await talk.say(ANA, direct(ANA), f"!send {BRUNO} tlp:red\nNames\nonly for you")
    assert "only for you" in talk.last(direct(BRUNO))
    ref = ref_in(talk.last(direct(BRUNO)))
    await talk.say(BRUNO, DESK_BR, f"!reply {ref} got it")
    assert "only in your direct room" in talk.last(DESK_BR)
    await talk.say(CARLA, direct(CARLA), f"!reply {ref} got it")
    await talk.say(LUIS, direct(LUIS), f"!cerrar {ref}")
    for room in (direct(CARLA), direct(LUIS)):
        assert "There is no exchange" in talk.last(room) or "No hay ningún intercambio" in talk.last(room)
    assert await talk.actions() == ["opened"]


async def test_a_device_that_is_not_signed_holds_red_and_nothing_else(talk: Talk) -> None:
    talk.world.trust.loose.add(BRUNO)
    await talk.say(ANA, direct(ANA), f"!send {BRUNO} tlp:red\nNames\nonly for you")
    await talk.say(ANA, direct(ANA), f"!send {BRUNO} tlp:amber\nOther\nfor the desk")
    assert "only for you" not in "\n".join(talk.world.seen(direct(BRUNO)))
    assert "for the desk" in talk.last(direct(BRUNO))
    assert any("a device that is not signed" in line for line in talk.shown(direct(ANA)))
    talk.world.trust.loose.clear()
    await talk.world.sender.look_at_held()
    await talk.settle()
    assert any("only for you" in line for line in talk.world.seen(direct(BRUNO)))
