"""Who is invited into a desk room that the bot makes; pure."""

from collections.abc import Iterable, Mapping

from bot.directory.model import Person
from bot.ids import UserId
from keys.trust import Standing


def invited(people: Iterable[Person], standings: Mapping[UserId, Standing]) -> tuple[UserId, ...]:
    """The verified people of the organisation; while none of its leads is verified, its leads too.

    An invited person who is not verified keeps the room from being verified, so that is done only where the room
    could not be run otherwise: a lead joins, sends ``!verify`` there, and invites the others later.  Who has
    withdrawn, or shows another identity than before, is not invited."""
    staff = [(person, person.mxid) for person in people if person.mxid is not None]
    good = [user for _, user in staff if standings[user].good]
    leads = [user for person, user in staff if person.lead]
    if any(user in good for user in leads):
        return tuple(good)
    coming = [user for user in leads if standings[user] in {Standing.UNKNOWN, Standing.EXPIRED}]
    return tuple(dict.fromkeys([*good, *coming]))
