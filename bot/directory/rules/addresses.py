"""Whether a text can be an address of its kind; what no rule is known for passes.  Pure."""

import re

from bot.ids import BadUserId, parse_user_id

_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_URL = re.compile(r"https?://[^\s<>\"']+")


def is_mail(value: str) -> bool:
    """One address for mail, without a name."""
    return bool(_MAIL.fullmatch(value))


def is_url(value: str) -> bool:
    """A web address."""
    return bool(_URL.fullmatch(value))


def usable(kind: str, value: str) -> bool:
    """Whether a contact of this kind can have this value."""
    if kind == "email":
        return is_mail(value)
    if kind != "matrix":
        return bool(value)
    try:
        parse_user_id(value)
    except BadUserId:
        return False
    return True
