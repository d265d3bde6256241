"""The console: after the founding import a file is proposed, listed, and approved by what two coordinators signed."""

import asyncio
import re
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.clock import Clock
from bot.config import Config, load_config
from bot.config.kept import LOG_SEED
from bot.db.unit import Database
from bot.directory.service import Directory
from bot.ids import UserId
from bot.migrations.upgrading import upgrade
from keys.fingerprint import OpenPGPFingerprint
from keys.trust import Pin
from keys.vault import Vault
from tests.harness.openpgp import GnuPG

CARLA, DIEGO = UserId("@carla:uy.example"), UserId("@diego:cl.example")
PASSPHRASE = "a long passphrase for a test"
ENTRY = """\
  - handle: {handle}
    names: {{en: {name}}}
    country: {country}
    timezone: {zone}
    people:
      - {{name: {person}, mxid: "{user}", openpgp: [{{fingerprint: "{key}", key_file: {person}.asc}}]}}
"""


@dataclass
class Console:
    """A deployment without a homeserver; ``said`` runs a command and returns exit code, output and complaints."""

    folder: Path
    gpg: GnuPG
    keys: dict[UserId, str]
    said: Callable[..., tuple[int, str, str]]

    @property
    def config(self) -> Config:
        return load_config(self.folder / "config.yaml", {"ENLACE_VAULT__PASSPHRASE": PASSPHRASE})

    def write(self, zone: str) -> Path:
        file = self.folder / "new.yaml"
        uy = ENTRY.format(
            handle="CERTuy", name="CERTuy", country="UY", zone=zone, person="carla", user=CARLA, key=self.keys[CARLA]
        )
        cl = ENTRY.format(
            handle="CSIRT-CL", name="Chile", country="CL", zone="America/Santiago", person="diego", user=DIEGO,
            key=self.keys[DIEGO],
        )  # fmt: skip
        file.write_text(f"organisations:\n{uy}{cl}", encoding="utf-8")
        return file

    def end_founding(self) -> None:
        """As the first coordinator's statement does."""

        async def pin() -> None:
            from bot.cli.storage import open_log

            database = Database.open(self.config.database_url, Clock())
            directory = Directory(open_log(self.config, None), frozenset({CARLA, DIEGO}))
            async with database.unit() as unit:
                made = Pin(CARLA, "CERTuy", "verified", "M", frozenset(), unit.now, unit.now + timedelta(days=180),
                           OpenPGPFingerprint(self.keys[CARLA]))  # fmt: skip
                await directory.save_identity(unit, made, actor=None)
            await database.close()

        asyncio.run(pin())

    def signed(self, text: str, by: UserId) -> str:
        file = self.folder / "signed.asc"
        file.write_text(self.gpg.clear_sign(text, self.keys[by]), encoding="utf-8")
        return str(file)

    def zone(self) -> str:
        """Of CERTuy, as exported."""
        folder = self.folder / secrets.token_hex(4)
        assert self.said("directory", "export", str(folder))[0] == 0
        return re.search(r"America/M\w+", (folder / "directory.yaml").read_text("utf-8"))[0]  # type: ignore[index]


@pytest.fixture
def console(tmp_path: Path, short_path: Path, gpg_home: GnuPG, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Console:
    keys = {user: gpg_home.new_key(user[1:6], f"{user[1:6]}@example.org") for user in (CARLA, DIEGO)}
    for user, key in keys.items():
        (tmp_path / f"{user[1:6]}.asc").write_text(gpg_home.public_key(key), encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        f"""\
state_directory: {tmp_path}
matrix: {{homeserver: "https://matrix.example.org", user_id: "@enlace:example.org", device_id: ENLACE01}}
openpgp: {{fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567", home: {short_path / "bot"}}}
policy:
  coordinators:
    - {{user: "{CARLA}", name: Carla, fingerprint: "{keys[CARLA]}"}}
    - {{user: "{DIEGO}", name: Diego, fingerprint: "{keys[DIEGO]}"}}
""",
        encoding="utf-8",
    )
    tmp_path.chmod(0o700)
    Vault.create(tmp_path / "vault", PASSPHRASE, {LOG_SEED: secrets.token_bytes(32)})
    monkeypatch.setenv("ENLACE_VAULT__PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def said(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--config", str(tmp_path / "config.yaml")])
        found = capsys.readouterr()
        return int(ended.value.code or 0), found.out, found.err

    made = Console(tmp_path, gpg_home, keys, said)

    async def found() -> None:
        database = Database.open(made.config.database_url, Clock())
        await upgrade(database)
        await database.close()

    asyncio.run(found())
    return made


def test_from_proposal_to_change(console: Console) -> None:
    file = console.write("America/Montevideo")
    assert console.said("directory", "import", str(file), "--yes")[0] == 0
    assert console.zone() == "America/Montevideo"
    console.end_founding()
    assert "No proposal is open" in console.said("directory", "proposals")[1]

    code, out, _ = console.said("directory", "import", str(console.write("America/Mexico_City")), "--yes")
    assert code == 0
    line = out.splitlines()[-1]
    ref, digest = re.fullmatch(r"approve (PRO-\w{5}) sha256:([0-9a-f]{64})", line).groups()  # type: ignore[union-attr]
    assert "~ CERTuy (timezone)" in out
    assert "Nothing is changed yet" in out
    assert console.zone() == "America/Montevideo"
    listed = console.said("directory", "proposals")[1]
    assert f"{ref} · " in listed
    assert "approvals 0 of 2" in listed
    shown = console.said("directory", "proposals", ref.lower())[1]
    assert "  - timezone: America/Montevideo" in shown
    assert "  + timezone: America/Mexico_City" in shown
    assert shown.splitlines()[-1] == line

    code, _, complaint = console.said("directory", "approve", console.signed(line.replace(digest, "0" * 64), CARLA))
    assert (code, "is not what" in complaint) == (1, True)
    code, _, complaint = console.said("directory", "approve", console.signed(f"I do not {line}", CARLA))
    assert (code, "exactly one line" in complaint) == (1, True)
    stranger = console.gpg.new_key("eve", "eve@example.org")
    console.keys[UserId("@eve:x")] = stranger
    code, _, complaint = console.said("directory", "approve", console.signed(line, UserId("@eve:x")))
    assert code == 1
    assert "Traceback" not in complaint
    tampered = Path(console.signed(line, CARLA))
    tampered.write_text(tampered.read_text().replace(ref, "PRO-00000"))
    assert console.said("directory", "approve", str(tampered))[0] == 1

    code, out, _ = console.said("directory", "approve", console.signed(line, CARLA))
    assert (code, "1 of 2" in out) == (0, True)
    code, _, complaint = console.said("directory", "approve", console.signed(line, CARLA))
    assert (code, "already" in complaint) == (1, True)
    assert console.zone() == "America/Montevideo"
    code, out, _ = console.said("directory", "approve", console.signed(line, DIEGO))
    assert (code, "the directory is changed" in out) == (0, True)
    assert console.zone() == "America/Mexico_City"
    code, _, complaint = console.said("directory", "approve", console.signed(line, DIEGO))
    assert (code, "no longer open" in complaint) == (1, True)
    assert console.said("audit", "verify")[0] == 0


def test_nothing_new_is_no_proposal_and_what_was_overtaken_is_closed(console: Console) -> None:
    console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")
    console.end_founding()
    code, _, complaint = console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")
    assert (code, "nothing to propose" in complaint) == (1, True)
    lines = [
        console.said("directory", "import", str(console.write(zone)), "--yes")[1].splitlines()[-1]
        for zone in ("America/Mexico_City", "America/Managua")
    ]
    for by in (CARLA, DIEGO):
        assert console.said("directory", "approve", console.signed(lines[1], by))[0] == 0
    assert console.zone() == "America/Managua"
    code, out, _ = console.said("directory", "approve", console.signed(lines[0], CARLA))
    assert (code, "was not done" in out) == (1, True)
    assert "No proposal is open" in console.said("directory", "proposals")[1]


def test_a_refreshed_key_is_proposed(console: Console) -> None:
    console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")
    console.end_founding()
    key = console.keys[DIEGO]
    file = console.folder / "fresh.asc"
    file.write_text(console.gpg.public_key(key), encoding="utf-8")
    code, _, complaint = console.said("directory", "refresh", str(file), "--yes")
    assert (code, "nothing new" in complaint) == (1, True)
    console.gpg._gpg("--quick-set-expire", key, "3y")
    stranger = console.gpg.new_key("eve", "eve@example.org")
    file.write_text(console.gpg.public_key(key) + console.gpg.public_key(stranger), encoding="utf-8")
    code, out, complaint = console.said("directory", "refresh", str(file), "--yes")
    assert code == 0, complaint
    assert "~ CSIRT-CL (people)" in out
    assert "No entry of the directory has the key" in complaint
    line = out.splitlines()[-1]
    for by in (CARLA, DIEGO):
        assert console.said("directory", "approve", console.signed(line, by))[0] == 0
    code, _, complaint = console.said("directory", "refresh", str(file), "--yes")
    assert (code, "nothing new" in complaint) == (1, True), "it is in the directory now"
    file.write_text("no key", encoding="utf-8")
    assert console.said("directory", "refresh", str(file), "--yes")[0] == 1


# --- in and out ---------------------------------------------------------------------------------------------------


def test_every_form_is_written_for_its_owner_alone(console: Console) -> None:
    assert console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")[0] == 0
    for form, begins in (
        (("--as", "csv"), b"\xef\xbb\xbfhandle,"),
        (("--as", "vcard"), b"BEGIN:VCARD\r\nVERSION:4.0"),
        (("--as", "misp"), b'[\n {\n  "Organisation"'),
        (("--as", "first"), b'{\n "status": "OK"'),
        (("--as", "trusted-introducer"), b"["),
        (("--sheet",), b"<!doctype html>"),
    ):
        path = console.folder / f"out{form[-1]}"
        code, said, complained = console.said("directory", "export", str(path), *form)
        assert (code, complained) == (0, "")
        assert str(path) in said.replace("\n", "")
        assert path.read_bytes().startswith(begins)
        assert path.stat().st_mode & 0o777 == 0o600
        assert console.said("directory", "export", str(path), *form)[0] == 1
    code, said, _ = console.said("directory", "import", str(console.folder / "outcsv"), "--yes")
    assert code == 1  # in no format that its name tells
    (console.folder / "outcsv").rename(console.folder / "out.csv")
    code, said, _ = console.said("directory", "import", str(console.folder / "out.csv"), "--yes")
    assert (code, "Imported: 0 added, 0 changed, 0 gone." in said) == (0, True)
    for form, label in (("first", "TLP:AMBER."), ("misp", "TLP:CLEAR.")):
        path = console.folder / f"amber-{form}"
        said = console.said("directory", "export", str(path), "--as", form, "--tlp", "amber")[1]
        assert label in said, "what is said is what was written"
    code, _, complained = console.said("directory", "export", str(console.folder / "x"), "--as", "csv", "--tlp", "pink")
    assert code == 1
    assert "pink" in complained


def test_what_an_organisation_confirms_outside_matrix_is_noted(console: Console) -> None:
    assert console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")[0] == 0
    code, said, _ = console.said("directory", "confirm")
    assert (code, "2 of 2 entries were not confirmed in the last 90 days" in said) == (0, True)
    assert "CSIRT-CL\tIt was never confirmed." in said
    assert "Noted: the entry of CSIRT-CL is right" in console.said("directory", "confirm", "csirt-cl", "--by", "Eva")[1]
    said = console.said("directory", "confirm")[1]
    assert (said.count("never confirmed"), "1 of 2 entries" in said) == (1, True)
    folder = console.folder / "out"
    assert console.said("directory", "export", str(folder))[0] == 0
    assert "confirmed_by: Eva" in (folder / "directory.yaml").read_text("utf-8")
    code, _, complained = console.said("directory", "confirm", "CERT-XX")
    assert (code, "no organisation “CERT-XX”" in complained) == (1, True)


def test_a_near_name_is_asked_about_and_never_merged(console: Console) -> None:
    assert console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")[0] == 0
    near = console.folder / "near.csv"
    near.write_text("handle,country,name:en\nCERT-uy,UY,CERT Uy\n", encoding="utf-8")
    code, _, complained = console.said("directory", "import", str(near), "--yes")
    assert code == 1
    assert "--same CERT-uy" in complained
    assert "CERT-uy" not in console.said("directory", "find", "CERTuy")[1]
    code, said, _ = console.said("directory", "import", str(near), "--yes", "--skip", "CERT-uy")
    assert (code, "Imported: 0 added, 0 changed" in said) == (0, True)
    code, said, _ = console.said("directory", "import", str(near), "--yes", "--same", "CERT-uy")
    assert (code, "Imported: 0 added, 1 changed" in said) == (0, True)
    assert "CERT Uy" in console.said("directory", "find", "CERTuy")[1]
    code, said, _ = console.said("directory", "import", str(near), "--yes", "--new", "CERT-uy")
    assert (code, "Imported: 1 added, 0 changed" in said) == (0, True)


def test_a_roster_from_the_directory_is_shown_and_written(console: Console) -> None:
    ics = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260101T090000\nDURATION:P7D\nRRULE:FREQ=WEEKLY\n"
        "SUMMARY:carla\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    (console.folder / "uy.ics").write_text(ics, encoding="utf-8")
    file = console.write("America/Montevideo")
    file.write_text(file.read_text("utf-8").replace("    country: UY", "    country: UY\n    roster: uy.ics"), "utf-8")
    assert console.said("directory", "import", str(file), "--yes")[0] == 0
    picture, feed = console.folder / "duty.svg", console.folder / "duty.ics"
    code, out, _ = console.said("duty", "show", "certuy", "--svg", str(picture))
    assert code == 0
    assert out.startswith("CERTuy, technical: carla until ")
    assert "A" * 24 in out
    drawn = ET.fromstring(picture.read_text("utf-8"))
    assert drawn.findtext("{http://www.w3.org/2000/svg}title") == "CERTuy · technical · America/Montevideo"
    assert "carla" in [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert picture.stat().st_mode & 0o077 == 0
    code, _, complained = console.said("duty", "show", "certuy", "--svg", str(picture))
    assert (code, "duty.svg is there already" in complained) == (1, True)
    assert console.said("duty", "ical", "CERTuy", str(feed))[0] == 0
    assert "matrix:u/carla:uy.example" in feed.read_text("utf-8").replace("\n ", "")
    assert feed.stat().st_mode & 0o077 == 0
    assert console.said("duty", "ical", "CERTuy", str(feed))[0] == 1, "never over a file that is there"
    assert console.said("duty", "show", "CSIRT-CL")[0] == 1
    assert console.said("duty", "show", "Atlantis")[0] == 1


def test_the_address_of_a_feed_is_shown_once(console: Console) -> None:
    assert console.said("directory", "import", str(console.write("America/Montevideo")), "--yes")[0] == 0
    code, _, complained = console.said("duty", "feed", "CERTuy")
    assert (code, "web.public_url" in complained) == (1, True)
    with (console.folder / "config.yaml").open("a") as file:
        file.write("web: {public_url: https://enlace.example.org/x/}\n")
    code, first, note = console.said("duty", "feed", "certuy")
    assert code == 0
    assert re.fullmatch(r"https://enlace\.example\.org/x/duty/[A-Za-z0-9_-]{22}\.ics\n", first)
    assert "Shown this once" in note
    code, out, complained = console.said("duty", "feed", "CERTuy", "--names")
    assert (code, out, "--renew" in complained) == (1, "", True)
    code, second, _ = console.said("duty", "feed", "CERTuy", "--renew", "--names")
    assert (code, first != second) == (0, True)
    assert console.said("duty", "feed", "CERTuy", "--revoke", "--renew")[0] == 2
    assert "Revoked" in console.said("duty", "feed", "CERTuy", "--revoke")[1]
    assert console.said("duty", "feed", "CERTuy", "--revoke")[0] == 1
    assert console.said("duty", "feed", "Atlantis")[0] == 1
