"""``enlace directory confirm``: whose entries are to be confirmed, and noting that one was."""

import asyncio
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.register import open_register
from bot.cli.speak import language, out
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.directory.rules.confirming import unconfirmed
from bot.directory.service.confirming import confirm, say_confirmed
from bot.directory.service.desks import NoSuchOrganisation


def confirm_entry(
    handle: Annotated[
        str | None, typer.Argument(help="The organisation that says so; not given: list those that have to be asked.")
    ] = None,
    config: ConfigOption = CONFIG,
    by: Annotated[str | None, typer.Option("--by", help="Who of the organisation said so, for the entry.")] = None,
) -> None:
    """Note that an organisation's entry is right as of today, when its people said so outside Matrix.

    Without a handle, list the entries that nobody has confirmed for `directory.confirm_every_days`."""
    loaded = settings(config)
    asyncio.run(_confirm(loaded, handle, by) if handle else _list(loaded))


async def _confirm(config: Config, handle: str, by: str | None) -> None:
    vault = await asyncio.to_thread(open_vault, config)
    async with open_database(config) as database:
        organisation = (await open_register(config, database)).organisation(handle)
        if organisation is None:
            raise NoSuchOrganisation(handle=handle[:63])
        async with database.unit() as unit:
            await confirm(unit, open_log(config, vault), organisation.handle, by, None)
            today = unit.now.date()
    out("cli-confirmed", organisation=organisation.handle, day=today.isoformat())


async def _list(config: Config) -> None:
    days = config.directory.confirm_every_days
    async with open_database(config) as database:
        register = await open_register(config, database)
        today = database.clock.now().date()
    waiting = [o for o in register.organisations() if unconfirmed(o, days, today)]
    for organisation in waiting:
        print(f"{organisation.handle}\t{say_confirmed(organisation, language()).plain}")
    out("cli-unconfirmed", count=len(waiting), of=len(register.organisations()), days=days)
