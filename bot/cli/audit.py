"""``enlace audit``: the log, checked and handed out."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.audit.service import AuditLog, Report
from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.resume import resume
from bot.cli.speak import FileTrouble, language, out, tell, text
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.i18n.catalogue import say

application = typer.Typer(help="The log that nobody can rewrite unnoticed.", no_args_is_help=True)
application.command("resume")(resume)


@application.command("verify")
def verify(
    config: ConfigOption = CONFIG,
    witness: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that somebody kept, to compare with; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Hash every entry again and compare it with every signed checkpoint; names the first bad entry."""
    notes = [_witness(path) for path in witness or ()]
    report = asyncio.run(_verify(settings(config), notes))
    show_report(report, as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def _witness(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        tell(FileTrouble(path=path, reason=text("cli-why-not-text")))
        raise typer.Exit(2) from None


def show_report(report: Report, *, as_json: bool = False) -> None:
    """One line, or JSON."""
    if as_json:
        print(
            json.dumps(
                {
                    "ok": report.ok,
                    "entries": report.entries,
                    "checkpoints": report.checkpoints,
                    "first_bad": report.first_bad,
                    "last_bad": report.last_bad,
                    "problem": report.problem,
                }
            )
        )
    elif report.ok:
        out("cli-audit-ok", entries=report.entries, checkpoints=report.checkpoints)
    else:
        first, last = report.first_bad or 0, report.last_bad or report.first_bad or 0
        many = say(language(), "audit-many", first=first, last=last)
        which = say(language(), "audit-one", first=first) if first == last else many
        out("cli-audit-bad", problem=say(language(), f"audit-problem-{report.problem}", which=which))


async def _verify(config: Config, notes: list[str]) -> Report:
    log = open_log(config, open_vault(config))
    async with open_database(config) as database, database.reading() as unit:
        return await log.verify(unit, notes)


@application.command("export")
def export(
    config: ConfigOption = CONFIG,
    form: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    ref: Annotated[str | None, typer.Option(help="Only this reference.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Only this organisation.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this instant on (UTC).")] = None,
) -> None:
    """Write the entries to standard output: who did what when, never contents."""
    if form not in {"jsonl", "csv"}:
        raise typer.BadParameter("jsonl or csv", param_hint="--format")
    asyncio.run(_export(settings(config), form, ref, organisation, since))


async def _export(config: Config, form: str, ref: str | None, organisation: str | None, since: datetime | None) -> None:
    log = open_log(config, None)
    async with open_database(config) as database, database.reading() as unit:
        rows = log.export(
            unit,
            "csv" if form == "csv" else "jsonl",
            ref=ref,
            organisation=organisation,
            since=since.replace(tzinfo=UTC) if since else None,
        )
        async for row in rows:
            print(row, end="" if row.endswith("\n") else "\n")


@application.command("key")
def key(config: ConfigOption = CONFIG) -> None:
    """Print the log's public key, in the form that `check-receipt` takes (C2SP signed-note)."""
    found = open_log(loaded := settings(config), open_vault(loaded)).key
    print(found.vkey() if found else "")


@application.command("check-receipt")
def check_receipt(
    receipt: Annotated[Path, typer.Argument(help="The receipt file.")],
    log_key: Annotated[str, typer.Option("--key", help="The log's public key.")],
) -> None:
    """Check a receipt offline: needs nothing but the file and the log's public key."""
    checked = AuditLog.check_receipt(receipt.read_bytes(), log_key)
    out("cli-audit-receipt-ok", entries=len(checked.entries))
