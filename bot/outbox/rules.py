"""When to try again, and when to give up; pure."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(hours=24)
LONGEST_ASKED = timedelta(minutes=10)
"""The longest pause that a homeserver's word is followed for."""
NEVER_AHEAD = timedelta(minutes=15)
"""Nothing is ever put off for longer; what seems so was put off before the clock was set back, and is due."""
TXN_MEMORY = timedelta(hours=20)
"""Homeservers forget transaction ids after about a day; a resend older than this looks for itself first."""
STATUS_WAIT = timedelta(seconds=1)
"""An edit of a status line waits so long, so that one edit says what several would have said."""
ANSWER_WINDOW = timedelta(minutes=15)
"""A command read later than this after it was sent is asked about first (chat.md, Ground rules)."""

KEYS_FOR = timedelta(hours=24)
"""So long a device that could not be given the key is waited for; the text stays sealed until then."""
MOST_REPEATS = 3
"""How often a text is sent again for devices that lacked its key."""


def next_keys(sent_at: datetime, now: datetime) -> datetime:
    """When to try a device that lacks a key again: the longer it takes, the less often, 2 s to 5 min."""
    wait = min(max((now - sent_at) / 4, timedelta(seconds=2)), timedelta(minutes=5))
    return now + wait


def next_try(attempts: int, now: datetime, asked_to_wait: timedelta | None = None) -> datetime:
    """The instant of the next attempt after so many failures: doubles from 1 s to 2 min, or as the server asked."""
    wait = min(FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 10), LONGEST_WAIT)
    if asked_to_wait is not None:
        wait = max(FIRST_WAIT, min(asked_to_wait, LONGEST_ASKED))
    at: datetime = now + wait
    return at


def gives_up(accepted_at: datetime, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a row that cannot be sent is now reported instead of tried again."""
    return now >= min(accepted_at + GIVE_UP_AFTER, expires_at or datetime.max.replace(tzinfo=now.tzinfo))


def forgotten_by_server(first_attempt_at: datetime, now: datetime) -> bool:
    """Whether the homeserver may no longer know the row's transaction id."""
    return now - first_attempt_at > TXN_MEMORY
