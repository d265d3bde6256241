"""``enlace directory``: import with a plan first, find; export, proposals and their approval stand beside."""

import asyncio
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import confirm, export, proposals
from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.following import bars
from bot.cli.register import open_register
from bot.cli.speak import language, out, warn, why
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.db.unit import Database
from bot.directory.model import Plan, Reading
from bot.directory.rules.following import Follow
from bot.directory.rules.importing import NEW, SAME, SKIP
from bot.directory.rules.neutral import neutral_reading
from bot.directory.service import Directory, Register, plan_import, say_found_by, say_problem
from bot.directory.service.keyring import judge_keys, refresh_keys
from bot.errors import NotDone
from bot.formats import recognise
from bot.i18n.catalogue import say
from bot.ids import Handle
from keys.openpgp import OpenPGP
from keys.vault import Vault

application = typer.Typer(help="The directory of organisations and points of contact.", no_args_is_help=True)
application.command("proposals")(proposals.show)
application.command("approve")(proposals.approve)
application.command("confirm")(confirm.confirm_entry)
application.command("export")(export.export)

NOBODY: list[str] = []
NEW_HELP = "A handle of the file that is new, although its name is near to one that is there."
SAME_HELP = "A handle of the file that is the entry with the near name."
SKIP_HELP = "A handle of the file with a near name, to be left out."


class UnknownFormat(NotDone):
    """“{file}” is in no format that can be imported. Nothing was imported."""

    code = "directory-unknown-format"


class FileUnreadable(NotDone):
    """“{file}” cannot be read: {reason}. Nothing was imported."""

    code = "directory-file-unreadable"


class NothingToRefresh(NotDone):
    """“{file}” says nothing new about a key of the directory. Nothing was written."""

    code = "nothing-to-refresh"


@application.command("import")
def import_directory(
    file: Annotated[
        Path,
        typer.Argument(
            help="YAML or table (CSV) of enlace, vCards, list of FIRST, Trusted Introducer, MISP or national CSIRTs."
        ),
    ],
    config: ConfigOption = CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad records out instead of stopping.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Say what was put right or left out, line by line.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="What the file does not name stays.")] = False,
    new: Annotated[list[str], typer.Option("--new", help=NEW_HELP)] = NOBODY,
    same: Annotated[list[str], typer.Option("--same", help=SAME_HELP)] = NOBODY,
    skip: Annotated[list[str], typer.Option("--skip", help=SKIP_HELP)] = NOBODY,
) -> None:
    """Show what the file would change, then do it: all of it in one transaction, or nothing.

    That is the founding import. Once a coordinator is verified the same command makes a proposal instead, which two
    coordinators approve."""
    loaded = settings(config)
    answers = {Handle(h): word for word, handles in ((NEW, new), (SAME, same), (SKIP, skip)) for h in handles}
    done = asyncio.run(_import(loaded, file, answers, yes=yes, skip_bad=skip_bad, partial=partial, notes=notes))
    if not done:
        raise typer.Exit(1)


async def _import(
    config: Config,
    file: Path,
    answers: Mapping[Handle, str],
    *,
    yes: bool,
    skip_bad: bool,
    partial: bool,
    notes: bool,
) -> bool:
    vault = await asyncio.to_thread(open_vault, config)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(file), reason=why(error)) from None
    async with open_database(config) as database:
        register = await open_register(config, database)
        with bars() as shown:
            reading = _read(file, data, register, shown.stage("read"))
            with OpenPGP(config.openpgp.home) as openpgp:
                now = database.clock.now()
                reading = await asyncio.to_thread(judge_keys, reading, openpgp, now, shown.stage("keys"))
            plan = plan_import(reading, register.entries, answers, partial=partial, follow=shown.stage("compare"))
        for note in reading.notes if notes else ():
            print(say_problem(note, language()).plain, file=sys.stderr)
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
            with bars() as shown:
                counts = await directory.apply(
                    unit, plan, source_sha256=sha256, actor=None, skip_bad=skip_bad, follow=shown.stage("write")
                )
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
        register = await open_register(config, database)
        with OpenPGP(config.openpgp.home) as openpgp:
            found = await asyncio.to_thread(refresh_keys, data, file.name, register, openpgp)
        for fingerprint in found.unknown:
            warn("cli-refresh-unknown", fingerprint=fingerprint.grouped())
        plan = plan_import(found.reading, register.entries, partial=True)
        if not plan.changed:
            raise NothingToRefresh(file=file.name)
        return await _carry_out(_Given(config, vault, file.name, data), database, plan, found.reading, yes)


def _read(file: Path, data: bytes, register: Register, follow: Follow) -> Reading:
    def beside(name: str) -> bytes | None:
        path = file.parent / name
        return path.read_bytes() if path.is_file() and path.resolve().parent == file.parent.resolve() else None

    reading = recognise.read(data, file.name, known=register.networks(), beside=beside, follow=follow)
    if reading is None:
        raise UnknownFormat(file=str(file))
    return neutral_reading(reading)


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


@application.command("find")
def find(
    query: Annotated[str, typer.Argument(help="Code, handle, name in any language, person, capability.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Find organisations and people, exact before near."""
    asyncio.run(_find(settings(config), query))


async def _find(config: Config, query: str) -> None:
    async with open_database(config) as database:
        matches = (await open_register(config, database)).find(query)
    for hit in (*matches.exact, *matches.near):
        who = hit.person.name if hit.person else ""
        organisation = hit.organisation
        if organisation is not None:
            name = organisation.name(language()) + say_found_by(hit, language()).plain
            print(f"{organisation.handle}\t{organisation.country or ''}\t{name}\t{who}")
    if not matches.exact and not matches.near:
        warn("cli-find-nothing", query=query)
        raise typer.Exit(1)
