"""One field of an entry as somebody types it into a room, read strictly: what is proposed is dialled and mailed later.

A file is read more leniently (:mod:`bot.formats.native`): it brings what others already publish."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale

from bot.directory.model import Organisation
from bot.directory.rules.addresses import is_url
from bot.directory.rules.naming import fold
from bot.directory.rules.phone import tel
from bot.directory.rules.plain import read_duration
from bot.directory.rules.targets import SEVERITIES
from bot.duty.rules.hours import BadOfficeHours
from bot.duty.rules.hours import parse as parse_hours
from bot.duty.rules.walltime import zone
from bot.errors import NotDone

CONTACTS = ("phone", "emergency-phone", "fax", "email")
OTHERS = ("office_hours", "timezone", "languages", "website", "security_txt", "response")
FIELDS = (*CONTACTS, *OTHERS)
"""What an organisation can propose to change of its own entry, as the entry names it."""
LONGEST = 254
LONGEST_RESPONSE = 30 * 24 * 60
"""Minutes."""
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}"
_MAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_DOMAIN}")
"""The dot-atom of RFC 5322 at a host name of RFC 1123; other forms are legal, and no desk uses them."""
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{2,8})*)")


class NotForThisField(NotDone):
    """“{value}” cannot stand there in an entry ({field}). Nothing was proposed."""

    code = "not-for-this-field"


def contact(kind: str, text: str) -> str:
    """The value of a contact of one of :data:`CONTACTS`.  Raises :class:`NotForThisField`."""
    value = " ".join(text.split())
    if kind == "email":
        good = bool(_MAIL.fullmatch(value)) and len(value.partition("@")[0]) <= 64
    else:
        good = value.startswith("+") and not value.startswith("+0") and tel(value) is not None
    if not good or len(value) > LONGEST:
        raise NotForThisField(field=kind, value=value[:60] or "–")
    return value


def changed(organisation: Organisation, field: str, text: str) -> Organisation:
    """The entry with another value of one of :data:`OTHERS`.  Raises :class:`NotForThisField`."""
    value = " ".join(text.split())
    try:
        read = _READERS[field](organisation, value) if len(value) <= LONGEST else None
    except (ValueError, BadOfficeHours):
        read = None
    if not read:
        raise NotForThisField(field=field, value=value[:60] or "–")
    return replace(organisation, **{field: read})


def without(organisation: Organisation, field: str) -> Organisation:
    """The entry without one of :data:`OTHERS`."""
    nothing = getattr(Organisation(organisation.handle), field)
    return replace(organisation, **{field: nothing})


# --- the forms; what does not fit raises ValueError -------------------------------------------------------------


def _hours(_: Organisation, value: str) -> str:
    parse_hours(value)
    return value


def _zone(_: Organisation, value: str) -> str:
    name = _zones().get(value.casefold().replace(" ", "_"), "")
    if zone(name) is None:
        raise ValueError(value)
    return name


@cache
def _zones() -> dict[str, str]:
    """The zones that are places (and UTC), by their name in small letters."""
    return {name.casefold(): name for name in available_timezones() if "/" in name or name == "UTC"}


def _languages(_: Organisation, value: str) -> tuple[str, ...]:
    known, tags = Locale("en").languages, []
    for word in re.split(r"[\s,;]+", value.strip(" ,;")):
        found = _LANGUAGE.fullmatch(word)
        if found is None or found[1].casefold() not in known:
            raise ValueError(word)
        tags.append(found[1].casefold() + found[2])
    return tuple(dict.fromkeys(tags))


def _website(_: Organisation, value: str) -> str:
    url = urlsplit(value)
    host = url.hostname or ""
    # RFC 3986: an address is ASCII; what else a path could hold may read as another.
    if (
        url.scheme != "https"
        or not value.isascii()
        or not is_url(value)
        or url.username
        or not re.fullmatch(_DOMAIN, host)
    ):
        raise ValueError(value)
    return value if url.port != 0 else ""  # asking raises ValueError for what is no port


def _security_txt(organisation: Organisation, value: str) -> str:
    if not urlsplit(value).path.endswith("/security.txt"):  # RFC 9116
        raise ValueError(value)
    return _website(organisation, value)


def _response(organisation: Organisation, value: str) -> Mapping[str, int]:
    """``critical 15m, high 4h``; what is not named stays."""
    words = re.split(r"[\s,;:=]+", value.strip(" ,;"))
    found = dict(organisation.response)
    for word, length in zip(words[::2], words[1::2], strict=True):
        severity, minutes = SEVERITIES.get(fold(word)), read_duration(length)
        if severity is None or minutes > LONGEST_RESPONSE:
            raise ValueError(word)
        found[severity] = minutes
    return found


_READERS: Mapping[str, Callable[[Organisation, str], Any]] = {
    "office_hours": _hours,
    "timezone": _zone,
    "languages": _languages,
    "website": _website,
    "security_txt": _security_txt,
    "response": _response,
}
