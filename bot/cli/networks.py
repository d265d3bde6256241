"""``enlace networks``: whom each lists, and its communication checks."""

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.register import open_register
from bot.cli.speak import language, out
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.directory.service.checks import NoSuchNetwork, known, record, say_check

application = typer.Typer(help="The networks that the directory's organisations belong to.", no_args_is_help=True)


@application.command("list")
def show(config: ConfigOption = CONFIG) -> None:
    """List the networks: how many organisations each lists, its last communication check, and the next one due."""
    asyncio.run(_show(settings(config)))


async def _show(config: Config) -> None:
    async with open_database(config) as database:
        register = await open_register(config, database)
        async with database.reading() as unit:
            checks, today = await known(unit), unit.now.date()
    for network in register.networks().values():
        name = network.names.get(language()) or network.names.get("en") or network.id
        said = say_check(network, checks.get(network.id), today, language())
        listed = len(register.search.in_network(network.id))
        out("cli-network", id=network.id, name=name, count=listed)
        if said is not None and listed:
            print(f"    {said.plain}")


@application.command("checked")
def checked(
    network: Annotated[str, typer.Argument(help="The network's id, such as un-gpd.")],
    config: ConfigOption = CONFIG,
    day: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which it was made; else today.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who made it, for the log.")] = "",
) -> None:
    """Record that a network's communication check was made: the next one is counted from that day."""
    asyncio.run(_checked(settings(config), network, day.date() if day else None, by))


async def _checked(config: Config, id_: str, day: date | None, by: str) -> None:
    vault = await asyncio.to_thread(open_vault, config)
    async with open_database(config) as database:
        register = await open_register(config, database)
        network = register.network(id_)
        if network is None:
            raise NoSuchNetwork(network=id_)
        async with database.unit() as unit:
            day = day or unit.now.date()
            await record(unit, open_log(config, vault), network, day, by, None)
            check = (await known(unit)).get(network.id)
            said = say_check(network, check, unit.now.date(), language())
    out("cli-network-checked", id=network.id, day=day.isoformat())
    if said is not None:
        print(said.plain)
