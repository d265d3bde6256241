"""Which calls join one escalation (a storm), and which page counts as lost.  Pure."""

from datetime import datetime, timedelta

from bot.escalation.model import Escalation, PageState, Severity, Target, same
from bot.ids import Handle
from bot.outbox.model import Outgoing
from bot.outbox.model import State as RowState
from bot.outbox.rules import KEYS_FOR

FOLD_WITHIN = timedelta(minutes=10)
STUCK_AFTER = timedelta(seconds=30)
"""A page that is still queued after this rings nowhere; it stays queued and the next means start."""
LOOK_EVERY = timedelta(seconds=1)
"""How soon to look again at pages whose fate is not known."""
LOOK_LATE = timedelta(seconds=30)
"""How soon to look again at pages that are lost and may still come; the sender rings when one does."""
MOST_FOLDED = 20
"""Calls in one escalation; the next one opens a new page, so that nothing grows without end."""


def folds(into: Escalation, caller: Handle, target: Target, severity: Severity, now: datetime) -> bool:
    """Whether a new call joins this escalation: same caller, target and severity, soon, and nobody has taken it."""
    return (
        into.state.waiting
        and same(into.origin.caller.organisation, caller)
        and same(into.target.organisation, target.organisation)
        and (into.target.role, into.target.person) == (target.role, target.person)
        and into.severity is severity
        and abs(now - into.opened_at) < FOLD_WITHIN
        and len(into.said) < MOST_FOLDED
    )


def page_fate(
    row: Outgoing | None, paged_at: datetime, now: datetime, *, keyless: bool = False
) -> tuple[PageState, str]:
    """What became of a page, and why it is lost: the code of a :class:`~bot.escalation.model.Trouble`.

    ``keyless``: no device of whoever it is for has the key, though others in the room may."""
    if row is None or row.state in (RowState.FAILED, RowState.EXPIRED, RowState.DROPPED):
        return PageState.LOST, "failed"
    if row.state is RowState.HELD:
        return PageState.LOST, "held"
    if row.state is RowState.SENT:
        if row.devices[0] == 0 or keyless:
            return PageState.LOST, "no-device"
        return PageState.SENT, ""
    if abs(now - paged_at) >= STUCK_AFTER:  # also where the clock was set back since
        return PageState.LOST, "stuck"
    return PageState.OUT, ""


def may_come(row: Outgoing | None, now: datetime) -> bool:
    """Whether a lost page may still ring: queued, held until its room is fit again, or without a device so far, while
    keys are still handed on."""
    if row is None:
        return False
    if row.state is RowState.SENT:
        return row.sent_at is not None and abs(now - row.sent_at) < KEYS_FOR
    return row.state in (RowState.QUEUED, RowState.HELD)
