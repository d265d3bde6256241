"""Requests as rows and as values."""

from typing import Any

from bot.assist.model import Member, Origin, Request, State
from bot.audit.service import Actor
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.tlp import Tlp


def actor_of(member: Member) -> Actor:
    """The same for the log."""
    return Actor(member.organisation, member.name, member.user, member.device)


def row_of(request: Request, sealed: bytes) -> dict[str, Any]:
    """A new request with its sealed text."""
    by, origin = request.asker, request.origin
    return {
        "ref": request.ref,
        "organisation": by.organisation,
        "user": by.user,
        "name": by.name,
        "device": by.device,
        "room": origin.room,
        "kind": origin.kind,
        "event": origin.event,
        "said": origin.said,
        "language": origin.language,
        "service": request.service,
        "tlp": request.tlp.value,
        "sealed": sealed,
        "state": request.state.value,
        "asked_at": request.asked_at,
        "widen_at": request.widen_at,
        "expires_at": request.expires_at,
    }


def request_from(row: Any) -> Request:
    """A row of the requests."""
    return Request(
        ref=Ref(row.ref),
        asker=Member(UserId(row.user), row.name, Handle(row.organisation), DeviceId(row.device)),
        origin=Origin(RoomId(row.room), row.kind, EventId(row.event), EventId(row.said), row.language),
        service=row.service,
        tlp=Tlp(row.tlp),
        state=State(row.state),
        asked_at=row.asked_at,
        widen_at=row.widen_at,
        expires_at=row.expires_at,
        taken_by=Handle(row.taken_by) if row.taken_by else None,
        exchange=Ref(row.exchange) if row.exchange else None,
    )
