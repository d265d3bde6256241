"""``!lang``: which language this room is written to in, and changing it."""

from typing import Protocol

from bot.audit.service import Actor
from bot.commands.access import may
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.ids import RoomId
from bot.outbox.model import Audience
from bot.tlp import Tlp


class LanguageNotOffered(NotDone):
    """The language “{value}” is not offered; nothing was changed. Offered: {offered}."""

    code = "language-not-offered"


class Directory(Protocol):
    """What this command uses of the directory."""

    async def set_room_language(self, unit: Unit, room: RoomId, language: str | None, *, actor: Actor | None) -> None:
        """Write to this room in this language from now on; raises an error for a room that is not on record."""


class Needs(Protocol):
    """What this command uses."""

    @property
    def directory(self) -> Directory:
        """The directory."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Say the room's language, or set it; raises :class:`LanguageNotOffered`, or why the caller may not set it."""
    if not call.first_line:
        now = say(call.language, "lang-now", name=_name(call.place.language), offered=_offered())
        return Reply(now, tlp=Tlp.CLEAR, audience=Audience.OPEN)
    denied = may(Access.VERIFIED, call.caller, call.place)
    if denied is not None:
        raise denied
    language = _chosen(call.first_line)
    who = call.caller
    actor = Actor(who.organisation, who.name, who.user, who.device)
    await services.directory.set_room_language(unit, call.place.room, language, actor=actor)
    return Reply(say(call.language, "lang-set", name=_name(language)), tlp=Tlp.CLEAR, audience=Audience.OPEN)


def _chosen(wish: str) -> str:
    """A language by its BCP 47 tag or its own name."""
    folded = fold(wish.strip().replace("_", "-"))
    for language in catalogue().languages:
        if folded.split("-", maxsplit=1)[0] == language or folded == fold(_name(language)):
            return language
    raise LanguageNotOffered(value=wish, offered=_offered())


def _name(language: str) -> str:
    return say(language, "language-name").plain


def _offered() -> str:
    return ", ".join(f"{language} ({_name(language)})" for language in catalogue().languages)


COMMAND = Command(name="lang", access=Access.ANYONE, run=run)
