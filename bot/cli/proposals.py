"""``enlace directory proposals`` and ``enlace directory approve``: what waits for four eyes."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.speak import FileTrouble, language, out, why
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.directory.rules.proposing import Proposal, State, details, thaw
from bot.directory.service import Directory, Register
from bot.directory.service.proposal_news import say_line, say_who
from bot.directory.service.proposals import Proposals
from bot.ids import Ref, UserId, parse_ref
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.vault import Vault


def show(
    ref: Annotated[str | None, typer.Argument(help="Only this one, with everything that it changes.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """List the changes of the directory that wait for approval; with a reference, show one in full."""
    asyncio.run(_show(settings(config), parse_ref(ref) if ref else None))


async def _show(config: Config, ref: Ref | None) -> None:
    found = of(config, None)
    async with open_database(config) as database, database.reading() as unit:
        some = [await found.find(unit, ref)] if ref else await found.waiting(unit)
        given = {proposal.ref: len(await found.given(unit, proposal.ref)) for proposal in some}
    if not some:
        out("cli-proposals-none")
    for proposal in some:
        out(
            "cli-proposals-line",
            ref=proposal.ref,
            at=f"{proposal.made_at:%Y-%m-%d %H:%M} UTC",
            who=say_who(proposal, language()),
            file=proposal.file,
            given=given[proposal.ref],
            needed=proposal.needed,
            until=f"{proposal.expires_at:%Y-%m-%d}",
        )
        if ref:
            for line in details(thaw(proposal.what)):
                print(line[: len(line) - len(line.lstrip())] + say_line(line).plain)
            if proposal.state is State.OPEN:
                out("cli-proposals-sign")
                print(proposal.signed_text)


def approve(
    file: Annotated[Path, typer.Argument(help="The line that `enlace directory proposals` shows, clear-signed.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Approve a proposal by a file that a coordinator signed with the OpenPGP key pinned in the configuration."""
    asyncio.run(_approve(settings(config), file))


async def _approve(config: Config, file: Path) -> None:
    vault = await asyncio.to_thread(open_vault, config)
    try:
        signed = file.read_bytes()
    except OSError as error:
        raise FileTrouble(path=str(file), reason=why(error)) from None
    pinned = coordinators(config)
    async with open_database(config) as database:
        async with database.reading() as unit:
            register = await Register.load(unit, pinned)
        with OpenPGP(config.openpgp.home) as openpgp:
            found = register.entries
            keys = [key for organisation in found.organisations.values() for key in organisation.openpgp]
            keys += [key for person in found.people for key in person.openpgp]
            for key in keys:
                if key.data is not None and key.fingerprint in pinned.values():
                    openpgp.import_key(key.data)
            signature = await asyncio.to_thread(openpgp.verify_clear, signed)
        by = signature.made_by(frozenset(pinned.values()))
        async with database.unit() as unit:
            done = await of(config, vault).approve_signed(unit, signature.text or "", by)
    out(f"cli-approved-{done.state.value}", ref=done.proposal.ref, given=done.given, needed=done.proposal.needed)
    if done.state is State.OVERTAKEN:
        raise typer.Exit(1)


def of(config: Config, vault: Vault | None) -> Proposals:
    """The proposals of this deployment; without a vault only to look."""
    log, pinned = open_log(config, vault), coordinators(config)
    return Proposals(Directory(log, frozenset(pinned)), log, pinned, config.policy.approvals)


def coordinators(config: Config) -> dict[UserId, OpenPGPFingerprint]:
    """Who coordinates, and with which key, as the configuration says."""
    return {c.user: OpenPGPFingerprint(c.fingerprint) for c in config.policy.coordinators}


def show_made(proposal: Proposal) -> None:
    """What was proposed, and how it is approved."""
    out("cli-proposed", ref=proposal.ref, needed=proposal.needed, until=f"{proposal.expires_at:%Y-%m-%d}")
    print(proposal.signed_text)
