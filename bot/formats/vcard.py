"""Organisations and their people as vCards 4.0 (RFC 6350), for the address book of a phone.  Written, not read."""

from base64 import b64encode
from collections.abc import Iterable

from bot.directory.model import Contact, Organisation, Person
from bot.directory.rules.phone import tel
from bot.formats.misp import uuid_of
from bot.tlp import Tlp

MAX_OCTETS = 75
"""Of one line, without its end (RFC 6350, 3.2)."""
_TELEPHONE = {"phone": "voice,work", "emergency-phone": "voice,work,cell", "fax": "fax,work"}


def write(organisations: Iterable[tuple[Organisation, Iterable[Person]]], ceiling: Tlp) -> bytes:
    """A card for each organisation and for each of its people; contacts as far as their label allows."""
    cards = []
    for organisation, people in organisations:
        cards.append(_organisation(organisation, ceiling))
        cards += [_person(person, organisation, ceiling) for person in people]
    return "".join(
        _folded(line) for card in cards for line in ("BEGIN:VCARD", "VERSION:4.0", *card, "END:VCARD")
    ).encode()


def _organisation(organisation: Organisation, ceiling: Tlp) -> list[str]:
    shown = [contact for contact in organisation.contacts if contact.tlp <= ceiling]
    lines = [
        "KIND:org",
        f"UID:urn:uuid:{uuid_of(organisation)}",
        f"FN:{_text(organisation.name())}",
        f"ORG:{_text(organisation.name())}",
        f"NICKNAME:{_text(organisation.handle)}",
        *(f"LANG;PREF={place}:{_text(language)}" for place, language in enumerate(organisation.languages[:100], 1)),
        *([f"TZ:{_text(organisation.timezone)}"] if organisation.timezone else []),
        *([f"URL:{_text(organisation.website)}"] if organisation.website else []),
        *([f"CATEGORIES:{','.join(map(_text, sorted(organisation.networks)))}"] if organisation.networks else []),
        *_contacts(shown),
        *_keys(organisation),
    ]
    return [*lines, *_note(shown, organisation.office_hours)]


def _person(person: Person, organisation: Organisation, ceiling: Tlp) -> list[str]:
    shown = [contact for contact in person.contacts if contact.tlp <= ceiling]
    matrix = [f"IMPP:matrix:u/{person.mxid.removeprefix('@')}"] if person.mxid else []
    roles = [f"ROLE:{_text(', '.join(person.roles))}"] if person.roles else []
    return [
        "KIND:individual",
        f"FN:{_text(person.name)}",
        f"ORG:{_text(organisation.name())}",
        *roles,
        *matrix,
        *(f"LANG;PREF={place}:{_text(language)}" for place, language in enumerate(person.languages[:100], 1)),
        *_contacts(shown),
        *_keys(person),
        *_note(shown, None),
    ]


def _contacts(contacts: Iterable[Contact]) -> Iterable[str]:
    for contact in contacts:
        if contact.kind == "email":
            yield f"EMAIL;TYPE=work:{_text(contact.value)}"
        elif contact.kind in _TELEPHONE and (uri := tel(contact.value)):
            yield f'TEL;VALUE=uri;TYPE="{_TELEPHONE[contact.kind]}":{uri}'
        elif contact.kind in _TELEPHONE:
            yield f'TEL;VALUE=text;TYPE="{_TELEPHONE[contact.kind]}":{_text(contact.value)}'
        elif contact.kind == "postal":
            yield f"ADR;TYPE=work:;;{_text(contact.value)};;;;"
        elif contact.kind == "web":
            yield f"URL:{_text(contact.value)}"


def _keys(owner: Organisation | Person) -> Iterable[str]:
    for key in owner.openpgp:
        if key.data:
            yield f"KEY:data:application/pgp-keys;base64,{b64encode(key.data).decode()}"
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
    return "".join(c for c in plain.replace("\n", "\\n") if c.isprintable())


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
