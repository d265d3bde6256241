"""Read gpg's key listings (GnuPG's ``doc/DETAILS``, "Format of the colon listings")."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from keys.fingerprint import OpenPGPFingerprint
from keys.policy import KeyInfo, SubkeyInfo

# Numbers of RFC 9580, section 9.1; the curves' names stand in their own field.
_ALGORITHMS: Mapping[int, str] = {1: "rsa", 2: "rsa", 3: "rsa", 16: "elgamal", 17: "dsa", 20: "elgamal-sign"}
_VALIDITIES = "erid"


def read_listing(listing: bytes) -> tuple[list[KeyInfo], bool]:
    """The keys of a ``--with-colons --fixed-list-mode`` listing, and whether there was a secret key among them.

    User ids that are revoked, expired or not signed by their key are left out.
    """
    keys: list[KeyInfo] = []
    secret = False
    parts: list[SubkeyInfo] = []
    uids: list[str] = []
    pending: list[str] | None = None

    def finish() -> None:
        if parts:
            keys.append(KeyInfo(parts[0], tuple(parts[1:]), tuple(uids)))
        parts.clear()
        uids.clear()

    for line in listing.decode("utf-8", "replace").splitlines():
        fields = [*line.split(":"), *[""] * 21]
        kind = fields[0]
        secret = secret or kind in {"sec", "ssb"}
        if kind in {"pub", "sec"}:
            finish()
            pending = fields
        elif kind in {"sub", "ssb"}:
            pending = fields
        elif kind == "fpr" and pending is not None:
            parts.append(_part(pending, fields[9]))
            pending = None
        elif kind == "uid" and fields[1] not in set("rein"):
            uids.append(re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), fields[9]))
    finish()
    return keys, secret


def _part(fields: list[str], fingerprint: str) -> SubkeyInfo:
    number = int(fields[3] or 0)
    validity = fields[1] if fields[1] in set(_VALIDITIES) else ""
    return SubkeyInfo(
        fingerprint=OpenPGPFingerprint(fingerprint),
        algorithm=_ALGORITHMS.get(number) or fields[16].lower() or f"#{number}",
        bits=int(fields[2] or 0),
        capabilities=frozenset(letter for letter in fields[11] if letter in "seca"),
        created=_time(fields[5]) or datetime.max.replace(tzinfo=UTC),
        expires=_time(fields[6]),
        revoked=validity == "r",
        validity=validity,
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    if "T" in text:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(text), UTC)
