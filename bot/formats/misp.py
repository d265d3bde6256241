"""Organisations as MISP exchanges them (JSON): read, and written back under the same UUIDs."""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from bot.directory.model import Organisation, Reading
from bot.directory.rules import countries
from bot.directory.rules.document import Form, Node, Problems
from bot.formats import lists
from bot.formats.jsontext import entries, parse

_SOURCE = "MISP organisation "
_NAMESPACE = uuid.UUID("6f1d0b1e-4a4e-5d52-9a0e-0d4f6a2f6f0a")
"""Of the UUIDs of organisations that did not come from a MISP: the same handle always gives the same one."""
_MAIL = re.compile(r"[^\s<>,;:()]+@[^\s<>,;:()]+\.[^\s<>,;:()]+")


def is_this(document: Node) -> bool:
    """Whether a JSON document looks like this one."""
    return any(isinstance(o.value, Mapping) and "uuid" in o.value and "name" in o.value for o in _nodes(document)[:1])


def read(data: bytes, file: str) -> Reading:
    """Read ``/organisations`` of a MISP, or one organisation.  Never raises."""
    problems, notes = Problems(file), Problems(file)
    return lists.read_list(_nodes(parse(data, problems)), problems, notes, _organisation)


def _nodes(document: Node) -> list[Node]:
    """Each organisation without its envelope."""
    if isinstance(document.value, Mapping) and "Organisation" in document.value:
        return [document.value["Organisation"]]
    return [
        item.value["Organisation"] if isinstance(item.value, Mapping) and "Organisation" in item.value else item
        for item in entries(document)
    ]


def _organisation(form: Form, notes: Problems) -> lists.Team | None:
    name = lists.short(form, "name", notes, required=True)
    code = lists.country(form, "nationality", _nationality(form.text("nationality")))
    if name is None:
        return None
    sector = lists.short(form, "sector", notes)
    contacts = form.text("contacts") or ""
    line = form.line_of("contacts")
    organisation = Organisation(
        handle=lists.UNNAMED,
        names={"en": name},
        country=code,
        constituency=lists.short(form, "description", notes),
        sectors=(sector,) if sector else (),
        contacts=lists.contacts([("email", mail, line) for mail in _MAIL.findall(contacts)], notes),
        source=_SOURCE + (form.text("uuid") or "without UUID"),
    )
    return lists.Team(form.line, name, organisation)


def _nationality(value: str | None) -> str | None:
    return None if value is None or value.casefold() in {"not specified", "international"} else value


# --- writing --------------------------------------------------------------------------------------------------


def write(organisations: Iterable[Organisation]) -> bytes:
    """What a MISP takes: names, countries, sectors, and the contacts that may go anywhere (TLP:CLEAR)."""
    made = [{"Organisation": _plain(organisation)} for organisation in organisations]
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(organisation: Organisation) -> dict[str, Any]:
    mails = [c.value for c in organisation.contacts if c.kind == "email" and c.tlp.name == "CLEAR"]
    return {
        "uuid": uuid_of(organisation),
        "name": str(organisation.handle),
        "description": organisation.name("en"),
        "nationality": countries.name(organisation.country, "en") if organisation.country else "Not specified",
        "sector": ", ".join(organisation.sectors),
        "type": organisation.kind or "",
        "contacts": "\n".join(mails),
        "local": False,
    }


def uuid_of(organisation: Organisation) -> str:
    """The UUID that it came with, else one made of its handle."""
    if (organisation.source or "").startswith(_SOURCE):
        try:
            return str(uuid.UUID(str(organisation.source).removeprefix(_SOURCE)))
        except ValueError:
            pass
    return str(uuid.uuid5(_NAMESPACE, organisation.handle.casefold()))
