"""The forms of single values: what does not fit raises a PydanticCustomError that :mod:`bot.config.reading` names."""

import ipaddress
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from bot.errors import EnlaceError
from bot.ids import parse_user_id
from bot.tlp import parse
from keys.fingerprint import OpenPGPFingerprint


def user(value: str) -> str:
    """A full Matrix user."""
    try:
        return parse_user_id(value)
    except EnlaceError:
        raise PydanticCustomError("form", "user id") from None


def _address(value: str) -> SplitResult:
    """Raises also for a port that there is not, which is read only when it is asked for."""
    url = urlsplit(value)
    if url.port == 0 or " " in value or not value.isprintable():
        raise PydanticCustomError("form", "url")
    return url


def homeserver(value: str) -> str:
    """Where the homeserver answers: `https`, or `http` on this machine."""
    url = _address(value)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise PydanticCustomError("form", "url")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise PydanticCustomError("plain_http", "plain http")
    return value.rstrip("/")


def web_address(value: str) -> str:
    """An address on the web: `https`, or `http` on this machine."""
    url = _address(value)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.fragment:
        raise PydanticCustomError("form", "url")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise PydanticCustomError("plain_http", "plain http")
    return value


def public_address(value: str) -> str:
    """The beginning of addresses on the web, without a slash at the end."""
    if urlsplit(value).query:
        raise PydanticCustomError("form", "url")
    return web_address(value).rstrip("/")


def ip_address(value: str) -> str:
    """An IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise PydanticCustomError("form", "ip address") from None
    return value


def network(value: str) -> str:
    """An IP address, or a network of them."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise PydanticCustomError("form", "network") from None


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def loopback(value: str) -> str:
    """A name or address of this machine."""
    if not is_loopback(value):
        raise PydanticCustomError("not_loopback", "not loopback")
    return value


def database_url(value: str) -> str:
    """Where the database is, without a password."""
    url = urlsplit(value)
    if url.scheme not in {"sqlite+aiosqlite", "postgresql+asyncpg"}:
        raise PydanticCustomError("form", "url")
    if url.password:
        raise PydanticCustomError("secret_in_url", "password in url")
    return value


def fingerprint(value: str) -> str:
    """An OpenPGP fingerprint."""
    try:
        return OpenPGPFingerprint(value)
    except EnlaceError:
        raise PydanticCustomError("form", "fingerprint") from None


def label(value: Any) -> Any:
    """A TLP label, however it is written; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except EnlaceError:
        return value  # pydantic then lists the labels


def as_text(value: Any) -> Any:
    """A number where text is meant."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def pattern(pattern: str) -> AfterValidator:
    """Text of this form."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise PydanticCustomError("form", "form")
        return value

    return AfterValidator(check)
