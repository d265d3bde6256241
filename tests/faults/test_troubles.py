"""Exactly once, whatever dies in between: enlace is killed with SIGKILL, the homeserver is restarted under it."""

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from bot.demo.person import Heard
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from tests.contract.matrix.attacks import LyingServer
from tests.harness.house import House

pytestmark = pytest.mark.homeserver

COUNTRIES = ("BR", "CL", "AR", "PE", "CO", "EC", "UY", "PY", "BO")
MX = Team("CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez"),))
OTHERS = tuple(
    Team(f"CERT-{code}", {"en": f"CERT {code}"}, code, "America/Lima", ("en",), (Staff(code.lower(), f"Pat {code}"),))
    for code in COUNTRIES
)
OAS = Team(
    "OAS-CICTE",
    {"en": "OAS/CICTE"},
    "US",
    "America/New_York",
    ("en",),
    (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
)
PEOPLE = tuple(code.lower() for code in COUNTRIES)
LONG = 60.0


class Gate(LyingServer):
    """Stands between enlace and its homeserver, so that a test knows how far a fan-out is when it kills."""

    synapse: Synapse

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.open()

    def open(self) -> None:
        """Let everything through."""
        self._most: int | None = None
        self._begun = self.taken = 0
        self._tell = True

    def shut_after(self, most: int, *, tell: bool) -> None:
        """The homeserver gets only so many more messages; unless ``tell``, enlace does not learn that it has them."""
        self.open()
        self._most, self._tell = most, tell

    async def _pass(self, request: web.Request) -> web.Response:
        counts = self._most is not None and request.method == "PUT" and "/send/m.room.encrypted/" in request.path
        if counts:
            self._begun += 1
            if self._begun > (self._most or 0):
                await asyncio.Event().wait()  # until the connection is gone
        answer = await super()._pass(request)
        if counts:
            self.taken += 1
            if not self._tell:
                await asyncio.Event().wait()
        return answer


class Running:
    """enlace as a process of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self._world.spawn()

    def kill(self) -> None:
        """No farewell: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@pytest.fixture(scope="module")
async def gate() -> AsyncIterator[Gate]:
    """A homeserver of this module's own, and the gate before it."""
    with Synapse() as synapse:
        async with Gate(synapse.url) as made:
            made.synapse = synapse
            yield made


@pytest.fixture(scope="module")
async def many(gate: Gate) -> AsyncIterator[House]:
    """Ten organisations of one person each, verified; enlace writes through the gate, and does not run yet."""
    settings = {"matrix": {"homeserver": gate.url}}
    async with World((MX, *OTHERS, OAS), homeserver=gate.synapse, settings=settings) as world:
        house = House(world)
        try:
            await world.run()
            await house.enrol("ana", *PEOPLE)
            await world.stop()
            yield house
        finally:
            await house.close()


@pytest.fixture(scope="module")
def enlace(many: House) -> Iterator[Running]:
    """enlace in a process; whatever runs of it at the end is ended."""
    running = Running(many.world)
    yield running
    running.kill()


def copies(house: House, who: str, subject: str) -> list[Heard]:
    """What somebody got of a message."""
    return [heard for heard in house.since(who) if subject in heard.body]


def reached(house: House, subject: str) -> int:
    return sum(bool(copies(house, who, subject)) for who in PEOPLE)


async def send(house: House, subject: str) -> str:
    """Ana sends to all nine."""
    line = " ".join(f"CERT-{code}" for code in COUNTRIES)
    return await house.people["ana"].say(house.rooms["ana"], f"!send {line} tlp:amber\n{subject}\nthe body")


async def opened(house: House) -> int:
    return sum(entry["details"]["action"] == "exchange.opened" for entry in await house.log())


async def each_got_it_once(house: House, subject: str, sent: str) -> None:
    """Everybody has it; then, after everything has settled, everybody has it once, and Ana has one answer."""
    await house.until(lambda: reached(house, subject) == len(PEOPLE), f"all copies of {subject}", LONG)
    ana = house.people["ana"]
    await ana.hear(
        house.rooms["ana"], r"In their room 9/9", sender=house.bot, after=house.marks["ana"], edits=True, patience=LONG
    )
    await house.ask("ana", "!help tlp", "TLP 2.0")
    await asyncio.sleep(1.0)
    for who in PEOPLE:
        got = copies(house, who, subject)
        assert len(got) == 1, f"{who} got it {len(got)} times"
        assert got[0].rings
        unread = [h for h in house.people[who].heard[house.marks[who] :] if h.sender == house.bot and not h.readable]
        assert not unread, f"{who} got what cannot be read"
    answers = [h for h in house.since("ana") if h.relation.get("m.in_reply_to", {}).get("event_id") == sent]
    assert len(answers) == 1, f"{len(answers)} answers to one command"


async def test_killed_in_the_middle_of_a_fan_out(many: House, enlace: Running, gate: Gate) -> None:
    """Whether or not enlace had learnt that the homeserver has a copy: every room has it once in the end."""
    house = many
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    before = await opened(house)
    enlace.start()
    rounds = (False, True, False)
    for round_, tell in enumerate(rounds):
        house.begin()
        await house.ask("ana", "!help tlp", "TLP 2.0")
        subject = f"Round {round_} of {seed}"
        most = dice.randint(2, 7)
        gate.shut_after(most, tell=tell)
        sent = await send(house, subject)
        await house.until(lambda most=most: gate.taken >= most, f"{most} messages", LONG)  # type: ignore[misc]
        await asyncio.sleep(dice.uniform(0, 0.1))
        enlace.kill()
        gate.open()
        await asyncio.sleep(0.7)  # what is in the rooms is heard by now
        there = reached(house, subject)
        print(f"round {round_}: {there} of {len(PEOPLE)} were there when it was killed")
        assert 0 < there < len(PEOPLE), "not in the middle"
        enlace.start()
        await each_got_it_once(house, subject, sent)
    assert await opened(house) == before + len(rounds), "each command ran once"


async def test_killed_right_after_a_person_wrote(many: House, enlace: Running) -> None:
    house = many
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    before = await opened(house)
    if not enlace.alive():
        enlace.start()
    delays = (0.0, dice.uniform(0.02, 0.3))
    for round_, delay in enumerate(delays):
        house.begin()
        await house.ask("ana", "!help tlp", "TLP 2.0")
        subject = f"Right after {round_} of {seed}"
        sent = await send(house, subject)
        await asyncio.sleep(delay)
        enlace.kill()
        print(f"round {round_}: killed {delay:.3f} s after it was sent, {reached(house, subject)} were there")
        enlace.start()
        await each_got_it_once(house, subject, sent)
    assert await opened(house) == before + len(delays), "each command ran once"


async def test_what_was_written_while_it_was_dead_is_done_once(many: House, enlace: Running) -> None:
    house = many
    enlace.kill()
    house.begin()
    asked = {}
    for who in ("br", "cl", "ar"):
        asked[who] = await house.people[who].say(house.rooms[who], "!whois MX")
    sent = await send(house, "While it was dead")
    enlace.start()
    await each_got_it_once(house, "While it was dead", sent)
    for who, event in asked.items():
        await house.hear(who, "CERT Mexico")
        answers = [h for h in house.since(who) if h.relation.get("m.in_reply_to", {}).get("event_id") == event]
        assert len(answers) == 1


async def test_the_homeserver_is_restarted_under_it(many: House, enlace: Running, gate: Gate) -> None:
    house = many
    before = await opened(house)
    if not enlace.alive():
        enlace.start()
    house.begin()
    await house.ask("ana", "!help tlp", "TLP 2.0")
    first = await send(house, "Before the restart")
    await asyncio.to_thread(gate.synapse.stop)
    await asyncio.sleep(3)
    assert enlace.alive(), "enlace ended because its homeserver was away"
    await asyncio.to_thread(gate.synapse.start)
    second = await send(house, "After the restart")
    await each_got_it_once(house, "Before the restart", first)
    await each_got_it_once(house, "After the restart", second)
    assert await opened(house) == before + 2
    # Threads still lead where they led.
    copy = copies(house, "br", "Before the restart")[0]
    await house.people["br"].ask(
        house.rooms["br"], "We had a restart", "This goes to", thread=copy.event_id, sender=house.bot
    )
    await house.people["br"].say(house.rooms["br"], "ok", thread=copy.event_id)
    await house.hear("ana", "We had a restart")


async def test_the_log_verifies(many: House, enlace: Running) -> None:
    """After all these deaths; and stopped as a service manager stops it, it ends at once and in order."""
    if not enlace.alive():
        enlace.start()
        await many.ask("ana", "!help tlp", "TLP 2.0")
    process = enlace.process
    assert process is not None
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, 15)
    assert process.poll() == 0
    await many.log_verifies(
        "service.started", "service.stopped", "exchange.opened", "delivery.sent", "exchange.replied"
    )
