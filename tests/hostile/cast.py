"""Who talks to the bots: people of the directory, each with one client on the real homeserver, and strangers."""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass

from bot.demo.person import Person
from bot.demo.world import Staff, Team, World
from tests.contract.matrix.test_trust_and_keys import another_device

PHONE = "+551150000002"
"""TLP:AMBER in the directory: shown to verified people in verified rooms only."""
VICTIMS = 9
"""How many people may be spoilt by the cases of one file."""
TEAMS = (
    Team(
        "CERT-MX", {"en": "CERT Mexico"}, "MX", "America/Mexico_City", ("en",), (Staff("ana", "Ana Pérez", lead=True),)
    ),
    Team(
        "CERT-BR",
        {"en": "CERT Brazil"},
        "BR",
        "America/Sao_Paulo",
        ("en",),
        (Staff("bruno", "Bruno Lima", lead=True),),
        contacts=({"kind": "phone", "value": PHONE, "tlp": "AMBER"},),
    ),
    Team(
        "CERT-CL",
        {"en": "CERT Chile"},
        "CL",
        "America/Santiago",
        ("en",),
        (
            Staff("alba", "Alba Rey"),
            Staff("vera", "Vera Paz"),
            *(Staff(f"v{number}", f"Victim {number}") for number in range(VICTIMS)),
        ),
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


@dataclass(slots=True)
class Scene:
    """A person in a room with the bot."""

    person: Person
    room: str

    @property
    def user(self) -> str:
        """The person's Matrix user."""
        return self.person.user_id


class Cast:
    """The people; each is on the real homeserver with one client, and speaks to both bots."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._people: dict[str, Person] = {}
        self._others: list[Person] = []
        self._next = 0
        self._chosen: list[str] = []
        self._taken = 0

    async def person(self, account: str) -> Person:
        """One of the directory's people, on their first device."""
        if account not in self._people:
            self._people[account] = await self.world.arrive(account)
        return self._people[account]

    def begin(self) -> None:
        """A new case: new victims, the same for both bots."""
        self._chosen.clear()
        self.again()

    def again(self) -> None:
        """The other bot's turn."""
        self._taken = 0

    async def victim(self) -> Person:
        """Somebody to whom nothing has been done before."""
        if self._taken == len(self._chosen):
            self._chosen.append(f"v{self._next}")
            self._next += 1
        account = self._chosen[self._taken]
        self._taken += 1
        return await self.person(account)

    def everybody(self) -> list[Person]:
        """Everybody who has come."""
        return list(self._people.values())

    def account(self, person: Person) -> str:
        """The account's name."""
        return next(name for name, one in self._people.items() if one is person)

    async def device(self, of: Person, *, cross_signed: bool) -> Person:
        """Another device of the same person, signed with their identity or not."""
        where = type("Where", (), {"synapse": self.world.homeserver})
        made: Person = await another_device(where, of, signed=cross_signed)
        self._others.append(made)
        return made

    async def stranger(self) -> Person:
        """Somebody with an account whom the directory does not know."""
        name, password = "mallory-" + secrets.token_hex(3), secrets.token_hex(8)
        await asyncio.to_thread(self.world.homeserver.register, name, password)
        made = await Person.arrive(self.world.homeserver.url, name, password)
        self._others.append(made)
        return made

    async def close(self) -> None:
        """End their clients."""
        for person in (*self._people.values(), *self._others):
            with contextlib.suppress(Exception):
                await person.leave_for_good()
