"""Keys of an import: one that names somebody else's mail is noted, and refused for nothing but what makes it useless."""

from datetime import UTC, datetime
from pathlib import Path

from bot.directory.model import Contact, OpenPGPKey, Organisation, Person, Reading, Record, Source
from bot.directory.service import say_problem
from bot.directory.service.keyring import judge_keys
from bot.ids import Handle
from keys.openpgp import OpenPGP
from tests.harness.openpgp import GnuPG


def test_a_key_that_names_other_addresses_than_its_owner_has_is_noted(gpg_home: GnuPG, tmp_path: Path) -> None:
    fingerprint = gpg_home.new_key("CERT MX", "Cert@example.mx")
    key = OpenPGPKey(fingerprint, gpg_home.public_key(fingerprint).encode(), "mx.asc")
    team, now = Organisation(Handle("CERT-MX")), datetime.now(UTC)

    def said(organisation: Organisation, *people: Person) -> list[str]:
        record = Record(Source("d.yaml", 3), organisation, people, (4,) * len(people))
        with OpenPGP(tmp_path / "home") as openpgp:
            reading = judge_keys(Reading((record,)), openpgp, now)
        assert (reading.problems, reading.records) == ((), (record,))
        return [say_problem(note, "en").plain for note in reading.notes]

    def with_mail(mail: str, *, own_key: bool = True) -> Organisation:
        return Organisation(team.handle, contacts=(Contact("email", mail),), openpgp=(key,) if own_key else ())

    assert said(with_mail("cert@example.mx")) == []
    assert said(Organisation(team.handle, openpgp=(key,))) == []
    (note,) = said(with_mail("cert@other.example"))
    assert note.startswith("d.yaml:3: the key ")
    assert "names other mail addresses than CERT-MX has here" in note
    ana = Person("Ana", team.handle, contacts=(Contact("email", "ana@example.mx"),), openpgp=(key,))
    assert said(with_mail("cert@example.mx", own_key=False), ana) == []  # the team's own mailbox
    assert len(said(team, ana)) == 1
