"""The inbox, the outbox and the jobs, the same on every database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bot.clock import Clock
from bot.db.base import metadata
from bot.db.unit import Database
from bot.ids import DeviceId, EventId, Ref, RoomId, UserId
from bot.outbox import tables
from bot.outbox.model import Arrival, Audience, Kind, Post, Proof, State
from bot.outbox.service import Outbox

ROOM, OTHER = RoomId("!desk"), RoomId("!other")
ANA = UserId("@ana:cert.example.mx")


class Seal:
    """A real AEAD with a key of the moment."""

    def __init__(self) -> None:
        self._aead = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        return b"0" * 12 + self._aead.encrypt(b"0" * 12, plain, aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        return self._aead.decrypt(sealed[:12], sealed[12:], aad)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url, Clock())
    assert tables.inbox.metadata is metadata
    async with database.engine.begin() as connection:
        await connection.run_sync(
            lambda c: metadata.create_all(
                c,
                tables=[
                    tables.inbox.inbox,
                    tables.outbox.outbox,
                    tables.lacking.lacking,
                    tables.lacking.replaced,
                    tables.jobs.jobs,
                ],
            )
        )
    yield database
    await database.close()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(Seal())


def arrival(event: str, room: RoomId = ROOM, body: str = "hello") -> Arrival:
    at = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    return Arrival(
        event_id=EventId(event),
        room=room,
        sender=ANA,
        device=DeviceId("DEV"),
        proof=Proof.PINNED,
        content={"msgtype": "m.text", "body": body},
        sent_at=at,
        received_at=at,
    )


def post(room: RoomId = ROOM, kind: Kind = Kind.COPY, body: str = "x", **more: object) -> Post:
    return Post(room=room, kind=kind, content={"msgtype": "m.text", "body": body}, **more)  # type: ignore[arg-type]


async def test_an_event_is_kept_once(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        assert await outbox.accept(unit, [arrival("$1"), arrival("$1"), arrival("$2")]) == 2
    async with db.unit() as unit:
        assert await outbox.accept(unit, [arrival("$2"), arrival("$3")]) == 1


async def test_rooms_side_by_side_each_in_order(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        await outbox.accept(unit, [arrival("$1"), arrival("$2"), arrival("$3", OTHER)])
    async with db.reading() as unit:
        first = await outbox.waiting(unit, 8)
        assert [a.event_id for _, _, a in first] == ["$1", "$3"]
        assert [a.event_id for _, _, a in await outbox.waiting(unit, 8, [ROOM])] == ["$3"]
    async with db.unit() as unit:
        assert await outbox.handled(unit, first[0][0], "done")
        assert not await outbox.handled(unit, first[0][0], "done")
    async with db.reading() as unit:
        assert [a.event_id for _, _, a in await outbox.waiting(unit, 8)] == ["$2", "$3"]


async def test_a_unit_that_raises_leaves_nothing(db: Database, outbox: Outbox) -> None:
    with pytest.raises(RuntimeError):
        async with db.unit() as unit:
            await outbox.accept(unit, [arrival("$1")])
            await outbox.post(unit, post())
            raise RuntimeError
    async with db.reading() as unit:
        assert await outbox.depth(unit) == {"inbox": 0}


async def test_what_waits_is_sealed_and_wiped_after_delivery(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        await outbox.post(unit, post(body="the phishing kit"))
    async with db.reading() as unit:
        row = await tables.outbox.outgoing(unit, (await outbox.due(unit, [], 8))[0].id)
        assert row is not None
        assert b"phishing" not in row.sealed
        (due,) = await outbox.due(unit, [], 8)
        assert due.post.content["body"] == "the phishing kit"
    async with db.unit() as unit:
        assert await outbox.sent(unit, due, EventId("$sent"), (2, 2))
        assert not await outbox.sent(unit, due, EventId("$again"), (2, 2))
    async with db.reading() as unit:
        row = await tables.outbox.outgoing(unit, due.id)
        assert row is not None
        assert (row.sealed, row.event_id, row.state) == (None, "$sent", "sent")


async def test_order_in_a_room_holds_while_the_first_waits(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        for body in ("one", "two"):
            await outbox.post(unit, post(body=body))
        await outbox.post(unit, post(OTHER, body="elsewhere"))
    async with db.unit() as unit:
        first, elsewhere = await outbox.due(unit, [], 8)
        assert (first.post.content["body"], elsewhere.post.content["body"]) == ("one", "elsewhere")
        assert await outbox.again(unit, first, "502") is State.QUEUED
    async with db.reading() as unit:
        assert [r.post.room for r in await outbox.due(unit, [], 8)] == [OTHER]


async def test_the_next_try_is_that_of_what_stands_first_where_nothing_is_under_way(
    db: Database, outbox: Outbox
) -> None:
    async with db.unit() as unit:
        for room in (ROOM, ROOM, OTHER, OTHER):
            await outbox.post(unit, post(room))
        for row, seconds in zip(await outbox.due(unit, [], 8), (20, 40), strict=True):
            await outbox.again(unit, row, "no answer", timedelta(seconds=seconds))
        now = unit.now
    async with db.reading() as unit:
        for busy, seconds in (([], 20), ([ROOM], 40), ([ROOM, OTHER], None)):
            at = await outbox.next_due_at(unit, busy)
            assert at == (None if seconds is None else now + timedelta(seconds=seconds))


async def test_answers_do_not_wait_behind_a_stuck_relay(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        await outbox.post(unit, post(body="stuck"))
        (stuck,) = await outbox.due(unit, [], 8)
        await outbox.again(unit, stuck, "502")
        await outbox.post(unit, post(kind=Kind.REPLY, body="answer"))
    async with db.reading() as unit:
        assert [r.post.content["body"] for r in await outbox.due(unit, [], 8)] == ["answer"]


async def test_answers_and_pages_go_before_relays_and_status_lines_last(db: Database, outbox: Outbox) -> None:
    kinds = (Kind.STATUS, Kind.COPY, Kind.NOTICE, Kind.REPLY, Kind.COPY, Kind.PAGE)
    async with db.unit() as unit:
        for number, kind in enumerate(kinds):
            await outbox.post(unit, post(RoomId(f"!{number}"), kind))
    db.clock.push(timedelta(seconds=2))
    async with db.reading() as unit:
        due = await outbox.due(unit, [], 8)
        assert [row.post.kind.value for row in due] == ["reply", "page", "notice", "copy", "copy", "status"]
        assert [row.post.room for row in due] == ["!3", "!5", "!2", "!1", "!4", "!0"]
        assert [row.post.room for row in await outbox.due(unit, ["!3"], 1)] == ["!5"]


async def test_it_gives_up_after_a_day_and_says_so(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        await outbox.post(unit, post())
        (row,) = await outbox.due(unit, [], 8)
    db.clock.push(timedelta(hours=24, seconds=1))
    async with db.unit() as unit:
        assert await outbox.again(unit, row, "502") is State.FAILED
        found = await outbox.get(unit, row.id)
        assert found is not None
        assert (found.state, found.reason, found.post.content) == (State.FAILED, "502", {})


async def test_only_the_newest_status_edit_goes_out(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        root = await outbox.post(unit, post(kind=Kind.REPLY, mark="status", ref=Ref("MSG-00000")))
        (row,) = await outbox.due(unit, [], 8)
        await outbox.sent(unit, row, EventId("$status"), (1, 1))
        for number in range(3):
            await outbox.post(unit, post(kind=Kind.STATUS, body=str(number), edits=root))
        await outbox.post(unit, post(kind=Kind.STATUS, body="another line", edits="another"))
        assert await outbox.due(unit, [], 8) == []
    db.clock.push(timedelta(seconds=1))
    async with db.unit() as unit:
        await outbox.post(unit, post(kind=Kind.STATUS, body="3", edits=root))
        (oldest,) = await outbox.due(unit, [], 8)
        assert oldest.post.content["body"] == "0"
        assert await outbox.overtaken(unit, oldest)
        found = await outbox.get(unit, oldest.id)
        assert found is not None
        assert (found.state, found.reason, found.post.content) == (State.DROPPED, "superseded", {})
        bodies = []
        while due := await outbox.due(unit, [], 8):
            bodies.append(due[0].post.content["body"])
            assert not await outbox.overtaken(unit, due[0])
            await outbox.sent(unit, due[0], EventId(f"$edit{len(bodies)}"), (1, 1))
        assert bodies == ["another line", "3"]
    async with db.reading() as unit:
        found = await outbox.by_event(unit, EventId("$status"))
        assert found is not None
        assert found.id == root


async def test_a_waiting_status_edit_holds_nothing_up(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        await outbox.post(unit, post(kind=Kind.STATUS, edits="row"))
        await outbox.post(unit, post(body="copy"))
        assert [r.post.content["body"] for r in await outbox.due(unit, [], 8)] == ["copy"]


async def test_held_rows_keep_their_text_and_their_order(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        row_id = await outbox.post(unit, post(audience=Audience.VERIFIED, ref=Ref("MSG-00000")))
        (row,) = await outbox.due(unit, [], 8)
        assert await outbox.hold(unit, row, "not-verified")
        assert not await outbox.hold(unit, row, "not-verified")
        assert await outbox.due(unit, [], 8) == []
        assert await outbox.release(unit, row_id)
    async with db.unit() as unit:
        (released,) = await outbox.due(unit, [], 8)
        assert released.post.content["body"] == "x"
        assert released.held_since is not None
        assert await outbox.drop(unit, Ref("MSG-00000"), Kind.COPY, reason="closed") == 1


async def test_a_job_is_asked_for_once(db: Database, outbox: Outbox) -> None:
    async with db.unit() as unit:
        assert await outbox.job(unit, "incident.create", "INC-00000", {"name": "Cobalt Heron"})
        assert not await outbox.job(unit, "incident.create", "INC-00000", {"name": "other"})
        (job,) = await outbox.due_jobs(unit, 8)
        await outbox.job_again(unit, job)
        assert await outbox.due_jobs(unit, 8) == []
        await outbox.job_done(unit, job, {"room": "!incident"})
        found = await outbox.find_job(unit, "INC-00000")
        assert found is not None
        assert (found.state, found.result) == ("done", {"room": "!incident"})


async def test_bells_ring_only_after_the_commit(db: Database, outbox: Outbox) -> None:
    bell = db.listen("outbox")
    async with db.unit() as unit:
        await outbox.post(unit, post())
        assert not bell.is_set()
    assert bell.is_set()
