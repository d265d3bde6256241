"""What an import would do."""

from dataclasses import replace

from bot.directory.model import Contact, Entries, OpenPGPKey, Organisation, Person, Problem, Reading, Record, Source
from bot.directory.rules.importing import NEW, SAME, SKIP, plan_import
from bot.directory.rules.neutral import neutral_reading
from bot.directory.service import shipped
from bot.ids import Handle, UserId
from tests.unit.directory.directory_of import KEY, entries

CURRENT = entries()


def record(organisation: Organisation, line: int, *people: Person) -> Record:
    return Record(Source("d.yaml", line), organisation, people, tuple(line + 1 + n for n in range(len(people))))


def as_records(found: Entries) -> list[Record]:
    return [
        record(o, 10 * n, *(p for p in found.people if p.organisation == o.handle))
        for n, o in enumerate(found.organisations.values(), start=1)
    ]


def test_nothing_new() -> None:
    plan = plan_import(Reading(tuple(as_records(CURRENT))), CURRENT)
    assert (plan.added, plan.changed, plan.gone, plan.questions, plan.problems) == ((), (), (), (), ())
    assert len(plan.unchanged) == len(CURRENT.organisations)


def test_added_changed_gone() -> None:
    records = as_records(CURRENT)
    mexico = records[0].organisation
    moved = replace(mexico, timezone="America/Tijuana", contacts=(Contact("phone", "+52 1"),))
    records[0] = record(moved, 10)
    del records[1]
    records.append(record(Organisation(Handle("PeCERT"), country="PE"), 900))
    plan = plan_import(Reading(tuple(records)), CURRENT)
    assert [r.organisation.handle for r in plan.added] == ["PeCERT"]
    assert [c.record.organisation.handle for c in plan.changed] == ["CERT-MX"]
    assert plan.changed[0].fields == ("timezone", "contacts", "people")
    assert plan.gone == ("SRE-MX",)
    assert plan_import(Reading(tuple(records)), CURRENT, partial=True).gone == ()


def test_a_new_key_under_an_old_fingerprint_is_a_change() -> None:
    records = as_records(CURRENT)
    mexico = records[0].organisation
    records[0] = replace(records[0], organisation=replace(mexico, openpgp=(OpenPGPKey(KEY, b"armour"),)))
    assert plan_import(Reading(tuple(records)), CURRENT).changed[0].fields == ("openpgp",)


def test_a_handle_in_another_case_is_the_same_entry_which_keeps_its_spelling() -> None:
    renamed = replace(CURRENT.organisations[Handle("NC3")], handle=Handle("nc3"))
    plan = plan_import(Reading((record(renamed, 1),)), CURRENT, partial=True)
    assert (plan.added, plan.changed, plan.unchanged) == ((), (), ("NC3",))
    moved = replace(renamed, timezone="America/Asuncion")
    [change] = plan_import(Reading((record(moved, 1),)), CURRENT, partial=True).changed
    assert (change.record.organisation.handle, change.fields) == ("NC3", ("timezone",))


def test_a_near_name_is_asked_about_and_never_merged() -> None:
    near = Organisation(Handle("CSIRT-GOB-CL"), names={"es": "CSIRT del Gobierno de Chile"}, country="CL")
    reading = Reading((record(near, 1),))
    plan = plan_import(reading, CURRENT, partial=True)
    assert (plan.added, plan.changed) == ((), ())
    assert [(q.record.organisation.handle, q.handle) for q in plan.questions] == [("CSIRT-GOB-CL", "CSIRT-CL")]
    assert "CSIRT-CL" not in plan_import(reading, CURRENT).gone
    new = plan_import(reading, CURRENT, {near.handle: NEW}, partial=True)
    assert [r.organisation.handle for r in new.added] == ["CSIRT-GOB-CL"]
    same = plan_import(reading, CURRENT, {near.handle: SAME}, partial=True)
    assert [c.record.organisation.handle for c in same.changed] == ["CSIRT-CL"]
    skip = plan_import(reading, CURRENT, {near.handle: SKIP}, partial=True)
    assert (skip.added, skip.changed, skip.questions) == ((), (), ())


def test_the_same_name_in_another_country_is_another_team() -> None:
    other = Organisation(Handle("CSIRT-PE"), names={"es": "CSIRT de Gobierno de Chile"}, country="PE")
    assert len(plan_import(Reading((record(other, 1),)), CURRENT, partial=True).added) == 1


def test_what_two_records_claim_is_a_problem_with_both_lines() -> None:
    ana = Person("Ana", Handle("A-1"), UserId("@ana:x.example"))
    one = record(Organisation(Handle("A-1"), openpgp=(OpenPGPKey(KEY),)), 1, ana)
    two = record(Organisation(Handle("B-2")), 10, replace(ana, organisation=Handle("B-2")))
    three = record(Organisation(Handle("C-3"), openpgp=(OpenPGPKey(KEY),)), 20)
    four = record(Organisation(Handle("a-1")), 30)
    plan = plan_import(Reading((one, two, three, four)), Entries(shipped()))
    assert [(str(p.source), p.code, p.values["first"]) for p in plan.problems] == [
        ("d.yaml:10", "same-person", "d.yaml:2"),
        ("d.yaml:20", "same-key", "d.yaml:1"),
        ("d.yaml:30", "same-handle", "d.yaml:1"),
    ]
    assert [r.organisation.handle for r in plan.added] == ["A-1"]


def test_with_a_record_that_could_not_be_read_nothing_is_gone() -> None:
    bad = Problem(Source("d.yaml", 5), "bad-handle", {"value": "?"})
    plan = plan_import(Reading(tuple(as_records(CURRENT)[1:]), problems=(bad,)), CURRENT)
    assert plan.gone == ()
    assert plan.problems == (bad,)


def test_letters_that_only_look_latin_are_written_plainly_and_noted() -> None:
    team = replace(CURRENT.organisations[Handle("CERT-MX")], names={"en": "National \u0421ERT"})
    read = Reading((record(team, 10, Person("\u0410na", team.handle)),))
    plain = neutral_reading(read)
    assert plain.records[0].organisation.names == {"en": "National CERT"}
    assert plain.records[0].people[0].name == "Ana"
    assert [(note.code, note.source.line) for note in plain.notes] == [("letters-mixed", 10), ("letters-mixed", 11)]


def test_a_matrix_user_that_looks_like_another_is_a_problem() -> None:
    team = Organisation(Handle("NEW"), country="PE")
    imitator = Person("Ana", team.handle, UserId("@\u0430na:cert.example.mx"))
    plan = plan_import(Reading((record(team, 10, imitator),)), CURRENT, partial=True)
    assert [problem.code for problem in plan.problems] == ["looks-like"]
    assert plan.added == ()


def test_a_name_that_looks_like_another_is_asked_about() -> None:
    team = Organisation(Handle("CERT-MX2"), {"en": "N\u0430tion\u0430l C\u0415RT of Mexico"}, "MX")
    plan = plan_import(Reading((record(team, 10),)), CURRENT, partial=True)
    assert [question.handle for question in plan.questions] == ["CERT-MX"]


def test_a_new_entry_with_the_former_name_of_one_that_is_there_is_asked_about() -> None:
    team = Organisation(Handle("INTECO-CERT"), country="ES")
    plan = plan_import(Reading((record(team, 10),)), CURRENT, partial=True)
    assert [question.handle for question in plan.questions] == ["INCIBE-CERT"]
    other = Organisation(Handle("OTHER"), country="JP", aliases=("J\u0420CERT/CC",))  # a Cyrillic letter
    plan = plan_import(Reading((record(other, 10),)), CURRENT, partial=True)
    assert [question.handle for question in plan.questions] == ["JPCERT-CC"]


def test_other_names_in_mixed_letters_are_written_plainly_and_noted() -> None:
    team = replace(CURRENT.organisations[Handle("CERT-MX")], aliases=("\u0421ERT",), former_names=("\u041cX-1",))
    plain = neutral_reading(Reading((record(team, 10),)))
    assert plain.records[0].organisation.aliases == ("CERT",)
    assert plain.records[0].organisation.former_names == ("MX-1",)
    assert [note.code for note in plain.notes] == ["letters-mixed", "letters-mixed"]
