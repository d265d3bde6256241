"""How long the link of a letter can be used.  Pure."""

from datetime import datetime, timedelta

from bot.escalation.model import Escalation, Link

MADE_LATE = timedelta(minutes=5)
"""How long the link of a step lives that is made only when its time is over, after an outage."""


def until(deadline: datetime, now: datetime) -> datetime:
    """When a link dies that is made ``now``: at the time by which the page asks for an answer.

    Not when the ladder climbs earlier: while the homeserver is away it does so at once, and the letter just left."""
    return deadline if deadline > now else now + MADE_LATE


def lives(link: Link, escalation: Escalation, now: datetime) -> bool:
    """Whether somebody can still take the escalation with it; not where the clock was set back, to before it was made,
    since nobody knows then whether its time is over."""
    return escalation.state.waiting and link.made_at <= now < link.until
