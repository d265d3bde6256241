"""``enlace rooms``: the rooms on record, and what is held for them."""

import asyncio
import json
from collections import Counter
from typing import Annotated

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_database, open_vault, settings
from bot.cli.speak import out, text
from bot.config import Config
from bot.directory.service import Register
from bot.outbox.service import Outbox

application = typer.Typer(help="The rooms that the bot works in.", no_args_is_help=True)


@application.callback()
def _rooms() -> None:
    """The rooms that the bot works in."""


@application.command("list")
def list_rooms(
    config: ConfigOption = CONFIG, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """Every room on record: kind, organisations, language, and how many messages are held for it."""
    asyncio.run(_list(settings(config), as_json=as_json))


async def _list(config: Config, *, as_json: bool) -> None:
    outbox = Outbox(open_vault(config))
    async with open_database(config) as database, database.reading() as unit:
        register = await Register.load(unit, [c.user for c in config.policy.coordinators])
        held = Counter(row.post.room for row in await outbox.held(unit))
    records = register.rooms()
    if as_json:
        rows = [
            {
                "room": record.room,
                "kind": record.kind,
                "organisations": sorted(record.organisations),
                "user": record.user,
                "language": record.language,
                "held": held[record.room],
            }
            for record in records
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not records:
        out("cli-rooms-none")
    for record in records:
        who = record.user or ", ".join(sorted(record.organisations))
        kind = text(f"cli-room-{record.kind}")
        out("cli-rooms-line", room=record.room, kind=kind, who=who, held=held[record.room])
