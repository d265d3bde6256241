"""Incident rooms on real databases: made once, whoever dies; guarded; closed once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.ids import EventId, RoomId, UserId
from bot.incident.model import Presence, State
from bot.incident.service import refusals as no
from bot.outbox.model import Arrival, Kind, Proof
from bot.tlp import Tlp
from keys.trust import Standing
from tests.contract.incident_house import (
    BR,
    BRUNO,
    CARLA,
    DESK,
    DIEGO,
    LUIS,
    MX,
    SUMMARY,
    YAN,
    Away,
    Died,
    Stage,
    stage,
)
from tests.harness.calling import ANA, CL, DORA, OEA

EVE = UserId("@eve:evil.example")
EVERYBODY = {LUIS, ANA, BRUNO, CARLA, DIEGO, DORA}


@pytest.fixture
async def s(database_url: str) -> AsyncIterator[Stage]:
    found = await stage(database_url)
    yield found
    await found.world.db.close()


async def test_the_room_is_made_and_everybody_told(s: Stage) -> None:
    opened = await s.open()
    assert opened.incident.state is State.OPENING
    assert s.house.rooms == {}
    await s.work()
    incident = await s.now(opened.incident)
    assert (incident.state, incident.room) == (State.OPEN, "!inc0")
    room = s.house.rooms[RoomId("!inc0")]
    assert (room.marker, room.name) == (incident.ref, incident.code_name)
    assert set(room.members) == EVERYBODY
    assert room.power == {LUIS: 50}
    record = s.register.room(RoomId("!inc0"))
    assert (record.kind, record.organisations) == ("incident", frozenset({MX, BR}))
    await s.settle()
    (told,) = s.world.contents(DESK)
    assert "https://matrix.to/#/%21inc0?via=enlace.example" in told["body"]
    assert told["m.mentions"] == {"user_ids": [LUIS]}
    (card,) = s.world.contents(RoomId("!inc0"))
    assert card["org.enlace.incident"] == {"ref": incident.ref, "tlp": "AMBER", "severity": "high", "state": "open"}
    for word in ("HIGH", "TLP:AMBER", incident.ref, "Phishing wave", SUMMARY, "Luis Soto", "CERT-MX, CERT-BR"):
        assert word in card["body"]
    pinned = room.state["m.room.pinned_events"]["pinned"]
    assert len(pinned) == 1
    assert await s.actions(incident.ref) == ["incident.opened", "incident.room-made"]


async def test_nothing_sensitive_is_told_to_servers_or_to_whoever_reads_the_database(s: Stage) -> None:
    incident = await s.opened()
    room = s.house.rooms[RoomId("!inc0")]
    assert "Phishing" not in f"{room.name} {room.state}"
    async with s.world.db.unit() as unit:
        await s.incident.note(
            unit, who=s.member(BRUNO), room=RoomId("!inc0"), incident=incident, text="the mule account is known"
        )
        rows = []
        for table in ("incidents", "incident_timeline", "audit_details", "jobs"):
            rows += [str(tuple(row)) for row in await unit.all(text(f"SELECT * FROM {table}"))]
    whole = "".join(rows)
    for word in ("Phishing", "40 victims", "mule"):
        assert word not in whole


@pytest.mark.parametrize("error", [Died(), Away()])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_room_is_made_once_whatever_dies(s: Stage, when: str, error: Exception) -> None:
    opened = await s.open()
    getattr(s.house, when)["create"] = error
    if isinstance(error, Died):
        with pytest.raises(Died):
            await s.work()
    else:
        await s.work()
    assert (await s.now(opened.incident)).state is State.OPENING
    s.incident = s.fresh()
    await s.settle()
    assert len(s.house.rooms) == 1
    assert (await s.now(opened.incident)).state is State.OPEN
    assert len(s.world.contents(DESK)) == 1
    assert len(s.world.contents(RoomId("!inc0"))) == 1
    assert (await s.actions(opened.incident.ref)).count("incident.room-made") == 1


async def test_the_room_is_made_once_even_if_the_transaction_dies(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = await s.open()

    async def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(s.world.directory, "register_room", die)
        with pytest.raises(Died):
            await s.work()
    incident = await s.now(opened.incident)
    assert (incident.state, incident.room) == (State.OPENING, None)
    await s.settle()
    assert len(s.house.rooms) == 1
    assert len(s.world.contents(DESK)) == 1


async def test_a_job_done_twice_changes_nothing(s: Stage) -> None:
    await s.open()
    async with s.world.db.reading() as unit:
        (job,) = await s.world.outbox.due_jobs(unit, 9)
    await s.perform(job)
    before = await s.actions(job.payload["ref"])
    await asyncio.gather(s.perform(job), s.perform(job))
    assert await s.actions(job.payload["ref"]) == before
    await s.settle()
    assert len(s.world.contents(DESK)) == 1


async def test_two_workers_at_once_make_one_room_and_tell_once(s: Stage) -> None:
    await s.open()
    async with s.world.db.reading() as unit:
        (job,) = await s.world.outbox.due_jobs(unit, 9)
    await asyncio.gather(s.perform(job), s.perform(job))
    await s.settle()
    assert len(s.house.rooms) == 1
    assert len(s.world.contents(DESK)) == 1
    assert len(s.world.contents(RoomId("!inc0"))) == 1


async def test_an_invitation_that_was_lost_is_sent_again_until_it_is_taken(s: Stage) -> None:
    """Nobody at all was reached at first: then there is nobody to show a card to either."""
    opened = await s.open()
    everybody = {p.user for p in opened.invited}
    s.house.away |= everybody
    await s.work()
    room = RoomId("!inc0")
    assert s.house.rooms[room].members == {}
    assert s.world.contents(room) == []
    s.house.before["invite"] = Away()
    await s.work(minutes=0.2)
    await s.settle()
    assert s.house.rooms[room].members == dict.fromkeys(everybody, "invite")
    assert 1 <= len(s.world.contents(room)) <= len(everybody), "whoever comes later has a card of their own"


async def test_only_verified_people_are_invited_and_the_others_named(s: Stage) -> None:
    s.world.trust.standing |= {BRUNO: Standing.UNKNOWN, CARLA: Standing.EXPIRED, DORA: Standing.GRACE}
    opened = await s.open(BR, CL)
    assert {p.user for p in opened.invited} == {LUIS, ANA, DIEGO}
    assert {(left.user or left.organisation, left.why) for left in opened.left} == {
        (BRUNO, "not-verified"),
        (CARLA, "not-verified"),
        (DORA, "level"),
        (CL, "nobody"),
    }
    await s.work()
    assert set(s.house.rooms[RoomId("!inc0")].members) == {LUIS, ANA, DIEGO}


async def test_who_loses_trust_before_the_room_is_there_is_left_out(s: Stage) -> None:
    opened = await s.open()
    s.world.trust.standing[BRUNO] = Standing.REVOKED
    s.house.after["create"] = Away()
    await s.work()
    s.world.trust.standing.pop(BRUNO)  # back, but the homeserver has been asked without them
    await s.settle()
    assert BRUNO not in s.house.rooms[RoomId("!inc0")].members
    incident = await s.now(opened.incident)
    found = incident.participant(BRUNO)
    assert found is not None
    assert found.presence is Presence.REFUSED
    assert "incident.not-invited" in await s.actions(incident.ref)


@pytest.mark.parametrize(("by", "error"), [(ANA, no.MayNotOpen), (BRUNO, no.MayNotOpen)])
async def test_who_may_not_open(s: Stage, by: UserId, error: type[Exception]) -> None:
    with pytest.raises(error):
        await s.open(by=by)
    assert await s.work() == []


async def test_a_coordinator_may_open(s: Stage) -> None:
    opened = await s.open(by=YAN)
    assert opened.incident.organisations == (OEA, BR)
    assert YAN in {p.user for p in opened.invited}


async def test_red_is_refused(s: Stage) -> None:
    with pytest.raises(no.LabelTooHigh):
        await s.open(tlp=Tlp.RED)


async def test_a_room_that_cannot_be_made_is_given_up_loudly(s: Stage) -> None:
    opened = await s.open()
    async with s.world.db.reading() as unit:
        (job,) = await s.world.outbox.due_jobs(unit, 9)
    async with s.world.db.unit() as unit:
        await s.incident.gave_up(unit, job, "no answer")
    await s.settle()
    assert (await s.now(opened.incident)).state is State.FAILED
    assert "could not be made" in s.world.contents(DESK)[0]["body"]
    assert s.house.rooms == {}
    with pytest.raises(no.IncidentFailed):
        async with s.world.db.unit() as unit:
            await s.incident.close(unit, who=s.member(), incident=await s.now(opened.incident))


async def test_the_card_waits_until_the_room_is_verified(s: Stage) -> None:
    await s.open()
    await s.work()
    s.house.join(RoomId("!inc0"), EVE)
    s.world.trust.standing[EVE] = Standing.UNKNOWN
    s.house.sync()
    await s.settle(3)
    assert s.world.contents(RoomId("!inc0")) == []
    assert await s.guard() == 1
    await s.settle()
    assert "HIGH" in s.world.seen(RoomId("!inc0"))[-1]


# --- invitations ---------------------------------------------------------------------------------------


async def invite(s: Stage, incident, *handles, by=LUIS, event="$invite"):  # type: ignore[no-untyped-def]
    async with s.world.db.unit() as unit:
        return await s.incident.invite(
            unit, who=s.member(by), incident=incident, event=EventId(event), called=s.called(*handles)
        )


async def test_inviting_another_organisation(s: Stage) -> None:
    incident = await s.opened()
    opened = await invite(s, incident, OEA, BR)
    assert {p.user for p in opened.invited} == {YAN, UserId("@zoe:oea.org")}
    assert {p.user for p in opened.already} == {BRUNO, CARLA, DIEGO, DORA}
    async with s.world.db.reading() as unit:
        await s.world.register.reload(unit)
    assert OEA in s.register.room(RoomId("!inc0")).organisations  # before anybody comes in
    await s.settle()
    assert s.house.rooms[RoomId("!inc0")].members[YAN] == "invite"
    edit = s.world.contents(RoomId("!inc0"))[-1]
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
    assert "OEA" in edit["m.new_content"]["body"]
    assert (await s.actions(incident.ref)).count("incident.invitation-sent") == 2


async def test_an_invitation_survives_a_homeserver_that_is_away(s: Stage) -> None:
    incident = await s.opened()
    await invite(s, incident, OEA)
    s.house.before["invite"] = Away()
    s.house.after["invite"] = Away()
    await s.settle()
    assert {YAN, UserId("@zoe:oea.org")} <= set(s.house.rooms[RoomId("!inc0")].members)
    assert (await s.actions(incident.ref)).count("incident.invitation-sent") == 2


async def test_whose_server_is_silent_keeps_nobody_from_the_card(s: Stage) -> None:
    """Who is invited later cannot read what was said before: each gets a card, with those who come at the same time."""
    incident = await s.opened()
    room, zoe = RoomId("!inc0"), UserId("@zoe:oea.org")

    def posted() -> int:
        cards = [content for content in s.world.contents(room) if "org.enlace.incident" in content]
        return sum("m.relates_to" not in card for card in cards)

    before = posted()
    s.house.silent.add(YAN)
    await invite(s, incident, OEA)
    await s.settle(rounds=2)
    assert zoe in s.house.rooms[room].members
    assert posted() == before + 1
    s.house.silent.clear()
    await s.settle(rounds=40)
    assert YAN in s.house.rooms[room].members
    assert posted() == before + 2


async def test_who_is_not_verified_any_more_is_not_invited_after_all(s: Stage) -> None:
    incident = await s.opened()
    await invite(s, incident, OEA)
    s.world.trust.standing[YAN] = Standing.CHANGED
    await s.settle()
    assert YAN not in s.house.rooms[RoomId("!inc0")].members
    assert any("Yan Ortiz was not invited" in body for body in s.world.seen(RoomId("!inc0")))


async def test_only_the_commander_and_coordinators_invite(s: Stage) -> None:
    incident = await s.opened()
    for by in (BRUNO, DIEGO, ANA):
        with pytest.raises(no.MayNotCommand, match="Luis Soto"):
            await invite(s, incident, OEA, by=by)
    assert (await invite(s, incident, CL, by=YAN)).invited == ()


async def test_no_invitations_before_the_room_is_there_and_after_the_end(s: Stage) -> None:
    opened = await s.open()
    with pytest.raises(no.IncidentNotReady):
        await invite(s, opened.incident, OEA)
    await s.settle()
    await close(s, await s.now(opened.incident))
    with pytest.raises(no.IncidentClosed):
        await invite(s, await s.now(opened.incident), OEA)


# --- the guard -----------------------------------------------------------------------------------------


async def test_an_unverified_joiner_is_removed_once_and_accounted_for(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    s.world.trust.standing[EVE] = Standing.UNKNOWN
    s.house.join(room, EVE)
    s.house.before["remove"] = Away()
    assert await s.guard() == 0
    assert EVE in s.house.rooms[room].members
    assert await s.guard() == 1
    assert EVE not in s.house.rooms[room].members
    assert await s.guard() == 0
    removals = [d for d in await s.log(incident.ref) if d.action == "incident.removed"]
    assert [d.more["user"] for d in removals] == [EVE]
    await s.settle()
    assert sum("@eve:evil.example was removed" in body for body in s.world.seen(room)) == 1
    assert "!verify" in next(body for body in s.world.seen(room) if "eve" in body)


async def test_who_comes_back_is_removed_again(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    s.world.trust.standing[EVE] = Standing.UNKNOWN
    for _ in range(2):
        s.house.join(room, EVE)
        assert await s.guard() == 1
        s.world.clock.push(timedelta(minutes=3))
    assert (await s.actions(incident.ref)).count("incident.removed") == 2


async def test_who_loses_trust_is_removed_and_takes_no_part_any_more(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    s.world.trust.standing[BRUNO] = Standing.CHANGED
    s.house.sync()
    assert await s.guard() == 1
    assert set(s.house.rooms[room].members) == EVERYBODY - {BRUNO}
    s.world.trust.standing.pop(BRUNO)
    incident = await s.now(incident)
    with pytest.raises(no.UnknownIncident):
        async with s.world.db.unit() as unit:
            await s.incident.note(unit, who=s.member(BRUNO), room=room, incident=incident, text="x")
    opened = await invite(s, incident, BR, event="$again")
    assert {p.user for p in opened.invited} == {BRUNO}
    await s.settle()
    assert BRUNO in s.house.rooms[room].members


async def test_removal_is_logged_before_the_homeserver_is_asked(s: Stage) -> None:
    incident = await s.opened()
    s.world.trust.standing[EVE] = Standing.UNKNOWN
    s.house.join(RoomId("!inc0"), EVE)
    s.house.before["remove"] = Died()
    with pytest.raises(Died):
        await s.guard()
    assert "incident.removed" in await s.actions(incident.ref)
    assert EVE in s.house.rooms[RoomId("!inc0")].members
    assert await s.guard() == 1
    assert (await s.actions(incident.ref)).count("incident.removed") == 1


# --- notes ---------------------------------------------------------------------------------------------


async def test_notes_are_sealed_and_their_digest_is_logged(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    async with s.world.db.unit() as unit:
        await s.incident.note(unit, who=s.member(BRUNO), room=room, incident=incident, text=" First line\nsecond ")
    async with s.world.db.reading() as unit:
        lines = await s.incident.timeline(unit, incident)
    assert [(str(line.happening), line.who, line.text) for line in lines] == [
        ("opened", "Luis Soto (CERT-MX)", "Phishing wave"),
        ("ready", "enlace", ""),
        ("note", "Bruno Lima (CERT-BR)", "First line\nsecond"),
    ]
    noted = (await s.log(incident.ref))[-1]
    assert (noted.action, noted.actor and noted.actor.person) == ("incident.noted", "Bruno Lima")
    assert set(noted.more) == {"digest", "size"}
    assert len(noted.more["digest"]) == 64


async def test_a_note_as_a_reply_takes_the_message_along_only_if_it_is_proved(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")

    def said(proof: Proof, where: RoomId = room) -> Arrival:
        now = s.world.clock.now()
        return Arrival(EventId("$m"), where, CARLA, s.member().device, proof, {"body": "C2 is 192.0.2.7"}, now, now)

    for arrival in (said(Proof.SIGNED), said(Proof.PLAIN), said(Proof.PINNED, RoomId("!other"))):
        s.messages[EventId("$m")] = arrival
        assert await s.incident.quote(room, EventId("$m")) == {}
    s.messages[EventId("$m")] = said(Proof.PINNED)
    quoted = await s.incident.quote(room, EventId("$m"))
    assert quoted == {"who": "Carla Reis (CERT-BR)", "text": "C2 is 192.0.2.7"}
    async with s.world.db.unit() as unit:
        await s.incident.note(
            unit,
            who=s.member(BRUNO),
            room=room,
            incident=incident,
            text="",
            about=EventId("$m"),
            quoted=quoted,
        )
    await close(s, incident)
    await s.settle()
    assert any("[on: Carla Reis (CERT-BR): C2 is 192.0.2.7]" in body for body in s.world.seen(room))


async def test_empty_and_overlong_notes(s: Stage) -> None:
    incident = await s.opened()
    for note, error in (("  \n", no.NothingToNote), ("x" * 12_001, no.NoteTooLong)):
        with pytest.raises(error):
            async with s.world.db.unit() as unit:
                await s.incident.note(unit, who=s.member(BRUNO), room=RoomId("!inc0"), incident=incident, text=note)


async def test_outsiders_do_not_learn_that_there_is_an_incident(s: Stage) -> None:
    incident = await s.opened(MX)
    async with s.world.db.reading() as unit:
        for ref in (incident.ref, "INC-00000"):
            with pytest.raises(no.UnknownIncident) as caught:
                await s.incident.find(unit, s.member(BRUNO), DESK, ref)
            assert str(caught.value) == f"There is no incident {ref} in which you take part."
        assert await s.incident.running(unit, s.member(BRUNO)) == []
        assert [i.ref for i in await s.incident.running(unit, s.member(YAN))] == [incident.ref]


# --- the end -------------------------------------------------------------------------------------------


async def close(s: Stage, incident, by=LUIS):  # type: ignore[no-untyped-def]
    async with s.world.db.unit() as unit:
        return await s.incident.close(unit, who=s.member(by), incident=incident)


async def test_the_report_comes_first_and_then_the_room_is_read_only(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    async with s.world.db.unit() as unit:
        await s.incident.note(unit, who=s.member(BRUNO), room=room, incident=incident, text="Taken down <b>all</b>")
    s.world.clock.push(timedelta(minutes=90))
    await close(s, incident)
    assert (await s.now(incident)).state is State.CLOSING
    await s.work()
    assert not s.house.rooms[room].frozen
    await s.settle()
    assert s.house.rooms[room].frozen
    assert (await s.now(incident)).state is State.CLOSED
    (report,) = [c for c in s.world.contents(room) if "After-action" in c["body"]]
    for word in (incident.ref, "TLP:AMBER", SUMMARY, "Luis Soto", "Bruno Lima (CERT-BR): Taken down <b>all</b>"):
        assert word in report["body"]
    assert "<b>all</b>" not in report["formatted_body"]
    minutes = int(report["body"].split("Lasted: ")[1].split()[0])
    assert 90 <= minutes <= 95
    assert await s.actions(incident.ref) == [
        "incident.opened",
        "incident.room-made",
        "incident.noted",
        "incident.closed",
        "incident.room-read-only",
    ]


async def test_it_is_closed_once(s: Stage) -> None:
    incident = await s.opened()
    await close(s, incident)
    with pytest.raises(no.IncidentClosed):
        await close(s, await s.now(incident))
    await s.settle()
    with pytest.raises(no.IncidentClosed):
        await close(s, await s.now(incident))
    assert sum("After-action" in body for body in s.world.seen(RoomId("!inc0"))) == 1


async def test_two_at_once_close_it_once(s: Stage) -> None:
    incident = await s.opened()
    done = await asyncio.gather(close(s, incident), close(s, incident, by=YAN), return_exceptions=True)
    assert sorted(isinstance(one, no.IncidentClosed) for one in done) == [False, True]
    assert (await s.actions(incident.ref)).count("incident.closed") == 1


async def test_only_the_commander_and_coordinators_close(s: Stage) -> None:
    incident = await s.opened()
    with pytest.raises(no.MayNotCommand):
        await close(s, incident, by=DIEGO)
    await close(s, incident, by=YAN)
    assert (await s.now(incident)).closed_by == "Yan Ortiz (OEA)"


async def test_the_report_waits_for_a_verified_room_and_the_room_does_not_wait_for_ever(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    s.world.trust.failing[room] = ("room-encrypted", "")
    s.house.sync = lambda: None  # type: ignore[method-assign]
    await close(s, incident)
    await s.settle()
    assert not s.house.rooms[room].frozen
    for _ in range(8):
        await s.work(minutes=2)
    assert s.house.rooms[room].frozen
    assert not any("After-action" in body for body in s.world.seen(room))
    s.world.trust.failing.clear()
    for _ in range(3):
        await s.work(minutes=2)
        await s.world.send()
    assert sum("After-action" in body for body in s.world.seen(room)) == 1


async def test_freezing_survives_a_homeserver_that_is_away(s: Stage) -> None:
    incident = await s.opened()
    await close(s, incident)
    s.house.before["freeze"] = Away()
    s.house.after["freeze"] = Away()
    await s.settle(12)
    assert s.house.rooms[RoomId("!inc0")].frozen
    assert (await s.now(incident)).state is State.CLOSED
    assert (await s.actions(incident.ref)).count("incident.room-read-only") == 1


async def test_a_long_report_comes_in_parts_that_fit(s: Stage) -> None:
    incident = await s.opened()
    room = RoomId("!inc0")
    for number in range(12):
        async with s.world.db.unit() as unit:
            await s.incident.note(
                unit, who=s.member(BRUNO), room=room, incident=incident, text=f"<{number}> " + "é&" * 2500
            )
    await close(s, incident)
    await s.settle(12)
    parts = [c for c in s.world.contents(room) if "report" in c["body"] and "part" in c["body"]]
    assert len(parts) > 3
    assert "".join(c["body"] for c in parts).count("<") == 12
    assert all(len(str(c).encode()) < 62_000 for c in parts)
    async with s.world.db.reading() as unit:
        assert all(row.state == "sent" for row in await s.world.outbox.of_ref(unit, incident.ref, Kind.NOTICE))
