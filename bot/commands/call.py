"""What a command is: data and one function.  The stable surface for handlers, ours and third parties'.

A handler file defines ``COMMAND``, published under the entry-point group ``enlace.commands``::

    COMMAND = Command(name="status", access=Access.ANYONE, run=run)

Words, aliases, summary and a worked example stand in the catalogue: ``command-<name>`` (summary) with the
attributes ``.words`` (space-separated, without the exclamation mark; the first is canonical in that language),
``.usage`` and ``.example``.
"""

import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.audit.service import Actor
from bot.db.unit import Unit
from bot.directory.service import Register
from bot.i18n.rich import Rich
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.outbox.model import Audience
from bot.tlp import Tlp
from keys.trust import PersonVerdict


class Access(enum.Enum):
    """Who may, and where; judged once, before any handler (:mod:`bot.commands.access`)."""

    ANYONE = "anyone"
    """Anybody whose encrypted message could be read, in any encrypted room."""
    VERIFIED = "verified"
    """A verified person, in any room."""
    DESK = "desk"
    """A verified person in a verified desk or direct room."""
    LEAD = "lead"
    """A verified lead of an organisation, or a coordinator."""
    COORDINATOR = "coordinator"
    """A verified coordinator."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who typed it, as far as it is proved."""

    user: UserId
    device: DeviceId
    verdict: PersonVerdict
    name: str
    """The directory's name for the person, else the Matrix user id.  Never the profile's display name."""
    organisation: Handle | None = None
    roles: frozenset[str] = frozenset()
    lead: bool = False
    coordinator: bool = False
    languages: tuple[str, ...] = ()

    @property
    def actor(self) -> Actor:
        """The same for the log."""
        return Actor(self.organisation, self.name, self.user, self.device)

    @property
    def verified(self) -> bool:
        """Whether this person's word counts now."""
        return self.verdict.may_command


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was typed."""

    room: RoomId
    kind: str
    """``desk``, ``direct``, ``incident``, ``coordination`` or ``unknown``."""
    verified: bool
    organisations: frozenset[Handle] = frozenset()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it reached us."""

    name: str
    """Canonical command name."""
    first_line: str
    """What follows the command word on its line, smart quotes and odd spaces made plain, not yet split."""
    body: str
    """The lines below the first, as typed."""
    caller: Caller
    place: Place
    event_id: EventId
    now: datetime
    language: str
    """Of the command word that was typed."""
    thread: EventId | None = None
    """Root of the thread that it was typed in (relation inside the ciphertext)."""
    reply_to: EventId | None = None
    confirmed: bool = False
    """The person has answered ``ok`` to the preview or chosen from the list."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What an earlier question of the same command remembered."""

    @property
    def text(self) -> str:
        """First line and body together."""
        return f"{self.first_line}\n{self.body}" if self.body else self.first_line


@dataclass(frozen=True, slots=True)
class Question:
    """Answered with one encrypted word; the answer runs the same command again, ``confirmed``.

    ``options`` are whole first lines: ``ok`` or ``1`` runs the first, ``2`` the second, and so on; the body is
    kept sealed for 10 minutes, so nobody retypes a message."""

    options: tuple[str, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    body: str | None = None
    """If not None, the body to run it with instead of the call's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer."""

    text: Rich
    tlp: Tlp = Tlp.GREEN
    """The most restrictive label of what it shows."""
    ring: bool = False
    """``m.text`` that mentions the caller, instead of an ``m.notice``."""
    question: Question | None = None
    audience: Audience = Audience.PINNED
    """OPEN only for what anybody may read."""
    mark: str | None = None
    """Kept on the outbox row, so that the answer can be edited later (a status line)."""
    ref: str | None = None
    silent: bool = False
    """No answer of its own: the command has posted what is to be seen."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refused: ``text`` says what was wrong, what was not done and the nearest right thing.  The body is kept."""

    text: Rich
    question: Question | None = None
    audience: Audience = Audience.PINNED
    kept: bool = True
    """False for what may not be stored at all: TLP:RED where everybody has seen it."""


Answer = Reply | Refusal
Run = Callable[[Call, Unit, Any], Awaitable[Answer]]
Prepare = Callable[[Call, Any], Awaitable[Mapping[str, Any]]]


def _ordinary(_call: Call) -> bool:
    return False


def always(_call: Call) -> bool:
    """Every call of the command is urgent."""
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, who may use it, and what it does.

    ``run(call, unit, services)`` does one service call in the given unit and raises
    :class:`keys.errors.EnlaceError` for a refusal (the dispatcher renders it and keeps the text).
    ``prepare(call, services)`` does slow work (gpg, network) before the unit opens; what it returns stands in
    ``call.extra``.  ``run`` may not await anything but the unit."""

    name: str
    access: Access
    run: Run
    prepare: Prepare | None = None
    prepares: Callable[[Call], bool] | None = None
    """Whether a call needs ``prepare`` at all; not set: every call does."""
    group: str = "core"
    """Where ``!help`` lists it."""
    urgent: Callable[[Call], bool] = _ordinary
    """Whether this call of a verified person is done however much they and their room have asked for
    (:mod:`bot.commands.limits`)."""
    resumes: Callable[[str, Register, str], bool] | None = None
    """Whether a first line, alone, takes up the text below one that was refused (the last argument), which then
    stands in ``call.extra["kept"]``; not set: none does."""
    whole: Callable[[Call, Register], str] | None = None
    """All that a refused call says, as it would stand below a first line that says none of it, and as it is kept; not
    set: what stands below its first line.  May not raise."""
