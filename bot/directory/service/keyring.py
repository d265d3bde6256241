"""The OpenPGP keys of an import, judged before anything is written: is it that key, and is it good enough?  And the
keys of the directory, brought up to date."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.directory.model import OpenPGPKey, Person, Problem, Reading, Record, Source
from bot.directory.rules.following import Follow, unwatched
from bot.directory.service.register import Register
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import NotAKey, OpenPGP, SecretKeyGiven, TooLarge
from keys.policy import KeyInfo, judge_key

OTHER_MAIL = "key-other-mail"


def judge_keys(reading: Reading, openpgp: OpenPGP, now: datetime, follow: Follow = unwatched) -> Reading:
    """The reading without the records whose keys are wrong, and a problem for each such key.

    A key whose file holds another one, that has expired or was revoked, is too weak, cannot sign or cannot be
    encrypted to.  Synchronous: gpg reads every key."""
    good: list[Record] = []
    problems, notes = list(reading.problems), list(reading.notes)
    for record in follow(reading.records):
        found = list(_judged(record, openpgp, now))
        problems += (wrong := [one for one in found if one.code != OTHER_MAIL])
        notes += [one for one in found if one.code == OTHER_MAIL]
        if not wrong:
            good.append(record)
    order = sorted(problems, key=lambda problem: (problem.source.file, problem.source.line))
    return replace(reading, records=tuple(good), problems=tuple(order), notes=tuple(notes))


def _judged(record: Record, openpgp: OpenPGP, now: datetime) -> Iterable[Problem]:
    """What is wrong with a key; and, only to be noted, that it names other mail addresses than its owner has."""
    organisation = record.organisation
    owners = [(str(organisation.handle), organisation.openpgp, organisation.contacts)]
    owners += [(p.name, p.openpgp, (*p.contacts, *organisation.contacts)) for p in record.people]
    for owner, keys, contacts in owners:
        mails = {contact.value.lower() for contact in contacts if contact.kind == "email"}
        for key in keys:
            found = _read(key, openpgp)
            reason = found if isinstance(found, str) else None if found is None else _reason(found, now)
            if isinstance(found, KeyInfo) and reason is None and mails and not mails & (found.emails or mails):
                reason = OTHER_MAIL
            if reason is not None:
                values = {"owner": owner, "fingerprint": OpenPGPFingerprint(key.fingerprint).grouped()}
                yield Problem(record.source, reason, {**values, "file": key.file or "–"})


def _read(key: OpenPGPKey, openpgp: OpenPGP) -> KeyInfo | str | None:
    """The key, or what is wrong with its file; None: only the fingerprint is known, there is nothing to judge yet."""
    if key.data is None:
        return None
    try:
        infos = openpgp.read_keys(key.data)
    except SecretKeyGiven:
        return "key-secret"
    except (NotAKey, TooLarge):
        return "key-unreadable"
    return next((info for info in infos if info.fingerprint == key.fingerprint), "key-other")


def _reason(info: KeyInfo, now: datetime) -> str | None:
    for purpose in ("sign", "encrypt"):
        failed = [check.name for check in judge_key(info, now, purpose) if not check.ok]
        if "key-not-expired" in failed:
            return "key-expired"
        if "key-not-revoked" in failed:
            return "key-revoked"
        if failed:
            return f"key-no-{purpose}"
    return None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Entries with keys that say something new, and the keys of the file that no entry has."""

    reading: Reading
    unknown: tuple[OpenPGPFingerprint, ...]


def refresh_keys(data: bytes, file: str, register: Register, openpgp: OpenPGP) -> Refreshed:
    """The entries whose keys are in ``data``, each key merged with what the directory holds of it, so that no
    revocation gets lost; a key about which nothing is new stays as it is.

    Synchronous: gpg reads and merges.  Raises what :meth:`keys.openpgp.OpenPGP.import_key` raises."""
    given = {info.fingerprint for info in openpgp.read_keys(data)}
    seen: set[OpenPGPFingerprint] = set()

    def renewed(key: OpenPGPKey) -> OpenPGPKey:
        fingerprint = OpenPGPFingerprint(key.fingerprint)
        if fingerprint not in given:
            return key
        seen.add(fingerprint)
        before = []
        if key.data is not None:
            before = [info for info in openpgp.read_keys(key.data) if info.fingerprint == fingerprint]
            openpgp.import_key(key.data)
        openpgp.import_key(data)
        merged = openpgp.export_public(fingerprint)
        return key if openpgp.read_keys(merged) == before else replace(key, data=merged, file=key.file or file)

    def all_of(keys: Iterable[OpenPGPKey]) -> tuple[OpenPGPKey, ...]:
        return tuple(renewed(key) for key in keys)

    records = []
    for organisation in register.organisations():
        people: tuple[Person, ...] = register.people_of(organisation.handle)
        now = replace(organisation, openpgp=all_of(organisation.openpgp))
        staff = tuple(replace(person, openpgp=all_of(person.openpgp)) for person in people)
        if (now, staff) != (organisation, people):
            records.append(Record(Source(file, 1), now, staff, (1,) * len(staff)))
    return Refreshed(Reading(tuple(records), rows=len(given)), tuple(sorted(given - seen)))
