"""Who may do what in an incident, who is invited, who must leave, and what a room is called; pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.directory.model import Organisation, Person
from bot.exchange.rules.tlp import level_of, within_ceiling
from bot.ids import Handle, UserId
from bot.incident.model import Act, Incident, Left, Member, Participant, Presence, State
from bot.tlp import Tlp
from keys.trust import PersonVerdict, Standing

AGAIN_AFTER = timedelta(minutes=2)
"""Somebody who was removed and is still seen in the room after this has come back, or the server did nothing."""


def forbids(act: Act, who: Member, incident: Incident | None, *, here: bool = False) -> str | None:
    """Why ``who`` may not do it: ``open``, ``command`` or ``part``; None if they may.

    ``here``: it was typed in the incident's own room, by somebody whom the gates let through.

    In this order, and the first that fails decides:

    1. opening is for leads and coordinators;
    2. inviting and closing are for the commander and coordinators;
    3. notes and the status are for whoever was invited, or is in the room, and was not removed; the status also for
       coordinators.
    """
    if act is Act.OPEN or incident is None:
        return None if who.lead or who.coordinator else "open"
    if act in (Act.INVITE, Act.CLOSE):
        return None if who.user == incident.commander.user or who.coordinator else "command"
    if takes_part(incident, who.user, here=here) or (act is Act.STATUS and who.coordinator):
        return None
    return "part"


def takes_part(incident: Incident, user: UserId, *, here: bool = False) -> bool:
    """Whether this person was invited, or opened it, or (``here``) is in its room; and was not removed."""
    found = incident.participant(user)
    if found is None:
        return here
    return found.presence in (Presence.ASKED, Presence.INVITED) or (here and found.presence is Presence.REFUSED)


def label_fits(tlp: Tlp) -> bool:
    """Whether a room of several organisations may hold it: TLP:RED is for named people in their direct rooms."""
    return tlp is not Tlp.RED


def keeps_out(verdict: PersonVerdict, tlp: Tlp) -> str | None:
    """Why somebody is not invited: ``not-verified`` or ``level``; None if they are."""
    if not verdict.may_receive:
        return "not-verified"
    return within_ceiling(tlp, level_of(verdict)).reason


def sift(
    organisation: Organisation,
    people: Collection[Person],
    verdicts: dict[UserId, PersonVerdict],
    tlp: Tlp,
    now: datetime,
) -> tuple[list[Participant], list[Left]]:
    """Who of these people of one organisation is invited, and who is not and why.

    Somebody without a Matrix user is named only if nobody of the organisation can come."""
    invited: list[Participant] = []
    left: list[Left] = []
    for person in people:
        if person.mxid is None:
            continue
        why = keeps_out(verdicts[person.mxid], tlp)
        if why is None:
            invited.append(Participant(person.mxid, person.name, organisation.handle, Presence.ASKED, now))
        else:
            left.append(Left(person.name, organisation.handle, why, person.mxid))
    if not invited and not left:
        left += [Left(p.name, organisation.handle, "no-account") for p in people]
        if not left:
            left.append(Left(organisation.name(), organisation.handle, "nobody"))
    return invited, left


def must_leave(
    verdict: PersonVerdict, known: Participant | None, organisations: Collection[Handle], now: datetime
) -> str | None:
    """Why a member of the room is removed: the locale key ``incident-remove-<reason>``; None if they stay.

    1. never verified, changed, revoked or expired: removed;
    2. verified, but of an organisation that takes no part and not invited by enlace: removed;
    3. pinned, and the homeserver shows no identity or no good device just now: stays (the room is held and the
       person gets no keys until it does; a server must not be able to empty a room by hiding what it publishes);
    4. removed a moment ago: the homeserver's answer is waited for.
    """
    if known is not None and known.presence is Presence.REMOVED and now - known.since < AGAIN_AFTER:
        return None
    if verdict.standing is Standing.UNKNOWN:
        pinned = any(check.name == "person-pinned" and check.ok for check in verdict.checks)
        return None if pinned else "unknown"
    if not verdict.standing.good:
        return str(verdict.standing.value)
    invited = known is not None and known.presence in (Presence.ASKED, Presence.INVITED)
    belongs = str(verdict.organisation or "").casefold() in {handle.casefold() for handle in organisations}
    return None if invited or belongs else "stranger"


def may_become(now: State, then: State) -> bool:
    """Whether an incident may go from one state to the other."""
    return then in _NEXT[now]


_NEXT = {
    State.OPENING: {State.OPEN, State.FAILED},
    State.OPEN: {State.CLOSING},
    State.CLOSING: {State.CLOSED},
    State.CLOSED: set[State](),
    State.FAILED: set[State](),
}
