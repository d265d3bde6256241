"""``!whois TARGET [key]``: who an organisation is, who is on duty there now, and how to reach them.

One phone screen.  Every field is shown as far as its own label lets everybody in the room see it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from babel.dates import format_date, format_datetime

from bot.commands.call import Access, Answer, Call, Command, Question, Refusal, Reply
from bot.commands.readers import readers_of
from bot.db.unit import Unit
from bot.directory.model import Contact, Network, OpenPGPKey, Organisation, Person, Role
from bot.directory.rules import countries, roles
from bot.directory.rules.naming import fold
from bot.directory.rules.plain import duration
from bot.directory.rules.search import Hit
from bot.directory.rules.targets import Target, parse_target
from bot.directory.rules.visibility import DETAILS, Audience, may_see, visible
from bot.directory.service import (
    Register,
    by_urgency,
    language_name,
    one_line,
    say_contact,
    say_found_by,
    say_other_names,
)
from bot.directory.service.checks import known, say_check
from bot.directory.service.confirming import say_unconfirmed
from bot.duty.model import Hours
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import Handle
from bot.outbox.model import Audience as Readers
from bot.ports import TrustView
from bot.tlp import Tlp
from keys.fingerprint import OpenPGPFingerprint

LISTED = 9
"""As many as can be chosen with one digit."""
_KEY_WORDS = frozenset({"key", "keys", "llave", "llaves", "clave", "claves", "chave", "cle"})
_DOT = Rich(" · ", " · ")


class Duty(Protocol):
    """What this command asks of the rosters."""

    async def on_duty(self, unit: Unit, handle: Handle, role: str, at: datetime) -> list[Person]:
        """Who is on duty in a role."""

    def hours(self, organisation: Organisation, at: datetime) -> Hours:
        """The organisation's clock and door."""


class Policy(Protocol):
    """The deployment's rules."""

    @property
    def stale_after_days(self) -> int:
        """An entry that nobody confirmed for so long is stale."""


class Needs(Protocol):
    """What ``!whois`` uses."""

    @property
    def register(self) -> Register:
        """The directory."""

    @property
    def duty(self) -> Duty:
        """The rosters."""

    @property
    def trust(self) -> TrustView:
        """Verdicts as of now."""

    @property
    def policy(self) -> Policy:
        """When an entry is stale."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """One entry, a list where several fit, or the nearest names where none does."""
    text, wants_key = _question(call.first_line)
    audience = readers_of(call, services.register, services.trust)
    readers = Readers.PINNED if audience.verified else Readers.OPEN
    if not text:
        return Refusal(say(call.language, "whois-usage"), audience=readers)
    register = services.register
    target = parse_target(text, lambda name: bool(register.find(name).exact))
    matches = register.find(target.who, target.role)
    # Which networks and roles somebody has is a detail, also when it is the question.
    ask_details = target.role is not None or target.who.casefold().startswith("net:")
    exact = [
        hit
        for hit in matches.exact
        if _may_list(hit, audience, register, details=ask_details) and _fits(hit, target, register)
    ]
    network = _network(target, register)
    if len(exact) == 1 and network is None:
        return await _Card(call, unit, services, audience).answer(exact[0], target.role, wants_key=wants_key)
    hits = exact or [hit for hit in matches.near if _may_list(hit, audience, register, details=ask_details)]
    if not hits:
        nobody = countries.lookup(target.who)
        where = countries.name(nobody[0], call.language) if len(nobody) == 1 else None
        said = say(call.language, "whois-nobody-there", country=where) if where else None
        return Refusal(said or say(call.language, "whois-nobody", who=text), audience=readers)
    heading = say(call.language, "whois-several", who=text, count=len(exact)) if exact else None
    if heading is None:
        imitates = any(hit in hits for hit in register.search.imitated(target.who))
        heading = say(call.language, "whois-lookalike" if imitates else "whois-nearest", who=text)
    above = [heading]
    if exact and network is not None:
        above = [*await _profile(call, unit, network), say(call.language, "whois-listed", count=len(exact))]
    return _list(call, above, hits, audience, wants_key=wants_key, details=ask_details)


def _network(target: Target, register: Register) -> Network | None:
    """The network that is asked for by name."""
    kind, _, id_ = target.who.partition(":")
    return register.network(id_.strip().casefold()) if kind.casefold() == "net" else None


async def _profile(call: Call, unit: Unit, network: Network) -> list[Rich]:
    """What the network is for, what each role is for and is expected to do, and when it is checked."""
    language = call.language
    reach = _in(network.reach, language)
    name = one_line(_in(network.names, language) or network.id).bold()
    lines = [name + _DOT + code(network.id), one_line(reach) if reach else Rich()]
    for role in network.roles:
        lines += _role(network, role, language)
    check = say_check(network, (await known(unit)).get(network.id), call.now.date(), language)
    return [*lines, check or Rich()]


def _role(network: Network, role: Role, language: str, *, of: bool = False) -> list[Rich]:
    """What a role is for (``of`` which network, if that is not said already) and what is expected of who holds it."""
    called, purpose = one_line(_in(role.names, language) or role.id), one_line(_in(role.purpose, language))
    named = one_line(_in(network.names, language) or network.id) if of else code(role.id)
    expected = _in(role.expected, language)
    lines = [say(language, "whois-role", network=named, role=called, purpose=purpose)]
    if expected:
        always = _DOT + say(language, "whois-always") if role.always else Rich()
        lines.append(say(language, "whois-expected", expected=one_line(expected)) + always)
    return lines


def _question(line: str) -> tuple[str, bool]:
    first, _, last = line.strip().rpartition(" ")
    wants_key = bool(first) and fold(last) in _KEY_WORDS
    return (first if wants_key else line).strip().strip("\"'“”«»,;").strip(), wants_key


def _may_list(hit: Hit, audience: Audience, register: Register, *, details: bool) -> bool:
    """Organisations are listed for anybody; people, with whom they work, as any detail is."""
    if hit.person is None and not details:
        return True
    if hit.organisation is None:
        return audience.verified
    return may_see(DETAILS, audience, hit.organisation, register.connected(hit.organisation.handle))


def _fits(hit: Hit, target: Target, register: Register) -> bool:
    if not target.always:
        return True
    role = target.role or roles.DEFAULT
    return hit.organisation is not None and roles.round_the_clock(hit.organisation, role, register.networks())


def _list(
    call: Call, above: Sequence[Rich], hits: Sequence[Hit], audience: Audience, *, wants_key: bool, details: bool
) -> Reply:
    lines, options = [*above], []
    for number, hit in enumerate(hits[:LISTED], start=1):
        organisation, person = hit.organisation, hit.person
        if person is not None:
            named = one_line(person.name) + (_DOT + code(organisation.handle) if organisation else Rich())
            options.append(str(person.mxid or person.name))
        elif organisation is not None:
            named = code(organisation.handle) + _DOT + one_line(organisation.name(call.language))
            named = named + say_found_by(hit, call.language)
            options.append(str(organisation.handle))
        if organisation is not None and organisation.country:
            named = named + _DOT + one_line(countries.name(organisation.country, call.language))
        lines.append(Rich(f"{number}. ", f"{number}. ") + named)
    if len(hits) > LISTED:
        lines.append(say(call.language, "whois-more", count=len(hits) - LISTED))
    lines.append(say(call.language, "whois-choose"))
    details = details or any(hit.person for hit in hits)
    return Reply(
        Rich.lines(lines),
        tlp=DETAILS if details else Tlp.CLEAR,
        question=Question(tuple(f"{option} key" if wants_key else option for option in options)),
        audience=_readers(audience, DETAILS if details else Tlp.CLEAR),
    )


def _readers(audience: Audience, label: Tlp) -> Readers:
    if not audience.verified:
        return Readers.OPEN
    return Readers.PINNED if label is Tlp.CLEAR else Readers.VERIFIED


class _Card:
    """One entry on one phone screen; keeps the most restrictive label of what it has shown."""

    def __init__(self, call: Call, unit: Unit, services: Needs, audience: Audience) -> None:
        self._call = call
        self._unit = unit
        self._services = services
        self._audience = audience
        self._language = call.language
        self._label = Tlp.CLEAR

    async def answer(self, hit: Hit, role: str | None, *, wants_key: bool) -> Reply:
        lines = []
        if hit.person is not None:
            self._shown(DETAILS)
            lines = self._person(hit.person, hit.organisation)
        if wants_key:
            lines += self._keys(hit)
        elif hit.organisation is not None:
            lines += await self._organisation(hit.organisation, role)
        return Reply(Rich.lines(lines), tlp=self._label, audience=_readers(self._audience, self._label))

    def _say(self, key: str, **values: str | int | Rich) -> Rich:
        kept = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
        return say(self._language, f"whois-{key}", **kept)

    def _shown(self, *labels: Tlp) -> None:
        self._label = max((self._label, *labels), key=lambda label: label.rank)

    def _details(self, owner: Organisation) -> bool:
        connected = self._services.register.connected(owner.handle)
        if not may_see(DETAILS, self._audience, owner, connected):
            return False
        self._shown(DETAILS)
        return True

    # --- an organisation --------------------------------------------------------------------------------

    async def _organisation(self, organisation: Organisation, role: str | None) -> list[Rich]:
        connected = self._services.register.connected(organisation.handle)
        contacts = visible(organisation.contacts, self._audience, organisation, connected)
        self._shown(*(contact.tlp for contact in contacts))
        details = self._details(organisation)
        lines = [self._title(organisation), *say_other_names(organisation, self._language)]
        if details:
            lines.append(await self._duty(organisation, role or roles.meant(organisation)))
        lines.append(self._clock(organisation))
        lines += [self._contacts(contacts)]
        if hidden := len(organisation.contacts) - len(contacts):
            lines.append(self._say("hidden", count=hidden))
        if details:
            lines += await self._in_role(organisation, role) if role else self._networks(organisation)
        lines += self._facts(organisation)
        if details:
            lines.append(self._room(organisation))
        lines.append(self._confirmed(organisation))
        return lines

    def _title(self, organisation: Organisation) -> Rich:
        title = code(organisation.handle).bold()
        name = organisation.name(self._language)
        if name != organisation.handle:
            title = title + _DOT + one_line(name)
        if organisation.country:
            where = f"{countries.flag(organisation.country)} {countries.name(organisation.country, self._language)}"
            title = title + _DOT + one_line(where)
        return title

    async def _duty(self, organisation: Organisation, role: str) -> Rich:
        people = await self._services.duty.on_duty(self._unit, organisation.handle, role, self._call.now)
        if not people:
            return self._say("nobody-rostered")
        return self._say("on-duty", people=_joined([self._named(person) for person in people]))

    def _named(self, person: Person) -> Rich:
        name = one_line(person.name)
        return name + Rich(" ", " ") + code(person.mxid) if person.mxid else name

    def _clock(self, organisation: Organisation) -> Rich:
        hours = self._services.duty.hours(organisation, self._call.now)
        spoken = organisation.office_hours or ""
        always = Rich() if not hours.round_the_clock else _DOT + self._say("always")
        if not organisation.timezone:
            return (self._say("hours-no-zone", hours=spoken) if spoken else self._say("no-hours")) + always
        now = format_datetime(hours.local_time, "EEE HH:mm", locale=self._language)
        if not hours.known:
            return self._say("local-time", time=now) + always
        if hours.open:
            return self._say("open", time=now, hours=spoken) + always
        opens = ""
        if hours.next_open is not None:
            there = hours.next_open.astimezone(hours.local_time.tzinfo)
            opens = format_datetime(there, "EEE HH:mm", locale=self._language)
        key = "closed-until" if opens else "closed"
        return self._say(key, time=now, hours=spoken, **({"opens": opens} if opens else {})) + always

    def _contacts(self, contacts: Sequence[Contact]) -> Rich:
        if not contacts:
            return self._say("no-contacts")
        return Rich.lines(say_contact(contact) for contact in by_urgency(contacts))

    def _networks(self, organisation: Organisation) -> list[Rich]:
        lines = []
        for membership in organisation.memberships:
            network = self._services.register.network(membership.network)
            if network is None:
                continue
            name = _in(network.names, self._language) or network.id
            held = [found for role in membership.roles if (found := network.role(role)) is not None]
            for role in held:
                purpose = _in(role.purpose, self._language)
                called = _in(role.names, self._language) or role.id
                lines.append(self._say("role", network=name, role=called, purpose=purpose))
            if not held:
                lines.append(self._say("member", network=name))
        return lines

    async def _in_role(self, organisation: Organisation, role: str) -> list[Rich]:
        """In each network in which it holds the role: what is expected, who is listed, and the network's check."""
        wanted = roles.answers_to(role)
        people = [p for p in self._services.register.people_of(organisation.handle) if wanted.intersection(p.roles)]
        checks, lines = await known(self._unit), []
        for membership in organisation.memberships:
            network = self._services.register.network(membership.network)
            held = wanted.intersection(membership.roles)
            for each in network.roles if network is not None else ():
                if network is not None and each.id in held:
                    lines += _role(network, each, self._language, of=True)
                    check = say_check(network, checks.get(network.id), self._call.now.date(), self._language)
                    lines.append(check or Rich())
        listed = _joined([self._named(person) for person in people])
        return [*lines, self._say("in-role", people=listed) if people else self._say("in-role-nobody")]

    def _facts(self, organisation: Organisation) -> list[Rich]:
        lines = []
        if organisation.languages:
            spoken = ", ".join(language_name(each, self._language) for each in organisation.languages)
            lines.append(self._say("languages", languages=spoken))
        if organisation.capabilities:
            lines.append(self._say("capabilities", capabilities=", ".join(organisation.capabilities)))
        if organisation.response:
            times = [
                self._say("response-one", severity=self._say(f"severity-{severity}"), time=self._time(minutes))
                for severity in ("critical", "high", "medium", "low")
                if (minutes := organisation.response.get(severity)) is not None
            ]
            lines.append(self._say("response", times=_joined(times)))
        if organisation.website:
            lines.append(one_line(organisation.website))
        return lines

    def _time(self, minutes: int) -> Rich:
        written = duration(minutes)
        return self._say(f"time-{written[-1]}", n=int(written[:-1]))

    def _room(self, organisation: Organisation) -> Rich:
        register = self._services.register
        staff = (person.mxid for person in register.people_of(organisation.handle) if person.mxid is not None)
        direct = (room for user in staff if (room := register.direct_room(user)) is not None)
        rooms = [*register.desk_rooms(organisation.handle), *direct]
        if not rooms:
            return self._say("no-room")
        verified = any(self._services.trust.room(room).ok for room in rooms)
        return self._say("room-verified" if verified else "room-not-verified")

    def _confirmed(self, organisation: Organisation) -> Rich:
        today, days = self._call.now.date(), self._services.policy.stale_after_days
        mark = say_unconfirmed(organisation, days, today, self._language)
        if mark is not None or organisation.last_confirmed is None:
            return mark or Rich()
        return self._say(
            "confirmed", date=format_date(organisation.last_confirmed, format="medium", locale=self._language)
        )

    # --- a person ---------------------------------------------------------------------------------------

    def _person(self, person: Person, organisation: Organisation | None) -> list[Rich]:
        held = [self._role_name(role, organisation) for role in person.roles]
        held += [self._say("lead")] if person.lead else []
        title = self._named(person).bold()
        lines = [title + _DOT + _joined(held) if held else title]
        if person.mxid:
            lines.append(self._say(f"person-{self._services.trust.person(person.mxid).standing.value}"))
        if person.languages:
            spoken = ", ".join(language_name(each, self._language) for each in person.languages)
            lines.append(self._say("languages", languages=spoken))
        if organisation is not None:
            connected = self._services.register.connected(organisation.handle)
            contacts = visible(person.contacts, self._audience, organisation, connected)
            self._shown(*(contact.tlp for contact in contacts))
            lines += [say_contact(contact) for contact in by_urgency(contacts)]
        return lines

    def _role_name(self, role: str, organisation: Organisation | None) -> Rich:
        member = organisation.memberships if organisation else ()
        networks = [self._services.register.network(membership.network) for membership in member]
        known = [each for network in networks if network is not None for each in network.roles]
        alike = [each for each in known if each.id in roles.answers_to(role)]
        found = next((each for each in alike if each.id == role), alike[0] if alike else None)
        return one_line(_in(found.names, self._language) if found else role)

    # --- keys -------------------------------------------------------------------------------------------

    def _keys(self, hit: Hit) -> list[Rich]:
        """Fingerprints in fours, as people read them aloud and compare them."""
        lines: list[Rich] = []
        owned: list[tuple[Rich, Sequence[OpenPGPKey]]] = []
        if hit.person is not None:
            owned.append((one_line(hit.person.name), hit.person.openpgp))
        if hit.organisation is not None:
            owned.append((code(hit.organisation.handle), hit.organisation.openpgp))
            if hit.person is None and self._details(hit.organisation):
                staff = self._services.register.people_of(hit.organisation.handle)
                owned += [(one_line(person.name), person.openpgp) for person in staff]
        for owner, keys in owned:
            lines += [self._say("key", who=owner, fingerprint=code(_grouped(key))) for key in keys]
        return lines or [self._say("no-key")]


def _in(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


def _joined(parts: Sequence[Rich]) -> Rich:
    out = Rich()
    for part in parts:
        out = out + (_DOT if out else Rich()) + part
    return out


def _grouped(key: OpenPGPKey) -> str:
    return OpenPGPFingerprint(key.fingerprint).grouped()


COMMAND = Command(name="whois", access=Access.ANYONE, run=run, group="directory")
