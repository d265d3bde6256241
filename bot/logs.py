"""What the process writes about itself: JSON or console lines on standard error.

No message content and no secrets, even where somebody logs them by mistake.  Fields named like content or secrets
are left out; anything in a value that looks like a token, password or private key is cut out; of an exception only
its type, its error code and the places in the code are written, never its text; of a library's log line only where
in the library it was written, since its text may quote what people said.  Every line has a ``ref``.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, TextIO

from keys.errors import EnlaceError

OURS = ("bot", "handlers", "keys")
NO_REF = "-"
CUT = "[left out]"
LONGEST = 1000
"""Characters of one value; longer ones are cut."""

_LEFT_OUT = {
    "answer", "body", "ciphertext", "content", "details", "formatted_body", "message", "note", "plain", "plaintext",
    "subject", "summary", "text", "value", "values",
}  # fmt: skip
_SECRET_NAMES = re.compile(
    r"(?i)pass(word|phrase|wd)?$|secret|token|private|credential|(session|room|store|log|pickle)_?key|authorization|cookie|seed|salt|nonce"
)
_SECRETS = re.compile(
    r"""(?ix)
      -----BEGIN\ PGP.*                                          # armoured keys and messages
    | \b(?:sy[tr]|mct|mat|mcr)_[A-Za-z0-9_\-]{6,}                # access and refresh tokens of Synapse and of MAS
    | \bMDA[A-Za-z0-9_\-+/=]{20,}                                # macaroons
    | \bbearer\s+\S+
    | \b(?:access_token|refresh_token|token|password|passphrase|passwd|pwd|secret)\b["']?\s*[=:]\s*["']?[^\s"'&,;]+
    | (?<=/ack/)[A-Za-z0-9_\-]+                                  # links that acknowledge
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                            # user:password@ of a URL
    """,
    re.DOTALL,
)

Event = dict[str, Any]
_ref: ContextVar[str] = ContextVar("ref", default=NO_REF)
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "31"}
"""Of a terminal, by level."""


def configure(*, form: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of the process, libraries' included, to ``stream`` (standard error by default).

    ``form`` is ``json``, ``console`` or ``auto`` (console on a terminal); ``level`` one of ``debug``, ``info``,
    ``warning``, ``error``.  Can be called again, to change either while running."""
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(Lines(partial(_for_people, colours=out.isatty()) if console else _as_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # libraries: warnings only, whatever our own level is
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(capture=True)


class Logger:
    """The logger of one file.

    The event is a fixed phrase of ours; everything else goes into named fields."""

    __slots__ = ("_to",)

    def __init__(self, name: str) -> None:
        self._to = logging.getLogger(name)

    def debug(self, event: str, **fields: Any) -> None:
        """What only developers read."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """What happened as it should."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """What did not, and was coped with."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """What somebody has to do something about."""
        self._write(logging.ERROR, event, fields)

    def critical(self, event: str, **fields: Any) -> None:
        """What ends the service."""
        self._write(logging.CRITICAL, event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """An error, with the exception that is being handled."""
        self._write(logging.ERROR, event, {"exc_info": True, **fields})

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if self._to.isEnabledFor(level):
            self._to.log(level, "%s", event, extra={"fields": fields})


def logger(name: str) -> Logger:
    """The logger of one file (``__name__``): ``logger(__name__).info("room made", ref=ref, room=room)``."""
    return Logger(name)


@contextmanager
def about(ref: str) -> Iterator[None]:
    """Every line inside the block, in this task and those it starts, carries ``ref``."""
    before = _ref.set(ref)
    try:
        yield
    finally:
        _ref.reset(before)


class Lines(logging.Formatter):
    """A record as one line; ``write`` makes it of its fields, cleaned."""

    def __init__(self, write: Callable[[Event], str]) -> None:
        super().__init__()
        self._write = write

    def format(self, record: logging.LogRecord) -> str:
        """See above."""
        event: Event = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "ref": _ref.get(),
        }
        if record.name.split(".")[0] in OURS:
            event |= {"event": record.getMessage(), "exc_info": record.exc_info, **getattr(record, "fields", {})}
        else:  # a library's text may quote what people said: only where it was written
            where = f"{record.module}:{record.lineno}"
            event |= {"event": "a library reported something", "where": where, "exc_info": record.exc_info}
        return self._write(redact(name_exception(event)))


def _as_json(event: Event) -> str:
    return json.dumps(event, ensure_ascii=False)


def _for_people(event: Event, *, colours: bool) -> str:
    said = {name: event.pop(name) for name in ("timestamp", "level", "event", "logger")}
    fields = " ".join(f"{name}={value}" for name, value in event.items())
    level = f"{said['level']:<7}"
    if colours:
        level = f"\x1b[{_COLOURS.get(said['level'], '0')}m{level}\x1b[0m"
    return f"{said['timestamp']} {level} {said['event']} [{said['logger']}] {fields}"


def name_exception(event: Event) -> Event:
    """``exc_info`` becomes ``error``: types, codes and places of the exception and its causes, without their texts."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        event["error"] = describe(given)
    return event


def describe(error: BaseException) -> str:
    """An exception as one line: ``ValueError at bot/x.py:12 < bot/y.py:7, from EnlaceError(bad-ref) at …``."""
    parts = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        code = f"({at.code})" if isinstance(at, EnlaceError) else f"({at.errno})" if isinstance(at, OSError) else ""
        parts.append(f"{type(at).__name__}{code} at {_places(at.__traceback__)}")
        if isinstance(at, BaseExceptionGroup):
            parts += [describe(inner) for inner in at.exceptions]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return ", from ".join(parts)


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-12:]
    places = [f"{'/'.join(frame.filename.rsplit('/', 3)[-3:])}:{frame.lineno}" for frame in reversed(frames)]
    return " < ".join(places) or "?"


def redact(event: Event) -> Event:
    """Leave out content and secrets, and make every value one line of printable text."""
    return {str(key): _clean(str(key), value) for key, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if name in _LEFT_OUT or _SECRET_NAMES.search(name) or isinstance(value, bytes | bytearray | memoryview):
        return CUT
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", inner) for inner in value]
    return describe(value) if isinstance(value, BaseException) else _printable(_SECRETS.sub(CUT, str(value)))


def _printable(text: str) -> str:
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
