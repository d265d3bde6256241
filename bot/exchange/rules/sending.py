"""What happens to a row of the outbox that is due: sent, held, or given up.  Pure."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.exchange.rules.tlp import by_mail, rule
from bot.ids import UserId
from bot.outbox.model import Audience, Kind, Post
from bot.tlp import Tlp

RELEASE_WITHIN = timedelta(hours=1)
EXPIRE_AFTER = timedelta(hours=24)


class Fate(enum.Enum):
    """What to do with a row now."""

    SEND = "send"
    HOLD = "hold"
    WAIT = "wait"
    ASK = "ask"
    EXPIRE = "expire"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Decision:
    """The fate and a locale key that says why."""

    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sender sees when a row is due."""

    kind: Kind
    waits: bool
    """What :func:`may_wait` says."""
    audience: Audience
    encrypted: bool
    room_verified: bool
    label_allows: bool
    """What :func:`bot.exchange.rules.tlp.rule` says of everybody in the room now."""
    members_now: frozenset[UserId]
    members_then: frozenset[UserId]
    accepted_at: datetime
    held_since: datetime | None
    asked: bool
    """Its sender has been asked and has not answered."""
    expires_at: datetime | None
    now: datetime


def may_wait(post: Post) -> bool:
    """Whether it is held while its room is not fit: what is of the moment is not, what became of an exchange is."""
    of_an_exchange = post.kind is Kind.NOTICE and (post.ref or "").startswith("MSG-")
    return of_an_exchange or post.kind not in (Kind.REPLY, Kind.STATUS, Kind.NOTICE)


def fate(s: Situation) -> Decision:  # noqa: PLR0911  (one line per clause)
    """Decide; the clauses stand in the order in which they bind (trust.md, A room is verified when)."""
    # 1. Too late is too late.
    if s.expires_at is not None and s.now >= s.expires_at:
        return Decision(Fate.EXPIRE, "too-late")
    # 2. Nothing ever goes out in the clear.
    if not s.encrypted:
        return _unfit(s, "not-encrypted")
    # 3. What anybody in the room may read needs no verdict.
    if s.audience is not Audience.VERIFIED:
        return Decision(Fate.SEND)
    # 4. No verdict, no message.
    if not s.room_verified:
        return _unfit(s, "not-verified")
    # 5. Nobody reads above their ceiling: whoever is there now counts.
    if not s.label_allows:
        return _unfit(s, "label")
    # 6. Held ones end after a day, and go by themselves only soon, to people who were there when they were accepted.
    if s.held_since is not None:
        if s.now - s.accepted_at >= EXPIRE_AFTER:
            return Decision(Fate.EXPIRE, "held-long")
        if s.kind is Kind.NOTICE:  # it says nothing that somebody who has come meanwhile must not know
            return Decision(Fate.SEND)
        if s.asked:
            return Decision(Fate.WAIT, "asked")
        if s.now - s.held_since > RELEASE_WITHIN:
            return _ask(s, "held-long")
        if s.members_then and not s.members_now <= s.members_then:
            return _ask(s, "new-members")
    return Decision(Fate.SEND)


def outside(label: Tlp, expires_at: datetime | None, now: datetime) -> Decision:
    """What happens to a page that leaves Matrix: only what may go anywhere does (chat.md, TLP 2.0)."""
    if expires_at is not None and now >= expires_at:
        return Decision(Fate.EXPIRE, "too-late")
    return Decision(Fate.SEND) if label is Tlp.CLEAR else Decision(Fate.DROP, "label")


def letter(label: Tlp, expires_at: datetime | None, now: datetime, *, encrypted: bool) -> Decision:
    """What happens to a letter; ``encrypted``: to a key that the directory has of its reader now.  Without one nothing
    goes, under no label."""
    if expires_at is not None and now >= expires_at:
        return Decision(Fate.EXPIRE, "too-late")
    if not encrypted:
        return Decision(Fate.DROP, "no-key")
    return Decision(Fate.SEND) if rule(label, by_mail(encrypted=True)).allowed else Decision(Fate.DROP, "mail-label")


def may_repeat(s: Situation) -> bool:
    """Whether what was sent may be sent once more, now that a device has the key that it lacked."""
    sent = replace(s, held_since=None, asked=False)  # it went out once: what held it then is over
    return fate(sent).fate is Fate.SEND and (not s.members_then or s.members_now <= s.members_then)


def _ask(s: Situation, reason: str) -> Decision:
    # Of a page the caller has read long ago that it is held, and the ladder has gone on: nobody is asked.
    return Decision(Fate.ASK if s.kind is Kind.COPY else Fate.EXPIRE, reason)


def _unfit(s: Situation, reason: str) -> Decision:
    if not s.waits:
        return Decision(Fate.DROP, reason)  # an answer to a room that nobody may write to any more
    if s.now - s.accepted_at >= EXPIRE_AFTER:
        return Decision(Fate.EXPIRE, reason)
    return Decision(Fate.HOLD, reason)
