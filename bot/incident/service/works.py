"""What workers do for incidents at the edge.  Each step may die anywhere and be done again: the room is found by its
marker, and a change is made only from the state in which it was expected.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.db.unit import Database, Unit
from bot.errors import EnlaceError, NotDone
from bot.exchange.service import content_of
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Ref, RoomId, UserId, server_of
from bot.incident import rules, tables
from bot.incident.model import Happening, Incident, Participant, Presence, State
from bot.incident.service import texts
from bot.incident.service.ledger import Ledger
from bot.logs import logger
from bot.outbox import model as outbox
from bot.outbox.model import Audience, Job, Kind, Outgoing, Post
from bot.ports import RoomWorks
from bot.tlp import Tlp

log = logger(__name__)

CREATE, INVITE, CARD, PIN = "incident.create", "incident.invite", "incident.card", "incident.pin"
REPORT, CLOSE = "incident.report", "incident.close"
KINDS = frozenset({CREATE, INVITE, CARD, PIN, REPORT, CLOSE})
"""The jobs that :meth:`Works.perform` does."""

COMMANDER_POWER = 50
REPORT_FIRST = timedelta(minutes=10)
"""The room becomes read-only after this even if the report could not be posted yet; it still follows."""
GIVE_UP = timedelta(hours=24)
TRIES = 3
"""So often a part of the report, or the card, is posted that the homeserver does not take."""
TOGETHER = timedelta(seconds=10)
"""Whose invitation takes longer has a card of their own later, and nobody waits with them."""
LOST = (outbox.State.FAILED, outbox.State.EXPIRED, outbox.State.DROPPED)


class Works:
    """The workers' side of incidents."""

    def __init__(self, ledger: Ledger, bot_user: UserId) -> None:
        self._ledger = ledger
        self._via = server_of(bot_user)

    async def perform(self, job: Job, rooms: RoomWorks, db: Database) -> None:
        """Do one job (of :data:`KINDS`) and mark it done in the transaction that records what it did, or put it off.

        Raises what ``rooms`` raises: then nothing is recorded, and the caller puts the job off
        (:meth:`bot.outbox.service.Outbox.job_again`) or gives it up (:meth:`gave_up`)."""
        async with db.reading() as unit:
            incident = await self._ledger.get(unit, Ref(job.payload["ref"]))
        if incident is None:
            await self._done(db, job, {"skipped": "unknown"})
        elif job.kind == CREATE:
            await self._create(job, incident, rooms, db)
        elif job.kind == INVITE:
            await self._invite(job, incident, rooms, db)
        elif job.kind == CARD:
            await self._card(job, incident, db)
        elif job.kind == PIN:
            await self._pin(job, incident, rooms, db)
        elif job.kind == REPORT:
            await self._report(job, incident, db)
        elif job.kind == CLOSE:
            await self._close(job, incident, rooms, db)
        else:
            async with db.unit() as unit:
                await self._ledger.outbox.job_failed(unit, job, f"no such job: {job.kind}")

    async def gave_up(self, unit: Unit, job: Job, reason: str) -> None:
        """The job failed too often: it is recorded, and whoever asked for it is told."""
        await self._ledger.outbox.job_failed(unit, job, reason)
        incident = await self._ledger.get(unit, Ref(job.payload["ref"]))
        if incident is None:
            return
        if job.kind == CREATE and await self._ledger.change(unit, incident, State.FAILED):
            await self._tell_opener(unit, incident, "incident-told-failed")
        elif job.kind == INVITE:
            user = UserId(job.payload["user"])
            await tables.put_person(unit, incident.ref, user, presence=Presence.REFUSED.value)
            await self._say_in_room(unit, incident, "incident-told-not-invited", who=user)
        elif job.kind == REPORT:
            await self._say_in_room(unit, incident, "incident-told-no-report")
        elif job.kind == CLOSE:
            await self._say_in_room(unit, incident, "incident-told-not-read-only")
        await self._ledger.audit.append(
            unit, f"{job.kind}-failed", actor=None, ref=incident.ref, outcome="failed", details={"reason": reason[:200]}
        )

    # --- making the room --------------------------------------------------------------------------------

    async def _create(self, job: Job, incident: Incident, rooms: RoomWorks, db: Database) -> None:
        if incident.state is not State.OPENING:
            await self._done(db, job, {"skipped": incident.state.value})
            return
        coming = [p for p in incident.people if p.presence is Presence.ASKED]
        unfit = [p for p in coming if rules.keeps_out(self._ledger.trust.person(p.user), incident.tlp)]
        if unfit:
            # Settled before the room is asked for: who was left out once is not let in by a second attempt.
            async with db.unit() as unit:
                await self._refuse(unit, incident, *(person.user for person in unfit))
        users = tuple(p.user for p in coming if p not in unfit)
        commander = incident.commander.user
        room = await rooms.create(
            marker=incident.ref,
            name=incident.code_name,
            invite=users,
            power={commander: COMMANDER_POWER} if commander in users else {},
        )
        async with db.unit() as unit:
            await self._ledger.outbox.job_done(unit, job, {"room": room})
            if not await self._ledger.change(unit, incident, State.OPEN, room=room, room_at=unit.now):
                return
            for user in users:
                await tables.put_person(unit, incident.ref, user, presence=Presence.INVITED.value)
                # An invitation that a server did not take now is sent again until it does.
                payload = {"ref": incident.ref, "user": user}
                await self._ledger.outbox.job(unit, INVITE, f"{INVITE}:{incident.ref}:{room}:{user}"[:255], payload)
            await self._record_room(unit, incident.ref)
            await self._ledger.tell(unit, incident.ref, Happening.READY, "enlace")
            await self._ledger.audit.append(
                unit,
                "incident.room-made",
                actor=None,
                ref=incident.ref,
                details={"room": room, "name": incident.code_name, "invited": list(users)},
            )
            await self._tell_opener(
                unit, incident, "incident-told-ready", name=incident.code_name, link=texts.room_link(room, self._via)
            )
            await self.ask_for_card(unit, incident.ref)

    async def _record_room(self, unit: Unit, ref: Ref) -> None:
        incident = await self._ledger.get(unit, ref)
        if incident is not None:
            await self._ledger.register_room(unit, incident, None)

    # --- inviting ---------------------------------------------------------------------------------------

    async def _invite(self, job: Job, incident: Incident, rooms: RoomWorks, db: Database) -> None:
        user = UserId(job.payload["user"])
        known = incident.participant(user)
        if incident.state is not State.OPEN or incident.room is None or known is None:
            await self._done(db, job, {"skipped": incident.state.value})
            return
        if known.presence not in (Presence.ASKED, Presence.INVITED):
            await self._done(db, job, {"skipped": known.presence.value})
            return
        if known.presence is Presence.INVITED and user in self._ledger.trust.members(incident.room):
            await self._done(db, job, {"skipped": "there"})
            return
        if rules.keeps_out(self._ledger.trust.person(user), incident.tlp):
            async with db.unit() as unit:
                await self._refuse(unit, incident, user)
                await self._say_in_room(unit, incident, "incident-told-not-invited", who=known.name)
                await self._ledger.outbox.job_done(unit, job, {"refused": user})
            return
        await rooms.invite(incident.room, user)
        async with db.unit() as unit:
            await tables.put_person(unit, incident.ref, user, presence=Presence.INVITED.value)
            await self._ledger.audit.append(
                unit, "incident.invitation-sent", actor=None, ref=incident.ref, details={"user": user}
            )
            await self.ask_for_card(unit, incident.ref, anew=True)  # history is closed to who comes later
            await self._ledger.outbox.job_done(unit, job, {"invited": user})

    async def _refuse(self, unit: Unit, incident: Incident, *users: UserId) -> None:
        for user in users:
            await tables.put_person(unit, incident.ref, user, presence=Presence.REFUSED.value)
        for user in users:
            await self._ledger.audit.append(
                unit, "incident.not-invited", actor=None, ref=incident.ref, outcome="refused", details={"user": user}
            )

    # --- the card ---------------------------------------------------------------------------------------

    async def ask_for_card(self, unit: Unit, ref: Ref, *, anew: bool = False) -> None:
        """The card is to be posted, or shown as it is now; ``anew``: it has to be one that is posted from now on."""
        payload = {"ref": ref, "after": unit.now.isoformat()} if anew else {"ref": ref}
        await self._ledger.outbox.job(unit, CARD, f"{CARD}:{ref}:{unit.new_id()}", payload)

    async def _card(self, job: Job, incident: Incident, db: Database) -> None:
        if incident.room is None or incident.state is State.CLOSED:
            await self._done(db, job, {"skipped": incident.state.value})
            return
        if not self._ledger.trust.room(incident.room).ok or not self._ledger.trust.members(incident.room):
            await self._later(db, job, incident.room_at)
            return
        after = datetime.fromisoformat(job.payload["after"]) if "after" in job.payload else None
        asked = [p.since for p in incident.people if p.presence is Presence.ASKED]
        async with db.unit() as unit:
            if after is not None and any(abs(unit.now - at) < TOGETHER for at in asked):
                await self._ledger.outbox.job_again(unit, job)  # one card for everybody who was asked together
                return
            row = await self._ledger.outbox.get(unit, incident.card_row) if incident.card_row else None
            again = row is None or row.state in LOST or (after is not None and row.accepted_at < after)
            posted = await self._post(
                unit,
                incident,
                texts.card(incident, incident.origin.language),
                Kind.NOTICE if again else Kind.STATUS,
                edits=None if again else incident.card_row,
                mark="card",
            )
            if again:
                # Only while nobody else has posted one in the meantime; else this one goes, with the transaction.
                if not await self._ledger.change(unit, incident, card_row=posted):
                    raise Changed(ref=incident.ref)
                await self._ledger.outbox.job(unit, PIN, f"{PIN}:{posted}", {"ref": incident.ref, "row": posted})
            await self._ledger.outbox.job_done(unit, job, {"row": posted})

    async def _pin(self, job: Job, incident: Incident, rooms: RoomWorks, db: Database) -> None:
        async with db.reading() as unit:
            row = await self._ledger.outbox.get(unit, job.payload["row"])
        if row is None or row.state in LOST:
            async with db.unit() as unit:
                notices = await self._ledger.outbox.of_ref(unit, incident.ref, Kind.NOTICE)
                states = [notice.state for notice in notices if notice.post.mark == "card"][-TRIES:]
                if len(states) == TRIES and all(state in LOST for state in states):
                    await self.gave_up(unit, job, "card not taken")
                else:
                    await self._ledger.outbox.job_done(unit, job, {"skipped": "lost"})
                    await self.ask_for_card(unit, incident.ref)
        elif row.event_id is None or incident.room is None:
            await self._later(db, job, row.accepted_at)
        else:
            await rooms.set_state(incident.room, "m.room.pinned_events", {"pinned": [row.event_id]})
            await self._done(db, job, {"pinned": row.event_id})

    # --- the end ----------------------------------------------------------------------------------------

    async def _report(self, job: Job, incident: Incident, db: Database) -> None:
        if incident.room is None or incident.closed_at is None:
            await self._done(db, job, {"skipped": incident.state.value})
            return
        async with db.reading() as unit:
            rows = await self._report_rows(unit, incident)
        newest = _newest(rows)
        lost = {mark: row.reason for mark, row in newest.items() if row.state in LOST}
        if _stands(rows):
            await self._done(db, job, {"parts": len(newest)})
        elif (rows and not lost) or not self._ledger.trust.room(incident.room).ok:
            await self._later(db, job, incident.closed_at)
        elif spent := [mark for mark in lost if sum(row.post.mark == mark for row in rows) >= TRIES]:
            async with db.unit() as unit:
                await self.gave_up(unit, job, f"{len(lost)} of {len(newest)} parts not taken: {lost[spent[0]]}")
        else:
            async with db.unit() as unit:
                if rows and unit.now - incident.closed_at > GIVE_UP:
                    await self.gave_up(unit, job, "late")
                    return
                report = incident.report_mark if rows else f"report {unit.new_id()}"
                lines = await self._ledger.timeline(unit, incident.ref)
                for number, part in enumerate(texts.report(incident, lines, incident.origin.language), 1):
                    if not rows or f"{report} {number}" in lost:
                        await self._post(unit, incident, part, Kind.NOTICE, mark=f"{report} {number}")
                await self._ledger.change(unit, incident, report_mark=report)
                await self._ledger.outbox.job_again(unit, job)

    async def _report_rows(self, unit: Unit, incident: Incident) -> list[Outgoing]:
        """The parts of the report, oldest first; one that was lost and posted again is there as often."""
        if incident.report_mark is None:
            return []
        rows = await self._ledger.outbox.of_ref(unit, incident.ref, Kind.NOTICE)
        return [row for row in rows if (row.post.mark or "").startswith(f"{incident.report_mark} ")]

    async def _close(self, job: Job, incident: Incident, rooms: RoomWorks, db: Database) -> None:
        if incident.state is not State.CLOSING or incident.room is None or incident.closed_at is None:
            await self._done(db, job, {"skipped": incident.state.value})
            return
        async with db.reading() as unit:
            rows = await self._report_rows(unit, incident)
            waited = unit.now - incident.closed_at
        if not _stands(rows) and waited < REPORT_FIRST:
            await self._later(db, job, None)
            return
        await rooms.freeze(incident.room)
        async with db.unit() as unit:
            if await self._ledger.change(unit, incident, State.CLOSED):
                await self._ledger.audit.append(
                    unit, "incident.room-read-only", actor=None, ref=incident.ref, details={"room": incident.room}
                )
            await self._ledger.outbox.job_done(unit, job, {"room": incident.room})

    # --- the guard --------------------------------------------------------------------------------------

    async def guard(self, db: Database, rooms: RoomWorks) -> int:
        """Remove from the rooms of open incidents whoever has no business there; returns how many were removed.

        The log holds a removal before the homeserver is asked for it.  A removal that fails is tried again the next
        time.  For a worker that runs on every change of membership or trust, and every minute."""
        removed = 0
        async with db.reading() as unit:
            incidents = await self._ledger.running(unit, State.OPEN, State.CLOSING)
            now = unit.now
        for incident in incidents:
            if incident.room is None:
                continue
            for user in sorted(self._ledger.trust.members(incident.room)):
                known = incident.participant(user)
                why = rules.must_leave(self._ledger.trust.person(user), known, incident.organisations, now)
                if why is not None and await self._remove(incident, incident.room, user, known, why, rooms, db):
                    removed += 1
        return removed

    async def _remove(
        self,
        incident: Incident,
        room: RoomId,
        user: UserId,
        known: Participant | None,
        why: str,
        rooms: RoomWorks,
        db: Database,
    ) -> bool:
        name = known.name if known else str(user)
        if known is None or known.presence is not Presence.LEAVING:
            async with db.unit() as unit:
                await tables.put_person(unit, incident.ref, user, presence=Presence.LEAVING.value)
                reason = say(incident.origin.language, f"incident-remove-{why}")
                await self._ledger.tell(unit, incident.ref, Happening.REMOVED, "enlace", f"{name}: {reason.plain}")
                await self._ledger.audit.append(
                    unit,
                    "incident.removed",
                    actor=None,
                    ref=incident.ref,
                    details={"user": user, "why": why, "room": room},
                )
                await self._say_in_room(unit, incident, "incident-told-removed", who=name, why=reason)
        try:
            await rooms.remove(room, user, say(incident.origin.language, f"incident-remove-{why}").plain)
        except EnlaceError as error:
            log.warning("incident.remove-failed", ref=incident.ref, user=user, code=error.code)
            return False
        async with db.unit() as unit:
            await tables.put_person(unit, incident.ref, user, presence=Presence.REMOVED.value)
            await self.ask_for_card(unit, incident.ref)
        return True

    # --- saying -----------------------------------------------------------------------------------------

    async def _tell_opener(self, unit: Unit, incident: Incident, key: str, **values: str | Rich) -> None:
        origin = incident.origin
        await self._ledger.outbox.post(
            unit,
            Post(
                room=origin.room,
                kind=Kind.REPLY,
                content=content_of(
                    say(origin.language, key, ref=incident.ref, **values), "m.text", (incident.commander.user,)
                ),
                audience=Audience.PINNED,
                tlp=Tlp.GREEN,
                ref=incident.ref,
                organisation=incident.commander.organisation,
                reply_to=origin.event,
            ),
        )

    async def _say_in_room(self, unit: Unit, incident: Incident, key: str, **values: str | Rich) -> None:
        """About who is there, and nothing else: pinned devices get it also while the room is not verified."""
        if incident.room is not None:
            text = say(incident.origin.language, key, ref=incident.ref, **values)
            await self._ledger.outbox.post(
                unit,
                Post(
                    room=incident.room,
                    kind=Kind.NOTICE,
                    content=content_of(text, "m.notice"),
                    audience=Audience.PINNED,
                    tlp=Tlp.GREEN,
                    ref=incident.ref,
                ),
            )

    async def _post(
        self, unit: Unit, incident: Incident, text: Rich, kind: Kind, *, mark: str, edits: str | None = None
    ) -> str:
        about = {
            "ref": incident.ref,
            "tlp": incident.tlp.value,
            "severity": incident.severity.value,
            "state": incident.state.value,
        }
        return await self._ledger.outbox.post(
            unit,
            Post(
                room=incident.room or RoomId(""),
                kind=kind,
                content={**content_of(text, "m.notice"), "org.enlace.incident": about},
                audience=Audience.VERIFIED,
                tlp=incident.tlp,
                ref=incident.ref,
                audience_then=tuple(p.user for p in incident.present),
                edits=edits,
                mark=mark,
            ),
        )

    # --- jobs -------------------------------------------------------------------------------------------

    async def _done(self, db: Database, job: Job, result: Mapping[str, Any]) -> None:
        async with db.unit() as unit:
            await self._ledger.outbox.job_done(unit, job, result)

    async def _later(self, db: Database, job: Job, since: Any) -> None:
        """Its time has not come; after a day it never will."""
        async with db.unit() as unit:
            if since is not None and unit.now - since > GIVE_UP:
                await self.gave_up(unit, job, "late")
            else:
                await self._ledger.outbox.job_again(unit, job)


def _newest(rows: Sequence[Outgoing]) -> dict[str | None, Outgoing]:
    """Each part of the report as it was posted last."""
    return {row.post.mark: row for row in rows}


def _stands(rows: Sequence[Outgoing]) -> bool:
    return bool(rows) and all(row.state is outbox.State.SENT for row in _newest(rows).values())


class Changed(NotDone):
    """{ref} has changed in the meantime."""

    code = "incident-changed"
