"""vCards 4.0: our own read back are the same, other people's become entries, and what is wrong is named by its line."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.directory.model import Contact, Entries, Membership, OpenPGPKey, Organisation, Person, Reading
from bot.directory.rules.importing import plan_import
from bot.directory.rules.phone import tel
from bot.directory.service import say_problem, shipped
from bot.formats import recognise, vcard
from bot.ids import Handle, UserId
from bot.tlp import Tlp

PRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
FOREIGN = """\
BEGIN:VCARD
VERSION:4.0
KIND:org
FN:Centro\\, Nacional
NICKNAME:CERT-MX,MX-CERT
LANG;PREF=2:en
LANG;PREF=1:es
item1.EMAIL;TYPE=work:cert@example.mx
EMAIL:nobody
item2.TEL;VALUE=uri;TYPE="work,fax":tel:+52-55-0000-0000;ext=12
TEL:+52 55 1111 1111
ADR;TYPE=work:;;Calle 1;Ciudad de México;;01000;México
TZ:-0600
TZ:America/Mexico_City
URL:https://cert.example.mx/
URL:https://status.example.mx/
KEY:data:application/pgp-keys;base64,a2V5
KEY:OPENPGP4FPR:0123456789abcdef0123456789abcdef01234567
NOTE:ask for Ana\\nor Eva
X-ABLabel:_$!<Other>!$_
END:VCARD

begin:vcard
version:4.0
fn:Ana
  Pérez
n:Pérez;Ana;;;
org:Centro\\, Nacional;Incidents
role:technical, juggler
impp:matrix:u/ana:example.mx
impp;pref=9:xmpp:ana@example.mx
tel;type=cell:+52 55 2222 2222
end:vcard
BEGIN:VCARD
VERSION:4.0
FN:Eva
ORG:Ministry of Somewhere
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:location
FN:The cellar
END:VCARD
"""


def read(text: str | bytes) -> Reading:
    data = text.encode() if isinstance(text, str) else text
    reading = recognise.read(data, "c.vcf", known=shipped(), beside=lambda _: None)
    assert reading is not None
    return reading


def test_other_peoples_cards() -> None:
    reading = read(FOREIGN)
    assert (reading.problems, reading.rows, reading.adds) == ((), 4, True)
    mexico, ministry = reading.records
    assert mexico.organisation == Organisation(
        Handle("CERT-MX"),
        names={"es": "Centro, Nacional"},
        aliases=("MX-CERT",),
        country="MX",
        languages=("es", "en"),
        timezone="America/Mexico_City",
        website="https://cert.example.mx/",
        contacts=(
            Contact("email", "cert@example.mx", Tlp.AMBER),
            Contact("fax", "+52-55-0000-0000 ext. 12", Tlp.AMBER),
            Contact("phone", "+52 55 1111 1111", Tlp.AMBER),
            Contact("postal", "Calle 1, Ciudad de México, 01000, México", Tlp.AMBER),
            Contact("web", "https://status.example.mx/", Tlp.AMBER),
        ),
        openpgp=(OpenPGPKey(PRINT),),
        source="vCard",
    )
    assert mexico.people == (
        Person(
            "Ana Pérez",
            Handle("CERT-MX"),
            UserId("@ana:example.mx"),
            ("technical",),
            contacts=(
                Contact("other", "xmpp:ana@example.mx", Tlp.AMBER),
                Contact("phone", "+52 55 2222 2222", Tlp.AMBER),
            ),
        ),
    )
    assert ministry.organisation == Organisation(Handle("Ministry-of-Somewhere"), {"en": "Ministry of Somewhere"})
    assert [person.name for person in ministry.people] == ["Eva"]
    assert [(note.source.line, note.code) for note in reading.notes] == [
        (9, "bad-address"),
        (13, "no-zone"),
        (17, "card-key"),
        (29, "unknown-role"),
        (34, "handle-made"),
        (39, "card-kind"),
    ]
    assert all("directory-problem" not in say_problem(note, "es").plain for note in reading.notes)


CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\n{}END:VCARD\r\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, "no-cards")]),
        ("FN:x\n", [(1, "card-outside")]),
        (b"BEGIN:VCARD\n\xff", [(2, "not-utf8")]),
        ("BEGIN:VCARD\nVERSION:3.0\nFN:x\nORG:x\nEND:VCARD\n", [(1, "card-version")]),
        ("BEGIN:VCARD\nVERSION:4.0\nFN:x\n" + CARD.format("FN:y\r\nORG:y\r\n"), [(1, "card-open")]),
        (CARD.format("TEL;CELL:1\r\nFN:x\r\nORG:x\r\n"), [(3, "card-line")]),
        (CARD.format("FN:x\r\n"), [(1, "card-of-nobody")]),
        (CARD.format("ORG:x\r\n"), [(1, "missing")]),
        (CARD.format("FN:x\r\nORG:x\r\nADR:;;;;;;Nowhere\r\n"), [(5, "unknown-country")]),
        (CARD.format("FN:x\x07\r\nORG:y\r\n"), [(1, "control-character")]),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str | bytes, found: list[tuple[int, str]]) -> None:
    good = CARD.format("FN:Good\r\nKIND:org\r\n").encode()
    data = text.encode() if isinstance(text, str) else text
    reading = read(data)
    assert [(problem.source.line, problem.code) for problem in reading.problems] == found
    assert all("directory-problem" not in say_problem(problem, "es").plain for problem in reading.problems)
    if data and b"\xff" not in data:
        assert "Good" in [record.organisation.handle for record in read(good + data).records]
    # With a bad card the plan has a problem, and so nothing is written unless bad ones are left out.
    assert plan_import(reading, Entries()).problems == reading.problems


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_never_raises(data: bytes) -> None:
    read(data)
    read(b"BEGIN:VCARD\nVERSION:4.0\nFN:x\nKIND:org\n" + data + b"\nEND:VCARD\n")


def test_a_card_of_one_label_for_all_keeps_it() -> None:
    card = "KIND:org\r\nFN:X\r\nEMAIL:a@x.example\r\nNOTE:TLP:AMBER+STRICT\\, Mon-Fri 09:00-17:00\r\n"
    (record,) = read(CARD.format(card)).records
    assert record.organisation.contacts == (Contact("email", "a@x.example", Tlp.AMBER_STRICT),)
    assert record.organisation.office_hours == "Mon-Fri 09:00-17:00"
    (record,) = read(CARD.format("KIND:org\r\nFN:X\r\nEMAIL;X-TLP=PINK:a@x.example\r\n")).records
    assert record.organisation.contacts[0].tlp is Tlp.RED  # a label that nobody can read opens nothing


def test_to_an_entry_that_is_there_cards_only_add() -> None:
    ours = Organisation(
        Handle("CERT-MX"),
        names={"es": "Otro nombre"},
        country="MX",
        timezone="America/Tijuana",
        contacts=(Contact("phone", "+525511111111", Tlp.RED), Contact("email", "CERT@example.mx", Tlp.GREEN)),
    )
    ana = Person("Ana Perez", ours.handle, UserId("@ana:example.mx"), lead=True)
    plan = plan_import(read(FOREIGN), Entries(shipped(), {ours.handle: ours}, (ana,)))
    (change,) = plan.changed
    merged = change.record.organisation
    assert (merged.names, merged.timezone) == ({"es": "Otro nombre"}, "America/Tijuana")
    assert merged.contacts[:2] == ours.contacts  # whatever else the file says of the same number and address
    assert [contact.kind for contact in merged.contacts[2:]] == ["fax", "postal", "web"]
    assert change.record.people == (ana,)
    assert plan.gone == ()
    plan = plan_import(read(FOREIGN), Entries(shipped(), {ours.handle: ours}))
    assert [person.mxid for person in plan.changed[0].record.people] == ["@ana:example.mx"]


# --- our own ----------------------------------------------------------------------------------------------

word = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
phrase = st.lists(
    word | st.sampled_from([";", ",", "\\", "\\n", ":", '"^n"', "می\u200cشود"]), min_size=1, max_size=4
).map(" ".join)
tlp = st.sampled_from(list(Tlp))
contacts = st.lists(
    st.builds(Contact, st.sampled_from(["phone", "emergency-phone", "fax", "postal"]), phrase, tlp)
    | st.builds(Contact, st.sampled_from(["phone", "fax"]), st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True), tlp)
    | st.builds(Contact, st.just("phone"), st.just("+52 (55) 0000-0000 ext. 12"), tlp)
    | st.builds(Contact, st.just("email"), st.sampled_from(["a@b.example", "a\\b@no.no"]), tlp)
    | st.builds(Contact, st.just("web"), st.just("https://a.example/?a=1;b=2,c"), tlp)
    | st.builds(Contact, st.just("matrix"), st.sampled_from(["@a/b=c:d.example:8448", "@d:e.example"]), tlp),
    max_size=4,
    unique_by=lambda contact: (contact.kind, tel(contact.value) or contact.value.casefold()),
).map(tuple)
tag = st.sampled_from(["es", "en", "pt-BR", "ar", "zh-Hant"])
languages = st.lists(tag, max_size=3, unique=True).map(tuple)
MEMBERSHIPS = [
    (),
    (Membership("oas-cbm", ("operational", "diplomatic")), Membership("first", ())),
    (Membership("budapest-247", ("law-enforcement",)),),
]


@st.composite
def directories(draw: st.DrawFn) -> Entries:
    handles = draw(
        st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{3,62}", fullmatch=True), max_size=3, unique_by=str.casefold)
    )
    organisations, people, number = {}, [], 0

    def keys() -> tuple[OpenPGPKey, ...]:
        nonlocal number
        number += 1
        data = draw(st.none() | st.binary(min_size=1, max_size=90))
        key = OpenPGPKey(f"{number:040X}", data, f"{number:040X}.asc" if data else None)
        return draw(st.sampled_from([(), (key,)]))

    for name in handles:
        handle = Handle(name)
        organisations[handle] = Organisation(
            handle,
            names=draw(st.dictionaries(tag, phrase, max_size=3)),
            aliases=draw(st.lists(phrase, max_size=2, unique=True).map(tuple)),
            former_names=draw(st.lists(phrase, max_size=2, unique=True).map(tuple)),
            country=draw(st.sampled_from([None, "MX", "XK", "CD"])),
            languages=draw(languages),
            timezone=draw(st.sampled_from([None, "America/Mexico_City"])),
            office_hours=draw(st.sampled_from([None, "Mon-Fri 09:00-18:00", "24/7"])),
            website=draw(st.sampled_from([None, "https://cert.example/;,"])),
            contacts=draw(contacts),
            openpgp=keys(),
            memberships=draw(st.sampled_from(MEMBERSHIPS)),
        )
        for n in range(draw(st.integers(0, 2))):
            user = draw(st.sampled_from([None, UserId(f"@p{n}=/x:{len(organisations)}.example")]))
            roles = draw(st.sampled_from([(), ("technical", "diplomatic")]))
            people.append(
                Person(
                    f"{draw(phrase)} {n}",
                    handle,
                    user,
                    roles,
                    languages=draw(languages),
                    contacts=draw(contacts),
                    openpgp=keys(),
                )
            )
    return Entries(shipped(), organisations, tuple(people))


def spelled(contacts: tuple[Contact, ...]) -> list[tuple[str, str, Tlp]]:
    """Contacts with numbers as they are dialled."""
    return sorted((c.kind, tel(c.value) or c.value, c.tlp) for c in contacts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(directories())
def test_our_own_cards_read_back_are_the_same(entries: Entries) -> None:
    people = {h: [p for p in entries.people if p.organisation == h] for h in entries.organisations}
    written = vcard.write([(o, people[h]) for h, o in entries.organisations.items()], Tlp.RED)
    if not entries.organisations:
        assert written == b""
        return
    reading = read(written)
    assert reading.problems == reading.notes == ()
    plan = plan_import(reading, entries)
    assert (plan.added, plan.changed, plan.gone, plan.questions) == ((), (), (), ())
    for record, (handle, organisation) in zip(reading.records, entries.organisations.items(), strict=True):
        assert spelled(record.organisation.contacts) == spelled(organisation.contacts)
        assert replace(record.organisation, contacts=()) == replace(organisation, contacts=())
        for one, other in zip(record.people, people[handle], strict=True):
            assert spelled(one.contacts) == spelled(other.contacts)
            assert replace(one, contacts=()) == replace(other, contacts=())
