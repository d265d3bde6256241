"""How the command line speaks: the caller's language, plain text, errors on standard error."""

import errno
import os
import socket
import ssl
import sys

from bot.errors import NotDone, ServiceError
from bot.i18n.catalogue import Value, catalogue
from bot.i18n.rich import Rich, quote
from keys.errors import EnlaceError


class FileTrouble(NotDone):
    """“{path}” cannot be read or written: {reason}."""

    code = "file-trouble"


class Unforeseen(ServiceError):
    """Something failed inside enlace: {what}."""

    code = "cli-unforeseen"


def language() -> str:
    """From ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``; English if none of them is offered."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return catalogue().choose(value.split(".")[0].replace("_", "-"))
    return catalogue().choose(None)


def text(key: str, **values: Value) -> str:
    """One text of the catalogue."""
    return catalogue().text(language(), key, **values).plain


def out(key: str, **values: Value) -> None:
    """One text of the catalogue on standard output."""
    print(text(key, **values))


def warn(key: str, **values: Value) -> None:
    """One text of the catalogue on standard error."""
    print(text(key, **values), file=sys.stderr)


def why(error: BaseException | None) -> Rich:
    """The reason that the system gave, in the caller's language where it is one of the usual ones."""
    if isinstance(error, socket.gaierror) or isinstance(getattr(error, "os_error", None), socket.gaierror):
        return catalogue().text(language(), "cli-why-name")
    if isinstance(error, ssl.SSLError) or hasattr(error, "certificate_error"):
        return catalogue().text(language(), "cli-why-certificate")
    number = errno.ETIMEDOUT if isinstance(error, TimeoutError) else getattr(error, "errno", None)
    if number in _WHY:
        return catalogue().text(language(), f"cli-why-{_WHY[number]}")
    return quote(os.strerror(number) if isinstance(number, int) and number > 0 else type(error).__name__)


_WHY = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timeout",
    errno.ENOENT: "missing",
    errno.EACCES: "rights",
    errno.EPERM: "rights",
    errno.EISDIR: "folder",
    errno.ENOSPC: "full",
}


def said(error: EnlaceError) -> str:
    """What went wrong and the way out."""
    return catalogue().error(language(), error).plain


def tell(error: EnlaceError) -> None:
    """What went wrong and the way out, on standard error."""
    print(said(error), file=sys.stderr)
