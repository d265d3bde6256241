"""Names of the directory with no letter that pretends to be another; pure."""

from collections.abc import Iterator
from dataclasses import replace

from bot.directory.model import Entries, Organisation, Person, Problem, Reading, Record, Source
from bot.i18n.lookalikes import unmixed


def neutral_organisation(organisation: Organisation) -> Organisation:
    """Every name without letters that only look Latin among Latin ones."""
    names = {language: unmixed(name) for language, name in organisation.names.items()}
    aliases, former = tuple(map(unmixed, organisation.aliases)), tuple(map(unmixed, organisation.former_names))
    if (names, aliases, former) == (organisation.names, organisation.aliases, organisation.former_names):
        return organisation
    return replace(organisation, names=names, aliases=aliases, former_names=former)


def neutral_person(person: Person) -> Person:
    """The same for a person's name."""
    name = unmixed(person.name)
    return person if name == person.name else replace(person, name=name)


def neutral_entries(entries: Entries) -> Entries:
    """The whole directory as it may be shown."""
    organisations = {handle: neutral_organisation(one) for handle, one in entries.organisations.items()}
    return Entries(entries.networks, organisations, tuple(map(neutral_person, entries.people)))


def neutral_reading(reading: Reading) -> Reading:
    """What was read, with a note for every name that is spelled plainly now."""
    records = tuple(_neutral_record(record) for record in reading.records)
    notes = [note for record in reading.records for note in _notes(record)]
    return replace(reading, records=records, notes=(*reading.notes, *notes))


def _neutral_record(record: Record) -> Record:
    people = tuple(map(neutral_person, record.people))
    return replace(record, organisation=neutral_organisation(record.organisation), people=people)


def _notes(record: Record) -> Iterator[Problem]:
    lines = record.people_lines or (record.source.line,) * len(record.people)
    organisation = record.organisation
    names = (*organisation.names.values(), *organisation.aliases, *organisation.former_names)
    named = [(name, record.source.line) for name in names]
    named += [(person.name, line) for person, line in zip(record.people, lines, strict=True)]
    for name, line in named:
        if (plain := unmixed(name)) != name:
            yield Problem(Source(record.source.file, line), "letters-mixed", {"value": name, "plain": plain})
