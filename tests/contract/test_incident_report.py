"""The report and the card of an incident with long texts: what fits an event, and what is posted again."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.exchange.channel import Parcel, Receipt, Refused
from bot.ids import EventId, RoomId
from bot.incident.service import texts
from bot.outbox.model import Kind
from keys.trust import Standing
from tests.contract.incident_house import BRUNO, DIEGO, Stage, stage


@pytest.fixture
async def s(database_url: str) -> AsyncIterator[Stage]:
    found = await stage(database_url)
    yield found
    await found.world.db.close()


def only_what_fits(s: Stage, *, refused: str = "") -> None:
    """The homeserver's limit for an event, and a word for which it takes nothing."""
    send = s.world.line.send

    async def checked(parcel: Parcel) -> Receipt:
        size = len(json.dumps(dict(parcel.content), ensure_ascii=False).encode()) * 4 // 3
        if size > 63_000 or (refused and refused in parcel.content["body"]):
            raise Refused(reason="M_TOO_LARGE")
        return await send(parcel)

    s.world.line.send = checked  # type: ignore[method-assign]


async def test_a_note_that_no_single_event_holds_is_split_and_the_report_comes_once(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    html = '"&"' * 3999
    quoted = {"who": "Bruno", "text": "".join(f"'{n}' <&>\n" for n in range(1000))}
    async with s.world.db.unit() as unit:
        await s.incident.note(
            unit, who=s.member(), room=room, incident=incident, text=html, about=EventId("$x"), quoted=quoted
        )
    only_what_fits(s)
    async with s.world.db.unit() as unit:
        await s.incident.close(unit, who=s.member(), incident=incident)
    await s.settle(12)
    parts = [c["body"] for c in s.world.contents(room) if "report, part" in c["body"]]
    assert [f"part {n} of {len(parts)}" in body for n, body in enumerate(parts, 1)] == [True] * len(parts)
    whole = "".join(parts)
    assert whole.count('"&"') >= 3998
    assert all(f"'{n}' <&>" in whole for n in range(1000))
    assert s.house.rooms[room].frozen


async def test_only_a_lost_part_of_the_report_is_posted_again_and_not_for_ever(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    for note in ("y" * 11_900, "z" * 11_900, "x" * 11_900):
        async with s.world.db.unit() as unit:
            await s.incident.note(unit, who=s.member(), room=room, incident=incident, text=note)
    only_what_fits(s, refused="xxx")
    async with s.world.db.unit() as unit:
        await s.incident.close(unit, who=s.member(), incident=incident)
    await s.settle(6)
    await s.guard()
    for _ in range(30):
        await s.work(minutes=3)
        await s.world.send()
    parts = [body for body in s.world.seen(room) if "report, part" in body]
    assert ["part 1 of 3" in parts[0], "part 2 of 3" in parts[1], len(parts)] == [True, True, 2]
    assert sum("could not be posted whole" in body for body in s.world.seen(room)) == 1
    failed = [d for d in await s.log(incident.ref) if d.action == "incident.report-failed"]
    assert [d.more["reason"] for d in failed] == ["1 of 3 parts not taken: M_TOO_LARGE"]
    assert s.house.rooms[room].frozen


async def test_a_part_that_was_lost_once_completes_the_report(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    for note in ("y" * 11_900, "z" * 11_900, "x" * 11_900):
        async with s.world.db.unit() as unit:
            await s.incident.note(unit, who=s.member(), room=room, incident=incident, text=note)
    s.world.line.refused.add(room)
    async with s.world.db.unit() as unit:
        await s.incident.close(unit, who=s.member(), incident=incident)
    await s.work()
    await s.world.send()
    s.world.line.refused.clear()
    s.house.rooms[room].members.pop(DIEGO)
    s.world.trust.standing[BRUNO] = Standing.CHANGED
    await s.guard()
    await s.settle(12)
    parts = sorted(body for body in s.world.seen(room) if "report, part" in body)
    assert [f"part {n} of 3" in body for n, body in enumerate(parts, 1)] == [True] * 3
    assert "Bruno Lima" in parts[0]
    assert "incident.report-failed" not in await s.actions(incident.ref)


@pytest.mark.parametrize("letter", ["é", "<", '"', "👍"])
async def test_the_card_of_a_long_summary_and_the_edit_that_says_that_it_is_closed_fit(s: Stage, letter: str) -> None:
    summary = "Servers: " + letter * (11_900 // len(letter.encode()))
    incident = await s.opened(summary=summary)
    only_what_fits(s)
    async with s.world.db.unit() as unit:
        await s.incident.close(unit, who=s.member(), incident=incident)
    await s.settle(12)
    room = RoomId("!inc0")
    card, *_ = s.world.contents(room)
    edits = [p.content for p in s.world.line.got if p.room == room and "m.new_content" in p.content]
    assert "summary is shortened here" in card["body"]
    assert card["body"].startswith("HIGH")
    assert "closed" in edits[-1]["m.new_content"]["body"].splitlines()[1]
    whole = "".join(body for body in s.world.seen(room) if "report" in body)
    assert whole.count(letter) >= summary.count(letter)


async def test_a_status_after_long_notes_is_shortened_and_fits(s: Stage) -> None:
    incident = await s.opened(summary='"' * 11_900)
    quoted = {"who": "Bruno", "text": "<" * 11_000}
    for number in range(9):
        async with s.world.db.unit() as unit:
            await s.incident.note(
                unit, who=s.member(), room=RoomId("!inc0"), incident=incident, text=f"{number}" + "&" * 11_900,
                about=EventId("$x"), quoted=quoted,
            )  # fmt: skip
    async with s.world.db.reading() as unit:
        lines = await s.incident.timeline(unit, await s.now(incident))
    text = texts.status(await s.now(incident), "en", lines[-5:])
    assert texts.size(text) < texts.PART + 1000
    assert ": 8&&&" in text.plain
    assert text.plain.endswith("the report holds all of it.")
    short = texts.status(replace(incident, summary="x"), "en", lines[:2])
    assert "shortened" not in short.plain
    assert short.plain.startswith("HIGH")


async def test_a_card_that_is_not_taken_is_not_posted_for_ever(s: Stage) -> None:
    room = RoomId("!inc0")
    s.world.line.refused.add(room)
    incident = await s.opened()
    await s.settle(30)
    async with s.world.db.reading() as unit:
        rows = await s.world.outbox.of_ref(unit, incident.ref, Kind.NOTICE)
    assert [row.post.mark for row in rows] == ["card"] * 3
    assert (await s.actions(incident.ref)).count("incident.pin-failed") == 1
    s.world.line.refused.clear()
    async with s.world.db.unit() as unit:
        await s.incident.close(unit, who=s.member(), incident=incident)
    await s.settle(12)
    assert any(body.startswith("HIGH") for body in s.world.seen(room))
