"""The teams of TF-CSIRT as the Trusted Introducer's directory gives them (JSON): read, and written in the same
form."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.directory.model import Membership, OpenPGPKey, Organisation, Reading
from bot.directory.rules import countries
from bot.directory.rules.document import Form, Node, Problems
from bot.formats import lists
from bot.formats.jsontext import entries, parse
from bot.tlp import Tlp
from keys.fingerprint import NotAFingerprint, OpenPGPFingerprint

NETWORK = "tf-csirt"
_PHONES = {"voice": "phone", "emergency": "emergency-phone", "fax": "fax"}


def is_this(document: Node) -> bool:
    """Whether a JSON document looks like this one."""
    return any(isinstance(e.value, Mapping) and "short_name" in e.value for e in entries(document)[:1])


def read(data: bytes, file: str) -> Reading:
    """Read the directory.  Never raises."""
    problems, notes = Problems(file), Problems(file)
    return lists.read_list(entries(parse(data, problems)), problems, notes, _team)


def _team(form: Form, notes: Problems) -> lists.Team | None:
    name = lists.short(form, "short_name", notes, required=True)
    full = lists.short(form, "official_name", notes)
    code = lists.country(form, "country", _inner(form, "country", "code"))
    if name is None:
        return None
    organisation = Organisation(
        handle=lists.UNNAMED,
        names={"en": full or name},
        country=code,
        timezone=lists.timezone(form, "business_hours_timezone", code, notes),
        office_hours=lists.office_hours(form, "business_hours", notes),
        contacts=lists.contacts(_contacts(form), notes, lists.label(form)),
        openpgp=_keys(form, notes),
        memberships=(Membership(NETWORK, ("technical",)),),
        source="Trusted Introducer",
    )
    return lists.Team(form.line, name, organisation)


def _inner(form: Form, key: str, field: str) -> str | None:
    node = form.fields.get(key)
    if node is None or node.value is None or isinstance(node.value, str):
        return None if node is None else form.text(key)
    return Form(node, form.problems).text(field)


def _contacts(form: Form) -> list[tuple[str, str | None, int]]:
    found = [("email", Form(node, form.problems).text("address"), node.line) for node in form.nodes("emails")]
    for node in form.nodes("phones"):
        phone = Form(node, form.problems)
        found.append((_PHONES.get(phone.text("usage") or "", "phone"), phone.text("number"), node.line))
    if isinstance(address := form.fields.get("postal_address"), Node) and isinstance(address.value, str):
        found.append(("postal", form.text("postal_address"), address.line))
    return found


def _keys(form: Form, notes: Problems) -> tuple[OpenPGPKey, ...]:
    found: dict[str, OpenPGPKey] = {}
    for node in form.nodes("pgp_keys"):
        value = Form(node, form.problems).text("fingerprint")
        if value is None:
            continue
        try:
            fingerprint = str(OpenPGPFingerprint(value))
        except NotAFingerprint:
            notes.add(node.line, "bad-fingerprint", value=value)
            continue
        found[fingerprint] = OpenPGPKey(fingerprint)
    return tuple(found.values())


# --- writing --------------------------------------------------------------------------------------------------


def write(organisations: Iterable[Organisation], ceiling: Tlp) -> bytes:
    """The teams of TF-CSIRT as the directory lists them."""
    return lists.written([_plain(organisation, ceiling) for organisation in lists.listed(organisations, NETWORK)])


def _plain(organisation: Organisation, ceiling: Tlp) -> dict[str, Any]:
    """There is one place for an address."""
    contacts = lists.opened(organisation, ceiling)
    code = organisation.country
    return {
        "official_name": organisation.name("en"),
        "short_name": str(organisation.handle),
        "country": {"code": code, "name": countries.name(code, "en")} if code else None,
        "postal_address": contacts.first("postal"),
        "business_hours": organisation.office_hours,
        "business_hours_timezone": organisation.timezone,
        "pgp_keys": [{"fingerprint": key.fingerprint} for key in organisation.openpgp],
        "phones": [
            {"usage": usage, "number": number} for usage, kind in _PHONES.items() for number in contacts.values[kind]
        ],
        "emails": [{"address": address} for address in contacts.values["email"]],
        lists.LABEL: str(contacts.label),
    }
