"""What a room that somebody invited the bot into is for, by who is in it; pure."""

from collections.abc import Iterable, Mapping

from bot.directory.model import Person, RoomRecord
from bot.ids import RoomId, UserId


def adopt(
    room: RoomId,
    members: Iterable[UserId],
    people: Mapping[UserId, Person],
    known: RoomRecord | None,
    direct_elsewhere: bool,
) -> RoomRecord | None:
    """The record that this room should have, or None to leave things as they are.

    ``members`` are everybody joined or invited but the bot.  One person: their direct room, unless they have
    another that still holds.  Several people of one organisation: its desk.  Anything else is put on record by
    somebody's act, never by guess; a desk never becomes anything else by itself."""
    present = frozenset(members)
    staff = [people[user] for user in present if user in people]
    if not present or len(staff) != len(present) or (known is not None and known.kind != "direct"):
        return None
    organisations = frozenset(person.organisation for person in staff if person.organisation is not None)
    if len(organisations) != 1:
        return None
    if len(present) == 1:
        (user,) = present
        if known is not None or direct_elsewhere:
            return None
        return RoomRecord(room, "direct", organisations, user=user)
    return RoomRecord(room, "desk", organisations, known.language if known else None)
