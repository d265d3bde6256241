"""Named points at which a process of enlace can be made to die: right before or right after one of its own steps.

A child process of the tests' own wraps the step (:mod:`tests.faults.child`); enlace itself knows of no such thing.
"""

from dataclasses import dataclass

from bot.audit.service import AuditLog
from bot.commands.dispatch import Dispatcher
from bot.exchange.sender.outcomes import Outcomes
from bot.matrix import http
from bot.matrix.inbound import Inbound
from bot.matrix.rooms import MatrixRooms
from bot.matrix.sharing import Sharing
from bot.outbox.service import Outbox


@dataclass(frozen=True, slots=True)
class Point:
    """``owner.step`` is wrapped; it dies before or after it."""

    owner: object
    step: str
    after: bool
    once: bool = False
    """Reached once for each command; the others for each copy, answer and edit."""
    room: bool = False
    """Reached only where a room is made."""


POINTS = {
    "before-the-inbox-commits": Point(Outbox, "accept", after=True, once=True),
    "after-the-inbox-committed": Point(Inbound, "_settle", after=False),
    "before-the-command-commits": Point(Dispatcher, "_finish", after=True, once=True),
    "after-the-command-committed": Point(Dispatcher, "handle", after=True, once=True),
    "before-keys-are-shared": Point(Sharing, "give", after=False),
    "after-keys-are-shared": Point(Sharing, "give", after=True),
    "before-the-put": Point(http, "put_event", after=False),
    "after-the-put": Point(http, "put_event", after=True),
    "before-the-row-is-done": Point(Outbox, "sent", after=True),
    "after-the-row-is-done": Point(Outcomes, "landed", after=True),
    "while-the-log-is-written": Point(AuditLog, "append_all", after=True),
    "before-the-room-is-asked-for": Point(http, "create_room", after=False, room=True),
    "after-the-room-is-made": Point(http, "create_room", after=True, room=True),
    "before-the-room-is-on-record": Point(MatrixRooms, "create", after=True, room=True),
}
