"""The story that ``enlace demo`` tells, on real parts: three national CSIRTs and their coordinators find, verify,
inform and wake each other, and everything stands in a log that can be checked."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as wall
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table

from bot.app import App
from bot.audit.service import Actor, Report
from bot.demo.person import Person
from bot.demo.stage import Seat, Stage
from bot.demo.world import Staff, Team, World
from bot.formats import national_csirts
from bot.ids import Handle, UserId

REAL_LIST = Path(__file__).parent / "data" / "national-csirts" / "national_derived.csv"
CALLED = Handle("CSIRT-CL")
NETWORKS = {"oas-cbm": ["operational"], "csirtamericas": ["operational"]}
TEAMS = (
    Team(
        "CSIRT-MX",
        {"es": "Equipo nacional de respuesta de México (demostración)", "en": "National team of Mexico (demo)"},
        "MX",
        "America/Mexico_City",
        ("es", "en"),
        (
            Staff("ana", "Ana Pérez", ("technical",), lead=True, languages=("es",)),
            Staff("luis", "Luis Ortega", ("technical",), languages=("es",)),
        ),
        NETWORKS,
        ({"kind": "phone", "value": "+52 55 0000 0001", "tlp": "AMBER"},),
    ),
    Team(
        "CSIRT-BR",
        {"pt": "Equipe nacional de resposta do Brasil (demonstração)", "en": "National team of Brazil (demo)"},
        "BR",
        "America/Sao_Paulo",
        ("pt", "en"),
        (
            Staff("bruno", "Bruno Lima", ("technical",), lead=True, languages=("en",)),
            Staff("beatriz", "Beatriz Souza", ("technical",), languages=("en",)),
        ),
        NETWORKS,
        ({"kind": "phone", "value": "+55 11 0000 0002", "tlp": "AMBER"},),
    ),
    Team(
        "CSIRT-CL",
        {"es": "Equipo nacional de respuesta de Chile (demostración)", "en": "National team of Chile (demo)"},
        "CL",
        "America/Santiago",
        ("es", "en"),
        (
            Staff("camila", "Camila Rojas", ("technical",), lead=True, languages=("es",)),
            Staff("cesar", "César Soto", ("technical",), languages=("es",)),
        ),
        NETWORKS,
        ({"kind": "phone", "value": "+56 2 0000 0003", "tlp": "AMBER"},),
    ),
    Team(
        "OAS-CICTE",
        {"en": "Secretariat that keeps the directory (demo)"},
        "US",
        "America/New_York",
        ("en", "es"),
        (
            Staff("carla", "Carla Núñez", ("technical",), lead=True, coordinator=True),
            Staff("diego", "Diego Mora", ("technical",), coordinator=True),
        ),
        NETWORKS,
    ),
)


@dataclass(slots=True)
class Figures:
    """What was measured on the way; seconds."""

    built: float = 0.0
    whois: float = 0.0
    delivered: float = 0.0
    acknowledged: float = 0.0


class Story:
    """One telling."""

    def __init__(self, world: World, stage: Stage) -> None:
        self._world = world
        self._stage = stage
        self._people: dict[str, Person] = {}
        self._rooms: dict[str, str] = {}
        self.figures = Figures()

    async def tell(self, stack: AsyncExitStack) -> None:
        """From the first ``!verify`` to the closed log."""
        world, stage = self._world, self._stage
        app = await world.run()
        stage.act("1 · They come with their own clients and prove who they are, by OpenPGP")
        await self._gather(stack)
        stage.act("2 · !whois: who is responsible, who is on duty, what time is it there?")
        await self._ask_whois()
        stage.act("3 · !send under a TLP label; the answer comes back in the thread")
        await self._exchange()
        stage.act(
            "4 · 03:00 in Chile: !escalate climbs until a human takes it; a ✅ does not count, an encrypted ok does"
        )
        await self._escalate(app)
        stage.act("5 · An incident room for both countries")
        await self._incident()
        await asyncio.sleep(1)
        stage.show()

    async def _gather(self, stack: AsyncExitStack) -> None:
        world = self._world
        names = ["ana", "luis", "bruno", "beatriz", "camila", "cesar", "carla", "diego"]
        for name in names:
            self._people[name] = await stack.enter_async_context(await world.arrive(name))
        # Seven of them do it off stage; Ana shows how.
        rooms = await asyncio.gather(*(world.enrol(self._people[name], name) for name in names[1:]))
        shown = {world.user(s.account): s.name for team in world.teams for s in team.staff}
        seats = [("CSIRT-MX · Ana", "ana"), ("CSIRT-BR · Bruno", "bruno"), ("CSIRT-CL · Camila", "camila")]
        self._stage.open([Seat(title, self._people[name], shown) for title, name in seats])
        self._rooms = dict(zip(names[1:], rooms, strict=True))
        self._rooms["ana"] = await world.enrol(self._people["ana"], "ana", word="!verificar")
        for desk, (one, other) in {
            "mx": ("ana", "luis"), "br": ("bruno", "beatriz"), "cl": ("camila", "cesar"),
        }.items():  # fmt: skip
            self._rooms[desk] = await world.desk(self._people[one], self._people[other])
        await world.until_verified(*self._rooms.values())

    async def _ask_whois(self) -> None:
        ana, room, bot = self._people["ana"], self._rooms["mx"], self._world.bot
        started = time.monotonic()
        await ana.ask(room, "!quién CSIRT-CL", "CSIRT-CL", sender=bot)
        self.figures.whois = time.monotonic() - started
        await ana.ask(room, "!quién Suiza", sender=bot)  # from the real list

    async def _exchange(self) -> None:
        bot, ana, bruno, camila = self._world.bot, *(self._people[name] for name in ("ana", "bruno", "camila"))
        room_mx, room_br, room_cl = (self._rooms[name] for name in ("mx", "br", "cl"))
        started = time.monotonic()
        await ana.say(
            room_mx,
            "!enviar BR CL tlp:amber\nKit de phishing contra clientes de banca\n"
            "Desde las 14:00Z, mismo kit en dominios .top; ¿lo ven también? Muestras a pedido.",
        )
        copy, other = await asyncio.gather(
            bruno.hear(room_br, "Kit de phishing", sender=bot), camila.hear(room_cl, "Kit de phishing", sender=bot)
        )
        self.figures.delivered = time.monotonic() - started
        await bruno.ask(room_br, "We see it too, 212 victims since noon.", "ok", sender=bot, thread=copy.event_id)
        await bruno.say(room_br, "ok", thread=copy.event_id)
        await ana.hear(room_mx, "212 victims", sender=bot)
        await camila.hear(room_cl, "212 victims", sender=bot, where=lambda h: h.thread == other.event_id)
        await ana.hear(room_mx, "1 respuesta", sender=bot, edits=True)

    async def _escalate(self, app: App) -> None:
        world, bot = self._world, self._world.bot
        ana, camila, cesar = (self._people[name] for name in ("ana", "camila", "cesar"))
        async with app.db.unit() as unit:
            await app.duty.set_rotation(
                unit,
                organisation=CALLED,
                role="technical",
                people=(UserId(camila.user_id), UserId(cesar.user_id)),
                starts_on=world.clock.now().date() - timedelta(days=7),
                handover=wall(9),
                every=timedelta(days=7),
                by=Actor(CALLED, "Camila Rojas", camila.user_id, camila.device_id),
            )
        santiago = ZoneInfo("America/Santiago")
        here = world.clock.now().astimezone(santiago)
        night = datetime.combine(here.date() + timedelta(days=1), wall(3), santiago)
        world.clock.push(night - here)
        self._stage.tell(f"[dim]The clock is pushed to {night:%A %H:%M} in Santiago; people there are asleep.[/dim]")
        await ana.say(
            self._rooms["mx"],
            "!escalar CL crítica Ransomware se propaga por el enlace bancario\nEl nodo 7 cifra desde las 05:40Z.",
        )
        async with app.db.reading() as unit:
            [on_duty] = await app.duty.on_duty(unit, CALLED, "technical", world.clock.now())
        first = next(p for p in (camila, cesar) if p.user_id == on_duty.mxid)
        second = cesar if first is camila else camila
        where = {camila: self._rooms["camila"], cesar: self._rooms["cesar"]}
        page = await first.hear(where[first], "Ransomware", sender=bot)
        await first.react(where[first], page.event_id, "✅")
        self._stage.tell("[dim]Half asleep, a ✅ is tapped. Reactions are unsigned: it changes nothing.[/dim]")
        await asyncio.sleep(1.5)
        world.clock.push(timedelta(minutes=5, seconds=5))
        self._stage.tell("[dim]Five minutes later nobody has answered: the ladder climbs to the backup.[/dim]")
        page = await second.hear(where[second], "Ransomware", sender=bot)
        started = time.monotonic()
        await second.ask(where[second], "ok", "ESC-", sender=bot, reply_to=page.event_id)
        await ana.hear(self._rooms["mx"], "lo atiende", sender=bot)
        self.figures.acknowledged = time.monotonic() - started

    async def _incident(self) -> None:
        bot = self._world.bot
        ana, camila = self._people["ana"], self._people["camila"]
        await ana.ask(
            self._rooms["mx"],
            "!incidente abrir crítica CL tlp:amber\nRansomware en el enlace bancario MX-CL",
            "INC-",
            sender=bot,
        )
        room = await ana.wait_invitation(bot)
        await ana.join(room)
        await camila.join(room)
        await ana.wait_member(room, camila.user_id)
        await ana.hear(room, "INC-", sender=bot)
        await camila.say(room, "Aislamos los nodos 4 y 7; seguimos con el 9.")
        await camila.ask(room, "!incidente nota Nodos 4 y 7 aislados a las 03:12", sender=bot)
        await ana.hear(room, "nodos 4 y 7", sender=camila.user_id)


async def demonstrate(*, keep: bool = False, picture: Path | None = None) -> None:
    """Build the world, tell the story, check the log, print the figures.

    ``keep`` leaves homeserver and bot running, with log-ins, until Ctrl-C; ``picture`` is an SVG file of the
    transcript.  Raises whatever goes wrong: the demo either works whole or fails."""
    started = time.monotonic()
    world = World(TEAMS, also_import=(REAL_LIST,))
    stage = Stage(world.user("enlace"), world.clock, picture=picture)
    stage.console.print(
        "[bold]enlace[/bold]: a real homeserver, real keys, real encrypted clients; everything throw-away."
    )
    stage.console.print("[dim]Starting Synapse, making OpenPGP keys, `enlace init`, importing the directory …[/dim]")
    async with world, AsyncExitStack() as stack:
        rows = national_csirts.read(REAL_LIST.read_bytes(), REAL_LIST.name)
        story = Story(world, stage)
        story.figures.built = time.monotonic() - started
        stage.console.print(
            f"{rows.rows} rows of the list of national CSIRTs became {len(rows.records)} organisations "
            f"beside {len(TEAMS)} staffed ones. {story.figures.built:.0f} s."
        )
        try:
            await story.tell(stack)
            stage.act("6 · The log: what it holds, and whether anybody rewrote it")
            await _close(world, stage, story.figures, started)
        finally:
            await stage.close()
        if keep:
            await _stay(world, stage)


async def _close(world: World, stage: Stage, figures: Figures, started: float) -> None:
    app = world.app
    if app is None:
        raise RuntimeError("the bot does not run")
    await app.audit.step(app.db)
    async with app.db.reading() as unit:
        entries = await app.audit.entries(unit, limit=10_000)
        report = await app.audit.verify(unit)
    table = Table(box=None, header_style="bold", padding=(0, 2))
    for title in ("#", "when (UTC)", "what", "reference", "who"):
        table.add_column(title)
    shown = [e for e in entries if e.details is not None and e.details.action.split(".")[0] not in {"room", "service"}]
    for entry in shown[-18:]:
        details = entry.details
        if details is None:
            continue
        actor = details.actor
        who = f"{actor.organisation or ''} · {actor.person or ''}" if actor and actor.person else "enlace"
        table.add_row(str(entry.leaf.seq), f"{entry.leaf.time:%H:%M:%S}", details.action, details.ref or "", who)
    stage.console.print(table)
    _say_report(stage, report)
    stage.console.print(
        f"[bold]Figures[/bold]  !whois {figures.whois * 1000:.0f} ms · both copies in their rooms "
        f"{figures.delivered * 1000:.0f} ms · encrypted ok to “taken” at the caller "
        f"{figures.acknowledged * 1000:.0f} ms · log {report.entries} entries · "
        f"whole demo {time.monotonic() - started:.0f} s"
    )
    if not report.ok:
        raise SystemExit(1)


def _say_report(stage: Stage, report: Report) -> None:
    if report.ok:
        stage.console.print(
            f"[green]✓[/green] {report.entries} entries agree with themselves and with "
            f"{report.checkpoints} signed checkpoints."
        )
    else:
        stage.console.print(f"[red]✗[/red] entry {report.first_bad} cannot be believed: {report.problem}")


async def _stay(world: World, stage: Stage) -> None:
    """Leave it running for any Matrix client."""
    stage.console.print(f"\nStill running at [bold]{world.homeserver.url}[/bold]; Ctrl-C ends and removes everything.")
    for account, password in world.passwords.items():
        stage.console.print(f"  {world.user(account)}  {password}")
    await asyncio.Event().wait()
