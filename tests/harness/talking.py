"""The world of :mod:`tests.harness.calling`, spoken to: what people say goes through the real recogniser, gates,
dispatcher, handlers and sender.  Three countries; only the homeserver's side is made up."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from bot.assist.service import Assist
from bot.commands.dispatch import Dispatcher
from bot.commands.questions import Questions
from bot.commands.recognise import Recogniser
from bot.commands.registry import Registry
from bot.directory.model import Membership, Organisation, Person, Plan, Record, RoomRecord, Source
from bot.duty.service.calendar_files import CalendarFiles
from bot.exchange.files import Carried, FileAway, Files
from bot.exchange.service import Addressing, Enclosures, Letters, Onward
from bot.ids import EventId, Handle, RoomId, UserId
from bot.outbox.model import REDACTION, Arrival, Proof
from bot.outbox.ports import Downloads
from bot.outbox.rules import STATUS_WAIT
from keys.openpgp import OpenPGP
from tests.harness.calling import DEVICE, World, build, logged

BOT = UserId("@enlace:enlace.example")
PE, PIA, DESK_PE = Handle("CERT-PE"), UserId("@pia:cert.pe"), RoomId("!desk-pe")


class NoFiles:
    """No file can be carried."""

    async def carry(self, file: Mapping[str, Any]) -> Carried:
        raise FileAway(reason="no file store")

    async def download(self, file: Mapping[str, Any], limit: int) -> bytes:
        raise FileAway(reason="no file store")


class Talk:
    """Somebody says something, everything that follows from it happens, and it can be looked at."""

    def __init__(
        self,
        world: World,
        files: Files | None = None,
        downloads: Downloads | None = None,
        openpgp: OpenPGP | None = None,
    ) -> None:
        self.world = world
        self.onward = Onward(world.exchanges, world.outbox, world.audit, world.seal, world.trust)
        self.exchanges = world.exchanges
        self.changes = world.changes
        self.addressing = Addressing(world.register, world.trust)
        self.assist = self.fresh_assist()
        self.questions = Questions(world.seal)
        self._said = 0
        self.came: dict[EventId, Arrival] = {}
        self.dispatcher = Dispatcher(
            database=world.db,
            outbox=world.outbox,
            audit=world.audit,
            questions=self.questions,
            recogniser=Recogniser(
                outbox=world.outbox,
                exchanges=self.exchanges,
                holding=world.holding,
                pages=world.escalation,
                questions=self.questions,
                registry=(registry := Registry.load()),
                register=world.register,
                challenges=world.directory,
                trust=world.trust,
                bot_user=BOT,
            ),
            register=world.register,
            changes=self.changes,
            services=SimpleNamespace(
                register=world.register,
                exchange=self.exchanges,
                changes=self.changes,
                onward=self.onward,
                holding=world.holding,
                enclosures=Enclosures(files or NoFiles(), self, world.register),
                letters=Letters(world.outbox, world.register, openpgp),
                duty=world.duty,
                calendar_files=CalendarFiles(downloads or NoFiles(), self),
                addressing=self.addressing,
                assist=self.assist,
                trust=world.trust,
                outbox=world.outbox,
                policy=world.policy,
                registry=registry,
                escalation=world.escalation,
                health=SimpleNamespace(uptime_seconds=60.0, synced_age_seconds=1.0),
            ),
        )

    def fresh_assist(self) -> Assist:
        """Help as it is after a restart."""
        return Assist(
            register=self.world.register,
            addressing=self.addressing,
            exchanges=self.exchanges,
            outbox=self.world.outbox,
            audit=self.world.audit,
            sealer=self.world.seal,
            trust=self.world.trust,
        )

    async def say(
        self,
        who: UserId,
        room: RoomId,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        edits: str | None = None,
        proof: Proof = Proof.PINNED,
        outer: dict[str, Any] | None = None,
        send: bool = True,
        **content: Any,
    ) -> EventId:
        """What the person types there, handled; then (unless not) everything that can go out goes out."""
        relation: dict[str, Any] = {}
        if thread is not None:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True}
        if reply_to is not None:
            relation |= {"m.in_reply_to": {"event_id": reply_to}, "is_falling_back": False}
        said: dict[str, Any] = {"msgtype": "m.text", "body": text, **content}
        if edits is not None:
            relation = {"rel_type": "m.replace", "event_id": edits}
            said = {"msgtype": "m.text", "body": f"* {text}", "m.new_content": said}
        if relation:
            said["m.relates_to"] = relation
        return await self.arrives(who, room, said, proof=proof, outer=outer or {}, send=send)

    async def redacts(self, who: UserId, room: RoomId, event: str) -> EventId:
        """A server says that this event is removed."""
        return await self.arrives(who, room, {"redacts": event}, proof=Proof.PLAIN, kind=REDACTION)

    async def arrives(
        self,
        who: UserId,
        room: RoomId,
        content: dict[str, Any],
        *,
        proof: Proof = Proof.PINNED,
        outer: dict[str, Any] | None = None,
        kind: str = "m.room.message",
        send: bool = True,
    ) -> EventId:
        """An event as the Matrix edge judged it."""
        self._said += 1
        event = EventId(f"$said{self._said}")
        now = self.world.clock.now()
        arrival = Arrival(event, room, who, DEVICE, proof, content, now, now, outer or {}, kind)
        self.came[event] = arrival
        async with self.world.db.unit() as unit:
            await self.world.outbox.accept(unit, [arrival])
        await self.dispatcher.drain()
        if send:
            await self.settle()
        return event

    async def read(self, room: RoomId, event: EventId) -> Arrival | None:
        """An event that somebody points at, fetched again."""
        found = self.came.get(event)
        return found if found is not None and found.room == room else None

    async def settle(self) -> None:
        """Everything goes out that can, status lines too."""
        await self.onward.step(self.world.db)
        await self.assist.step(self.world.db)
        await self.world.sender.drain()
        self.world.clock.push(STATUS_WAIT)
        await self.world.sender.drain()

    # --- looking ------------------------------------------------------------------------------------------

    def last(self, room: RoomId) -> str:
        """The newest thing that the room got."""
        return self.world.seen(room)[-1]

    def event(self, room: RoomId, said: str) -> str:
        """The event of the newest thing with these words in the room."""
        hits = [
            number
            for number, parcel in enumerate(self.world.line.got, start=1)
            if parcel.room == room and said in str(parcel.content["body"])
        ]
        return f"$event{hits[-1]}"

    def shown(self, room: RoomId) -> list[str]:
        """What the room shows now: edits in the place of what they edit, withdrawn messages not at all."""
        lines: dict[str, str] = {}
        for number, parcel in enumerate(self.world.line.got, start=1):
            if parcel.room == room:
                edited = parcel.content.get("m.new_content")
                event = parcel.content["m.relates_to"]["event_id"] if edited else f"$event{number}"
                lines[event] = str((edited or parcel.content)["body"])
        return [body for event, body in lines.items() if event not in self.world.line.withdrawn]

    async def actions(self) -> list[str]:
        """What the log holds of exchanges, in order."""
        names = [entry.details.action for entry in await logged(self.world) if entry.details is not None]
        return [name.removeprefix("exchange.") for name in names if name.startswith("exchange.")]


async def talking(url: str, files: Files | None = None, openpgp: OpenPGP | None = None) -> Talk:
    """The world on a fresh database, with a third country in it."""
    world = await build(url)
    record = Record(
        Source("test.yaml", 2),
        Organisation(PE, names={"en": "CERT Peru"}, country="PE", languages=("en",), memberships=(_MEMBER,)),
        (Person("Pía Rojas", PE, PIA, ("technical",), languages=("en",)),),
        (1,),
    )
    async with world.db.unit() as unit:
        await world.directory.apply(unit, Plan(added=(record,)), source_sha256="1" * 64, actor=None)
        await world.directory.register_room(unit, RoomRecord(DESK_PE, "desk", frozenset({PE})), actor=None)
    async with world.db.reading() as unit:
        await world.register.reload(unit)
    world.trust.rooms[DESK_PE] = {PIA}
    return Talk(world, files, openpgp=openpgp)


_MEMBER = Membership("oas-cbm", ("technical", "diplomatic"))
