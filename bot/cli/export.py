"""``enlace directory export``: everything as YAML, or what others read: a table, vCards, MISP, lists of teams, pages
to print."""

import asyncio
import enum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, settings
from bot.cli.register import open_register
from bot.cli.speak import language, out
from bot.cli.storage import open_database
from bot.config import Config
from bot.directory.model import Entries
from bot.directory.service.checks import known
from bot.errors import NotDone
from bot.formats import first_teams, misp, native, sheet, table, trusted_introducer, vcard
from bot.tlp import Tlp
from bot.tlp import parse as parse_label


class FolderThere(NotDone):
    """{path} is there already; an export makes a new one. Nothing was written."""

    code = "export-folder-there"


class Form(enum.Enum):
    """What an export can be written as."""

    YAML = "yaml"
    CSV = "csv"
    VCARD = "vcard"
    MISP = "misp"
    FIRST = "first"
    TRUSTED_INTRODUCER = "trusted-introducer"


def export(
    path: Annotated[Path, typer.Argument(help="A new folder for the YAML and its key files; else a new file.")],
    config: ConfigOption = CONFIG,
    form: Annotated[Form, typer.Option("--as", help="yaml is everything.")] = Form.YAML,
    paper: Annotated[bool, typer.Option("--sheet", help="Pages to print, one for each network (HTML).")] = False,
    tlp: Annotated[
        str, typer.Option("--tlp", help="Contacts up to this label: CLEAR, with --sheet AMBER, in a table all of them.")
    ] = "",
) -> None:
    """Write the directory: as enlace's YAML with key files beside it, which imported again changes nothing; as a table
    for a spreadsheet, as vCards, for a MISP, as the list of teams that FIRST or the Trusted Introducer gives of its
    members, or as pages to print for the day on which Matrix is down."""
    unless_said = Tlp.AMBER if paper else Tlp.RED if form is Form.CSV else Tlp.CLEAR
    ceiling = parse_label(tlp) if tlp else unless_said
    asyncio.run(_export(settings(config), path, None if paper else form, ceiling))


async def _export(config: Config, path: Path, form: Form | None, ceiling: Tlp) -> None:
    if path.exists():
        raise FolderThere(path=path)
    async with open_database(config) as database:
        register = await open_register(config, database)
        async with database.reading() as unit:
            now, checks = unit.now, await known(unit)
    entries = register.entries
    if form is Form.YAML:
        written = native.write(entries)
        path.mkdir(parents=True, mode=0o700)
        for name, content in {**written.files, "directory.yaml": written.document}.items():
            _write(path / name, content)
        out("cli-export-done", path=str(path / "directory.yaml"), files=len(written.files))
        return
    if form is None:
        organisations = entries.organisations.values()
        data = sheet.write(
            register.networks(),
            organisations,
            checks=checks,
            stale_after_days=config.directory.stale_after_days,
            ceiling=ceiling,
            language=language(),
            printed=now,
        )
    else:
        data = _data(entries, form, ceiling)
    _write(path, data)
    # A MISP hands on what it has: nothing but TLP:CLEAR is written for it, whatever was asked for.
    out("cli-export-labelled", path=str(path), tlp=str(Tlp.CLEAR if form is Form.MISP else ceiling))


def _data(entries: Entries, form: Form, ceiling: Tlp) -> bytes:
    organisations = list(entries.organisations.values())
    if form is Form.CSV:
        return table.write(organisations, ceiling)
    if form is Form.MISP:
        return misp.write(organisations)
    if form is Form.FIRST:
        return first_teams.write(organisations, ceiling)
    if form is Form.TRUSTED_INTRODUCER:
        return trusted_introducer.write(organisations, ceiling)
    people = {o.handle: [p for p in entries.people if p.organisation == o.handle] for o in organisations}
    return vcard.write([(o, people[o.handle]) for o in organisations], ceiling)


def _write(path: Path, data: bytes) -> None:
    """Only its owner may read it: the directory holds what is not for everybody."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)
