"""The report and the card of an incident with long texts: what fits an event, and what is posted again."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.exchange.channel import Parcel, Receipt, Refused
from bot.ids import EventId, RoomId
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
