"""Lists of FIRST and of the Trusted Introducer, whatever is in them: nothing is raised, every record is an entry or a
problem, what a well-formed record says is what the entry says, and what enlace writes is read as it was."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.directory.model import Contact, Entries, Membership, Organisation, Reading
from bot.directory.rules.naming import fold
from bot.directory.service import say_problem, shipped
from bot.formats import first_teams, recognise, trusted_introducer
from bot.tlp import Tlp
from tests.unit.directory.test_vcards import directories

FIRST_FIELDS = [
    "team", "team-full", "country", "country-other", "website", "email", "phone", "fax", "phone-emergency", "timezone",
    "pgp-fingerprint", "pgp-key", "operating-hours", "constituency", "constituency-description", "address", "id",
]  # fmt: skip
INTRODUCER_FIELDS = [
    "short_name", "official_name", "country", "business_hours", "business_hours_timezone", "pgp_keys", "phones",
    "emails", "postal_address", "constituency", "classification",
]  # fmt: skip
INNER = ["code", "name", "fingerprint", "expires", "usage", "number", "address", "timezone"]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["MX", "UK", "+52 55 0000 0000", "a@b.example", "UTC-5", "Europe/Madrid", "0x" + "A" * 40])
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=4), inner),
    max_leaves=6,
)

word = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=10)
phrase = st.lists(word, min_size=1, max_size=3).map(" ".join)
name = phrase.filter(fold)
number = st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)
mail = st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.example", fullmatch=True)
fingerprint = st.from_regex(r"[0-9A-F]{40}", fullmatch=True)
country = st.sampled_from(["MX", "BR", "FR", "KE", None])
zone = st.sampled_from(["America/Mexico_City", "Asia/Kathmandu", None])
hours = st.sampled_from(["Mon-Fri 09:00-18:00", "24/7", None])


def judged(reading: Reading | None, rows: int) -> None:
    """Nothing is lost in silence, and all of it can be said."""
    assert reading is not None
    assert reading.rows == rows
    assert len(reading.records) + len(reading.problems) >= rows >= len(reading.records)
    handles = [record.organisation.handle.casefold() for record in reading.records]
    assert len(set(handles)) == len(handles)
    for language in ("en", "es"):
        for problem in (*reading.problems, *reading.notes):
            assert "directory-problem" not in say_problem(problem, language).plain


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIRST_FIELDS), anything) | anything, max_size=3))
def test_whatever_first_answers(rows: list[Any]) -> None:
    text = json.dumps({"status": "OK", "data": rows}, indent=1).encode()
    judged(first_teams.read(text, "l.json"), len(rows))
    recognise.read(text, "l.json", known=shipped(), beside=lambda _: None)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(INTRODUCER_FIELDS), anything) | anything, max_size=3))
def test_whatever_the_trusted_introducer_lists(rows: list[Any]) -> None:
    text = json.dumps(rows, indent=1).encode()
    judged(trusted_introducer.read(text, "l.json"), len(rows))
    recognise.read(text, "l.json", known=shipped(), beside=lambda _: None)


@settings(max_examples=40, deadline=None)
@given(name, st.none() | phrase, country, st.lists(mail, unique=True, max_size=2), st.lists(number, max_size=2),
       st.none() | number, zone, hours, st.none() | fingerprint, st.none() | phrase)  # fmt: skip
def test_first_says_what_its_teams_say(
    short: str, full: str | None, code: str | None, mails: list[str], phones: list[str], emergency: str | None,
    place: str | None, open_at: str | None, key: str | None, about: str | None,
) -> None:  # fmt: skip
    team = {
        "team": short, "team-full": full, "country": code, "email": mails, "phone": phones, "timezone": place,
        "phone-emergency": emergency, "operating-hours": open_at, "pgp-fingerprint": key, "constituency": about,
    }  # fmt: skip
    reading = first_teams.read(json.dumps({"status": "OK", "data": [team]}).encode(), "l.json")
    (record,) = reading.records
    found = record.organisation
    assert {fold(short), fold(full or short)} <= set(map(fold, (found.handle, *found.names.values(), *found.aliases)))
    assert found.names == {"en": full or short}
    assert (found.country, found.timezone, found.office_hours, found.constituency) == (code, place, open_at, about)
    assert set(found.contacts) == {
        *(Contact("email", m, Tlp.CLEAR) for m in mails),
        *(Contact("phone", p, Tlp.CLEAR) for p in phones),
        *([Contact("emergency-phone", emergency, Tlp.CLEAR)] if emergency else []),
    }
    assert [k.fingerprint for k in found.openpgp] == ([key] if key else [])
    assert found.memberships == (Membership("first", ("technical",)),)
    assert {note.code for note in reading.notes} <= {"handle-made"}


@settings(max_examples=40, deadline=None)
@given(name, st.none() | phrase, country, st.lists(mail, unique=True, max_size=2), st.lists(number, max_size=2),
       zone, hours, st.lists(fingerprint, unique=True, max_size=2), st.none() | phrase)  # fmt: skip
def test_the_trusted_introducer_says_what_its_teams_say(
    short: str, full: str | None, code: str | None, mails: list[str], phones: list[str], place: str | None,
    open_at: str | None, keys: list[str], address: str | None,
) -> None:  # fmt: skip
    kinds = [("voice", "phone"), ("emergency", "emergency-phone")]
    team = {
        "short_name": short, "official_name": full, "country": {"code": code, "name": "?"},
        "business_hours": open_at, "business_hours_timezone": place, "postal_address": address,
        "pgp_keys": [{"fingerprint": key, "expires": None} for key in keys],
        "phones": [{"usage": usage, "number": p} for p, (usage, _) in zip(phones, kinds, strict=False)],
        "emails": [{"address": m, "usage": "?"} for m in mails],
    }  # fmt: skip
    reading = trusted_introducer.read(json.dumps([team]).encode(), "l.json")
    (record,) = reading.records
    found = record.organisation
    assert {fold(short), fold(full or short)} <= set(map(fold, (found.handle, *found.names.values(), *found.aliases)))
    assert (found.country, found.timezone, found.office_hours) == (code, place, open_at)
    assert set(found.contacts) == {
        *(Contact("email", m, Tlp.CLEAR) for m in mails),
        *(Contact(kind, p, Tlp.CLEAR) for p, (_, kind) in zip(phones, kinds, strict=False)),
        *([Contact("postal", address, Tlp.CLEAR)] if address else []),
    }
    assert [k.fingerprint for k in found.openpgp] == keys
    assert found.memberships == (Membership("tf-csirt", ("technical",)),)


# --- our own ----------------------------------------------------------------------------------------------

Write = Callable[[Iterable[Organisation], Tlp], bytes]


def in_the_form(contacts: Iterable[Contact], ceiling: Tlp, single: set[str]) -> set[Contact]:
    """What a form without labels, with one place for some kinds, can hold: all under the strictest label."""
    held: list[Contact] = []
    for contact in contacts:
        full = contact.kind in single and contact.kind in {h.kind for h in held}
        if (
            contact.tlp <= ceiling
            and contact.kind in {"email", "phone", "emergency-phone", "fax", "postal"}
            and not full
        ):
            held.append(contact)
    return {replace(contact, tlp=max(c.tlp for c in contacts if c.tlp <= ceiling)) for contact in held}


@pytest.mark.parametrize(
    ("network", "write", "single"),
    [
        ("first", first_teams.write, {"emergency-phone", "fax", "postal"}),
        ("tf-csirt", trusted_introducer.write, {"postal"}),
    ],
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=directories(), members=st.lists(st.booleans(), min_size=3, max_size=3),
       about=st.none() | phrase, ceiling=st.sampled_from(Tlp))  # fmt: skip
def test_what_is_written_is_read_again(
    network: str, write: Write, single: set[str], entries: Entries, members: list[bool], about: str | None, ceiling: Tlp
) -> None:
    held = (Membership(network, ("technical",)),)
    directory = [
        replace(organisation, constituency=about, memberships=held if member else (Membership("oas-cbm", ()),))
        for organisation, member in zip(entries.organisations.values(), members, strict=False)
    ]
    listed = [organisation for organisation in directory if organisation.memberships == held]
    text = write(directory, ceiling)
    if not listed:
        assert json.loads(text) in ([], {"status": "OK", "status-code": 200, "version": "1.0", "total": 0, "data": []})
        return
    reading = recognise.read(text, "l.json", known=shipped(), beside=lambda _: None)
    assert reading is not None
    assert reading.problems == reading.notes == ()
    first = network == "first"
    for record, was in zip(reading.records, listed, strict=True):
        found = record.organisation
        assert (found.handle, found.names, found.aliases) == (was.handle, {"en": was.name("en")}, ())
        assert (found.country, found.timezone, found.office_hours) == (was.country, was.timezone, was.office_hours)
        assert (found.website, found.constituency) == ((was.website, about) if first else (None, None))
        assert [key.fingerprint for key in found.openpgp] == [key.fingerprint for key in was.openpgp]
        assert found.memberships == was.memberships
        assert set(found.contacts) == in_the_form(was.contacts, ceiling, single)


@pytest.mark.parametrize(("label", "read"), [("TLP:AMBER", Tlp.AMBER), ("PINK", Tlp.RED), (None, Tlp.CLEAR)])
def test_a_label_that_nobody_can_read_opens_nothing(label: str | None, read: Tlp) -> None:
    team = {"team": "CERT-X", "short_name": "CERT-X", "email": "a@b.example", "emails": [{"address": "a@b.example"}]}
    text = json.dumps([team | {"tlp": label}]).encode()
    for form in (first_teams, trusted_introducer):
        (record,) = form.read(text, "l.json").records
        assert record.organisation.contacts == (Contact("email", "a@b.example", read),)
