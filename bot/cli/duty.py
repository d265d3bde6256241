"""``enlace duty``: who is on duty, the coming fortnight as a strip and a picture, and the calendar of a roster."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.register import open_register
from bot.cli.speak import language, out, text, warn
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.directory.model import Organisation
from bot.directory.service import Register
from bot.duty.model import Stretch
from bot.duty.rules.coverage import gaps
from bot.duty.service import Duty
from bot.duty.service.feeds import AHEAD as FEED
from bot.duty.service.feeds import Feeds
from bot.duty.service.wording import place, summary
from bot.errors import NotDone
from bot.formats import coverage, ical
from bot.ids import UserId

application = typer.Typer(help="Who is on duty.", no_args_is_help=True)
AHEAD = timedelta(days=14)


class DutyUnknown(NotDone):
    """The directory has no organisation “{handle}”."""

    code = "duty-unknown"


class DutyNoRoster(NotDone):
    """{organisation} keeps no roster."""

    code = "duty-none"


class FeedNowhere(NotDone):
    """There is no public address under which a feed could be read. Nothing was changed."""

    code = "duty-feed-nowhere"


class PictureThere(NotDone):
    """{path} is there already. Nothing was written."""

    code = "duty-file-there"


@dataclass(frozen=True, slots=True)
class _Looked:
    """One organisation's rosters over a time."""

    register: Register
    duty: Duty
    organisation: Organisation
    roles: dict[str, list[Stretch]]
    now: datetime

    @property
    def names(self) -> dict[UserId, str]:
        """Of everybody who is on duty some time."""
        return {p.mxid: p.name for p in self.register.people_of(self.organisation.handle) if p.mxid}


@application.command("show")
def show(
    handle: Annotated[str, typer.Argument(help="The organisation.")],
    config: ConfigOption = CONFIG,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="A new file for a picture of the coming fortnight; several roles: several files."),
    ] = None,
) -> None:
    """Who is on duty, the next hand-over, the gaps of 14 days, and the coming fortnight as a strip of letters."""
    looked = asyncio.run(_look(settings(config), handle, AHEAD))
    for role, stretches in looked.roles.items():
        promised = looked.duty.promised(looked.organisation, role, looked.now, looked.now + AHEAD)
        lines = summary(language(), looked.register, looked.organisation, role, stretches, gaps(stretches, promised))
        print("\n".join(line.plain for line in lines))
        where = place(looked.organisation)
        title = f"{looked.organisation.handle} · {role} · {where.key}"
        plan = coverage.Plan(title, stretches, where, looked.names, language())
        print(f"\n{coverage.strip(plan)}\n")
        if svg is not None:
            path = svg if len(looked.roles) == 1 else svg.with_stem(f"{svg.stem}-{role}")
            _write(path, coverage.picture(plan, text("duty-nobody-word")).encode())


@application.command("ical")
def calendar(
    handle: Annotated[str, typer.Argument(help="The organisation.")],
    file: Annotated[Path, typer.Argument(help="A new file (.ics).")],
    config: ConfigOption = CONFIG,
) -> None:
    """Write the roster of the coming 90 days as a calendar, with everything that people took over and gave away."""
    looked = asyncio.run(_look(settings(config), handle, FEED))
    _write(file, ical.write(looked.organisation.handle, looked.roles, looked.names, looked.now))


@application.command("feed")
def feed(
    handle: Annotated[str, typer.Argument(help="The organisation.")],
    config: ConfigOption = CONFIG,
    names: Annotated[bool, typer.Option("--names", help="With the names of who is on duty; else only roles.")] = False,
    renew: Annotated[bool, typer.Option("--renew", help="Another address; the one before it leads nowhere.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="No address any more.")] = False,
) -> None:
    """Make the secret address under which people subscribe to the organisation's duty in their calendars.

    It is shown this once. Whoever has it reads the coming 90 days without any account."""
    loaded = settings(config)
    if revoke and (renew or names):
        raise typer.BadParameter(text("duty-feed-either"))
    if loaded.web.public_url is None and not revoke:
        raise FeedNowhere
    token = asyncio.run(_feed(loaded, handle, names=names, renew=renew, revoke=revoke))
    if token is None:
        out("duty-feed-revoked", organisation=handle)
    else:
        print(f"{loaded.web.public_url}/duty/{token}.ics")
        warn("duty-feed-made")


async def _feed(config: Config, handle: str, *, names: bool, renew: bool, revoke: bool) -> str | None:
    vault = await asyncio.to_thread(open_vault, config)
    async with open_database(config) as database:
        register = await open_register(config, database)
        organisation = register.organisation(handle)
        if organisation is None:
            raise DutyUnknown(handle=handle)
        audit = open_log(config, vault)
        feeds = Feeds(register, Duty(register, audit), audit)
        async with database.unit() as unit:
            if revoke:
                await feeds.revoke(unit, organisation.handle)
                return None
            return await feeds.make(unit, organisation.handle, names=names, renew=renew)


async def _look(config: Config, handle: str, ahead: timedelta) -> _Looked:
    async with open_database(config) as database:
        register = await open_register(config, database)
        organisation = register.organisation(handle)
        if organisation is None:
            raise DutyUnknown(handle=handle)
        duty = Duty(register, open_log(config, None))
        async with database.reading() as unit:
            now = unit.now
            roles = await duty.coverage_of_roles(unit, organisation, now, now + ahead)
    if not roles:
        raise DutyNoRoster(organisation=organisation.handle)
    return _Looked(register, duty, organisation, roles, now)


def _write(path: Path, data: bytes) -> None:
    """Only its owner may read it, as all that is written from the directory."""
    if path.exists():
        raise PictureThere(path=path)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)
    out("duty-written", path=str(path))
