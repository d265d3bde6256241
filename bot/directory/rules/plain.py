"""Entries as plain values, ordered and named as in the native YAML: for storing, comparing and writing.  Pure."""

from typing import Any

from bot.directory.model import Contact, OpenPGPKey, Organisation, Person


def plain_organisation(organisation: Organisation) -> dict[str, Any]:
    """Everything but the people; what is empty is left out."""
    return _filled(
        {
            "handle": str(organisation.handle),
            "names": dict(organisation.names),
            "aliases": list(organisation.aliases),
            "former_names": list(organisation.former_names),
            "country": organisation.country,
            "kind": organisation.kind,
            "constituency": organisation.constituency,
            "sectors": list(organisation.sectors),
            "services": list(organisation.services),
            "timezone": organisation.timezone,
            "office_hours": organisation.office_hours,
            "always": organisation.always,
            "response": {severity: duration(minutes) for severity, minutes in organisation.response.items()},
            "languages": list(organisation.languages),
            "networks": {m.network: list(m.roles) for m in organisation.memberships},
            "capabilities": list(organisation.capabilities),
            "contacts": [plain_contact(contact) for contact in organisation.contacts],
            "website": organisation.website,
            "security_txt": organisation.security_txt,
            "openpgp": [_plain_key(key) for key in organisation.openpgp],
            "roster": organisation.roster,
            "last_confirmed": organisation.last_confirmed.isoformat() if organisation.last_confirmed else None,
            "confirmed_by": organisation.confirmed_by,
            "source": organisation.source,
        }
    )


def plain_person(person: Person) -> dict[str, Any]:
    """A person as they stand under their organisation."""
    return _filled(
        {
            "name": person.name,
            "mxid": str(person.mxid) if person.mxid else None,
            "roles": list(person.roles),
            "lead": person.lead,
            "languages": list(person.languages),
            "contacts": [plain_contact(contact) for contact in person.contacts],
            "openpgp": [_plain_key(key) for key in person.openpgp],
        }
    )


def plain_contact(contact: Contact) -> dict[str, str]:
    """One contact."""
    return {"kind": contact.kind, "value": contact.value, "tlp": contact.tlp.value}


def _plain_key(key: OpenPGPKey) -> dict[str, str]:
    return _filled({"fingerprint": key.fingerprint, "key_file": key.file})


def _filled(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if value not in (None, "", [], {}, False)}


_UNITS = (("d", 24 * 60), ("h", 60), ("m", 1))


def duration(minutes: int) -> str:
    """``15m``, ``4h``, ``2d``: whole units only."""
    for unit, size in _UNITS:
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def read_duration(text: str) -> int:
    """Minutes from ``15m``, ``4h`` or ``2d``; raises ValueError."""
    number, unit = text.strip()[:-1], text.strip()[-1:].casefold()
    sizes = dict(_UNITS)
    if unit not in sizes or not number.isascii() or not number.isdecimal() or int(number) == 0:
        raise ValueError(text)
    return int(number) * sizes[unit]


def differing(
    one: Organisation, people: tuple[Person, ...], other: Organisation, others: tuple[Person, ...]
) -> tuple[str, ...]:
    """The names of the fields in which two states of an organisation differ; files count by what they hold."""
    before, after = plain_organisation(one), plain_organisation(other)
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if "openpgp" not in fields and [k.data for k in one.openpgp] != [k.data for k in other.openpgp]:
        fields.append("openpgp")
    if "roster" not in fields and one.calendar != other.calendar:
        fields.append("roster")
    if sorted(map(_sortable, people)) != sorted(map(_sortable, others)):
        fields.append("people")
    return tuple(fields)


def _sortable(person: Person) -> str:
    return repr((plain_person(person), [key.data for key in person.openpgp]))
