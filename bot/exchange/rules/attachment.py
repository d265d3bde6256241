"""What is taken over of a file that somebody posted, and under which name; pure.

A name is shown to people and used by their machines: it must not look like another kind of file, leave its folder,
or reorder the line that it stands in (Unicode TR 36; CWE-22; CWE-451).
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bot.exchange.files import FileNotEncrypted
from bot.exchange.model import Posted
from bot.i18n.rich import neutral

CARRIED = frozenset({"m.file", "m.image", "m.audio", "m.video"})
LONGEST = 120
"""Bytes of a name in UTF-8."""
ROOM = len("__.bin")
NAMELESS = "file"

_SEPARATORS = re.compile(
    r"[/\\:*?\"<>|\u2044\u2215\u29f5\u29f8\u29f9\ufe68\uff02\uff0a\uff0f\uff1a\uff1c\uff1e\uff1f\uff3c\uff5c]"
)
"""Of folders and of what Windows forbids, and what looks like them."""
_DOTS = re.compile("[\u2024\uff0e\u3002\ufe52\u0701\u06d4]")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,10}")
_TAIL = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_LOOKS_LIKE_EXTENSION = re.compile(r"\.(?=[A-Za-z0-9]{2,5}(\.|\s|$))")
_RUNS = re.compile(
    "app|apk|bat|bin|cmd|com|cpl|dll|docm|exe|gadget|hta|jar|js|jse|lnk|msi|msp|pif|ps1|py|reg|scr|sh|url|vb|vbe|vbs"
    "|wsf|wsh|xlsm",
    re.IGNORECASE,
)
"""Extensions of what a machine runs; a second extension before one of them is there to deceive."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # Windows opens a device instead

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_MOST_PIXELS = 65_535


def posted(content: Mapping[str, Any]) -> Posted:
    """The encrypted file of a message whose ``msgtype`` is in :data:`CARRIED`; raises FileNotEncrypted."""
    file = content.get("file")
    if not isinstance(file, Mapping) or not isinstance(file.get("key"), Mapping):
        raise FileNotEncrypted
    info = content.get("info")
    said = info if isinstance(info, Mapping) else {}
    kept = {name: file[name] for name in ("url", "key", "iv", "hashes", "v") if name in file}
    return Posted(
        file=kept,
        name=clean_name(str(content.get("filename") or content.get("body") or "")),
        image=content.get("msgtype") == "m.image",
        width=_pixels(said.get("w")),
        height=_pixels(said.get("h")),
    )


def caption(content: Mapping[str, Any]) -> str:
    """What was written with the file: the body, where the name stands apart from it."""
    name, body = content.get("filename"), content.get("body")
    return body if isinstance(body, str) and isinstance(name, str) and name and body != name else ""


def clean_name(name: str) -> str:
    """A file name that is safe to show and to save, and that says what kind of file it is."""
    name = _DOTS.sub(".", neutral(name))
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" or c in "\n\t")
    name = unicodedata.normalize("NFC", name)  # what is neighbours only now may be one letter
    name = _shortened(" ".join(_SEPARATORS.sub("_", name).split()).strip(". "))
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    extension = extension.strip()
    if extension and not _EXTENSION.fullmatch(extension):
        if extension.isascii() or " " in extension:
            stem, extension = name, ""  # a full stop inside a name
        else:
            stem, extension = f"{stem}_{_ascii(extension)}", "bin"  # letters that only look like an extension
    if _RUNS.fullmatch(extension):
        stem = _LOOKS_LIKE_EXTENSION.sub("_", stem)
    stem = stem.strip(". ") or NAMELESS
    if _DEVICES.match(f"{stem}."):
        stem = f"_{stem}"
    return f"{stem}.{extension}" if extension else stem


def image_type(start: bytes) -> str | None:
    """The MIME type of an image that every client shows, by its first bytes; None for anything else."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _IMAGES if start.startswith(magic)), None)


def readable_size(size: int) -> str:
    """Bytes as people read them, the same in every language."""
    for unit, bytes_of_it in (("MB", 10**6), ("kB", 10**3)):
        if size >= 10 * bytes_of_it or (unit == "kB" and size >= bytes_of_it):
            return f"{round(size / bytes_of_it)} {unit}"
    return f"{size} B"


def _shortened(name: str) -> str:
    """With room for what may still be added, and with its extension."""
    if len(name.encode()) <= LONGEST - ROOM:
        return name
    found = _TAIL.search(name)
    tail = found[0] if found else ""
    return name.encode()[: LONGEST - ROOM - len(tail)].decode(errors="ignore").rstrip(". ") + tail


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text)


def _pixels(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_PIXELS else None
