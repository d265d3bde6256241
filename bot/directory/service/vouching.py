"""Trust without OpenPGP: two coordinators of two organisations, blind to each other, type the session key that the
person reads to them (trust.md 3)."""

import enum
from dataclasses import dataclass
from datetime import timedelta

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.model import Person
from bot.directory.service.changes import Directory
from bot.directory.service.enrolment import NotInTheDirectory, Published
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.tables import renewal
from bot.directory.tables.renewal import PendingVouch
from bot.errors import NotDone
from bot.ids import Handle, UserId
from bot.ports import Sealer, TrustView
from keys.crosssigning import SeenIdentity
from keys.fingerprint import MatrixKey
from keys.statement import draw_validity
from keys.trust import (
    DeviceNotPublished,
    Pin,
    Standing,
    Vouch,
    VouchesNotApart,
    pin_from_vouches,
    vouched_device,
)

VOUCH_LIFE = timedelta(hours=24)
"""So long one coordinator's word waits for the second."""


class CoordinatorNotVouched(NotDone):
    """{user} is a coordinator: only an OpenPGP statement counts. Nothing was done."""

    code = "coordinator-not-vouched"


class AlreadyVerified(NotDone):
    """{user} is verified by a statement until {until}, which counts for more. Nothing was done."""

    code = "already-verified"


class Outcome(enum.Enum):
    """What a coordinator's word led to."""

    NOTED = "noted"
    """It waits for a second one.  The same is said whether or not another waits already and does not count yet."""
    PINNED = "pinned"
    DIFFERED = "differed"
    """The two do not agree; both are forgotten."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What came of it."""

    outcome: Outcome
    person: Person
    pin: Pin | None = None


class Vouching:
    """Takes coordinators' words, and pins what two of them agree on at level ``vouched``."""

    def __init__(
        self,
        *,
        directory: Directory,
        register: Register,
        published: Published,
        sealer: Sealer,
        audit: AuditLog,
        trust: TrustView,
        telling: Telling,
    ) -> None:
        self._directory = directory
        self._register = register
        self._published = published
        self._sealer = sealer
        self._audit = audit
        self._trust = trust
        self._telling = telling

    async def examine(self, user: UserId) -> SeenIdentity:
        """The slow part, before a unit opens: what the homeserver publishes now.

        Raises :class:`NotInTheDirectory` and :class:`keys.trust.DeviceNotPublished`."""
        self._person(user)
        seen = await self._published.refresh(user)
        if seen is None:
            raise DeviceNotPublished(user=user, device="–")
        return seen

    async def vouch(
        self, unit: Unit, *, user: UserId, key: MatrixKey, actor: Actor, organisation: Handle, seen: SeenIdentity
    ) -> Vouched:
        """Take ``actor``'s word, a verified coordinator's of this organisation, for this person.

        Raises :class:`NotInTheDirectory`, :class:`CoordinatorNotVouched`, :class:`AlreadyVerified`,
        :class:`keys.trust.VouchesNotApart`, and what :func:`keys.trust.vouched_device` raises for a key that is
        not the session key of a device of this person."""
        person = self._person(user)
        coordinator = UserId(actor.user or "")
        if user == coordinator:
            raise VouchesNotApart(user=user)
        if user in self._register.coordinators():
            raise CoordinatorNotVouched(user=user)
        pin = self._register.pin(user)
        if pin is not None and self._trust.person(user).standing is Standing.VERIFIED:
            raise AlreadyVerified(user=user, until=f"{pin.expires:%Y-%m-%d}")
        vouched_device(user, key, seen)
        await renewal.forget_old_vouches(unit, unit.now - VOUCH_LIFE)
        mine = Vouch(coordinator, organisation, key, unit.now)
        others = [vouch for vouch in await self._pending(unit, user) if self._counts(vouch, mine)]
        if not others:
            sealed = self._sealer.seal(key.encode(), _bound_to(user, coordinator))
            await renewal.put_vouch(unit, user, PendingVouch(coordinator, organisation, sealed, unit.now))
            await self._log(unit, user, actor, Outcome.NOTED)
            return Vouched(Outcome.NOTED, person)
        await renewal.forget_vouches(unit, user)
        if not all(other.ed25519.matches(key) for other in others):
            await self._log(unit, user, actor, Outcome.DIFFERED)
            await self._tell_them(unit, others, "vouch-differed-notice", user=user)
            return Vouched(Outcome.DIFFERED, person)
        await self._log(unit, user, actor, Outcome.PINNED)
        made = self._made(unit, person, others[0], mine, seen)
        await self._directory.save_identity(unit, made, actor=actor, statement="", action="identity.vouched")
        until = f"{made.expires:%Y-%m-%d}"
        await self._tell_them(unit, others, "vouch-done-notice", user=user, until=until)
        await self._telling.tell(unit, self._telling.rooms_of(user), "vouch-done-room", user=user, until=until)
        return Vouched(Outcome.PINNED, person, made)

    def _made(self, unit: Unit, person: Person, first: Vouch, second: Vouch, seen: SeenIdentity) -> Pin:
        return pin_from_vouches(
            str(person.mxid),
            str(person.organisation),
            first,
            second,
            seen,
            issued=unit.now,
            expires=unit.now + draw_validity(unit.random(4)),
        )

    def _person(self, user: UserId) -> Person:
        person = self._register.person(user)
        if person is None or person.organisation is None:
            raise NotInTheDirectory(user=user)
        return person

    async def _pending(self, unit: Unit, user: UserId) -> list[Vouch]:
        return [
            Vouch(
                row.coordinator,
                row.organisation,
                MatrixKey(self._sealer.unseal(row.sealed, _bound_to(user, row.coordinator)).decode()),
                row.given_at,
            )
            for row in await renewal.read_vouches(unit, user)
        ]

    def _counts(self, other: Vouch, mine: Vouch) -> bool:
        """Another organisation's coordinator, who is verified by a statement still."""
        verdict = self._trust.person(UserId(other.coordinator))
        return (
            other.coordinator != mine.coordinator
            and other.organisation.casefold() != mine.organisation.casefold()
            and UserId(other.coordinator) in self._register.coordinators()
            and verdict.may_command
            and verdict.level == "verified"
        )

    async def _tell_them(self, unit: Unit, others: list[Vouch], key: str, **values: str) -> None:
        rooms = [self._register.direct_room(UserId(other.coordinator)) for other in others]
        await self._telling.tell(unit, [room for room in rooms if room is not None], key, **values)

    async def _log(self, unit: Unit, user: UserId, actor: Actor, outcome: Outcome) -> None:
        await self._audit.append(unit, "identity.vouch", actor=actor, outcome=outcome.value, details={"user": user})


def _bound_to(user: UserId, coordinator: str) -> bytes:
    return f"vouch {user} {coordinator}".encode()
