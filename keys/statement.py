"""The identity statement: a person says, over an OpenPGP signature, which Matrix devices are theirs.

The text is line based, ``Field: value``; it is signed by the person and read here only after the signature was
checked, exactly as gpg gave it back.  The challenge never holds a device key: the person copies it from their own
client, so a homeserver that swaps keys cannot get its own key signed.  Pure: the time and random bytes are arguments.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from keys.crosssigning import DeviceKey
from keys.errors import NotAccepted
from keys.fingerprint import MatrixKey, NotAMatrixKey, OpenPGPFingerprint

HEADING = "enlace identity statement v1"
BOT_HEADING = "enlace bot identity v1"
FIELDS = ("Organisation", "Person", "Matrix user", "Device", "Room", "Nonce", "Issued", "Expires")
SIGNED_MESSAGE = "-----BEGIN PGP SIGNED MESSAGE-----"
"""Begins a clear-signed text (RFC 9580, section 7)."""
SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
"""Begins a signature, also a detached one (RFC 9580, section 6.2)."""
BLANK_DEVICE = "<device id> <session key>"

SHORTEST, LONGEST = timedelta(days=150), timedelta(days=210)
"""Statements run 180 ± 30 days."""
SKEW = timedelta(minutes=10)
"""How far the clock of whoever issued the challenge may have been ahead."""
MOST_DEVICES = 20
_MOST_TEXT = 16_384
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_JOINERS = "\u200c\u200d"  # Persian and Indic names need them


class StatementUnreadable(NotAccepted):
    """This is not an identity statement: its first line is not “{heading}”."""

    code = "statement-unreadable"


class StatementLineUnclear(NotAccepted):
    """Line {line} of the statement cannot be read: “{text}”."""

    code = "statement-line-unclear"


class StatementFieldUnknown(NotAccepted):
    """The statement has a field “{field}” that no statement has."""

    code = "statement-field-unknown"


class StatementFieldTwice(NotAccepted):
    """The statement has the field “{field}” twice."""

    code = "statement-field-twice"


class StatementFieldMissing(NotAccepted):
    """The statement lacks the field “{field}”."""

    code = "statement-field-missing"


class StatementFieldUnclear(NotAccepted):
    """The statement's field “{field}” cannot be read: “{value}”."""

    code = "statement-field-unclear"


class StatementDeviceBlank(NotAccepted):
    """The statement's device line was not filled in."""

    code = "statement-device-blank"


class StatementMismatch(NotAccepted):
    """The statement says “{stated}” as {field}; “{expected}” was expected."""

    code = "statement-mismatch"


class StatementExpired(NotAccepted):
    """The statement expired on {expires}."""

    code = "statement-expired"


class StatementFromFuture(NotAccepted):
    """The statement says that it was issued at {issued}, which has not come yet."""

    code = "statement-from-future"


class StatementTooLong(NotAccepted):
    """The statement would run for {days} days; {longest} is the most."""

    code = "statement-too-long"


class NonceUnknown(NotAccepted):
    """The statement answers no open challenge: its nonce is unknown or already used."""

    code = "nonce-unknown"


class NonceLate(NotAccepted):
    """The challenge that the statement answers has run out."""

    code = "nonce-late"


class SendingDeviceNotListed(NotAccepted):
    """The statement was sent from the device {device}, which it does not list with that device's own key."""

    code = "sending-device-not-listed"


@dataclass(frozen=True)
class Statement:
    """What the person signed; times are aware, in UTC."""

    organisation: str
    person: str
    user: str
    devices: frozenset[DeviceKey]
    room: str
    nonce: str
    issued: datetime
    expires: datetime


@dataclass(frozen=True)
class Expected:
    """What the challenge asked for, and who answered it.

    ``nonce`` is that of the person's open challenge, None if there is none; ``nonce_until`` when it runs out.
    ``sent_from_device`` is the device whose session decrypted the reply, with the key that this session proved.
    """

    organisation: str
    person: str
    user: str
    room: str
    nonce: str | None
    sent_from_device: DeviceKey
    nonce_until: datetime | None = None


def draw_validity(random: bytes) -> timedelta:
    """How long a new statement runs: 180 ± 30 days, from at least 4 random bytes, so that not all end in one night."""
    span = int((LONGEST - SHORTEST).total_seconds())
    return SHORTEST + timedelta(seconds=int.from_bytes(random[:4], "big") % (span + 1))


def compose(
    *, organisation: str, person: str, user: str, room: str, nonce: str, issued: datetime, expires: datetime
) -> str:
    """The text that the person completes with their own device id and session key, and signs.

    Raises :class:`StatementFieldUnclear` for a value that would not come back as it went in.
    """
    values = {
        "Organisation": organisation,
        "Person": person,
        "Matrix user": user,
        "Device": BLANK_DEVICE,
        "Room": room,
        "Nonce": nonce,
        "Issued": _write_time(issued),
        "Expires": _write_time(expires),
    }
    for name, value in values.items():
        if not _tidy(value) or _tidy(value) != value or any(map(_is_odd, value)):
            raise StatementFieldUnclear(field=name, value=value)
    return "\n".join([HEADING, *(f"{name}: {values[name]}" for name in FIELDS), ""])


def compose_bot(
    *,
    user: str,
    device: DeviceKey,
    master_key: MatrixKey,
    log_key: MatrixKey | None,
    openpgp: OpenPGPFingerprint,
    issued: datetime,
) -> str:
    """The bot's own identity, which it signs with its OpenPGP key for people to compare with their client."""
    lines = [
        BOT_HEADING,
        f"Matrix user: {user}",
        f"Device: {device.device_id} {MatrixKey(device.ed25519).grouped()}",
        f"Master key: {master_key.grouped()}",
        *([f"Log key: {log_key.grouped()}"] if log_key else []),
        f"OpenPGP: {openpgp.grouped()}",
        f"Issued: {_write_time(issued)}",
    ]
    return "\n".join([*lines, ""])


def parse(text: str) -> Statement:
    """Read a statement, as gpg gave the signed text back.

    Line ends, no-break spaces, blank lines, spaces around values and a quote mark before each line, which chat
    clients add, are tolerated; an unknown, repeated (but for ``Device``) or missing field is not.  Raises one of
    the errors above that begin with ``Statement``.
    """
    if len(text) > _MOST_TEXT:
        raise StatementUnreadable(heading=HEADING)
    lines = [(number, _line(raw)) for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), start=1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines or lines[0][1] != HEADING:
        raise StatementUnreadable(heading=HEADING)
    found: dict[str, list[str]] = {}
    for number, line in lines[1:]:
        name, colon, value = line.partition(":")
        name, value = _tidy(name), _tidy(value)
        if not colon or any(map(_is_odd, line)):
            raise StatementLineUnclear(line=number, text=line[:80])
        if name not in FIELDS:
            raise StatementFieldUnknown(field=name[:80])
        if name in found and name != "Device":
            raise StatementFieldTwice(field=name)
        if not value:
            raise StatementFieldMissing(field=name)
        found.setdefault(name, []).append(value)
    for name in FIELDS:
        if name not in found:
            raise StatementFieldMissing(field=name)
    one = {name: values[0] for name, values in found.items()}
    return Statement(
        organisation=one["Organisation"],
        person=one["Person"],
        user=one["Matrix user"],
        devices=_devices(found["Device"]),
        room=one["Room"],
        nonce=one["Nonce"],
        issued=_read_time("Issued", one["Issued"]),
        expires=_read_time("Expires", one["Expires"]),
    )


def check(statement: Statement, expected: Expected, now: datetime) -> None:
    """Whether the statement answers this challenge at ``now`` (aware, UTC); returns or raises.

    1. a challenge is open and its nonce is the one signed (:class:`NonceUnknown`, :class:`NonceLate`);
    2. organisation, person, user and room are those asked for (:class:`StatementMismatch`);
    3. it is neither expired, nor from the future, nor for too long (:class:`StatementExpired`, …);
    4. it lists the very device that sent it (:class:`SendingDeviceNotListed`).
    Who signed it is judged before (:meth:`keys.openpgp.Signature.made_by`); whether the homeserver publishes the
    same device, signed by the person's identity, after (:func:`keys.trust.pin_from_statement`).
    """
    if expected.nonce is None or not hmac.compare_digest(expected.nonce.encode(), statement.nonce.encode()):
        raise NonceUnknown
    if expected.nonce_until is not None and now > expected.nonce_until:
        raise NonceLate
    for name, stated, wanted, same in (
        ("Organisation", statement.organisation, expected.organisation, _same_name),
        ("Person", statement.person, expected.person, _same_name),
        ("Matrix user", statement.user, expected.user, _same_id),
        ("Room", statement.room, expected.room, _same_id),
    ):
        if not same(stated, wanted):
            raise StatementMismatch(field=name, stated=stated, expected=wanted)
    if statement.issued > now + SKEW:
        raise StatementFromFuture(issued=_write_time(statement.issued))
    if statement.expires <= now:
        raise StatementExpired(expires=f"{statement.expires:%Y-%m-%d}")
    if statement.expires - statement.issued > LONGEST:
        raise StatementTooLong(days=(statement.expires - statement.issued).days, longest=LONGEST.days)
    if expected.sent_from_device not in statement.devices:
        raise SendingDeviceNotListed(device=expected.sent_from_device.device_id)


def _same_name(one: str, other: str) -> bool:
    """Names as people write them: case, composition and runs of spaces do not count."""
    folded = (" ".join(unicodedata.normalize("NFC", text).casefold().split()) for text in (one, other))
    return len(set(folded)) == 1


def _same_id(one: str, other: str) -> bool:
    return one == other


def _devices(values: list[str]) -> frozenset[DeviceKey]:
    devices: dict[str, MatrixKey] = {}
    for value in values:
        if "<" in value:
            raise StatementDeviceBlank
        device_id, _, key = value.partition(" ")
        try:
            ed25519 = MatrixKey(key)
        except NotAMatrixKey:
            raise StatementFieldUnclear(field="Device", value=value[:120]) from None
        if devices.setdefault(device_id, ed25519) != ed25519 or len(devices) > MOST_DEVICES:
            raise StatementFieldUnclear(field="Device", value=value[:120])
    return frozenset(DeviceKey(device_id, key) for device_id, key in devices.items())


def _line(raw: str) -> str:
    return _tidy(re.sub(r"^(?:[\s\ufeff]*>)*", "", raw.replace("\ufeff", "")))


def _tidy(text: str) -> str:
    """Every kind of space is one space, none at the ends."""
    return re.sub(r"[^\S\n]+", " ", text).strip(" ")


def _is_odd(letter: str) -> bool:
    """Control, invisible and direction-changing characters have no place in what people sign."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and letter not in _JOINERS


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIME)


def _read_time(name: str, value: str) -> datetime:
    try:
        return datetime.strptime(value, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise StatementFieldUnclear(field=name, value=value[:80]) from None
