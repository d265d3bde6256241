"""Every change of the directory, each within the caller's unit, each with its entry in the log."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.model import Challenge, Change, OpenPGPKey, Person, Plan, Record, RoomRecord, Source
from bot.directory.rules.confirming import still_confirmed
from bot.directory.rules.following import Follow, unwatched
from bot.directory.service.register import BELL, MARK_ENTRIES, MARK_STANDING
from bot.directory.tables import entries, standing
from bot.errors import NotDone
from bot.ids import DeviceId, Handle, Ref, RoomId, UserId
from keys.statement import NonceLate, NonceUnknown
from keys.trust import Pin, SeenIdentity, Withdrawal, observe, withdraw

FOUNDING_OVER = "founding-over"
CHALLENGE_LIFE = timedelta(hours=24)
"""So long a challenge may be answered: signing may need a colleague in another time zone."""


class FoundingClosed(NotDone):
    """The founding import is over, because a coordinator is verified. Nothing was imported."""

    code = "directory-founding-closed"


class PlanHasProblems(NotDone):
    """The file has {count} mistakes. Nothing was imported."""

    code = "directory-plan-has-problems"


class OpenQuestions(NotDone):
    """{count} records have almost the name of an entry that is there. Nothing was imported."""

    code = "directory-open-questions"


class NoIdentity(NotDone):
    """{user} has no verified identity, so there was nothing to revoke."""

    code = "directory-no-identity"


class NoSuchRoom(NotDone):
    """The room {room} is not on record. Nothing was changed."""

    code = "directory-no-such-room"


class NoSuchPerson(NotDone):
    """The directory names nobody with the Matrix user {user}. Nothing was changed."""

    code = "directory-no-such-person"


class Directory:
    """The directory's keeper; ``coordinators`` come from the configuration."""

    def __init__(self, audit: AuditLog, coordinators: frozenset[UserId]) -> None:
        self._audit = audit
        self._coordinators = coordinators

    # --- the founding import ----------------------------------------------------------------------------

    async def founding_over(self, unit: Unit) -> bool:
        """Whether a coordinator is, or ever was, verified: then only proposals change the directory (trust.md)."""
        marks = await standing.read_marks(unit)
        return FOUNDING_OVER in marks

    async def apply(
        self,
        unit: Unit,
        plan: Plan,
        *,
        source_sha256: str,
        actor: Actor | None,
        skip_bad: bool = False,
        follow: Follow = unwatched,
    ) -> Mapping[str, int]:
        """Do what the plan says, all of it or nothing; returns how many entries were added, changed and removed.

        ``source_sha256``: of the file's bytes, in hexadecimal; it stands in the log.  Raises :class:`FoundingClosed`,
        :class:`PlanHasProblems` (unless ``skip_bad``: then the bad records are left out) and
        :class:`OpenQuestions`."""
        if await self.founding_over(unit):
            raise FoundingClosed
        if plan.problems and not skip_bad:
            raise PlanHasProblems(count=len(plan.problems))
        if plan.questions:
            raise OpenQuestions(count=len(plan.questions))
        counts = await self._write(unit, plan, follow)
        details = {**counts, "unchanged": len(plan.unchanged), "problems": len(plan.problems), "sha256": source_sha256}
        await self._changed(unit, MARK_ENTRIES, "directory.imported", actor, details)
        await self._withdraw_what_lost_its_ground(unit, plan, actor)
        return counts

    async def apply_proposal(
        self, unit: Unit, plan: Plan, *, ref: Ref, actor: Actor | None, details: Mapping[str, Any]
    ) -> Mapping[str, int]:
        """Do what coordinators approved; that they did, and that the directory is as they saw it, the caller has
        made sure of (:mod:`bot.directory.service.proposals`).  Returns the counts of :meth:`apply`."""
        counts = await self._write(unit, plan)
        await self._changed(unit, MARK_ENTRIES, "directory.changed", actor, {**counts, **details}, ref)
        await self._withdraw_what_lost_its_ground(unit, plan, actor)
        return counts

    async def remove_person(self, unit: Unit, user: UserId, *, actor: Actor | None) -> Person:
        """Take somebody out of their organisation's entry at once, and withdraw their identity with it.

        Who the actor is, the caller has proved.  Raises :class:`NoSuchPerson`."""
        current = await entries.read_entries(unit)
        person = next((one for one in current.people if one.mxid == user and one.organisation is not None), None)
        if person is None or person.organisation is None:
            raise NoSuchPerson(user=user)
        staff = tuple(one for one in current.people if one.organisation == person.organisation and one != person)
        record = Record(Source("-", 0), current.organisations[person.organisation], staff, (0,) * len(staff))
        plan = Plan(changed=(Change(record, ("people",)),))
        await self._write(unit, plan)
        details = {"user": user, "name": person.name, "organisation": person.organisation}
        await self._changed(unit, MARK_ENTRIES, "directory.person-removed", actor, details)
        await self._withdraw_what_lost_its_ground(unit, plan, actor)
        return person

    async def _write(self, unit: Unit, plan: Plan, follow: Follow = unwatched) -> Mapping[str, int]:
        for network in plan.networks:
            await entries.put_network(unit, network)
        # What goes and what changes comes first: it gives back the handles, users and keys that others take over.
        changed = await self._still_confirmed(unit, [change.record for change in plan.changed])
        await entries.remove_organisations(unit, (*plan.gone, *(record.organisation.handle for record in changed)))
        await entries.add_organisations(
            unit, ((record.organisation, record.people) for record in follow((*changed, *plan.added)))
        )
        return {"added": len(plan.added), "changed": len(changed), "gone": len(plan.gone)}

    async def _still_confirmed(self, unit: Unit, changed: list[Record]) -> list[Record]:
        """What an organisation confirmed since the change was prepared stays confirmed."""
        known = await entries.read_confirmed(unit, [record.organisation.handle for record in changed])
        nothing = (None, None)
        return [
            replace(
                record, organisation=still_confirmed(organisation, *known.get(organisation.handle.casefold(), nothing))
            )
            for record in changed
            for organisation in [record.organisation]
        ]

    async def _withdraw_what_lost_its_ground(self, unit: Unit, plan: Plan, actor: Actor | None) -> None:
        """A pin counts no longer if the directory does not name its OpenPGP key or its person now (trust.md 4)."""
        now: dict[str, Record | None] = {c.record.organisation.handle.casefold(): c.record for c in plan.changed}
        now |= {handle.casefold(): None for handle in plan.gone}
        for pin in await standing.read_pins(unit):
            key = pin.organisation.casefold()
            if pin.revoked_at is not None or key not in now:
                continue
            record = now[key]
            if record is None or pin.user_id not in {person.mxid for person in record.people}:
                await self._withdraw(unit, pin, Withdrawal.REVOKED, actor)
            elif pin.openpgp_fingerprint is not None and pin.openpgp_fingerprint not in _keys(record):
                await self._withdraw(unit, pin, Withdrawal.FINGERPRINT_CHANGED, actor)

    # --- identities -------------------------------------------------------------------------------------

    async def save_identity(
        self,
        unit: Unit,
        pin: Pin,
        *,
        actor: Actor | None,
        statement: str | None = None,
        action: str = "identity.pinned",
    ) -> None:
        """Store a person's pin in place of an older one.

        ``statement``: the signed statement as it was sent; None keeps what is stored (a pin that was only
        observed again).  The first coordinator's ends the founding import."""
        user = UserId(pin.user_id)
        kept = statement if statement is not None else await standing.statement_of(unit, user)
        await standing.put_pin(unit, pin, kept)
        if user in self._coordinators and pin.revoked_at is None and not await self.founding_over(unit):
            await standing.count_up(unit, FOUNDING_OVER)
        details = {
            "user": pin.user_id,
            "organisation": pin.organisation,
            "level": pin.level,
            "master_key": pin.master_key,
            "devices": sorted(device.device_id for device in pin.devices),
            "fingerprint": pin.openpgp_fingerprint,
            "expires": pin.expires.isoformat(),
            "reason": pin.reason.value if pin.reason else None,
        }
        await self._changed(unit, MARK_STANDING, action, actor, details)

    async def latch(self, unit: Unit, seen: SeenIdentity) -> Pin | None:
        """Take what the homeserver publishes about somebody into their pin as it is on record now, which may have been
        withdrawn or replaced a moment ago (:func:`keys.trust.observe`); the pin, if that moves it."""
        pin = await standing.read_pin(unit, UserId(seen.user_id), to_change=True)
        moved = observe(pin, seen, unit.now) if pin is not None else None
        if moved is None or moved == pin:
            return None
        action = "identity.changed" if moved.reason is Withdrawal.CHANGED else "identity.observed"
        await self.save_identity(unit, moved, actor=None, action=action)
        return moved

    async def revoke_identity(
        self, unit: Unit, user: UserId, *, actor: Actor | None, reason: Withdrawal = Withdrawal.REVOKED
    ) -> Pin:
        """Withdraw a person's pin at once; returns it as it is now.  Raises :class:`NoIdentity`."""
        pin = await standing.read_pin(unit, user)
        if pin is None or pin.revoked_at is not None:
            raise NoIdentity(user=user)
        return await self._withdraw(unit, pin, reason, actor)

    async def _withdraw(self, unit: Unit, pin: Pin, reason: Withdrawal, actor: Actor | None) -> Pin:
        withdrawn = withdraw(pin, unit.now, reason)
        await self.save_identity(unit, withdrawn, actor=actor, action="identity.withdrawn")
        return withdrawn

    # --- challenges -------------------------------------------------------------------------------------

    async def challenge(
        self, unit: Unit, *, user: UserId, organisation: Handle, room: RoomId, device: DeviceId
    ) -> Challenge:
        """A new challenge for this person; an older one that was not answered no longer counts."""
        made = Challenge(
            nonce=unit.random(16).hex(),
            user=user,
            organisation=organisation,
            room=room,
            device=device,
            issued=unit.now,
            expires=unit.now + CHALLENGE_LIFE,
        )
        await standing.add_challenge(unit, made)
        return made

    async def open_challenge(self, unit: Unit, user: UserId) -> Challenge | None:
        """What this person was asked and has not answered, also if it has run out."""
        return await standing.open_challenge(unit, user)

    async def use_challenge(self, unit: Unit, nonce: str, user: UserId) -> Challenge:
        """Use a challenge, once.  Raises :class:`keys.statement.NonceUnknown` for one that is unknown, somebody
        else's or used, and :class:`keys.statement.NonceLate` for one that has run out."""
        found = await standing.find_challenge(unit, nonce)
        if found is None or found.user != user or found.used_at is not None:
            raise NonceUnknown
        if unit.now > found.expires:
            raise NonceLate
        if not await standing.use_challenge(unit, nonce):
            raise NonceUnknown
        return found

    # --- rooms ------------------------------------------------------------------------------------------

    async def register_room(self, unit: Unit, record: RoomRecord, *, actor: Actor | None) -> None:
        """Put a room on record, or change what it is for; a person's new direct room replaces the old one."""
        await standing.put_room(unit, record)
        await self._changed(unit, MARK_STANDING, "room.registered", actor, _plain_room(record))

    async def set_purpose(
        self, unit: Unit, record: RoomRecord, *, ref: Ref, actor: Actor | None, details: Mapping[str, Any]
    ) -> None:
        """What coordinators approved that a room is for; its language stays."""
        there = await standing.read_room(unit, record.room)
        record = replace(record, language=there.language if there else record.language)
        await standing.put_room(unit, record)
        await self._changed(unit, MARK_STANDING, "room.purpose", actor, {**_plain_room(record), **details}, ref)

    async def set_room_language(self, unit: Unit, room: RoomId, language: str | None, *, actor: Actor | None) -> None:
        """What ``!lang`` sets.  Raises :class:`NoSuchRoom`."""
        if not await standing.set_room_language(unit, room, language):
            raise NoSuchRoom(room=room)
        await self._changed(unit, MARK_STANDING, "room.language", actor, {"room": room, "language": language})

    async def forget_room(self, unit: Unit, room: RoomId, *, actor: Actor | None) -> None:
        """Take a room off the record.  Raises :class:`NoSuchRoom`."""
        if not await standing.remove_room(unit, room):
            raise NoSuchRoom(room=room)
        await self._changed(unit, MARK_STANDING, "room.forgotten", actor, {"room": room})

    async def _changed(
        self,
        unit: Unit,
        part: str,
        action: str,
        actor: Actor | None,
        details: Mapping[str, Any],
        ref: Ref | None = None,
    ) -> None:
        await standing.count_up(unit, part)
        await self._audit.append(unit, action, actor=actor, ref=ref, details=details)
        unit.ring(BELL)


def _keys(record: Record) -> frozenset[str]:
    keys: list[OpenPGPKey] = [*record.organisation.openpgp]
    for person in record.people:
        keys += person.openpgp
    return frozenset(key.fingerprint for key in keys)


def _plain_room(record: RoomRecord) -> dict[str, Any]:
    return {
        "room": record.room,
        "kind": record.kind,
        "organisations": sorted(record.organisations),
        "user": record.user,
        "language": record.language,
    }
