"""How a person's Matrix identity becomes trusted: challenge, signed statement, pin (trust.md 2)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from bot.audit.service import Actor
from bot.db.unit import Unit
from bot.directory.model import Person
from bot.directory.service.changes import Directory
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.tables import renewal
from bot.errors import NotDone
from bot.ids import DeviceId, RoomId, UserId
from keys.crosssigning import SeenIdentity
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP, Signature, SignatureBad
from keys.statement import (
    SIGNATURE,
    SIGNED_MESSAGE,
    Expected,
    StatementMismatch,
    check,
    compose,
    draw_validity,
    parse,
)
from keys.trust import DeviceNotPublished, Pin, pin_from_statement


class NotInTheDirectory(NotDone):
    """The directory does not know {user}, so there is nobody to verify."""

    code = "not-in-the-directory"


class NoDirectoryKey(NotDone):
    """The directory holds no OpenPGP key of {name} or of {organisation}, so a statement cannot be checked."""

    code = "no-directory-key"


class MayNotRevoke(NotDone):
    """Only {user}, a lead of the same organisation or a coordinator may revoke this. Nothing was changed."""

    code = "may-not-revoke"


class Published(Protocol):
    """What the homeserver publishes about people."""

    async def refresh(self, user: UserId) -> SeenIdentity | None:
        """Ask anew."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found out about a reply to a challenge before any transaction opened."""

    signature: Signature
    signed_by: OpenPGPFingerprint
    seen: SeenIdentity


class Enrolment:
    """Challenges people and judges what they send back; ``coordinators`` maps users to the pinned fingerprints."""

    def __init__(
        self,
        directory: Directory,
        register: Register,
        openpgp: OpenPGP,
        published: Published,
        coordinators: dict[UserId, OpenPGPFingerprint],
        telling: Telling,
    ) -> None:
        self._directory = directory
        self._register = register
        self._openpgp = openpgp
        self._published = published
        self._coordinators = coordinators
        self._telling = telling
        self._gpg = asyncio.Lock()  # one keyring, one gpg at a time

    async def challenge(self, unit: Unit, user: UserId, room: RoomId, device: DeviceId) -> str:
        """A new challenge: the statement that the person completes and signs.  Raises :class:`NotInTheDirectory`."""
        person = self._person(user)
        organisation = person.organisation
        if organisation is None:
            raise NotInTheDirectory(user=user)
        made = await self._directory.challenge(unit, user=user, organisation=organisation, room=room, device=device)
        return compose(
            organisation=organisation,
            person=person.name,
            user=user,
            room=room,
            nonce=made.nonce,
            issued=made.issued,
            expires=made.issued + draw_validity(unit.random(4)),
        )

    async def examine(self, user: UserId, signed: str) -> Evidence:
        """The slow part, before a unit opens: fresh device lists, and gpg's judgement of the signature.

        ``signed`` is a clear-signed text, or a text with a detached signature over exactly it below.  Raises
        :class:`NoDirectoryKey` and what :meth:`keys.openpgp.OpenPGP.verify_clear` raises."""
        person = self._person(user)
        wanted = self._fingerprints(person)
        seen = await self._published.refresh(user)
        if seen is None:
            raise DeviceNotPublished(user=user, device="–")
        async with self._gpg:
            signature = await asyncio.to_thread(self._verify, person, signed)
        return Evidence(signature, signature.made_by(wanted), seen)

    async def accept(
        self, unit: Unit, *, user: UserId, room: RoomId, device: DeviceId, evidence: Evidence, signed: str
    ) -> Pin:
        """Judge the statement and pin the identity; raises one of the errors of :mod:`keys.statement` and
        :mod:`keys.trust`, each naming what does not fit.  Then nothing is changed, and the challenge stays open."""
        person = self._person(user)
        statement = parse(evidence.signature.text or "")
        sent_from = evidence.seen.devices.get(device)
        if sent_from is None:
            raise DeviceNotPublished(user=user, device=device)
        asked = await self._directory.open_challenge(unit, user)
        if asked is not None and asked.room != room:
            raise StatementMismatch(field="Room", stated=room, expected=asked.room)
        check(
            statement,
            Expected(
                organisation=str(person.organisation),
                person=person.name,
                user=user,
                room=room,
                nonce=asked.nonce if asked else None,
                nonce_until=asked.expires if asked else None,
                sent_from_device=sent_from.key,
            ),
            unit.now,
        )
        await self._directory.use_challenge(unit, statement.nonce, user)
        pin = pin_from_statement(statement, evidence.seen, fingerprint=evidence.signed_by, sent_from=sent_from.key)
        actor = Actor(person.organisation, person.name, user, device)
        await self._directory.save_identity(unit, pin, actor=actor, statement=signed)
        return pin

    async def revoke(
        self, unit: Unit, user: UserId, *, actor: Actor, lead: bool, coordinator: bool, room: RoomId
    ) -> Pin:
        """Withdraw a person's identity at once, and tell their rooms and the coordinators, but not ``room``, where
        it was asked for.

        By themselves, a lead of their organisation, or a coordinator: who the actor is, the caller has proved.
        Raises :class:`MayNotRevoke` and :class:`bot.directory.service.NoIdentity`."""
        person = self._register.person(user)
        organisation = (person.organisation if person else None) or "–"
        leads = lead and actor.organisation is not None and actor.organisation.casefold() == organisation.casefold()
        if not (actor.user == user or leads or coordinator):
            raise MayNotRevoke(user=user)
        pin = await self._directory.revoke_identity(unit, user, actor=actor)
        await renewal.forget_vouches(unit, user)
        rooms = [concerned for concerned in self._telling.concerned(user) if concerned != room]
        await self._telling.tell(unit, rooms, "identity-revoked", user=user, name=actor.person or "–")
        return pin

    def _person(self, user: UserId) -> Person:
        person = self._register.person(user)
        if person is None:
            raise NotInTheDirectory(user=user)
        return person

    def _fingerprints(self, person: Person) -> frozenset[OpenPGPFingerprint]:
        """Whose signature counts: a coordinator's own pinned key, else the person's or the organisation's."""
        if person.mxid in self._coordinators:
            return frozenset({self._coordinators[person.mxid]})
        organisation = self._register.organisation(person.organisation) if person.organisation else None
        keys = (*person.openpgp, *(organisation.openpgp if organisation else ()))
        if not keys:
            raise NoDirectoryKey(name=person.name, organisation=person.organisation or "–")
        return frozenset(OpenPGPFingerprint(key.fingerprint) for key in keys)

    def _verify(self, person: Person, signed: str) -> Signature:
        organisation = self._register.organisation(person.organisation) if person.organisation else None
        for key in (*person.openpgp, *(organisation.openpgp if organisation else ())):
            if key.data is not None:
                self._openpgp.import_key(key.data)
        return self._openpgp.verify_clear(signed) if SIGNED_MESSAGE in signed else self._verify_detached(signed)

    def _verify_detached(self, signed: str) -> Signature:
        """The signature below the text, over the text.

        A chat client keeps neither the file's line ends nor whether its last line had one, so each spelling is
        tried; a signature over any other text is none."""
        above, mark, below = signed.replace("\r\n", "\n").partition(SIGNATURE)
        text = above.strip("\n")
        spellings = [end.join(text.split("\n")) + last for end in ("\n", "\r\n") for last in (end, "")]
        for spelling in spellings:
            try:
                found = self._openpgp.verify_detached(spelling.encode(), (mark + below).encode())
            except SignatureBad:
                continue
            return replace(found, text=text)
        raise SignatureBad
