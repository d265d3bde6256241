"""``!duty`` on a real directory and a real database: what is shown, what changes, and what is said unasked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.commands.call import Answer, Refusal, Reply
from bot.directory.service.telling import Telling
from bot.duty.service import BadPeriod, CalendarStranger, NotOnStaff
from bot.duty.service.watch import DutyWatch
from bot.ids import EventId, UserId
from handlers import duty
from keys.errors import EnlaceError
from tests.harness.calling import (
    ANA,
    BR,
    BRUNO,
    CARLA,
    DESK_BR,
    DESK_MX,
    DIEGO,
    MONDAY,
    YAN,
    World,
    build,
    direct,
    logged,
)

DAY = timedelta(days=1)
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART;TZID=America/Sao_Paulo:20261123T090000
DTEND;TZID=America/Sao_Paulo:20261123T180000
RRULE:FREQ=DAILY
EXDATE;TZID=America/Sao_Paulo:20261125T090000
ATTENDEE:matrix:u/carla:cert.br
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;TZID=America/Sao_Paulo:20261123T180000
DTEND;TZID=America/Sao_Paulo:20261124T090000
RRULE:FREQ=DAILY
SUMMARY:Noite: Bruno Lima
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    world = await build(database_url, MONDAY)
    yield world
    await world.db.close()


async def say(world: World, line: str = "", body: str = "", **more: Any) -> Answer:
    more.setdefault("by", BRUNO)
    more.setdefault("room", DESK_BR)
    async with world.db.unit() as unit:
        return await duty.run(world.typed("duty", line, body, **more), unit, world)


async def said(world: World, line: str = "", body: str = "", **more: Any) -> str:
    answer = await say(world, line, body, **more)
    assert isinstance(answer, Reply), answer
    return answer.text.plain


async def refused(world: World, line: str, body: str = "", **more: Any) -> str:
    with pytest.raises(EnlaceError) as error:
        await say(world, line, body, **more)
    return error.value.code


async def imported(world: World, ics: str = ICS) -> None:
    asked = await say(world, "import", ics)
    assert isinstance(asked, Reply)
    assert asked.question is not None
    assert await said(world, "import", ics, confirmed=True) == "Done: the calendar is the roster of CERT-BR now."


async def on(world: World, at: datetime) -> list[str]:
    async with world.db.reading() as unit:
        return [p.name.split()[0] for p in await world.duty.on_duty(unit, BR, "technical", at)]


async def test_an_imported_calendar_is_the_roster(world: World) -> None:
    await world.rota(DIEGO)
    asked = await say(world, "import", f"```\n{ICS}\n```", language="es")
    assert isinstance(asked, Reply)
    *lines, ask = asked.text.plain.split("\n")
    assert ask.endswith("Aún no se cambió nada: responda ok para ponerlos en vigor.")
    assert lines == [
        "CERT-BR, technical: Carla Reis hasta lun 23 nov 18:00",
        "Después: Bruno Lima, lun 23 nov 18:00",
        "⚠ 1 hueco sin nadie de guardia:",
        "mié 25 nov 09:00 – mié 25 nov 18:00 (9 h)",
    ]
    assert await on(world, MONDAY) == ["Diego"], "nothing was changed yet"
    await imported(world)
    assert await on(world, MONDAY) == ["Carla"]
    assert await on(world, MONDAY + DAY * 0.5) == ["Bruno"]
    assert await on(world, MONDAY + 2 * DAY) == []
    async with world.db.reading() as unit:
        backup = await world.duty.next_on_roster(unit, BR, "technical", MONDAY)
    assert [p.name for p in backup] == ["Bruno Lima"]
    actions = [entry.details.action for entry in await logged(world) if entry.details is not None]
    assert actions[-1] == "duty.calendar-imported"


async def test_an_escalation_pages_whoever_the_calendar_names(world: World) -> None:
    await imported(world)
    [esc] = (await world.call()).opened
    await world.later()
    assert await world.rung(esc) == ["0 carla sent"]
    await world.later(5)
    assert (await world.rung(esc))[1:] == ["1 carla sent", "1 bruno sent"]


async def test_the_directorys_roster_counts_until_the_organisation_imports_and_again_once_it_is_new(
    world: World,
) -> None:
    def directory_has(ics: str) -> None:
        entries = world.register.entries
        entry = replace(entries.organisations[BR], roster="br.ics", calendar=ics.encode())
        world.register._set_entries(replace(entries, organisations={**entries.organisations, BR: entry}))

    directory_has(ICS.replace("carla", "diego"))
    assert await on(world, MONDAY) == ["Diego"]
    await imported(world)
    assert await on(world, MONDAY) == ["Carla"]
    directory_has(ICS.replace("carla", "bruno"))
    assert await on(world, MONDAY) == ["Bruno"]


async def test_shown_to_whoever_shares_a_network(world: World) -> None:
    assert await said(world) == ("CERT-BR keeps no roster with enlace. Its people import one with !duty import.")
    await imported(world)
    own = await said(world)
    assert own.split("\n")[0] == "CERT-BR, technical: Carla Reis until Mon 23 Nov 18:00"
    abroad = await said(world, "BR", by=ANA, room=DESK_MX)
    assert abroad == f"{own}\nThese are times of Sao Paulo, where it is Mon 23 Nov 12:00 now."
    assert (await said(world, "BR", by=ANA, room=DESK_MX, language="es")).startswith("CERT-BR, technical: Carla")
    unknown = await say(world, "Atlantis")
    assert isinstance(unknown, Refusal)
    world.trust.failing[DESK_MX] = ("room-encrypted", "")
    hidden = await say(world, "BR", by=ANA, room=DESK_MX)
    assert isinstance(hidden, Refusal)
    assert "Carla" not in hidden.text.plain


async def test_where_no_roster_is_kept_those_are_shown_who_are_paged(world: World) -> None:
    entries = world.register.entries
    always = replace(entries.organisations[BR], always=True)
    world.register._set_entries(replace(entries, organisations={**entries.organisations, BR: always}))
    assert await on(world, MONDAY) == ["Bruno", "Carla"]
    assert "CERT-BR, technical: Bruno Lima, Carla Reis, at any hour; no roster is kept" in await said(world)


async def test_take_hand_and_away(world: World) -> None:
    await imported(world)
    assert await said(world, "take") == (
        "Done: Bruno Lima is on duty for CERT-BR (technical) from Mon 23 Nov 12:00 to Mon 23 Nov 18:00."
    )
    assert await on(world, MONDAY) == ["Bruno"]
    assert "hasta" not in await said(world, "paso @diego:cert.br mañana 09:00..18:00", language="es")
    assert await on(world, MONDAY + DAY) == ["Diego"]
    await world.send()
    [told] = world.contents(direct(DIEGO))
    assert told["m.mentions"] == {"user_ids": [DIEGO]}
    assert "Bruno Lima le pasó la guardia de CERT-BR" in str(told["body"])
    away = await said(world, "away thursday..friday", by=CARLA)
    assert away.split("\n")[0] == (
        "Noted: Carla Reis is away from Thu 26 Nov 00:00 to Sat 28 Nov 00:00 and does not count as on duty in that"
        " time."
    )
    assert "Thu 26 Nov 09:00 – Thu 26 Nov 18:00 (9 h)" in away
    assert away.endswith("or you do with !duty hand @user:server FROM..TO.")
    assert await on(world, MONDAY + 3 * DAY) == []


async def test_the_dates_are_said_as_they_were_understood(world: World) -> None:
    world.clock.at = MONDAY - 2 * DAY  # a Saturday
    assert "from Fri 27 Nov 18:00 to Mon 30 Nov 09:00" in await said(
        world, "hand @carla:cert.br friday 18:00..monday 09:00"
    )
    assert "is away from Sat 21 Nov 12:00 to Wed 25 Nov 00:00" in await said(world, "away 20/11..24/11")
    assert "is away from Sat 20 Nov 2027 00:00 to Sun 21 Nov 2027 00:00" in await said(world, "away 20/11")


REFUSED = [
    ("take", "", BRUNO, "duty-until-when"),  # no roster: until when?
    ("away", "", BRUNO, "duty-until-when"),
    ("away soon", "", BRUNO, "duty-unclear-time"),
    ("away friday..tomorrow", "", BRUNO, BadPeriod.code),
    ("hand", "", BRUNO, "duty-nobody-named"),
    ("hand bruno 18:00", "", BRUNO, "bad-user-id"),
    ("hand @ana:cert.mx 4h", "", BRUNO, NotOnStaff.code),
    ("import", "", BRUNO, "duty-no-calendar"),
    ("import", "BEGIN:VCALENDAR", BRUNO, "calendar-unreadable"),
    ("import", ICS.replace("carla:cert.br", "ana:cert.mx"), BRUNO, CalendarStranger.code),
    ("take 18:00", "", UserId("@who:x"), "duty-no-organisation"),
]


async def test_what_is_refused_changes_nothing(world: World) -> None:
    for line, body, by, code in REFUSED:
        assert await refused(world, line, body, by=by) == code
    assert await on(world, MONDAY) == []


async def test_changes_are_made_in_a_desk_or_direct_room(world: World) -> None:
    world.trust.failing[DESK_BR] = ("room-encrypted", "")
    assert await refused(world, "take 18:00") == "room-not-verified"


async def test_a_page_to_oneself_says_what_became_of_every_means(world: World) -> None:
    world.line.refused.add(DESK_BR)
    answer = await say(world, "test", room=direct(BRUNO))
    assert isinstance(answer, Reply)
    assert answer.silent
    assert await world.escalation.proving.step(world.db) is not None, "nobody knows yet"
    await world.send()
    assert await world.escalation.proving.step(world.db) is None
    world.clock.push(timedelta(seconds=5))
    await world.send()
    pages = [c for c in world.contents(direct(BRUNO)) if c["msgtype"] == "m.text"]
    assert [page["m.mentions"] for page in pages] == [{"user_ids": [BRUNO]}]
    assert str(pages[0]["body"]).startswith("TEST · Bruno Lima tries how a page")
    assert world.status(direct(BRUNO)).split("\n")[:3] == [
        "You were paged by every means. What became of each:",
        "· your own room: in the room, and a device of yours has the key",
        "· desk room: failed",
    ]
    assert await world.escalation.proving.step(world.db) is None, "told once"


async def test_whoever_cannot_be_paged_at_all_is_told_so(world: World) -> None:
    world.trust.plain |= {DESK_BR, direct(BRUNO)}
    world.trust.failing |= {DESK_BR: ("room-encrypted", ""), direct(BRUNO): ("room-encrypted", "")}
    async with world.db.unit() as unit:
        with pytest.raises(EnlaceError) as error:
            await world.escalation.proving.begin(
                unit, world.member(BRUNO), room=DESK_BR, event=EventId("$typed"), thread=None, language="es"
            )
    assert error.value.code == "page-test-no-way"


# --- unasked ------------------------------------------------------------------------------------------------


def watch(world: World) -> DutyWatch:
    telling = Telling(world.register, world.outbox, world.trust)
    return DutyWatch(
        register=world.register,
        duty=world.duty,
        telling=telling,
        outbox=world.outbox,
        audit=world.audit,
        calls=world.escalation,
    )


async def looked(world: World, times: int = 2) -> list[str]:
    """What the desk room is told since the last time; looking again and after a restart says nothing twice."""
    before = len(world.seen(DESK_BR))
    for _ in range(times):
        await watch(world).step(world.db)
    await world.sender.drain()
    return world.seen(DESK_BR)[before:]


async def test_a_hand_over_is_said_once_to_both_with_what_is_open(world: World) -> None:
    await imported(world)
    assert await looked(world) == [], "nobody had it before"
    [esc] = (await world.call()).opened
    await world.sender.drain()
    world.clock.at = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    [told] = [text for text in await looked(world) if "Hand-over" in text or "Passagem" in text]
    assert told == (
        f"Hand-over · CERT-BR (technical): Carla Reis → Bruno Lima, until Tue 24 Nov 09:00\nOpen: {esc.ref}"
    )
    content = next(c for c in world.contents(DESK_BR) if c["body"] == told)
    assert content["m.mentions"] == {"user_ids": [CARLA, BRUNO]}
    assert content["msgtype"] == "m.text"
    # Seven hours later it is no news, and the same people go on: nothing.
    world.clock.at += timedelta(hours=7)
    assert await looked(world) == []


async def test_whoever_is_not_in_the_desk_room_is_told_in_their_own(world: World) -> None:
    await imported(world)
    world.trust.rooms[DESK_BR].discard(BRUNO)
    world.clock.at = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert len([text for text in await looked(world) if "Hand-over" in text]) == 1
    await world.send()
    assert [text for text in world.seen(direct(BRUNO)) if "Hand-over" in text]
    assert not [text for text in world.seen(direct(CARLA)) if "Hand-over" in text]


async def test_a_gap_is_said_once_a_day_ahead(world: World) -> None:
    await imported(world)
    await looked(world)
    assert [text for text in await looked(world) if "Nobody" in text] == []
    world.clock.at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 24 h before
    [told] = [text for text in await looked(world) if "Nobody" in text]
    assert told.startswith(
        "⚠ Nobody will be on duty for CERT-BR (technical) from Wed 25 Nov 09:00 to Wed 25 Nov 18:00 (9 h)."
    )
    world.clock.at += timedelta(hours=23)
    assert [text for text in await looked(world) if "Nobody" in text] == []


async def test_a_gap_that_begins_now_is_said_too(world: World) -> None:
    await imported(world)
    await looked(world)
    await said(world, "away today", by=CARLA, room=direct(CARLA))
    world.clock.at += timedelta(minutes=1)
    [told] = await looked(world)
    assert told.startswith(
        "⚠ Nobody is on duty for CERT-BR (technical) from Mon 23 Nov 12:00 to Mon 23 Nov 18:00 (6 h)."
    )
    world.clock.at += timedelta(hours=3)
    assert await looked(world) == []


async def test_after_an_outage_only_the_hand_over_that_holds_is_said(world: World) -> None:
    await imported(world)
    await looked(world)
    world.clock.at = datetime(2026, 11, 27, 22, 0, tzinfo=UTC)
    told = [text for text in await looked(world) if "Hand-over" in text]
    assert [text.split("\n")[0] for text in told] == [
        "Hand-over · CERT-BR (technical): Carla Reis → Bruno Lima, until Sat 28 Nov 09:00"
    ]


async def test_whoever_keeps_no_roster_or_has_no_room_is_told_nothing(world: World) -> None:
    assert await looked(world) == []
    await imported(world)
    async with world.db.unit() as unit:
        await world.directory.forget_room(unit, DESK_BR, actor=None)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    world.clock.at = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    assert await looked(world) == []
    await world.send()
    assert any("Hand-over" in text for text in world.seen(direct(CARLA))), "then in their own rooms"
    assert not any("Hand-over" in text for text in world.seen(direct(YAN)))
