"""enlace's own YAML: the contract for imports, read strictly and written back without loss.

Key and roster files stand beside the document and are named by it; ``beside`` hands out their bytes.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from bot.directory.model import (
    Contact,
    Entries,
    Membership,
    Network,
    OpenPGPKey,
    Organisation,
    Person,
    Reading,
    Record,
    Source,
)
from bot.directory.rules import countries, roles
from bot.directory.rules.addresses import is_url, usable
from bot.directory.rules.document import Form, Node, Problems, parse
from bot.directory.rules.following import Follow, unwatched
from bot.directory.rules.naming import is_handle
from bot.directory.rules.plain import plain_organisation, plain_person, read_duration
from bot.directory.rules.profile import plain_network, read_network
from bot.duty.rules import calendar, hours
from bot.duty.rules.walltime import zone
from bot.ids import BadUserId, Handle, parse_user_id
from bot.tlp import Tlp, UnclearLabel
from bot.tlp import parse as parse_label
from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint

CONTACT_KINDS = ("email", "phone", "emergency-phone", "fax", "matrix", "web", "postal", "other")
SEVERITIES = ("low", "medium", "high", "critical")
MAX_FILE = 1_000_000
"""Bytes of a key or roster file."""
_MAX = {"name": 255, "names": 255, "aliases": 255, "former_names": 255, "value": 500, "constituency": 2000}
_MAX_TEXT = 500

_ORGANISATION_KEYS = frozenset(
    {
        "handle", "names", "aliases", "former_names", "country", "kind", "constituency", "sectors", "services",
        "timezone", "office_hours", "always", "response", "languages", "networks", "capabilities", "contacts",
        "website", "security_txt", "openpgp", "people", "roster", "last_confirmed", "confirmed_by", "source",
    }
)  # fmt: skip
_PERSON_KEYS = frozenset({"name", "mxid", "roles", "lead", "languages", "contacts", "openpgp"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FILE = re.compile(r"[^/\\\x00-\x1f]{1,200}")

Beside = Callable[[str], bytes | None]


def read(
    data: bytes,
    file: str,
    *,
    known: Mapping[str, Network],
    beside: Beside | None = None,
    follow: Follow = unwatched,
) -> Reading:
    """Read a document named ``file``.  Never raises: whatever is wrong is a problem with its line.

    ``known``: the networks that there are already; ``beside``: the bytes of a file in the document's folder, or
    None if there is none.  A record with a problem is left out of ``records``."""
    problems = Problems(file)
    form = Form(parse(data, problems), problems, frozenset({"networks", "organisations"}))
    own = _networks(form.nodes("networks"), problems, known)
    nodes = form.nodes("organisations")
    networks = {**known, **{network.id: network for network in own}}
    found = records(nodes, problems, networks, beside, follow)
    return Reading(found, own, problems.sorted(), rows=len(nodes))


def records(
    nodes: Collection[Node],
    problems: Problems,
    networks: Mapping[str, Network],
    beside: Beside | None = None,
    follow: Follow = unwatched,
) -> tuple[Record, ...]:
    """The organisations that these nodes are, those with a problem left out."""
    reader = _Reader(problems, networks, beside)
    return tuple(record for node in follow(nodes) if (record := reader.record(node)) is not None)


def _networks(nodes: Iterable[Node], problems: Problems, known: Mapping[str, Network]) -> tuple[Network, ...]:
    """Own profiles; ``{id: …}`` alone only says that a known one is used."""
    own: dict[str, Network] = {}
    for node in nodes:
        fields = node.value if isinstance(node.value, Mapping) else {}
        if set(fields) == {"id"}:
            id_ = Form(node, problems).text("id") or ""
            if id_ not in known and id_ not in own:
                problems.add(node.line, "unknown-network", value=id_)
        elif (network := read_network(node, problems)) is not None:
            if network.id in own or (network.id in known and known[network.id].shipped):
                problems.add(node.line, "network-twice", value=network.id)
            own[network.id] = network
    return tuple(own.values())


class _Reader:
    def __init__(self, problems: Problems, networks: Mapping[str, Network], beside: Beside | None) -> None:
        self._problems = problems
        self._networks = networks
        self._beside = beside
        self._roles = {*roles.FAMILY, "diplomatic", "law-enforcement"}
        self._roles |= {role.id for network in networks.values() for role in network.roles}

    def record(self, node: Node) -> Record | None:
        before = len(self._problems.found)
        form = Form(node, self._problems, _ORGANISATION_KEYS)
        handle = self._handle(form)
        office_hours = form.text("office_hours")
        form.parsed("office_hours", hours.parse, "bad-office-hours", hours.BadOfficeHours)
        roster, roster_file = self._file(form, "roster")
        organisation = Organisation(
            handle=handle,
            names=self._names(form),
            aliases=self._other_names(form, "aliases"),
            former_names=self._other_names(form, "former_names"),
            country=self._country(form),
            kind=self._text(form, "kind"),
            constituency=self._text(form, "constituency"),
            sectors=form.texts("sectors"),
            services=form.texts("services"),
            capabilities=form.texts("capabilities"),
            languages=self._languages(form),
            timezone=self._timezone(form),
            office_hours=office_hours,
            always=form.flag("always"),
            response=self._response(form),
            contacts=self._contacts(form),
            openpgp=self._keys(form),
            website=self._url(form, "website"),
            security_txt=self._url(form, "security_txt"),
            memberships=self._memberships(form),
            roster=roster,
            calendar=roster_file,
            last_confirmed=form.day("last_confirmed"),
            confirmed_by=self._text(form, "confirmed_by"),
            source=self._text(form, "source"),
        )
        staff = [(self._person(item, handle), item.line) for item in form.nodes("people")]
        if roster_file is not None:
            self._roster(form, roster_file, [person for person, _ in staff])
        if len(self._problems.found) > before:
            return None
        return Record(
            source=Source(self._problems.file, node.line),
            organisation=organisation,
            people=tuple(person for person, _ in staff),
            people_lines=tuple(line for _, line in staff),
        )

    def _person(self, node: Node, handle: Handle) -> Person:
        form = Form(node, self._problems, _PERSON_KEYS)
        return Person(
            name=self._text(form, "name", required=True) or "",
            organisation=handle,
            mxid=form.parsed("mxid", parse_user_id, "bad-mxid", BadUserId),
            roles=self._person_roles(form),
            lead=form.flag("lead"),
            languages=self._languages(form),
            contacts=self._contacts(form),
            openpgp=self._keys(form),
        )

    # --- fields -----------------------------------------------------------------------------------------

    def _handle(self, form: Form) -> Handle:
        value = form.text("handle", required=True) or ""
        if value and not is_handle(value):
            form.bad("handle", "bad-handle", value=value)
        elif countries.by_code(value):
            form.bad("handle", "handle-is-code", value=value)
        return Handle(value)

    def _names(self, form: Form) -> Mapping[str, str]:
        names = form.names("names")
        for language, name in names.items():
            if not _LANGUAGE.fullmatch(language):
                form.bad("names", "bad-language", value=language)
            if len(name) > _MAX["names"]:
                form.bad("names", "too-long", field="names")
        return names

    def _other_names(self, form: Form, key: str) -> tuple[str, ...]:
        names = tuple(name for name in form.texts(key) if name)
        if any(len(name) > _MAX[key] for name in names):
            form.bad(key, "too-long", field=key)
        return names

    def _country(self, form: Form) -> str | None:
        value = form.text("country")
        code = countries.by_code(value) if value else None
        if value and code is None:
            form.bad("country", "unknown-country", value=value)
        return code

    def _timezone(self, form: Form) -> str | None:
        value = form.text("timezone")
        if value and zone(value) is None:
            form.bad("timezone", "unknown-timezone", value=value)
        return value

    def _languages(self, form: Form) -> tuple[str, ...]:
        values = form.texts("languages")
        for value in values:
            if not _LANGUAGE.fullmatch(value):
                form.bad("languages", "bad-language", value=value)
        return values

    def _response(self, form: Form) -> Mapping[str, int]:
        found = {}
        for severity, node in form.table("response").items():
            if severity not in SEVERITIES:
                self._problems.add(node.line, "bad-severity", value=severity)
                continue
            try:
                found[severity] = read_duration(str(node.value))
            except ValueError:
                self._problems.add(node.line, "bad-duration", value=str(node.value))
        return found

    def _memberships(self, form: Form) -> tuple[Membership, ...]:
        found = []
        kinds = set()
        for id_, node in form.table("networks").items():
            network = self._networks.get(id_)
            if network is None:
                self._problems.add(node.line, "unknown-network", value=id_)
                continue
            kinds.add(network.kind)
            held: list[str] = []
            for word in Form(Node(node.line, {"roles": node}), self._problems).texts("roles"):
                role = roles.in_network(network, word)
                if role is None:
                    self._problems.add(node.line, "no-such-role", value=word, network=id_)
                elif role not in held:
                    held.append(role)
            found.append(Membership(id_, tuple(held)))
        if {"judicial", "csirt"} <= kinds:
            # Police and prosecutors of the 24/7 networks are never the CSIRT's entry (directory.md).
            form.bad("networks", "judicial-merged")
        return tuple(found)

    def _person_roles(self, form: Form) -> tuple[str, ...]:
        found = []
        for word in form.texts("roles"):
            role = roles.canonical(word)
            if role not in self._roles:
                form.bad("roles", "unknown-role", value=word)
            found.append(role)
        return tuple(dict.fromkeys(found))

    def _contacts(self, form: Form) -> tuple[Contact, ...]:
        found = []
        for node in form.nodes("contacts"):
            contact = Form(node, self._problems, frozenset({"kind", "value", "tlp"}))
            kind = contact.text("kind", required=True) or ""
            value = self._text(contact, "value", required=True) or ""
            if kind and kind not in CONTACT_KINDS:
                contact.bad("kind", "bad-contact-kind", value=kind)
            if value and not usable(kind, value):
                contact.bad("value", "bad-address", value=value)
            tlp = contact.parsed("tlp", parse_label, "bad-label", UnclearLabel) or Tlp.AMBER
            found.append(Contact(kind, value, tlp))
        return tuple(found)

    def _keys(self, form: Form) -> tuple[OpenPGPKey, ...]:
        found: dict[str, OpenPGPKey] = {}
        for node in form.nodes("openpgp"):
            key = Form(node, self._problems, frozenset({"fingerprint", "key_file"}))
            if key.text("fingerprint", required=True) is None:
                continue
            fingerprint = key.parsed("fingerprint", OpenPGPFingerprint, "bad-fingerprint", NotAFingerprint)
            file, data = self._file(key, "key_file")
            if fingerprint is None:
                continue
            if fingerprint in found:
                key.bad("fingerprint", "key-twice", field=fingerprint.grouped())
            found[fingerprint] = OpenPGPKey(str(fingerprint), data, file)
        return tuple(found.values())

    def _file(self, form: Form, key: str) -> tuple[str | None, bytes | None]:
        """A file's name and its bytes; only files right beside the document."""
        name = form.text(key)
        if name is None:
            return None, None
        if not _FILE.fullmatch(name) or name.startswith("."):
            form.bad(key, "bad-file-name", value=name)
            return name, None
        data = self._beside(name) if self._beside else None
        if data is None:
            form.bad(key, "no-such-file", value=name)
        elif len(data) > MAX_FILE:
            form.bad(key, "file-too-large", value=name)
        return name, data

    def _roster(self, form: Form, data: bytes, staff: list[Person]) -> None:
        """Whether the calendar can be read, and everybody in it is among the people of the entry."""
        try:
            strangers = calendar.strangers(calendar.read(data), staff)
        except calendar.BadCalendar as error:
            form.bad("roster", error.code, **{name: str(value) for name, value in error.values.items()})
            return
        for stranger in strangers:
            form.bad("roster", "calendar-stranger", who=stranger)

    def _url(self, form: Form, key: str) -> str | None:
        value = self._text(form, key)
        if value and not is_url(value):
            form.bad(key, "bad-url", value=value)
        return value

    def _text(self, form: Form, key: str, *, required: bool = False) -> str | None:
        value = form.text(key, required=required)
        if value is not None and len(value) > _MAX.get(key, _MAX_TEXT):
            form.bad(key, "too-long", field=key)
        return value


# --- writing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A document and the files that stand beside it."""

    document: bytes
    files: Mapping[str, bytes]


def write(entries: Entries) -> Written:
    """Everything as native YAML; :func:`read` gives the same back."""
    files: dict[str, bytes] = {}
    by_handle: dict[str, list[Person]] = {}
    for person in entries.people:
        if person.organisation:
            by_handle.setdefault(person.organisation.casefold(), []).append(person)
    own = [network for network in entries.networks.values() if not network.shipped]
    used = {m.network for o in entries.organisations.values() for m in o.memberships} - {n.id for n in own}
    written: list[dict[str, Any]] = []
    for handle, organisation in entries.organisations.items():
        named = replace(organisation, openpgp=_named(organisation.openpgp, files), roster=None)
        if organisation.calendar is not None:
            file = organisation.roster or f"{handle.lower()}.ics"
            if files.get(file, organisation.calendar) != organisation.calendar:
                file = f"{handle.lower()}.ics"
            files[file] = organisation.calendar
            named = replace(named, roster=file)
        plain = plain_organisation(named)
        staff = by_handle.get(handle.casefold(), [])
        if staff:
            plain["people"] = [plain_person(replace(p, openpgp=_named(p.openpgp, files))) for p in staff]
        written.append(plain)
    document: dict[str, Any] = {}
    if own or used:
        document["networks"] = [{"id": id_} for id_ in sorted(used)] + [plain_network(network) for network in own]
    document["organisations"] = written
    text = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=2**20)
    return Written(text.encode("utf-8"), files)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (the library's signature)
        """The reader refuses aliases."""
        return True


def _named(keys: Iterable[OpenPGPKey], files: dict[str, bytes]) -> tuple[OpenPGPKey, ...]:
    """The keys with the names of the files that hold them; no two files of one name."""
    found = []
    for key in keys:
        file = None
        if key.data is not None:
            file = key.file or f"{key.fingerprint}.asc"
            if files.get(file, key.data) != key.data:
                file = f"{key.fingerprint}.asc"
            files[file] = key.data
        found.append(replace(key, file=file, fingerprint=OpenPGPFingerprint(key.fingerprint).grouped()))
    return tuple(found)
