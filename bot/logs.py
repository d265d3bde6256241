"""What the process writes about itself: JSON or console lines on standard error.

No message content and no secrets, even where somebody logs them by mistake.  Fields named like content or secrets
are left out; anything in a value that looks like a token, password or private key is cut out; of an exception only
its type, its error code and the places in the code are written, never its text; of a library's log line only where
in the library it was written, since its text may quote what people said.  Every line has a ``ref``.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

import structlog

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

Event = MutableMapping[str, Any]


def configure(*, form: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of the process, libraries' included, to ``stream`` (standard error by default).

    ``form`` is ``json``, ``console`` or ``auto`` (console on a terminal); ``level`` one of ``debug``, ``info``,
    ``warning``, ``error``.  Can be called again, to change either while running."""
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), sort_keys=False)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, hide_foreign],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                name_exceptions,
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # libraries: warnings only, whatever our own level is
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(capture=True)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of one file (``__name__``): ``logger(__name__).info("room made", ref=ref, room=room)``.

    The event is a fixed phrase of ours; everything else goes into named fields."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


@contextmanager
def about(ref: str) -> Iterator[None]:
    """Every line inside the block, in this task and those it starts, carries ``ref``."""
    with structlog.contextvars.bound_contextvars(ref=ref):
        yield


def hide_foreign(_logger: Any, _method: str, event: Event) -> Event:
    """A line that a library wrote through :mod:`logging`: only where it was written.  Our own lines pass."""
    record: logging.LogRecord | None = event.get("_record")
    if record is None or record.name.split(".")[0] in OURS:
        return event
    kept = {key: value for key, value in event.items() if key in {"level", "logger", "timestamp", "ref", "exc_info"}}
    kept |= {"_record": record, "_from_structlog": event.get("_from_structlog", False)}
    return {**kept, "event": "a library reported something", "where": f"{record.module}:{record.lineno}"}


def name_exceptions(_logger: Any, _method: str, event: Event) -> Event:
    """``exc_info`` becomes ``error``: types, codes and places of the exception and its causes, without their texts."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
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


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """Leave out content and secrets, put ``ref`` on the line, and make every value one line of printable text."""
    event.setdefault("ref", NO_REF)
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
