"""Points of Contact on homeservers of their own: enlace, Mexico and the coordinators on the first, others on others."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.demo.person import Heard, Person
from bot.demo.world import Staff, Team, World
from bot.ids import UserId
from keys.crosssigning import sign_device
from tests.harness.federation import Federation
from tests.harness.house import House, ref_in

TEAMS = (
    Team("CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez"),)),
    Team("CERT-BR", {"en": "CERT Brazil"}, "BR", "America/Sao_Paulo", ("en",), (Staff("bruno", "Bruno Lima"),)),
    Team("CERT-CL", {"en": "CERT Chile"}, "CL", "America/Santiago", ("en",), (Staff("camila", "Camila Rojas"),)),
    Team(
        "CERT-PE",
        {"en": "CERT Peru"},
        "PE",
        "America/Lima",
        ("en",),
        (Staff("pia", "Pía Rojas"), Staff("pablo", "Pablo Sol")),
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
LONG = 180.0
"""enlace asks about a server that did not answer once a minute."""


class Sovereign:
    """Who is where, and what is done to them."""

    def __init__(self, federation: Federation, house: House) -> None:
        self.federation = federation
        self.house = house

    async def new_device(self, account: str, *, signed: bool) -> Person:
        """Another device of somebody; ``signed`` by the identity that their first one made."""
        person = await self.house.world.arrive(account, cross_signed=False)
        if signed:
            await self.sign(account, person)
        return person

    async def sign(self, account: str, *devices: Person) -> None:
        """Sign devices of somebody by the identity that their first one made."""
        owner = self.house.people[account]
        user = owner.user_id
        found = await owner.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {user: []}})
        keys = found["device_keys"][user]
        signed = {device.device_id: sign_device(owner.seeds, user, keys[device.device_id]) for device in devices}
        answer = await owner.call("POST", "/_matrix/client/v3/keys/signatures/upload", {user: signed})
        assert not answer.get("failures")

    async def stranger(self, server: int) -> Person:
        """Somebody with an account there whom the directory does not know."""
        name, password, home = "mallory-" + secrets.token_hex(3), secrets.token_hex(8), self.federation.servers[server]
        await asyncio.to_thread(home.register, name, password)
        return await Person.arrive(home.url, name, password)

    def trusted(self, account: str) -> set[str]:
        """The devices of somebody that enlace gives keys to."""
        app = self.house.world.app
        assert app is not None
        verdict = app.matrix.trust.person(UserId(self.house.world.user(account)))
        return {str(device.device_id) for device in verdict.trusted_devices}


@asynccontextmanager
async def sovereigns(servers: int, desk: Sequence[str] = (), **homes: int) -> AsyncIterator[Sovereign]:
    """``homes``: who is not on the first server.  They and Ana have direct rooms; ``desk`` share one instead."""
    async with Federation(servers) as federation:
        settings = {"matrix": {"allowed_servers": federation.names}}
        where = {account: federation.servers[number] for account, number in homes.items()}
        async with World(TEAMS, homeserver=federation.servers[0], homes=where, settings=settings) as world:
            await world.run()
            house = House(world)
            try:
                await house.enrol("ana", *(account for account in homes if account not in desk))
                if desk:
                    await _enrol_desk(house, *desk)
                yield Sovereign(federation, house)
            finally:
                await house.close()


async def _enrol_desk(house: House, owner: str, *others: str) -> None:
    """One comes after the other: joins at the same moment, on different servers, make branches in which plain clients
    take who has joined for invited."""
    world = house.world
    for account in (owner, *others):
        house.people[account] = await world.arrive(account)
    first = house.people[owner]
    room = await world.desk(first)
    for account in others:
        person = house.people[account]
        await first.invite(room, person.user_id)
        await person.join(room)
        await first.wait_member(room, person.user_id)
    for account in (owner, *others):
        house.rooms[account] = room
        await world.verify(house.people[account], account, room)
    await world.until_verified(room)


def copies(person: Person, subject: str) -> list[Heard]:
    return [heard for heard in person.heard if subject in heard.body and heard.edits is None]


async def send(house: House, to: str, subject: str) -> str:
    """Ana sends; returns the reference."""
    answer = await house.ask("ana", f"!send {to} tlp:amber\n{subject}\nthe body", "MSG-")
    return ref_in(answer.body)
