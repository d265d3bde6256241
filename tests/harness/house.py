"""A running deployment as the people in it see it: who they are, the rooms that they write in, what the bot said."""

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.audit.service import Actor
from bot.demo.person import PATIENCE, Heard, Person, Silence
from bot.demo.world import Staff, Team, World
from bot.ids import Handle, RoomId, UserId

TEAMS = (
    Team(
        "CERT-MX",
        {"es": "CERT México", "en": "CERT Mexico"},
        "MX",
        "America/Mexico_City",
        ("es",),
        (Staff("ana", "Ana Pérez", lead=True),),
        contacts=({"kind": "phone", "value": "+525550000001", "tlp": "AMBER"},),
    ),
    Team(
        "CERT-BR",
        {"en": "CERT Brazil", "es": "CERT Brasil"},
        "BR",
        "America/Sao_Paulo",
        ("en",),
        (Staff("bruno", "Bruno Lima"), Staff("beatriz", "Beatriz Souza", lead=True)),
        contacts=(
            {"kind": "phone", "value": "+551150000002", "tlp": "AMBER"},
            {"kind": "email", "value": "cert@br.example.org", "tlp": "CLEAR"},
        ),
    ),
    Team(
        "CSIRT-CL",
        {"es": "CSIRT Chile"},
        "CL",
        "America/Santiago",
        ("es",),
        (Staff("camila", "Camila Rojas", lead=True), Staff("cesar", "César Soto")),
        networks={"csirtamericas": ["operational"], "un-gpd": ["technical"]},
    ),
    Team("CERT-AR", {"es": "CERT Argentina"}, "AR", "America/Buenos_Aires", ("es",), (Staff("arturo", "Arturo Gil"),)),
    Team("BA-CSIRT", {"es": "CSIRT Buenos Aires"}, "AR", "America/Buenos_Aires", ("es",)),
    Team(
        "CERT-PE",
        {"es": "CERT Perú"},
        "PE",
        "America/Lima",
        ("es",),
        contacts=(
            {"kind": "phone", "value": "+5115000003", "tlp": "AMBER"},
            {"kind": "email", "value": "cert@pe.example.org", "tlp": "CLEAR"},
        ),
    ),
    Team(
        "CERT-FAR",
        {"en": "CERT Far Away"},
        "JP",
        "Asia/Tokyo",
        ("en",),
        networks={"oas-cbm": ["diplomatic"]},
        contacts=(
            {"kind": "phone", "value": "+81350000004", "tlp": "AMBER"},
            {"kind": "email", "value": "cert@far.example.org", "tlp": "CLEAR"},
        ),
    ),
    Team(
        "CAN-CO",
        {"es": "Cancillería de Colombia"},
        "CO",
        "America/Bogota",
        ("es",),
        (Staff("sofia", "Sofía Mejía", ("diplomatic",), lead=True),),
        networks={"un-gpd": ["diplomatic"], "oas-cbm": ["diplomatic"]},
    ),
    Team(
        "MRE-UY",
        {"es": "Cancillería de Uruguay"},
        "UY",
        "America/Montevideo",
        ("es",),
        (Staff("dora", "Dora Ferrer", ("diplomatic", "operational"), lead=True),),
        networks={"un-gpd": ["diplomatic"], "oas-cbm": ["operational", "diplomatic"]},
    ),
    Team(
        "FGN-CO",
        {"es": "Fiscalía de Colombia"},
        "CO",
        "America/Bogota",
        ("es",),
        (Staff("pilar", "Pilar Ruiz", ("law-enforcement",), lead=True),),
        networks={"interpol-247": ["law-enforcement"], "budapest-247": ["law-enforcement"]},
    ),
    Team(
        "PN-UY",
        {"es": "Policía Nacional de Uruguay"},
        "UY",
        "America/Montevideo",
        ("es",),
        (Staff("paulo", "Paulo Vega", ("law-enforcement",), lead=True),),
        networks={"interpol-247": ["law-enforcement"]},
        office_hours="Sun 03:00-03:01",
    ),
    Team(
        "FIS-UY",
        {"es": "Fiscalía de Uruguay"},
        "UY",
        "America/Montevideo",
        ("es",),
        (Staff("marta", "Marta Olmos", ("law-enforcement",), lead=True),),
        networks={"budapest-247": ["law-enforcement"]},
        office_hours="Sun 03:00-03:01",
    ),
    Team(
        "OAS-CICTE",
        {"en": "OAS/CICTE"},
        "US",
        "America/New_York",
        ("en",),
        (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
    ),
)


UNHURRIED = {"limits": dict.fromkeys(("person_per_minute", "room_per_minute", "unproved_per_minute"), 100_000)}
"""Settings under which the people of a test may type as fast as they can."""


class House:
    """A running deployment, its people on their clients, and the room that each of them writes in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, str] = {}
        self._strangers: list[Person] = []
        self.marks: dict[str, int] = {}

    @property
    def bot(self) -> str:
        """The bot's Matrix user."""
        return self.world.bot

    def begin(self) -> None:
        """What was said before counts no more (see :meth:`since`)."""
        self.marks = {who: person.mark() for who, person in self.people.items()}

    def since(self, who: str, room: str | None = None, *, edits: bool = False) -> list[Heard]:
        """What the bot said to somebody since :meth:`begin`."""
        return [
            heard
            for heard in self.people[who].heard[self.marks.get(who, 0) :]
            if heard.sender == self.bot and heard.room == (room or self.rooms[who]) and (edits or heard.edits is None)
        ]

    def said_to(self, who: str, room: str | None = None) -> str:
        """All of it as one text, edits with it."""
        return "\n".join(heard.body for heard in self.since(who, room, edits=True))

    async def ask(self, who: str, text: str, pattern: str = "", **more: Any) -> Heard:
        """Write to the bot and wait for its answer: the first thing that it says in answer to this very message."""
        person, room = self.people[who], self.rooms[who]
        mark = person.mark()
        sent = await person.say(room, text, **more)
        answers = {sent, more.get("thread")} - {None}
        answer = await person.hear(
            room,
            sender=self.bot,
            after=mark,
            where=lambda heard: heard.relation.get("m.in_reply_to", {}).get("event_id") in answers,
        )
        assert re.search(pattern, answer.body, re.IGNORECASE | re.DOTALL), f"the answer was {answer.body!r}"
        return answer

    async def hear(self, who: str, pattern: str, **more: Any) -> Heard:
        """Wait for something that the bot says to somebody since :meth:`begin`."""
        more.setdefault("after", self.marks.get(who, 0))
        return await self.people[who].hear(self.rooms[who], pattern, sender=self.bot, **more)

    async def barrier(self, *whom: str) -> None:
        """Everything that the bot had to say to these people before now has been said: they ask, and are answered."""
        for who in whom:
            await self.ask(who, "!help tlp", "TLP 2.0")

    async def stranger(self, name: str = "mallory") -> Person:
        """Somebody with an account and a cross-signed device whom the directory does not know."""
        account, password = f"{name}-{secrets.token_hex(3)}", secrets.token_hex(8)
        await asyncio.to_thread(self.world.homeserver.register, account, password)
        person = await Person.arrive(self.world.homeserver.url, account, password)
        self._strangers.append(person)
        return person

    async def enrol(self, *accounts: str) -> None:
        """A client, a direct room and a verified identity for each of these people."""

        async def one(account: str) -> None:
            self.people[account] = await self.world.arrive(account)
            self.rooms[account] = await self.world.enrol(self.people[account], account)

        await asyncio.gather(*map(one, accounts))
        await self.world.until_verified(*(self.rooms[account] for account in accounts))

    async def enrol_desk(self, owner: str, *others: str) -> None:
        """One desk room in which an organisation's people verify themselves; none has a direct room."""
        for account in (owner, *others):
            self.people[account] = await self.world.arrive(account)
        room = await self.world.desk(self.people[owner], *(self.people[other] for other in others))
        for account in (owner, *others):
            self.rooms[account] = room
            await self.world.verify(self.people[account], account, room)
        await self.world.until_verified(room)

    async def later(self, by: timedelta) -> None:
        """So much time passes, once everything that was sent is on record: what somebody has heard may be on record a
        moment later, and a clock that is pushed in between makes it late."""
        app = self.world.app
        assert app is not None
        deadline = time.monotonic() + PATIENCE
        while True:
            async with app.db.reading() as unit:
                depth = await app.outbox.depth(unit)
            if not depth["queued"]:
                break
            if time.monotonic() > deadline:
                raise Silence(f"waited for the outbox to be empty: {depth}")
            await asyncio.sleep(0.05)
        self.world.clock.push(by)

    async def until(self, true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait for something that no client can see."""
        deadline = time.monotonic() + patience
        while not true():
            if time.monotonic() > deadline:
                raise Silence(f"waited for {what}")
            await asyncio.sleep(0.05)

    async def verified(self, room: str, ok: bool = True) -> None:
        """Wait until the bot sees a room as (not) verified."""
        app = self.world.app
        assert app is not None
        where = RoomId(room)
        try:
            await self.until(lambda: app.matrix.trust.room(where).ok is ok, "")
        except Silence:
            failed = [(check.name, dict(check.values)) for check in app.matrix.trust.room(where).failed]
            raise Silence(f"{room} did not become {'' if ok else 'un'}verified: {failed}") from None

    async def rota(self, handle: str, *accounts: str) -> None:
        """These people take turns, a week each, from today on."""
        app = self.world.app
        assert app is not None
        async with app.db.unit() as unit:
            await app.duty.set_rotation(
                unit,
                organisation=Handle(handle),
                role="technical",
                people=[UserId(self.world.user(account)) for account in accounts],
                starts_on=(datetime.now(UTC) - timedelta(days=1)).date(),
                handover=datetime(2026, 1, 1, 0, 0, tzinfo=UTC).time(),
                every=timedelta(days=7),
                by=Actor("OAS-CICTE", "Carla Díaz", UserId(self.world.user("carla"))),
            )

    async def log(self, ref: str | None = None) -> list[dict[str, Any]]:
        """The log as ``enlace audit export`` gives it."""
        arguments = ["audit", "export", *(["--ref", ref] if ref else [])]
        done = await asyncio.to_thread(self.world.enlace, *arguments)
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    async def log_verifies(self, *actions: str) -> list[dict[str, Any]]:
        """``enlace audit verify`` finds nothing wrong, and the log holds these actions; returns all that it holds."""
        done, entries = await asyncio.gather(
            asyncio.to_thread(self.world.enlace, "audit", "verify", check=False), self.log()
        )
        assert done.returncode == 0, done.stdout + done.stderr
        held = {entry["details"]["action"] for entry in entries}
        assert not set(actions) - held, f"not in the log: {set(actions) - held}"
        return entries

    async def close(self) -> None:
        """End the people's clients."""
        for person in (*self.people.values(), *self._strangers):
            with contextlib.suppress(Exception):
                await person.leave_for_good()


def ref_in(text: str, kind: str = "MSG") -> str:
    """The reference that a text names."""
    found = next((word.strip("*`.,:;·") for word in text.split() if word.strip("*`.,:;·").startswith(f"{kind}-")), None)
    assert found is not None, f"no {kind} reference in {text!r}"
    return found
