"""What coordinators are told about proposals, each once, each in their own room; and whoever proposed one."""

from collections.abc import Iterable

from bot.db.unit import Database, Unit
from bot.directory.rules.proposing import LIFE, Proposal, State, called_elsewhere, screen, thaw
from bot.directory.service.proposals import Proposals
from bot.directory.service.register import Register
from bot.directory.service.telling import Telling
from bot.directory.service.wording import one_line
from bot.directory.tables import proposals
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import RoomId, UserId
from bot.outbox.model import Audience, Kind, Post, content_of
from bot.outbox.service import Outbox
from bot.tlp import Tlp

MOST_LINES = 10
"""With the lines above and below about a phone's screen."""
MOST_NAMED = 3


class ProposalNews:
    """A step that is safe to repeat: what was said is in the database, in the transaction that says it."""

    def __init__(self, made: Proposals, register: Register, telling: Telling, outbox: Outbox) -> None:
        self._proposals = made
        self._register = register
        self._telling = telling
        self._outbox = outbox

    async def step(self, database: Database) -> int:
        """Close what has run out, and tell what is new; returns how many were told.

        A coordinator without a room of their own is told once they have one."""
        async with database.reading() as unit:
            now, waiting = unit.now, await proposals.read_open(unit)
        if any(now >= proposal.expires_at for proposal in waiting):
            async with database.unit() as unit:
                await self._proposals.expire(unit)
        async with database.reading() as unit:
            some = [*await proposals.read_open(unit), *await proposals.read_ended(unit, now - LIFE)]
            told = await proposals.read_told(unit)
        count = 0
        for proposal in some:
            proposer = {proposal.proposer} if proposal.proposer else set()
            for user in sorted(self._register.coordinators() | proposer):
                room = self._room(user)
                new = (proposal.ref, user, proposal.state) not in told
                if room is not None and new and _concerns(proposal, user, (proposal.ref, user, State.OPEN) in told):
                    async with database.unit() as unit:
                        await self._tell(unit, proposal, user, room)
                    count += 1
        return count

    def _room(self, user: UserId) -> RoomId | None:
        """A coordinator's own room; who else proposed something is told at home."""
        return self._register.direct_room(user) if user in self._register.coordinators() else self._telling.home(user)

    async def _tell(self, unit: Unit, proposal: Proposal, user: UserId, room: RoomId) -> None:
        await proposals.put_told(unit, proposal.ref, user, proposal.state)
        language = self._telling.language(room)
        if _is_open(proposal):
            text = say_proposal(proposal, language, len(await self._proposals.given(unit, proposal.ref)))
        else:
            text = say(language, f"proposal-{proposal.state.value}", ref=proposal.ref, who=say_who(proposal, language))
        content = content_of(text, "m.text" if _is_open(proposal) else "m.notice")
        post = Post(room=room, kind=Kind.NOTICE, content=content, tlp=Tlp.AMBER, audience=Audience.VERIFIED)
        await self._outbox.post(unit, post)


def say_who(proposal: Proposal, language: str) -> Rich:
    """Who proposed it."""
    return one_line(proposal.who or proposal.proposer or "") or say(language, "proposal-console")


def say_proposal(proposal: Proposal, language: str, given: int) -> Rich:
    """What it changes, on a phone's screen, and how it is answered."""
    proposed = thaw(proposal.what)
    shown, more = screen(proposed, MOST_LINES)
    moved = called_elsewhere(proposed)
    whose = ", ".join(moved[:MOST_NAMED]) + (" …" if len(moved) > MOST_NAMED else "")
    return Rich.lines(
        [
            say(language, "proposal-head", ref=proposal.ref, who=say_who(proposal, language)),
            *map(say_line, shown),
            say(language, "proposal-more", count=more) if more else Rich(),
            say(language, "proposal-call-first", whose=whose) if moved else Rich(),
            say(
                language,
                "proposal-how",
                ref=proposal.ref,
                given=given,
                needed=proposal.needed,
                until=f"{proposal.expires_at:%Y-%m-%d}",
            ),
        ]
    )


def say_change(proposal: Proposal) -> list[Rich]:
    """Only what it changes, line by line."""
    shown, _ = screen(thaw(proposal.what), MOST_LINES)
    return [say_line(line) for line in shown]


def say_choices(some: Iterable[Proposal], language: str) -> Rich:
    """A numbered list."""
    lines = [
        say(
            language,
            "proposal-choice",
            number=number,
            ref=code(proposal.ref),
            who=say_who(proposal, language),
            at=f"{proposal.made_at:%Y-%m-%d}",
            line=one_line(_gist(proposal)),
        )
        for number, proposal in enumerate(some, start=1)
    ]
    return Rich.lines([say(language, "proposal-which"), *lines])


def say_line(line: str) -> Rich:
    """One line of a change: what the file says is somebody else's words."""
    return one_line(line)


def _gist(proposal: Proposal) -> str:
    shown, more = screen(thaw(proposal.what), 1)
    return f"{shown[0]} … +{more}" if more else shown[0]


def _concerns(proposal: Proposal, user: UserId, shown: bool) -> bool:
    """Open ones to everybody but who proposed; what became of one, to who knows of it and did not do it."""
    mine = user == proposal.proposer
    return not mine if _is_open(proposal) else (shown or mine) and user != proposal.ended_by


def _is_open(proposal: Proposal) -> bool:
    return proposal.state is State.OPEN
