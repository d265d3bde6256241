"""Organisations and their people as vCards 4.0 (RFC 6350), for the address book of a phone; ``vcard_reading`` reads
them.  What vCard has no word for (a contact's label and kind, a network's roles, a former name) is in parameters and
properties of our own, which others pass over."""

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from bot.directory.model import Contact, Organisation, Person
from bot.directory.rules import countries
from bot.directory.rules.phone import tel
from bot.formats.misp import uuid_of
from bot.tlp import Tlp

MAX_OCTETS = 75
"""Of one line, without its end (RFC 6350, 3.2)."""
OURS = "-//enlace//directory//EN"
LABEL, KIND, FINGERPRINT, ROLES, NETWORK = "X-TLP", "X-KIND", "X-FINGERPRINT", "X-ROLES", "X-ENLACE-NETWORK"
FORMER = "X-ENLACE-FORMER-NAME"
_JOINERS = "\u200c\u200d"
"""Which Persian, Hindi and others cannot be written without."""
_TELEPHONE = {"phone": "voice,work", "emergency-phone": "voice,work,cell", "fax": "fax,work"}


def write(organisations: Iterable[tuple[Organisation, Iterable[Person]]], ceiling: Tlp) -> bytes:
    """A card for each organisation and for each of its people; contacts as far as their label allows."""
    cards = []
    for organisation, people in organisations:
        cards.append(_organisation(organisation, ceiling))
        cards += [_person(person, organisation, ceiling) for person in people]
    return "".join(
        _folded(line) for card in cards for line in ("BEGIN:VCARD", "VERSION:4.0", f"PRODID:{OURS}", *card, "END:VCARD")
    ).encode()


def _organisation(organisation: Organisation, ceiling: Tlp) -> list[str]:
    shown = [contact for contact in organisation.contacts if contact.tlp <= ceiling]
    lines = [
        "KIND:org",
        f"UID:urn:uuid:{uuid_of(organisation)}",
        *_names(organisation),
        f"ORG:{_text(organisation.name())}",
        f"NICKNAME:{','.join(map(_text, (organisation.handle, *organisation.aliases)))}",
        *(f"{FORMER}:{_text(name)}" for name in organisation.former_names),
        *(f"LANG;PREF={place}:{_text(language)}" for place, language in enumerate(organisation.languages[:100], 1)),
        *([f"TZ:{_text(organisation.timezone)}"] if organisation.timezone else []),
        *([f"URL:{_text(organisation.website)}"] if organisation.website else []),
        *([f"CATEGORIES:{','.join(map(_text, sorted(organisation.networks)))}"] if organisation.networks else []),
        *(f"{NETWORK};{ROLES}={_quoted(','.join(m.roles))}:{_text(m.network)}" for m in organisation.memberships),
        *_country(organisation),
        *_contacts(shown),
        *_keys(organisation),
    ]
    return [*lines, *_note(shown, organisation.office_hours)]


def _names(organisation: Organisation) -> Iterable[str]:
    """The name to be shown first, then the others (RFC 6350, 6.2.1: one of them in each language)."""
    if not organisation.names:
        yield f"FN:{_text(organisation.handle)}"
    shown = organisation.name()
    for language, name in sorted(organisation.names.items(), key=lambda item: item[1] != shown):
        yield f"FN;LANGUAGE={language};ALTID=1:{_text(name)}"


def _country(organisation: Organisation) -> Iterable[str]:
    """As RFC 8605 writes it."""
    if organisation.country:
        yield f"ADR;CC={organisation.country}:;;;;;;{_text(countries.name(organisation.country, 'en'))}"


def _person(person: Person, organisation: Organisation, ceiling: Tlp) -> list[str]:
    shown = [contact for contact in person.contacts if contact.tlp <= ceiling]
    matrix = [f"IMPP:{_matrix(person.mxid)}"] if person.mxid else []
    roles = [f"ROLE:{_text(', '.join(person.roles))}"] if person.roles else []
    return [
        "KIND:individual",
        f"FN:{_text(person.name)}",
        f"ORG:{_text(organisation.name())}",
        f"RELATED:urn:uuid:{uuid_of(organisation)}",
        *roles,
        *matrix,
        *(f"LANG;PREF={place}:{_text(language)}" for place, language in enumerate(person.languages[:100], 1)),
        *_contacts(shown),
        *_keys(person),
        *_note(shown, None),
    ]


def _contacts(contacts: Iterable[Contact]) -> Iterable[str]:
    for contact in contacts:
        label = f"{LABEL}={contact.tlp.value}"
        if contact.kind == "email":
            yield f"EMAIL;TYPE=work;{label}:{_text(contact.value)}"
        elif contact.kind in _TELEPHONE:
            uri = tel(contact.value)
            kind = f'TYPE="{_TELEPHONE[contact.kind]}";{KIND}={contact.kind};{label}'
            yield f"TEL;VALUE=uri;{kind}:{uri}" if uri else f"TEL;VALUE=text;{kind}:{_text(contact.value)}"
        elif contact.kind == "postal":
            yield f"ADR;TYPE=work;{label}:;;{_text(contact.value)};;;;"
        elif contact.kind == "web":
            yield f"URL;{label}:{_text(contact.value)}"
        elif contact.kind == "matrix":
            yield f"IMPP;{label}:{_matrix(contact.value)}"


def _matrix(user: str) -> str:
    return f"matrix:u/{quote(user.removeprefix('@'), safe=':')}"


def _keys(owner: Organisation | Person) -> Iterable[str]:
    for key in owner.openpgp:
        if key.data:
            data = b64encode(key.data).decode()
            yield f"KEY;{FINGERPRINT}={key.fingerprint}:data:application/pgp-keys;base64,{data}"
        else:
            yield f"KEY;VALUE=text:OPENPGP4FPR:{key.fingerprint}"


def _note(shown: Iterable[Contact], hours: str | None) -> list[str]:
    label = max((contact.tlp for contact in shown), default=Tlp.CLEAR)
    return [f"NOTE:{_text(f'{label}, {hours}' if hours else str(label))}"]


def _text(value: str) -> str:
    r"""A value with what RFC 6350, 3.4 escapes; a line break is \n."""
    plain = "\n".join(value.splitlines())
    for character in ("\\", ",", ";"):
        plain = plain.replace(character, "\\" + character)
    return "".join(c for c in plain.replace("\n", "\\n") if c.isprintable() or c in _JOINERS)


def _quoted(value: str) -> str:
    """A parameter's value (RFC 6350, 3.3; RFC 6868)."""
    plain = value.replace("^", "^^").replace('"', "^'")
    return f'"{"".join(c for c in plain if c.isprintable())}"'


def _folded(line: str) -> str:
    """At most 75 octets a line, never inside a character (RFC 6350, 3.2)."""
    out, used = [], 0
    for character in line:
        size = len(character.encode())
        if used + size > MAX_OCTETS:
            out.append("\r\n ")
            used = 1
        out.append(character)
        used += size
    return "".join(out) + "\r\n"
