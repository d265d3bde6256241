"""The teams of FIRST as its public interface gives them (``/data/v1/teams``): an envelope with ``data``, hyphenated
fields of which every one but the name may be absent: read, and written in the same form."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.directory.model import Membership, OpenPGPKey, Organisation, Problem, Reading, Source
from bot.directory.rules.document import Form, Node, Problems
from bot.formats import lists
from bot.formats.jsontext import entries, parse
from bot.tlp import Tlp
from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint

NETWORK = "first"


def is_this(document: Node) -> bool:
    """Whether a JSON document looks like this one."""
    return any(isinstance(e.value, Mapping) and "team" in e.value for e in entries(document)[:1])


def read(data: bytes, file: str) -> Reading:
    """Read an answer of the interface.  Never raises; an answer that says that it failed is a problem."""
    problems, notes = Problems(file), Problems(file)
    document = parse(data, problems)
    if isinstance(document.value, Mapping) and "status" in document.value:
        status = document.value["status"].value
        if status != "OK":
            return Reading(problems=(Problem(Source(file, document.line), "answer-failed", {"value": str(status)}),))
    return lists.read_list(entries(document), problems, notes, _team)


def _team(form: Form, notes: Problems) -> lists.Team | None:
    name = lists.short(form, "team", notes, required=True)
    full = lists.short(form, "team-full", notes)
    code = lists.country(form, "country", form.text("country"))
    if name is None:
        return None
    phones = [("fax" if "fax" in p.casefold() else "phone", p, form.line_of("phone")) for p in form.texts("phone")]
    site = next(iter(form.texts("website")), None)
    about = lists.short(form, "constituency-description", notes) or lists.short(form, "constituency", notes)
    organisation = Organisation(
        handle=lists.UNNAMED,
        names={"en": full or name},
        country=code,
        constituency=about,
        timezone=lists.timezone(form, "timezone", code, notes),
        office_hours=lists.office_hours(form, "operating-hours", notes),
        contacts=lists.contacts(
            [
                *(("email", mail, form.line_of("email")) for mail in form.texts("email")),
                ("emergency-phone", form.text("phone-emergency"), form.line_of("phone-emergency")),
                *phones,
                ("fax", form.text("fax"), form.line_of("fax")),
                ("postal", form.text("address"), form.line_of("address")),
            ],
            notes,
            lists.label(form),
        ),
        openpgp=_keys(form, notes),
        website=lists.website(form, "website", site, notes),
        memberships=(Membership(NETWORK, ("technical",)),),
        source="FIRST",
    )
    return lists.Team(form.line, name, organisation)


def _keys(form: Form, notes: Problems) -> tuple[OpenPGPKey, ...]:
    """By fingerprint only: the armour that the interface gives has lost its line breaks."""
    value = form.text("pgp-fingerprint")
    if value is None:
        return ()
    try:
        return (OpenPGPKey(str(OpenPGPFingerprint(value))),)
    except NotAFingerprint:
        notes.add(form.line_of("pgp-fingerprint"), "bad-fingerprint", value=value)
        return ()


# --- writing --------------------------------------------------------------------------------------------------


def write(organisations: Iterable[Organisation], ceiling: Tlp) -> bytes:
    """The members of FIRST as its interface answers."""
    teams = [_plain(organisation, ceiling) for organisation in lists.listed(organisations, NETWORK)]
    envelope = {"status": "OK", "status-code": 200, "version": "1.0", "total": len(teams), "data": teams}
    return lists.written(envelope)


def _plain(organisation: Organisation, ceiling: Tlp) -> dict[str, Any]:
    """What is not known is absent.  There is one place for an emergency number, a fax, an address and a key."""
    contacts = lists.opened(organisation, ceiling)
    mails = contacts.values["email"]
    fields = {
        "id": organisation.handle.casefold(),
        "team": str(organisation.handle),
        "team-full": organisation.name("en"),
        "country": organisation.country,
        "website": [organisation.website] if organisation.website else None,
        "email": mails[0] if len(mails) == 1 else mails,
        "phone": contacts.values["phone"],
        "phone-emergency": contacts.first("emergency-phone"),
        "fax": contacts.first("fax"),
        "address": contacts.first("postal"),
        "timezone": organisation.timezone,
        "operating-hours": organisation.office_hours,
        "constituency": organisation.constituency,
        "pgp-fingerprint": next((key.fingerprint for key in organisation.openpgp), None),
        lists.LABEL: str(contacts.label),
    }
    return {name: value for name, value in fields.items() if value}
