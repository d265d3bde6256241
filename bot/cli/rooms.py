"""``enlace rooms``: the rooms on record, what is held for them, why one is not verified; and a new desk room."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import typer

from bot.cli.deployment import CONFIG, ConfigOption, open_vault, settings
from bot.cli.speak import language, out, text
from bot.cli.storage import open_database, open_log
from bot.config import Config
from bot.directory.model import RoomRecord
from bot.directory.service import NoSuchRoom, Register
from bot.directory.service.desks import OPEN, WAITING, NoSuchOrganisation, ask_for_desk
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.ids import RoomId, UserId
from bot.matrix.onrecord import kept_at, trust_on_record
from bot.matrix.trust import Trust
from bot.outbox.model import is_outside
from bot.outbox.service import Outbox, Undelivered, undelivered
from keys.policy import Check

application = typer.Typer(help="The rooms that the bot works in.", no_args_is_help=True)


class NoRoomYet(NotDone):
    """Nothing on record is a room of {whose}."""

    code = "no-room-yet"


@application.command("list")
def list_rooms(
    config: ConfigOption = CONFIG, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False
) -> None:
    """Every room on record: kind, organisations, language; what waits or is held for it and since when, and what was
    given up in the last two days.  The same of addresses outside Matrix and of rooms that it has left, while there is
    any."""
    asyncio.run(_list(settings(config), as_json=as_json))


class _Line(NamedTuple):
    room: RoomId
    kind: str
    whose: str
    record: RoomRecord | None = None


def _for_scripts(line: _Line, rows_of: Mapping[RoomId, Undelivered]) -> dict[str, Any]:
    own, record = rows_of.get(line.room, Undelivered()), line.record
    return {
        "room": line.room,
        "kind": line.kind,
        "organisations": sorted(record.organisations) if record else [],
        "user": record.user if record else None,
        "language": record.language if record else None,
        "waiting": own.waiting,
        "held": own.held,
        "lost": own.lost,
        "since": own.since.isoformat() if own.since else None,
    }


async def _list(config: Config, *, as_json: bool) -> None:
    outbox = Outbox(open_vault(config))
    async with open_database(config) as database, database.reading() as unit:
        register = await Register.load(unit, [c.user for c in config.policy.coordinators])
        rows_of = await undelivered(unit)
        asked = [job for job in await outbox.jobs_of(unit, OPEN) if job.state == WAITING]
    lines = [_Line(record.room, record.kind, _whose(record), record) for record in register.rooms()]
    others = sorted(rows_of.keys() - {line.room for line in lines})  # letters, pages by mail; rooms that it has left
    lines += [_Line(room, "outside" if is_outside(room) else "unknown", "–") for room in others]
    if as_json:
        print(json.dumps([_for_scripts(line, rows_of) for line in lines], ensure_ascii=False, indent=1))
        return
    if not lines and not asked:
        out("cli-rooms-none")
    for room, kind, who, _ in lines:
        own = rows_of.get(room, Undelivered())
        out(
            "cli-rooms-line",
            room=room,
            kind=text(f"cli-room-{kind}"),
            who=who,
            waiting=own.waiting,
            held=own.held,
            lost=own.lost,
            since=f"{own.since:%Y-%m-%d %H:%M} UTC" if own.since else "none",
        )
    for job in asked:
        out("cli-rooms-asked", organisation=job.payload["organisation"], attempts=job.attempts)


@application.command("open")
def open_room(
    organisation: Annotated[str, typer.Argument(help="The organisation's handle.")],
    config: ConfigOption = CONFIG,
    another: Annotated[bool, typer.Option("--another", help="Also if it has a desk room already.")] = False,
) -> None:
    """Have the running bot make a desk room for an organisation: encrypted, by invitation, its leads at level 50.

    Its verified people are invited; while none of its leads is verified, its leads too. It is made once, whatever
    fails on the way; while the bot is stopped it waits."""
    asyncio.run(_open(settings(config), organisation, another=another))


async def _open(config: Config, handle: str, *, another: bool) -> None:
    vault = await asyncio.to_thread(open_vault, config)
    async with open_database(config) as database, database.unit() as unit:
        register = await Register.load(unit, [c.user for c in config.policy.coordinators])
        log = open_log(config, vault)
        name = await ask_for_desk(unit, register, Outbox(vault), log, handle, another=another)
    out("cli-rooms-will-open", organisation=name)


@application.command("why")
def why_room(
    whose: Annotated[str, typer.Argument(metavar="ROOM|HANDLE", help="A room, an organisation or a Matrix user.")],
    config: ConfigOption = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say check by check whether a room is verified, and how to mend what is not; exit code 1 if it is not.

    As the bot saw it in its last sync: a room's id, or every desk room of an organisation, or a person's own room."""
    if not asyncio.run(_why(settings(config), whose, as_json=as_json)):
        raise typer.Exit(1)


async def _why(config: Config, whose: str, *, as_json: bool) -> bool:
    async with open_database(config) as database, database.reading() as unit:
        register = await Register.load(unit, [c.user for c in config.policy.coordinators])
        trust = await trust_on_record(unit, config.matrix, register, database.clock)
        seen = await kept_at(unit)
    rooms = _meant(register, trust, whose)
    verdicts = {room: trust.room(room) for room in rooms}
    at = f"{seen:%Y-%m-%d %H:%M:%S} UTC" if seen else "–"
    if as_json:
        rows = [
            {
                "room": room,
                "verified": verdict.ok,
                "seen": seen.isoformat() if seen else None,
                "checks": [{"name": c.name, "ok": c.ok, "values": dict(c.values)} for c in verdict.checks],
            }
            for room, verdict in verdicts.items()
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for room, verdict in verdicts.items():
            record = register.room(room)
            who = _whose(record) if record else "–"
            kind = text(f"cli-room-{record.kind}") if record else "–"
            out("cli-rooms-verified" if verdict.ok else "cli-rooms-not-verified", room=room, kind=kind, who=who)
            for check in verdict.checks:
                print(_line(check))
            out("cli-rooms-seen", at=at)
    return all(verdict.ok for verdict in verdicts.values())


def _meant(register: Register, trust: Trust, whose: str) -> tuple[RoomId, ...]:
    """Raises :class:`NoSuchRoom`, :class:`bot.directory.service.desks.NoSuchOrganisation`, :class:`NoRoomYet`."""
    if whose.startswith("!"):
        room = RoomId(whose)
        if register.room(room) is None and not trust.encrypted(room):
            raise NoSuchRoom(room=whose)
        return (room,)
    if whose.startswith("@"):
        own = register.direct_room(UserId(whose))
        found: tuple[RoomId, ...] = () if own is None else (own,)
    else:
        if register.organisation(whose) is None:
            raise NoSuchOrganisation(handle=whose[:63])
        found = register.desk_rooms(whose)
    if not found:
        raise NoRoomYet(whose=whose[:255])
    return found


def _line(check: Check) -> str:
    values = dict(check.values)
    if check.ok:
        return "  ✓ " + say(language(), f"check-{check.name}.good", **values).plain
    what = say(language(), f"check-{check.name}", **values).plain
    return f"  ✗ {what} {say(language(), f'check-{check.name}.mend', **values).plain}"


def _whose(record: RoomRecord) -> str:
    return record.user or ", ".join(sorted(record.organisations))
