"""Four eyes: a change of the directory waits until other coordinators have approved exactly what was shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.audit.service import Actor, AuditLog
from bot.db.unit import Unit
from bot.directory.model import Plan, RoomRecord
from bot.directory.rules.proposing import (
    LIFE,
    TWO,
    Proposal,
    Proposed,
    State,
    digest_of,
    fitted,
    freeze,
    is_empty,
    needed,
    propose,
    room_fits,
    thaw,
)
from bot.directory.service.changes import Directory
from bot.directory.service.register import BELL
from bot.directory.tables import entries, proposals, standing
from bot.errors import NotDone
from bot.ids import Ref, UserId, ref_from
from keys.fingerprint import OpenPGPFingerprint

CHAT = "chat"
FILE = "file"
_SIGNED = re.compile(r"approve (PRO-[0-9A-Z]{5}) sha256:([0-9a-f]{64})\n?")


class NothingToPropose(NotDone):
    """This would change nothing in the directory, so there is nothing to propose."""

    code = "nothing-to-propose"


class DirectoryMoved(NotDone):
    """What was to change does not fit the directory as it is now. Nothing was proposed."""

    code = "directory-moved"


class ProposedAlready(NotDone):
    """Exactly this is proposed already, as {ref}. Nothing was proposed."""

    code = "proposed-already"


class NoSuchProposal(NotDone):
    """There is no proposal {ref}. Nothing was changed."""

    code = "no-such-proposal"


class ProposalEnded(NotDone):
    """The proposal {ref} is no longer open. Nothing was changed."""

    code = "proposal-ended"


class ProposalAltered(NotDone):
    """The proposal {ref} in the database is not what was proposed. Nothing was changed."""

    code = "proposal-altered"


class OwnProposal(NotDone):
    """The proposal {ref} is your own: somebody else who coordinates approves it. Nothing was changed."""

    code = "own-proposal"


class ApprovedAlready(NotDone):
    """You have approved {ref} already; it waits for somebody else who coordinates."""

    code = "approved-already"


class NotACoordinator(NotDone):
    """{user} does not coordinate, so this approval does not count. Nothing was changed."""

    code = "not-a-coordinator"


class NotAnApproval(NotDone):
    """The signed text does not approve a proposal: it must be exactly one line. Nothing was changed."""

    code = "not-an-approval"


class ApprovesSomethingElse(NotDone):
    """What was signed is not what {ref} holds. Nothing was changed."""

    code = "approves-something-else"


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approval."""

    proposal: Proposal
    state: State
    """OPEN: noted, and more are needed; APPLIED; or OVERTAKEN: it no longer fits and is closed."""
    given: int = 0
    """How many approvals count by now."""


class Proposals:
    """Makes, approves and closes proposals; ``coordinators`` maps users to the fingerprints that are pinned, and
    ``approvals`` is the number of people behind a change (with 1, a coordinator approves their own, too)."""

    def __init__(
        self,
        directory: Directory,
        audit: AuditLog,
        coordinators: Mapping[UserId, OpenPGPFingerprint],
        approvals: int = TWO,
    ) -> None:
        self._directory = directory
        self._audit = audit
        self._coordinators = coordinators
        self._approvals = approvals

    # --- making -----------------------------------------------------------------------------------------

    async def propose(self, unit: Unit, plan: Plan, *, file: str, file_sha256: str, actor: Actor | None) -> Proposal:
        """Keep the plan until it is approved.  ``file`` and ``file_sha256``: where it came from; ``actor``: None for
        whoever holds the console, who is nobody in particular: then it needs two coordinators.

        What the plan lists as problems is left out.  Raises :class:`NothingToPropose`, :class:`ProposedAlready`,
        and :class:`DirectoryMoved` if the plan was not made for the directory as this unit sees it."""
        if is_empty(plan):
            raise NothingToPropose
        current = await entries.read_entries(unit)
        proposed = propose(plan, current)
        if fitted(proposed, current) is None:
            raise DirectoryMoved
        counts = {"added": len(plan.added), "changed": len(plan.changed), "gone": len(plan.gone)}
        return await self._keep(unit, proposed, file, file_sha256, actor, counts)

    async def propose_room(
        self, unit: Unit, record: RoomRecord, *, file: str, file_sha256: str, actor: Actor | None
    ) -> Proposal:
        """Keep what a room is to be for until it is approved; its language stays.

        Raises :class:`NothingToPropose` and :class:`ProposedAlready`."""
        proposed = Proposed(Plan(), room=record, room_before=await standing.read_room(unit, record.room))
        if room_fits(replace(proposed, room_before=record), proposed.room_before):
            raise NothingToPropose
        counts = {"room": record.room, "kind": record.kind, "organisations": sorted(record.organisations)}
        return await self._keep(unit, proposed, file, file_sha256, actor, counts)

    async def _keep(
        self,
        unit: Unit,
        proposed: Proposed,
        file: str,
        file_sha256: str,
        actor: Actor | None,
        counts: Mapping[str, Any],
    ) -> Proposal:
        for other in await self.waiting(unit):
            if actor is not None and thaw(other.what) == proposed:
                raise ProposedAlready(ref=other.ref)
        what = freeze(proposed)
        made = Proposal(
            ref=await self._new_ref(unit),
            state=State.OPEN,
            proposer=UserId(actor.user) if actor and actor.user else None,
            who=actor.person if actor else None,
            file=file[:255],
            file_sha256=file_sha256,
            what=what,
            digest=digest_of(what),
            needed=needed(self._approvals, by_a_person=bool(actor and actor.user)),
            made_at=unit.now,
            expires_at=unit.now + LIFE,
        )
        await proposals.add(unit, made)
        await self._log(unit, "directory.proposed", made, actor, {**counts, "needed": made.needed})
        return made

    async def _new_ref(self, unit: Unit) -> Ref:
        ref = ref_from("PRO", unit.random(4))
        while await proposals.find(unit, ref) is not None:
            ref = ref_from("PRO", unit.random(4))
        return ref

    # --- looking ----------------------------------------------------------------------------------------

    async def waiting(self, unit: Unit) -> list[Proposal]:
        """Those that can be approved now, oldest first."""
        return [proposal for proposal in await proposals.read_open(unit) if unit.now < proposal.expires_at]

    async def choices(self, unit: Unit, user: UserId) -> list[Proposal]:
        """Those that this coordinator can still approve."""
        return [
            proposal
            for proposal in await self.waiting(unit)
            if not self._own(proposal, user) and user not in await proposals.read_approvals(unit, proposal.ref)
        ]

    async def shown_to(self, unit: Unit, ref: Ref, user: UserId) -> bool:
        """Whether this coordinator was told what it changes."""
        return (ref, user, State.OPEN) in await proposals.read_told(unit)

    async def find(self, unit: Unit, ref: Ref) -> Proposal:
        """The proposal, open or not.  Raises :class:`NoSuchProposal`."""
        found = await proposals.find(unit, ref)
        if found is None:
            raise NoSuchProposal(ref=ref)
        return found

    async def given(self, unit: Unit, ref: Ref) -> list[UserId]:
        """Whose approvals count now: of those who coordinate still and, in the chat, are verified still."""
        counting = []
        for user, means in (await proposals.read_approvals(unit, ref)).items():
            pin = await standing.read_pin(unit, user)
            verified = pin is not None and pin.revoked_at is None and pin.level == "verified"
            if user in self._coordinators and (means == FILE or verified):
                counting.append(user)
        return counting

    # --- deciding ---------------------------------------------------------------------------------------

    async def approve(self, unit: Unit, ref: Ref, *, actor: Actor, means: str = CHAT) -> Approved:
        """A coordinator's word; with the last one that is needed the change is made, in this unit.

        Who the actor is, the caller has proved.  Raises :class:`NotACoordinator`, :class:`NoSuchProposal`,
        :class:`ProposalEnded`, :class:`OwnProposal`, :class:`ApprovedAlready` and :class:`ProposalAltered`."""
        user = self._coordinator(actor)
        await proposals.lock_open(unit)
        proposal = await self._open(unit, ref)
        if self._own(proposal, user):
            raise OwnProposal(ref=ref)
        if user in await proposals.read_approvals(unit, ref):
            raise ApprovedAlready(ref=ref)
        if digest_of(proposal.what) != proposal.digest:
            raise ProposalAltered(ref=ref)
        proposed = thaw(proposal.what)
        plan = await self._fitted(unit, proposed)
        if plan is None:
            await self._end(unit, proposal, State.OVERTAKEN, actor)
            return Approved(proposal, State.OVERTAKEN)
        await proposals.put_approval(unit, ref, user, means)
        given = await self.given(unit, ref)
        await self._log(unit, "directory.approved", proposal, actor, {"means": means, "given": len(given)})
        if len(given) < proposal.needed:
            return Approved(proposal, State.OPEN, len(given))
        details = {**_named(proposal), "approved_by": [str(one) for one in given]}
        await proposals.end(unit, ref, State.APPLIED, user)
        if proposed.room is not None:
            await self._directory.set_purpose(unit, proposed.room, ref=ref, actor=actor, details=details)
        else:
            await self._directory.apply_proposal(unit, plan, ref=ref, actor=actor, details=details)
        return Approved(proposal, State.APPLIED, len(given))

    async def approve_signed(self, unit: Unit, text: str, signed_by: OpenPGPFingerprint) -> Approved:
        """The same by a signed text: exactly ``approve PRO-… sha256:…``, with the digest of what the proposal holds.

        ``text`` and ``signed_by`` as gpg gave them back.  Raises besides :class:`NotAnApproval`,
        :class:`ApprovesSomethingElse`."""
        said = _SIGNED.fullmatch(text.replace("\r\n", "\n"))
        if said is None:
            raise NotAnApproval
        proposal = await self._open(unit, Ref(said[1]))
        if said[2] != proposal.digest:
            raise ApprovesSomethingElse(ref=proposal.ref)
        user = next((user for user, pinned in self._coordinators.items() if pinned == signed_by), None)
        if user is None:
            raise NotACoordinator(user=signed_by.grouped())
        return await self.approve(unit, proposal.ref, actor=Actor(None, None, user), means=FILE)

    async def reject(self, unit: Unit, ref: Ref, *, actor: Actor) -> Proposal:
        """Close it; whoever proposed it may, too.  Raises as :meth:`approve` does."""
        self._coordinator(actor)
        proposal = await self._open(unit, ref)
        await self._end(unit, proposal, State.REJECTED, actor)
        return proposal

    async def expire(self, unit: Unit) -> None:
        """Close what nobody approved in time."""
        for proposal in await proposals.read_open(unit):
            if unit.now >= proposal.expires_at:
                await self._end(unit, proposal, State.EXPIRED, None)

    # --- inside -----------------------------------------------------------------------------------------

    def _own(self, proposal: Proposal, user: UserId) -> bool:
        """Whether this is somebody's own proposal, which takes a second pair of eyes."""
        return user == proposal.proposer and self._approvals >= TWO

    async def _fitted(self, unit: Unit, proposed: Proposed) -> Plan | None:
        if proposed.room is not None:
            there = await standing.read_room(unit, proposed.room.room)
            return proposed.plan if room_fits(proposed, there) else None
        return fitted(proposed, await entries.read_entries(unit))

    def _coordinator(self, actor: Actor) -> UserId:
        user = UserId(actor.user or "")
        if user not in self._coordinators:
            raise NotACoordinator(user=user or "–")
        return user

    async def _open(self, unit: Unit, ref: Ref) -> Proposal:
        proposal = await self.find(unit, ref)
        if proposal.state is not State.OPEN or unit.now >= proposal.expires_at:
            raise ProposalEnded(ref=ref)
        return proposal

    async def _end(self, unit: Unit, proposal: Proposal, state: State, actor: Actor | None) -> None:
        by = UserId(actor.user) if actor and actor.user else None
        if not await proposals.end(unit, proposal.ref, state, by):
            raise ProposalEnded(ref=proposal.ref)
        await self._log(unit, f"directory.{state.value}", proposal, actor, {})

    async def _log(
        self, unit: Unit, action: str, proposal: Proposal, actor: Actor | None, details: Mapping[str, Any]
    ) -> None:
        await self._audit.append(unit, action, actor=actor, ref=proposal.ref, details={**_named(proposal), **details})
        unit.ring(BELL)


def _named(proposal: Proposal) -> dict[str, Any]:
    return {"file": proposal.file, "sha256": proposal.file_sha256, "digest": proposal.digest}
