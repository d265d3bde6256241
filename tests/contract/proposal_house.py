"""The house of trust with four eyes on its directory: three coordinators, each in their own room."""

from dataclasses import replace
from typing import Any

from bot.commands.call import Answer, Command
from bot.directory.model import Change, Organisation, Person, Plan, Reading, Record, Source
from bot.directory.rules.proposing import TWO, Proposal
from bot.directory.service import plan_import
from bot.directory.service.proposal_news import ProposalNews
from bot.directory.service.proposals import Proposals
from bot.directory.service.staffing import Staffing
from bot.directory.service.updating import Updating
from bot.directory.tables import entries
from bot.ids import Handle, RoomId, UserId
from handlers import approve
from tests.contract.trust_house import FINGERPRINT, House

SHA = "ab" * 32


class Services:
    """What ``!approve``, ``!people``, ``!room`` and ``!update`` need."""

    def __init__(self, house: House, approvals: int = TWO) -> None:
        self.register = house.register
        self.trust = house.trust
        self.proposals = proposals_of(house, approvals)
        self.updating = Updating(self.proposals)
        self.staffing = Staffing(
            proposals=self.proposals,
            directory=house.directory,
            register=house.register,
            trust=house.trust,
            telling=house.telling,
        )


def proposals_of(house: House, approvals: int = TWO) -> Proposals:
    """As after a restart."""
    pinned = dict.fromkeys(house.register.coordinators(), FINGERPRINT)
    return Proposals(house.directory, house.audit, pinned, approvals)


def record(house: House, handle: Handle) -> Record:
    """An entry as it is now."""
    organisation = house.register.organisation(handle)
    assert organisation is not None
    people = house.register.people_of(handle)
    return Record(Source("new.yaml", 1), organisation, people, (1,) * len(people))


def changed(house: House, handle: Handle, *, people: tuple[Person, ...] | None = None, **fields: Any) -> Plan:
    """The plan of a file that holds only this entry, changed."""
    was = record(house, handle)
    people = was.people if people is None else people
    now = replace(was, organisation=replace(was.organisation, **fields), people=people, people_lines=(1,) * len(people))
    plan = plan_import(Reading((now,)), house.register.entries, partial=True)
    assert [type(change) for change in plan.changed] == [Change]
    return plan


def added(handle: str, *people: Person) -> Plan:
    """A plan that adds an organisation."""
    organisation = Organisation(Handle(handle), names={"en": handle}, country="PE")
    return Plan(added=(Record(Source("new.yaml", 1), organisation, people, (1,) * len(people)),))


async def made(house: House, plan: Plan, actor: Any = None) -> Proposal:
    """On record."""
    async with house.db.unit() as unit:
        return await proposals_of(house).propose(unit, plan, file="new.yaml", file_sha256=SHA, actor=actor)


async def news(house: House) -> dict[RoomId, str]:
    """Who is told what, by a service that has just started; a second step says nothing."""
    step = ProposalNews(proposals_of(house), house.register, house.telling, house.outbox).step
    await step(house.db)
    assert await step(house.db) == 0
    said = await house.said()
    assert len(dict(said)) == len(said)
    return dict(said)


async def say(house: House, by: UserId, line: str = "", room: RoomId | None = None, language: str = "en",
              command: Command = approve.COMMAND, approvals: int = TWO) -> Answer:  # fmt: skip
    """``!approve`` (or another command) as the dispatcher runs it."""
    call = house.call(command.name, line, by=by, room=room, language=language)
    async with house.db.unit() as unit:
        answer = await command.run(call, unit, Services(house, approvals))
    await house.reload()
    return answer


async def stored(house: House, handle: str) -> Organisation | None:
    """As the database holds it."""
    async with house.db.reading() as unit:
        found = await entries.read_entries(unit)
    return found.organisations.get(Handle(handle))
