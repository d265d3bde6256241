"""Whom a step pages, and in which rooms: the directory, the roster and the verdicts as of now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.db.unit import Unit
from bot.directory.model import OpenPGPKey, Organisation, Person
from bot.directory.rules import visibility
from bot.directory.service import Register
from bot.duty.service import Duty
from bot.escalation.model import Caller, Door, Escalation, Member, Page, Step, Who, same
from bot.escalation.rules.ladder import Doors
from bot.escalation.rules.means import Means, Room, means
from bot.escalation.service.errors import NoOrganisation
from bot.escalation.service.texts import Reach
from bot.exchange.rules.tlp import Way, ceiling
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId, Handle, RoomId, UserId
from bot.outbox.model import HOOK, MAIL
from bot.ports import TrustView
from bot.tlp import Tlp
from keys.trust import RoomVerdict, Standing

DIPLOMATIC = "diplomatic"
MOST_ADDRESSES = 2
"""Of one person or organisation."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the configuration allows outside Matrix."""

    mail: bool = False
    webhooks: frozenset[str] = frozenset()
    """Handles, case folded."""
    ack_url: str | None = None
    """Where the links of encrypted letters lead, without a slash at the end."""


NOWHERE = Outside()
_LEVELS = {Standing.VERIFIED: "verified", Standing.VOUCHED: "vouched", Standing.GRACE: "grace"}
_LOWEST_LAST = ("verified", "vouched", "grace", "none")
_ONLY_RUN_OUT = "room-members-current"
_GUARDED = "room-guarded"


@dataclass(frozen=True, slots=True)
class Paged:
    """Somebody to page, or (``person`` None) whoever of the organisation is in its desk room."""

    organisation: Handle | None
    person: Person | None
    who: Who
    beyond: bool
    """Does not belong to the called organisation: gets details only on the caller's word."""
    shown: bool = False
    """The caller has given it."""

    @property
    def name(self) -> str:
        """The directory's name; empty for a whole desk room."""
        return self.person.name if self.person else ""

    @property
    def user(self) -> UserId | None:
        """The person's Matrix user."""
        return self.person.mxid if self.person else None


class People:
    """Looks up who and where; writes nothing."""

    def __init__(self, register: Register, duty: Duty, trust: TrustView, outside: Outside = NOWHERE) -> None:
        self.outside = outside
        self._register = register
        self._duty = duty
        self._trust = trust

    def doors(self, handle: Handle) -> Doors:
        """The office of the called organisation at any instant; one that the directory does not know is open."""
        organisation = self._register.organisation(handle)

        def door(at: datetime) -> Door:
            if organisation is None:
                return Door(open=True, next_open=None)
            hours = self._duty.hours(organisation, at)
            return Door(hours.open, hours.next_open, hours.round_the_clock)

        return door

    async def of_step(self, unit: Unit, escalation: Escalation, step: Step) -> list[Paged]:
        """Everyone whom a step is for now, once each."""
        found: list[Paged] = []
        for each in step.who:
            if each is Who.ORGANISATION:
                found += await self._elsewhere(unit, escalation, step.organisations)
            elif each is Who.ROLE:
                found += await self._in_roles(unit, escalation, step.roles)
            else:
                found += await self._of(unit, escalation, each)
        once: dict[UserId, Paged] = {}
        for paged in found:
            if paged.user is not None:
                once.setdefault(paged.user, paged)
        return list(once.values())

    async def _in_roles(self, unit: Unit, escalation: Escalation, roles: Sequence[str]) -> list[Paged]:
        handle = escalation.target.organisation
        people: list[Person] = []
        for role in roles:
            people += await self._duty.on_duty(unit, handle, role, unit.now) or self._duty.holders(handle, role)
        return [Paged(handle, person, Who.ROLE, beyond=False) for person in people]

    async def _elsewhere(self, unit: Unit, escalation: Escalation, handles: Sequence[Handle]) -> list[Paged]:
        """Other organisations that a ladder names, in the role that is called; the caller's own knows already."""
        found: list[Paged] = []
        for named in handles:
            organisation = self._register.organisation(named)
            if organisation is None or same(organisation.handle, escalation.origin.caller.organisation):
                continue
            beyond = not same(organisation.handle, escalation.target.organisation)
            people = await self._duty.on_duty(unit, organisation.handle, escalation.target.role, unit.now)
            people = people or [p for p in self._register.people_of(organisation.handle) if p.lead and p.mxid]
            shown = escalation.shared
            found += [Paged(organisation.handle, person, Who.ORGANISATION, beyond, shown) for person in people]
        return found

    def person(self, user: UserId) -> Person | None:
        """The person of this Matrix user."""
        return self._register.person(user)

    def organisation(self, handle: Handle) -> Organisation | None:
        """The entry of an organisation."""
        return self._register.organisation(handle)

    async def _of(self, unit: Unit, escalation: Escalation, who: Who) -> list[Paged]:
        handle, role = escalation.target.organisation, escalation.target.role
        match who:
            case Who.ON_DUTY:
                named = self.member_called(escalation.target.person, escalation) if escalation.target.person else None
                people = [named.person] if named is not None and named.person is not None else []
                if named is None or (escalation.position is not None and escalation.position.step > 0):
                    people += await self._duty.on_duty(unit, handle, role, unit.now)
            case Who.BACKUP:
                people = await self._duty.next_on_roster(unit, handle, role, unit.now, but=escalation.declined)
            case Who.LEAD:
                people = [p for p in self._register.people_of(handle) if p.lead and p.mxid]
            case Who.DIPLOMATIC:
                people = self._duty.holders(handle, DIPLOMATIC)
            case Who.COORDINATORS:
                return self._coordinators(escalation)
            case _:
                people = []
        return [Paged(handle, person, who, beyond=False) for person in people]

    def _coordinators(self, escalation: Escalation) -> list[Paged]:
        """The coordinators, but the caller: who calls knows already."""
        found = []
        for user in sorted(self._register.coordinators() - {escalation.origin.caller.user}):
            person = self._register.person(user) or Person(name=str(user), mxid=user)
            beyond = not same(person.organisation, escalation.target.organisation)
            found.append(Paged(person.organisation, person, Who.COORDINATORS, beyond, escalation.shared))
        return found

    def on_enlace(self, handle: Handle) -> bool:
        """Whether somebody of this organisation could be paged in any room, or outside Matrix."""
        return (
            bool(self._register.desk_rooms(handle))
            or any(p.mxid and self._register.direct_room(p.mxid) for p in self._register.people_of(handle))
            or any(
                self._addresses(Paged(handle, person, Who.ON_DUTY, beyond=False))
                for person in (None, *(p for p in self._register.people_of(handle) if p.mxid))
            )
        )

    # --- rooms ------------------------------------------------------------------------------------------

    def means_for(self, paged: Paged, tlp: Tlp) -> list[Means]:
        """By what this person (or desk) can be rung now, best first."""
        rooms = []
        direct = self._register.direct_room(paged.user) if paged.user else None
        if direct is not None:
            rooms.append(self._room(direct, Way.DIRECT, paged))
        if paged.organisation is not None:
            rooms += [self._room(desk, Way.DESK, paged) for desk in self._register.desk_rooms(paged.organisation)]
        return means(rooms, tlp, beyond=paged.beyond and not paged.shown, outside=self._addresses(paged))

    def _addresses(self, paged: Paged) -> list[RoomId]:
        """Where this person, or whoever reads the organisation's mail, can be rung outside Matrix."""
        organisation = self._organisation(paged.organisation)
        owner = paged.person or organisation
        found: list[RoomId] = []
        if self.outside.mail and owner is not None:
            found += [RoomId(MAIL + c.value) for c in owner.contacts if c.kind == "email"][:MOST_ADDRESSES]
        if organisation is not None and organisation.handle.casefold() in self.outside.webhooks:
            found.append(RoomId(HOOK + organisation.handle))
        return found

    def key_of(self, paged: Paged) -> OpenPGPKey | None:
        """What a letter to them is encrypted to: a key of the person, else of the organisation."""
        organisation = self._organisation(paged.organisation)
        return self.own_key(paged) or next((k for k in (organisation.openpgp if organisation else ()) if k.data), None)

    @staticmethod
    def own_key(paged: Paged) -> OpenPGPKey | None:
        """The person's own key."""
        return next((key for key in (paged.person.openpgp if paged.person else ()) if key.data), None)

    def member_called(self, user: UserId, escalation: Escalation) -> Paged | None:
        """Somebody of the called organisation as the directory has them now; None if it has them there no longer."""
        person = self._register.person(user)
        if person is None or not same(person.organisation, escalation.target.organisation):
            return None
        return Paged(escalation.target.organisation, person, Who.ON_DUTY, beyond=False)

    def member(self, user: UserId, device: DeviceId) -> Member:
        """Who acts, under the directory's name; raises :class:`NoOrganisation` for somebody whom it lists in none."""
        person = self._register.person(user)
        organisation = self._register.organisation(person.organisation or "") if person else None
        if person is None or organisation is None:
            raise NoOrganisation
        return Member(user, person.name, organisation.handle, device, person.lead)

    def standing(self, user: UserId) -> Standing:
        """How this person stands with enlace now."""
        return self._trust.person(user).standing

    def desk(self, escalation: Escalation) -> Paged:
        """The whole desk room of the called organisation, where nobody in particular can be rung."""
        return Paged(escalation.target.organisation, None, Who.ON_DUTY, beyond=False)

    def elsewhere(self, escalation: Escalation, rooms: Iterable[RoomId]) -> list[tuple[Paged, Means]]:
        """Whoever holds the called role, has not declined, and is in none of these rooms; and their own room."""
        handle, role = escalation.target.organisation, escalation.target.role
        there = {user for room in rooms for user in self._trust.members(room)} | set(escalation.declined)
        found = []
        for person in self._duty.holders(handle, role):
            paged = Paged(handle, person, Who.ROLE, beyond=False)
            means_ = [way for way in self.means_for(paged, escalation.tlp) if way.way is not None]
            if person.mxid not in there and means_:
                found.append((paged, means_[0]))
        return found

    def mentioned(self, paged: Paged, room: RoomId, role: str) -> tuple[UserId, ...]:
        """Whom the page mentions, so that their phones ring: the person; in a desk room those who hold the role,
        else everybody of the organisation who is in it."""
        if paged.user is not None:
            return (paged.user,)
        members = self._trust.members(room)
        holders = {p.mxid for p in self._duty.holders(paged.organisation, role)} if paged.organisation else set()
        return tuple(sorted(members & holders or members))

    def paged_by(self, page: Page, escalation: Escalation) -> Paged:
        """Whom an earlier page was for, as the directory has them now."""
        person = None
        if page.person is not None:
            person = self._register.person(page.person) or Person(name=page.name, mxid=page.person)
        beyond = not same(person.organisation if person else page.organisation, escalation.target.organisation)
        return Paged(page.organisation, person, Who.ON_DUTY, beyond, escalation.shared)

    def may_show(self, escalation: Escalation, room: RoomId) -> bool:
        """Whether a room of the called organisation may show what was said: its verdict, and the label."""
        record = self._register.room(room)
        if record is None:
            return False
        owner = self._register.person(record.user) if record.user else None
        owners = record.organisations | ({owner.organisation} if owner and owner.organisation else frozenset())
        if not owners or not all(same(handle, escalation.target.organisation) for handle in owners):
            return False
        way = Way.DIRECT if record.kind == "direct" else Way.DESK
        desk = self.desk(escalation)
        return any(m.full for m in means([self._room(room, way, desk)], escalation.tlp, beyond=False))

    def devices(self, user: UserId) -> frozenset[str]:
        """The devices of a person that may get keys."""
        return frozenset(device.device_id for device in self._trust.person(user).trusted_devices)

    def members(self, room: RoomId) -> frozenset[UserId]:
        """Everyone in a room, the bot left out."""
        return self._trust.members(room)

    def _room(self, room: RoomId, way: Way, paged: Paged) -> Room:
        members, verdict = self._trust.members(room), self._trust.room(room)
        return Room(
            room=room,
            way=way,
            verified=verdict.ok,
            encrypted=self._trust.encrypted(room),
            all_known=_only_run_out(verdict),
            has_person=paged.user in members if paged.user is not None else bool(members),
            lowest_level=self._lowest(members),
        )

    def _lowest(self, members: Iterable[UserId]) -> str:
        levels = [_LEVELS.get(self._trust.person(user).standing, "none") for user in members]
        return max(levels, key=_LOWEST_LAST.index, default="none")

    # --- what is said about them ------------------------------------------------------------------------

    def language_of(self, room: RoomId, paged: Paged) -> str:
        """The language of a page: the room's, else the person's, else the organisation's first."""
        record = self._register.room(room)
        organisation = self._organisation(paged.organisation)
        return catalogue().choose(
            record.language if record else None,
            *(paged.person.languages if paged.person else ()),
            *(organisation.languages if organisation else ()),
        )

    def zone_of(self, handle: Handle | None) -> str | None:
        """The organisation's IANA zone."""
        organisation = self._organisation(handle)
        return organisation.timezone if organisation else None

    def reach(self, escalation: Escalation, caller: Caller) -> Reach:
        """How a caller may reach the called organisation by phone and mail: what the entry's labels let everybody
        in the caller's room see."""
        owner = self._organisation(escalation.target.organisation)
        if owner is None:
            return Reach(str(escalation.target.organisation))
        audience = self._audience(escalation, caller)
        connected = frozenset(h for h in audience.organisations if self._register.shared_networks(h, owner.handle))
        seen = visibility.visible(owner.contacts, audience, owner, connected)
        phones = [c for c in seen if c.kind == "emergency-phone"] + [c for c in seen if c.kind == "phone"]
        mails = [c for c in seen if c.kind == "email"]
        return Reach(
            whom=str(owner.handle),
            phones=tuple(c.value for c in phones[:3]),
            mails=tuple(c.value for c in mails[:2]),
            fingerprint=owner.openpgp[0].fingerprint if owner.openpgp else None,
            tlp=max((c.tlp for c in (*phones[:3], *mails[:2])), key=lambda tlp: tlp.rank, default=Tlp.CLEAR),
        )

    def _audience(self, escalation: Escalation, caller: Caller) -> visibility.Audience:
        """Who reads what the caller is told, as of now."""
        record = self._register.room(caller.room)
        kind = record.kind if record else "unknown"
        own = escalation.origin.caller.organisation
        return visibility.Audience(
            verified=self._trust.room(caller.room).ok,
            direct=kind == "direct",
            shared_room=kind not in ("direct", "desk"),
            organisations=frozenset({own, *(record.organisations if record else ())}),
            ceiling=ceiling(self._lowest(caller.users)),
        )

    def _organisation(self, handle: Handle | None) -> Organisation | None:
        return self._register.organisation(handle) if handle else None


def _only_run_out(verdict: RoomVerdict) -> bool:
    """Whether a room fails for nothing but statements that have run out: its members are who they were."""
    failed = {check.name: str(check.values.get("users", "")) for check in verdict.failed}
    if failed.keys() - {_ONLY_RUN_OUT, _GUARDED} or _ONLY_RUN_OUT not in failed:
        return False
    expired = set(failed[_ONLY_RUN_OUT].split(", "))
    return set(failed.get(_GUARDED, failed[_ONLY_RUN_OUT]).split(", ")) <= expired
