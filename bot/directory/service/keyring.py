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
from keys.policy import judge_key


def judge_keys(reading: Reading, openpgp: OpenPGP, now: datetime, follow: Follow = unwatched) -> Reading:
    """The reading without the records whose keys are wrong, and a problem for each such key.

    A key whose file holds another one, that has expired or was revoked, is too weak, cannot sign or cannot be
    encrypted to.  Synchronous: gpg reads every key."""
    good: list[Record] = []
    problems = list(reading.problems)
    for record in follow(reading.records):
        found = list(_wrong(record, openpgp, now))
        problems += found
        if not found:
            good.append(record)
    order = sorted(problems, key=lambda problem: (problem.source.file, problem.source.line))
    return replace(reading, records=tuple(good), problems=tuple(order))


def _wrong(record: Record, openpgp: OpenPGP, now: datetime) -> Iterable[Problem]:
    owners = [(str(record.organisation.handle), record.organisation.openpgp)]
    owners += [(person.name, person.openpgp) for person in record.people]
    for owner, keys in owners:
        for key in keys:
            reason = _reason(key, openpgp, now)
            if reason is not None:
                values = {"owner": owner, "fingerprint": OpenPGPFingerprint(key.fingerprint).grouped()}
                yield Problem(record.source, reason, {**values, "file": key.file or "–"})


def _reason(key: OpenPGPKey, openpgp: OpenPGP, now: datetime) -> str | None:  # noqa: PLR0911  (one line per fault)
    if key.data is None:
        return None  # only the fingerprint is known; there is nothing to judge yet
    try:
        infos = openpgp.read_keys(key.data)
    except SecretKeyGiven:
        return "key-secret"
    except (NotAKey, TooLarge):
        return "key-unreadable"
    info = next((info for info in infos if info.fingerprint == key.fingerprint), None)
    if info is None:
        return "key-other"
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
