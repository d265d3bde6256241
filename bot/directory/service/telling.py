"""Saying something about a person to whoever it concerns, once, in each room's language."""

from bot.db.unit import Unit
from bot.directory.service.register import Register
from bot.i18n.catalogue import Value, catalogue, say
from bot.i18n.rich import Rich
from bot.ids import RoomId, UserId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.ports import TrustView


class Telling:
    """Notices that anybody in a room may read: whose standing changed, and the way back."""

    def __init__(self, register: Register, outbox: Outbox, trust: TrustView) -> None:
        self._register = register
        self._outbox = outbox
        self._trust = trust

    def language(self, room: RoomId) -> str:
        """The room's (``!lang``), else the person's whose direct room it is, else its organisations'."""
        record = self._register.room(room)
        person = self._register.person(record.user) if record and record.user else None
        handles = sorted(record.organisations) if record else []
        spoken = [lang for h in handles if (o := self._register.organisation(h)) for lang in o.languages]
        return catalogue().choose(record.language if record else None, *(person.languages if person else ()), *spoken)

    def rooms_of(self, user: UserId) -> list[RoomId]:
        """The encrypted rooms on record that this person is in, their own first."""
        own = self._register.direct_room(user)
        rooms = [record.room for record in self._register.rooms()]
        ordered = [*([own] if own else []), *sorted(rooms)]
        return [
            room for room in dict.fromkeys(ordered) if user in self._trust.members(room) and self._trust.encrypted(room)
        ]

    def concerned(self, user: UserId) -> list[RoomId]:
        """The person's rooms and each coordinator's own."""
        coordinators = (self._register.direct_room(c) for c in sorted(self._register.coordinators()))
        return list(dict.fromkeys([*self.rooms_of(user), *(room for room in coordinators if room is not None)]))

    def home(self, user: UserId) -> RoomId | None:
        """Where this person alone is spoken to: their own room, else a desk room that they are in."""
        desks = {record.room for record in self._register.rooms() if record.kind == "desk"}
        direct = self._register.direct_room(user)
        return next((room for room in self.rooms_of(user) if room == direct or room in desks), None)

    async def notice(self, unit: Unit, room: RoomId, text: Rich) -> None:
        """One notice into one room."""
        content = content_of(text, "m.notice")
        await self._outbox.post(unit, Post(room=room, kind=Kind.NOTICE, content=content, audience=Audience.OPEN))

    async def tell(self, unit: Unit, rooms: list[RoomId], key: str, /, **values: Value) -> None:
        """The same text into each of these rooms, each in its language."""
        for room in rooms:
            await self.notice(unit, room, say(self.language(room), key, **values))
