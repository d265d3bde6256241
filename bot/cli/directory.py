"""``enlace directory``: import with a plan first, export, find; proposals and their approval by file."""

import asyncio
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot.cli import proposals
from bot.cli.deployment import CONFIG, ConfigOption, open_database, open_log, open_vault, settings
from bot.cli.speak import language, out, warn, why
from bot.config import Config
from bot.db.unit import Database
from bot.directory.model import Plan, Reading
from bot.directory.service import Directory, Register, plan_import, read_profile, say_problem
from bot.directory.service.keyring import judge_keys, refresh_keys
from bot.errors import NotDone
from bot.formats import national_csirts, native
from bot.i18n.catalogue import say
from keys.openpgp import OpenPGP
from keys.vault import Vault

application = typer.Typer(help="The directory of organisations and points of contact.", no_args_is_help=True)
application.command("proposals")(proposals.show)
application.command("approve")(proposals.approve)


class UnknownFormat(NotDone):
    """“{file}” is neither YAML nor CSV. Nothing was imported."""

    code = "directory-unknown-format"


class FileUnreadable(NotDone):
    """“{file}” cannot be read: {reason}. Nothing was imported."""

    code = "directory-file-unreadable"


class NothingToRefresh(NotDone):
    """“{file}” says nothing new about a key of the directory. Nothing was written."""

    code = "nothing-to-refresh"


class FolderThere(NotDone):
    """{path} is there already; an export makes a new folder. Nothing was written."""

    code = "export-folder-there"


@application.command("import")
def import_directory(
    file: Annotated[Path, typer.Argument(help="enlace's YAML, or the CSV list of national CSIRTs.")],
    config: ConfigOption = CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad records out instead of stopping.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="What the file does not name stays.")] = False,
) -> None:
    """Show what the file would change, then do it: all of it in one transaction, or nothing.

    That is the founding import. Once a coordinator is verified the same command makes a proposal instead, which two
    coordinators approve."""
    loaded = settings(config)
    done = asyncio.run(_import(loaded, file, yes=yes, skip_bad=skip_bad, partial=partial))
    if not done:
        raise typer.Exit(1)


async def _import(config: Config, file: Path, *, yes: bool, skip_bad: bool, partial: bool) -> bool:
    vault = await asyncio.to_thread(open_vault, config)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(file), reason=why(error)) from None
    async with open_database(config) as database:
        register = await _register(config, database)
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
            task = progress.add_task(file.name, total=3)
            reading = _read(file, data, register)
            progress.advance(task)
            with OpenPGP(config.openpgp.home) as openpgp:
                reading = await asyncio.to_thread(judge_keys, reading, openpgp, database.clock.now())
            progress.advance(task)
            plan = plan_import(reading, register.entries, partial=partial)
            progress.advance(task)
        return await _carry_out(_Given(config, vault, file.name, data), database, plan, reading, yes, skip_bad)


@dataclass(frozen=True, slots=True)
class _Given:
    """What every way of changing the directory from a file begins with."""

    config: Config
    vault: Vault
    file: str
    data: bytes


async def _carry_out(
    given: _Given, database: Database, plan: Plan, reading: Reading, yes: bool, skip_bad: bool = False
) -> bool:
    """Show the plan, ask, and write it, or propose it once the founding import is over."""
    config, vault = given.config, given.vault
    directory = Directory(open_log(config, vault), frozenset(c.user for c in config.policy.coordinators))
    async with database.reading() as unit:
        founding = not await directory.founding_over(unit)
    show_plan(plan, reading)
    if (plan.problems and not skip_bad) or plan.questions:
        warn("cli-import-unclear" if plan.questions else "cli-import-nothing")
        return False
    ask = say(language(), "cli-import-ask" if founding else "cli-propose-ask").plain
    if not yes and not (sys.stdin.isatty() and typer.confirm(ask)):
        warn("cli-import-not-asked")
        return False
    sha256 = hashlib.sha256(given.data).hexdigest()
    async with database.unit() as unit:
        if await directory.founding_over(unit):
            waiting = proposals.of(config, vault)
            made = await waiting.propose(unit, plan, file=given.file, file_sha256=sha256, actor=None)
            counts = None
        else:
            counts = await directory.apply(unit, plan, source_sha256=sha256, actor=None, skip_bad=skip_bad)
    if counts is None:
        proposals.show_made(made)
    else:
        out("cli-import-done", added=counts["added"], changed=counts["changed"], gone=counts["gone"])
    return True


@application.command("refresh")
def refresh(
    file: Annotated[Path, typer.Argument(help="OpenPGP public keys, armoured or not.")],
    config: ConfigOption = CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Bring keys that the directory has up to date from a file: new expiry dates, subkeys and revocations.

    A proposal, once the founding import is over. New keys come with `enlace directory import`."""
    if not asyncio.run(_refresh(settings(config), file, yes=yes)):
        raise typer.Exit(1)


async def _refresh(config: Config, file: Path, *, yes: bool) -> bool:
    vault = await asyncio.to_thread(open_vault, config)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(file), reason=why(error)) from None
    async with open_database(config) as database:
        register = await _register(config, database)
        with OpenPGP(config.openpgp.home) as openpgp:
            found = await asyncio.to_thread(refresh_keys, data, file.name, register, openpgp)
        for fingerprint in found.unknown:
            warn("cli-refresh-unknown", fingerprint=fingerprint.grouped())
        plan = plan_import(found.reading, register.entries, partial=True)
        if not plan.changed:
            raise NothingToRefresh(file=file.name)
        return await _carry_out(_Given(config, vault, file.name, data), database, plan, found.reading, yes)


def _read(file: Path, data: bytes, register: Register) -> Reading:
    if file.suffix.lower() == ".csv":
        return national_csirts.read(data, file.name)
    if file.suffix.lower() not in {".yaml", ".yml"}:
        raise UnknownFormat(file=str(file))

    def beside(name: str) -> bytes | None:
        path = file.parent / name
        return path.read_bytes() if path.is_file() and path.resolve().parent == file.parent.resolve() else None

    return native.read(data, file.name, known=register.networks(), beside=beside)


def show_plan(plan: Plan, reading: Reading) -> None:
    """``+`` added, ``~`` changed, ``-`` gone; then every problem with its file and line."""
    for record in plan.added:
        print(f"+ {record.organisation.handle}")
    for change in plan.changed:
        print(f"~ {change.record.organisation.handle} ({', '.join(change.fields)})")
    for handle in plan.gone:
        print(f"- {handle}")
    for problem in plan.problems:
        print(say_problem(problem, language()).plain, file=sys.stderr)
    for question in plan.questions:
        warn("cli-import-near", new=str(question.record.organisation.handle), known=str(question.handle))
    out(
        "cli-import-plan",
        rows=reading.rows,
        added=len(plan.added),
        changed=len(plan.changed),
        gone=len(plan.gone),
        bad=len(plan.problems),
        notes=len(reading.notes),
    )


@application.command("export")
def export_directory(
    folder: Annotated[Path, typer.Argument(help="A new folder for the YAML and its key files.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Write the whole directory as enlace's YAML, with key files beside it; importing it again changes nothing."""
    asyncio.run(_export(settings(config), folder))


async def _export(config: Config, folder: Path) -> None:
    if folder.exists():
        raise FolderThere(path=folder)
    async with open_database(config) as database:
        written = native.write((await _register(config, database)).entries)
    folder.mkdir(parents=True)
    (folder / "directory.yaml").write_bytes(written.document)
    for name, content in written.files.items():
        (folder / name).write_bytes(content)
    out("cli-export-done", path=str(folder / "directory.yaml"), files=len(written.files))


@application.command("find")
def find(
    query: Annotated[str, typer.Argument(help="Code, handle, name in any language, person, capability.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Find organisations and people, exact before near."""
    asyncio.run(_find(settings(config), query))


async def _find(config: Config, query: str) -> None:
    async with open_database(config) as database:
        matches = (await _register(config, database)).find(query)
    for hit in (*matches.exact, *matches.near):
        who = hit.person.name if hit.person else ""
        organisation = hit.organisation
        if organisation is not None:
            print(f"{organisation.handle}\t{organisation.country or ''}\t{organisation.name(language())}\t{who}")
    if not matches.exact and not matches.near:
        warn("cli-find-nothing", query=query)
        raise typer.Exit(1)


async def _register(config: Config, database: Database) -> Register:
    profiles = [read_profile(path.read_bytes(), path.name) for path in config.directory.profiles]
    async with database.reading() as unit:
        return await Register.load(unit, [c.user for c in config.policy.coordinators], profiles)
