"""Who reads an answer: everybody in the room that it goes to, not only whoever asked."""

from bot.commands.call import Call
from bot.directory.rules.visibility import Audience
from bot.directory.service import Register
from bot.exchange.rules.tlp import ceiling
from bot.ids import Handle
from bot.ports import TrustView

SHARED = ("incident", "coordination")


def readers_of(call: Call, register: Register, trust: TrustView) -> Audience:
    """The audience of an answer to this call, for :func:`bot.directory.rules.visibility.may_see`."""
    caller, place = call.caller, call.place
    verified = caller.verified and place.verified
    there: set[Handle] = set(place.organisations)
    for user in trust.members(place.room) if verified else ():
        person = register.person(user)
        there |= {person.organisation} if person and person.organisation else set()
    direct = place.kind == "direct" and register.direct_room(caller.user) == place.room
    return Audience(
        verified=verified,
        direct=direct,
        shared_room=place.kind in SHARED,
        organisations=frozenset(there | ({caller.organisation} if caller.organisation else set())),
        ceiling=ceiling(caller.verdict.standing.value),
        everything=direct and caller.coordinator,
    )
