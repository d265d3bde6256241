"""Named points at which a process of enlace can be made to die: right before or right after one of its own steps.

A child process of the tests' own wraps the step (:mod:`tests.faults.child`); enlace itself knows of no such thing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.audit.service import AuditLog
from bot.audit.service.file import CheckpointFile
from bot.commands.dispatch import Dispatcher
from bot.exchange.sender.outcomes import Outcomes
from bot.exchange.service import Holding
from bot.matrix import http, tables
from bot.matrix.files import MatrixFiles
from bot.matrix.inbound import Inbound
from bot.matrix.olm import HardenedOlm
from bot.matrix.rooms import MatrixRooms
from bot.matrix.service import MatrixService
from bot.matrix.sharing import Sharing
from bot.matrix.timeline import Timeline
from bot.notify.mail import Mail
from bot.notify.webhook import Webhook
from bot.outbox.service import Outbox

Call = tuple[Any, ...]


def _always(_call: Call) -> bool:
    return True


def _is_edit(call: Call) -> bool:
    """Of ``put_event``: a status line is edited."""
    return bool(call[4].get("m.relates_to", {}).get("rel_type") == "m.replace")


def _brings_messages(call: Call) -> bool:
    """Of ``receive``: there is a message to the device."""
    return bool(call[1])


@dataclass(frozen=True, slots=True)
class Point:
    """``owner.step`` is wrapped; it dies before or after it."""

    owner: object
    step: str
    after: bool
    reached: str = "often"
    """``often``: for each copy, answer and edit; ``command``: for each command; ``once``: no more than that is sure."""
    needs: str = ""
    """What somebody has to do beside sending (:data:`tests.faults.acts.ACTS`) for it to be reached, once at least."""
    when: Callable[[Call], bool] = _always
    """Which calls of the step count, by their arguments."""


POINTS = {
    # What comes in.
    "after-messages-to-the-device-are-kept": Point(
        HardenedOlm, "receive", after=True, needs="new-key", when=_brings_messages
    ),
    "before-the-inbox-commits": Point(Outbox, "accept", after=True, reached="command"),
    "after-the-inbox-committed": Point(Inbound, "_settle", after=False),
    "after-the-gap-is-read": Point(Timeline, "backfill", after=True, needs="gap"),
    "before-identities-are-kept": Point(tables, "save_identity", after=True, needs="new-device"),
    "before-the-command-commits": Point(Dispatcher, "_finish", after=True, reached="command"),
    "after-the-command-committed": Point(Dispatcher, "handle", after=True, reached="command"),
    # What goes out.
    "before-keys-are-claimed": Point(http, "claim_keys", after=False, needs="new-device"),
    "after-keys-are-claimed": Point(http, "claim_keys", after=True, needs="new-device"),
    "before-keys-are-shared": Point(Sharing, "give", after=False),
    "before-keys-are-handed-over": Point(http, "send_to_device", after=False, reached="once"),
    "after-keys-are-handed-over": Point(http, "send_to_device", after=True, reached="once"),
    "after-keys-are-shared": Point(Sharing, "give", after=True),
    "before-the-put": Point(http, "put_event", after=False),
    "after-the-put": Point(http, "put_event", after=True),
    "before-the-row-is-done": Point(Outbox, "sent", after=True),
    "after-the-row-is-done": Point(Outcomes, "landed", after=True),
    "while-the-log-is-written": Point(AuditLog, "append_all", after=True),
    "before-a-status-line-is-edited": Point(http, "put_event", after=False, reached="command", when=_is_edit),
    "after-a-status-line-is-edited": Point(http, "put_event", after=True, reached="command", when=_is_edit),
    "before-the-file-is-uploaded": Point(MatrixFiles, "_put", after=False, needs="file"),
    "after-the-file-is-uploaded": Point(MatrixFiles, "_put", after=True, needs="file"),
    "before-the-redaction": Point(http, "redact", after=False, needs="withdrawal"),
    "after-the-redaction": Point(http, "redact", after=True, needs="withdrawal"),
    # What is held.
    "before-it-is-held": Point(Outbox, "hold", after=True, needs="stranger"),
    "after-its-sender-is-told": Point(Holding, "held", after=True, needs="stranger"),
    "before-it-is-released": Point(Outbox, "release", after=True, needs="stranger-leaves"),
    # Rooms.
    "before-the-room-is-asked-for": Point(http, "create_room", after=False, needs="incident"),
    "after-the-room-is-made": Point(http, "create_room", after=True, needs="incident"),
    "before-somebody-is-invited": Point(http, "invite", after=False, needs="incident"),
    "after-somebody-is-invited": Point(http, "invite", after=True, needs="incident"),
    "before-the-room-is-on-record": Point(MatrixRooms, "create", after=True, needs="incident"),
    "before-the-card-is-pinned": Point(http, "put_state", after=False, needs="incident"),
    "after-the-card-is-pinned": Point(http, "put_state", after=True, needs="incident"),
    # Pages, also outside Matrix.
    "before-the-mail-is-handed-over": Point(Mail, "send", after=False, needs="mail"),
    "after-the-mail-is-handed-over": Point(Mail, "send", after=True, needs="mail"),
    "before-the-webhook-is-called": Point(Webhook, "send", after=False, needs="webhook"),
    "after-the-webhook-is-called": Point(Webhook, "send", after=True, needs="webhook"),
    # The service itself.
    "before-the-first-sync": Point(MatrixService, "open", after=False, reached="once"),
    "after-the-first-sync": Point(MatrixService, "open", after=True, reached="once"),
    "after-the-position-is-written": Point(tables, "save_token", after=True, reached="once"),
    "before-the-checkpoint-is-in-its-file": Point(CheckpointFile, "write", after=False, reached="once"),
    "after-the-checkpoint-is-in-its-file": Point(CheckpointFile, "write", after=True, reached="once"),
}
