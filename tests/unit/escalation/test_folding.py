"""Which calls join one escalation, and which pages are lost, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.escalation.model import Escalation, Member, Origin, PageState, Position, Said, Severity, State, Target
from bot.escalation.rules.folding import MOST_FOLDED, folds, may_come, page_fate
from bot.ids import DeviceId, EventId, Handle, Ref, RoomId, UserId
from bot.outbox.model import Kind, Outgoing, Post
from bot.outbox.model import State as RowState
from bot.tlp import Tlp

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MX, BR, CL = Handle("CERT-MX"), Handle("CERT-BR"), Handle("CSIRT-CL")
ANA = Member(UserId("@ana:mx"), "Ana Pérez", MX, DeviceId("D"))
SAID = Said(T0, "Ana Pérez", Tlp.AMBER, "s", "d")
OPEN = Escalation(
    ref=Ref("ESC-7F3KQ"),
    call="c",
    origin=Origin(ANA, RoomId("!mx"), EventId("$1"), "es"),
    target=Target(BR),
    severity=Severity.HIGH,
    tlp=Tlp.AMBER,
    said=(SAID,),
    state=State.PAGING,
    opened_at=T0,
    position=Position(1, T0 + timedelta(minutes=15)),
    status_row="row",
)


@pytest.mark.parametrize(
    ("into", "caller", "target", "severity", "minutes", "joins"),
    [
        (OPEN, MX, Target(BR), Severity.HIGH, 0, True),
        (OPEN, MX, Target(BR), Severity.HIGH, 9.99, True),
        (OPEN, Handle("cert-mx"), Target(Handle("Cert-BR")), Severity.HIGH, 0, True),
        (OPEN, MX, Target(BR), Severity.HIGH, 10, False),
        (OPEN, MX, Target(BR), Severity.HIGH, -9.99, True),
        (OPEN, MX, Target(BR), Severity.HIGH, -1440, False),  # the clock was set back
        (OPEN, CL, Target(BR), Severity.HIGH, 1, False),
        (OPEN, MX, Target(CL), Severity.HIGH, 1, False),
        (OPEN, MX, Target(BR, "diplomatic"), Severity.HIGH, 1, False),
        (OPEN, MX, Target(BR, person=UserId("@bruno:br")), Severity.HIGH, 1, False),
        (OPEN, MX, Target(BR), Severity.CRITICAL, 1, False),
        (replace(OPEN, state=State.OPEN), MX, Target(BR), Severity.HIGH, 1, True),
        (replace(OPEN, state=State.EXHAUSTED), MX, Target(BR), Severity.HIGH, 1, True),
        (replace(OPEN, state=State.ACKNOWLEDGED), MX, Target(BR), Severity.HIGH, 1, False),
        (replace(OPEN, state=State.RESOLVED), MX, Target(BR), Severity.HIGH, 1, False),
        (replace(OPEN, state=State.CANCELLED), MX, Target(BR), Severity.HIGH, 1, False),
        (replace(OPEN, said=(SAID,) * MOST_FOLDED), MX, Target(BR), Severity.HIGH, 1, False),
    ],
)
def test_folds(
    into: Escalation, caller: Handle, target: Target, severity: Severity, minutes: float, joins: bool
) -> None:
    assert folds(into, caller, target, severity, T0 + timedelta(minutes=minutes)) is joins


def outgoing(state: RowState, devices: tuple[int, int] = (0, 0)) -> Outgoing:
    return Outgoing(
        id="r",
        seq=1,
        post=Post(RoomId("!r"), Kind.PAGE, {}),
        txn_id="t",
        delivery_id="d",
        state=state,
        attempts=0,
        accepted_at=T0,
        next_try=T0,
        event_id=None,
        reason=None,
        sent_at=None,
        held_since=None,
        asked_at=None,
        devices=devices,
    )


@pytest.mark.parametrize(
    ("row", "seconds", "fate", "why"),
    [
        (outgoing(RowState.QUEUED), 0, PageState.OUT, ""),
        (outgoing(RowState.QUEUED), 29.9, PageState.OUT, ""),
        (outgoing(RowState.QUEUED), 30, PageState.LOST, "stuck"),
        (outgoing(RowState.QUEUED), -29.9, PageState.OUT, ""),
        (outgoing(RowState.QUEUED), -86400, PageState.LOST, "stuck"),  # the clock was set back: nobody knows
        (outgoing(RowState.SENT, (1, 1)), 1, PageState.SENT, ""),
        (outgoing(RowState.SENT, (1, 2)), 1, PageState.SENT, ""),
        (outgoing(RowState.SENT, (0, 1)), 1, PageState.LOST, "no-device"),
        (outgoing(RowState.SENT, (0, 0)), 1, PageState.LOST, "no-device"),
        (outgoing(RowState.HELD), 1, PageState.LOST, "held"),
        (outgoing(RowState.FAILED), 1, PageState.LOST, "failed"),
        (outgoing(RowState.EXPIRED), 1, PageState.LOST, "failed"),
        (outgoing(RowState.DROPPED), 1, PageState.LOST, "failed"),
        (None, 1, PageState.LOST, "failed"),
    ],
)
def test_what_became_of_a_page(row: Outgoing | None, seconds: float, fate: PageState, why: str) -> None:
    assert page_fate(row, T0, T0 + timedelta(seconds=seconds)) == (fate, why)


@pytest.mark.parametrize(
    ("row", "hours", "may"),
    [
        (outgoing(RowState.QUEUED), 100, True),
        (outgoing(RowState.HELD), 100, True),
        (replace(outgoing(RowState.SENT, (0, 1)), sent_at=T0), 23.9, True),
        (replace(outgoing(RowState.SENT, (0, 1)), sent_at=T0), 24, False),
        (outgoing(RowState.DROPPED), 0, False),
        (None, 0, False),
    ],
)
def test_what_is_lost_may_still_come(row: Outgoing | None, hours: float, may: bool) -> None:
    assert may_come(row, T0 + timedelta(hours=hours)) is may
