"""Take signed texts and signatures apart before gpg sees them (RFC 9580, sections 4.2, 6 and 7).

gpg accepts far more than one signed text with one signature, and what it then reports is about all of it.  Here
everything else is refused, so that what gpg judges is exactly what was looked at.
"""

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass

from keys.openpgp.errors import NotSigned, SeveralSignatures, SignatureUnclear

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_BEGIN = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_HASH = re.compile(r"Hash: [A-Za-z0-9, -]+")
_SIGNATURE_PACKET = 2


@dataclass(frozen=True)
class ClearSigned:
    """A clear-signed text, taken apart and put together again without anything around it."""

    message: bytes
    """For gpg: framing, text as it stood, and signature."""
    text: str
    """The text as we read it: dashes unescaped, blanks at the ends of lines and of the text left out."""


def read_clear_signed(content: str) -> ClearSigned:
    """The one clear-signed text in ``content``; what stands around it is dropped.

    Raises :class:`NotSigned`, :class:`SeveralSignatures` or :class:`SignatureUnclear`.
    """
    lines = content.replace("\r\n", "\n").split("\n")
    marks = [line.strip() for line in lines]
    begun, signed, ended = (
        [at for at, mark in enumerate(marks) if mark == wanted] for wanted in (_SIGNED, _BEGIN, _END)
    )
    if not begun or not signed or not ended:
        raise NotSigned
    if max(map(len, (begun, signed, ended))) > 1:
        raise SeveralSignatures(count=max(map(len, (begun, signed, ended))))
    if not begun[0] < signed[0] < ended[0]:
        raise NotSigned
    block = lines[begun[0] + 1 : signed[0]]
    blank = next((at for at, line in enumerate(block) if not line.strip()), None)
    if blank is None or not all(_HASH.fullmatch(line.strip()) for line in block[:blank]):
        raise SignatureUnclear(status="armour header")
    body = block[blank + 1 :]
    for line in body:
        if any(unicodedata.category(letter) == "Cc" and letter != "\t" for letter in line):
            raise SignatureUnclear(status="control character")
        if line.startswith("-") and not line.startswith("- "):
            raise SignatureUnclear(status="dash escape")
    signature = _one_signature(_dearmour(lines[signed[0] + 1 : ended[0]]))
    headers = [line.strip() for line in block[:blank]]
    message = "\n".join([_SIGNED, *headers, "", *body, _armour(signature)])
    return ClearSigned(message.encode(), plain("\n".join(line.removeprefix("- ") for line in body)))


def read_detached(content: bytes) -> bytes:
    """The one detached signature in ``content``, armoured or binary, as binary.

    Raises :class:`NotSigned`, :class:`SeveralSignatures` or :class:`SignatureUnclear`.
    """
    if b"-----BEGIN" not in content:
        return _one_signature(content)
    try:
        lines = content.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise SignatureUnclear(status="armour") from None
    marks = [line.strip() for line in lines]
    if marks.count(_BEGIN) > 1:
        raise SeveralSignatures(count=marks.count(_BEGIN))
    if _BEGIN not in marks or _END not in marks or marks.index(_END) < marks.index(_BEGIN):
        raise NotSigned
    return _one_signature(_dearmour(lines[marks.index(_BEGIN) + 1 : marks.index(_END)]))


def plain(text: str) -> str:
    """A text without what a clear signature does not cover: blanks at line ends, line ends at the end of the text."""
    return "\n".join(line.rstrip(" \t\r") for line in text.replace("\r\n", "\n").split("\n")).rstrip("\n")


def _dearmour(lines: list[str]) -> bytes:
    """The bytes of an armoured block.  Headers and the checksum say nothing (RFC 9580, section 6.1) and are dropped."""
    kept = [line.strip() for line in lines]
    kept = [line for line in kept if line and ":" not in line and not line.startswith("=")]
    try:
        return base64.b64decode("".join(kept), validate=True)
    except binascii.Error:
        raise SignatureUnclear(status="armour") from None


def _armour(raw: bytes) -> str:
    """With its checksum: without one, gpg reads on into the last line where base64 ends without ``=``."""
    text = base64.b64encode(raw).decode("ascii")
    checksum = base64.b64encode(_crc24(raw).to_bytes(3, "big")).decode("ascii")
    return "\n".join([_BEGIN, "", *(text[at : at + 64] for at in range(0, len(text), 64)), f"={checksum}", _END, ""])


def _crc24(raw: bytes) -> int:
    """RFC 9580, section 6.1.1."""
    crc = 0xB704CE
    for byte in raw:
        crc ^= byte << 16
        for _ in range(8):
            crc = (crc << 1) ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc


def _one_signature(raw: bytes) -> bytes:
    """``raw`` if it is exactly one signature packet (RFC 9580, section 4.2)."""
    tags: list[int] = []
    at = 0
    while at < len(raw):
        tag, at = _packet(raw, at)
        tags.append(tag)
    if not tags:
        raise NotSigned
    if any(tag != _SIGNATURE_PACKET for tag in tags):
        raise SignatureUnclear(status=f"packet {next(tag for tag in tags if tag != _SIGNATURE_PACKET)}")
    if len(tags) > 1:
        raise SeveralSignatures(count=len(tags))
    return raw


def _packet(raw: bytes, at: int) -> tuple[int, int]:
    """The type of the packet at ``at`` and where the next one begins."""
    first = raw[at]
    if not first & 0x80:
        raise SignatureUnclear(status="packet")
    if first & 0x40:  # section 4.2.1
        tag, width = first & 0x3F, 1
        length = raw[at + 1] if at + 1 < len(raw) else 255
        if 192 <= length < 224 and at + 2 < len(raw):
            length, width = ((length - 192) << 8) + raw[at + 2] + 192, 2
        elif length == 255:
            length, width = int.from_bytes(raw[at + 2 : at + 6], "big"), 5
        elif length >= 192:
            raise SignatureUnclear(status="packet")  # partial lengths are for data packets
    else:  # section 4.2.2
        tag, kind = (first >> 2) & 0x0F, first & 0x03
        if kind == 3:
            raise SignatureUnclear(status="packet")
        width = 1 << kind
        length = int.from_bytes(raw[at + 1 : at + 1 + width], "big")
    end = at + 1 + width + length
    if end > len(raw):
        raise SignatureUnclear(status="packet")
    return tag, end
