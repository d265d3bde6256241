"""``!trust`` says check by check what is wrong and how it is mended, from real verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.commands.call import Access, Call, Caller, Place, Reply
from bot.db.unit import Unit
from bot.i18n.catalogue import catalogue, say
from bot.i18n.lookalikes import looks
from bot.ids import DeviceId, EventId, RoomId, UserId
from bot.outbox.model import Audience
from bot.tlp import Tlp
from handlers.trust import COMMAND, run
from keys.trust import (
    CHECKS,
    DeviceKey,
    PersonVerdict,
    Pin,
    RoomFacts,
    RoomVerdict,
    SeenDevice,
    SeenIdentity,
    judge_person,
    judge_room,
)

ANA, EVE, BOT = UserId("@ana:cert.mx"), UserId("@eve:evil.example"), UserId("@enlace:example.org")
ROOM = RoomId("!desk")
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NO_UNIT = cast("Unit", None)
"""Verdicts come from memory."""

PIN = Pin(
    user_id=ANA,
    organisation="CERT-MX",
    level="verified",
    master_key="M",
    devices=frozenset({DeviceKey("PHONE", "E")}),
    issued=NOW - timedelta(days=10),
    expires=NOW + timedelta(days=170),
)
PHONE = SeenDevice("PHONE", "E", "C", cross_signed=True, signed_master=True)
TABLET = SeenDevice("TABLET", "F", "D", cross_signed=False, signed_master=False)
SEEN = SeenIdentity(ANA, "M", "S", {"PHONE": PHONE})
FACTS = RoomFacts(
    kind="desk",
    bot=BOT,
    members={BOT: "join", ANA: "join"},
    encrypted=True,
    ever_encrypted=True,
    join_rule="invite",
    history_visibility="joined",
    guest_access="forbidden",
    power={BOT: 100},
    users_default=0,
    protected_level=50,
    organisations=frozenset({"CERT-MX"}),
)


@dataclass(frozen=True)
class View:
    """Verdicts of one person and one room, by the rules themselves."""

    pin: Pin | None
    seen: SeenIdentity | None
    facts: RoomFacts

    def person(self, user: UserId) -> PersonVerdict:
        return judge_person(user, self.pin, self.seen, NOW)

    def room(self, room: RoomId) -> RoomVerdict:
        people: Mapping[str, PersonVerdict] = {ANA: self.person(ANA)}
        return judge_room(self.facts, people)

    def members(self, room: RoomId) -> frozenset[UserId]:
        return frozenset(map(UserId, self.facts.members)) - {BOT}

    def encrypted(self, room: RoomId) -> bool:
        return self.facts.encrypted


class Names:
    def imitated(self, user: UserId) -> UserId | None:
        return ANA if user != ANA and looks(user) == looks(ANA) else None


@dataclass(frozen=True)
class Services:
    trust: View
    register: Names


async def said(view: View, language: str = "en", device: str = "PHONE") -> str:
    call = Call(
        name="trust",
        first_line="",
        body="",
        caller=Caller(ANA, DeviceId(device), view.person(ANA), "Ana Pérez"),
        place=Place(ROOM, "desk", verified=view.room(ROOM).ok),
        event_id=EventId("$1"),
        now=NOW,
        language=language,
    )
    answer = await run(call, NO_UNIT, Services(view, Names()))
    assert isinstance(answer, Reply)
    assert (answer.audience, answer.tlp) == (Audience.OPEN, Tlp.CLEAR)
    return answer.text.plain


def test_it_works_before_anybody_is_verified() -> None:
    assert COMMAND.access is Access.ANYONE


@pytest.mark.parametrize("language", catalogue().languages)
async def test_nothing_is_wrong(language: str) -> None:
    text = await said(View(PIN, SEEN, FACTS), language)
    assert "✗" not in text
    assert say(language, "trust-person-verified", user=ANA, organisation="CERT-MX").plain in text
    assert say(language, "trust-device-trusted", device="PHONE").plain in text
    assert say(language, "trust-room-verified").plain in text


@pytest.mark.parametrize("language", catalogue().languages)
@pytest.mark.parametrize(
    ("view", "check", "standing"),
    [
        (View(None, SEEN, FACTS), "person-pinned", "unknown"),
        (View(PIN, None, FACTS), "person-identity-published", "unknown"),
        (View(PIN, replace(SEEN, master_key="X"), FACTS), "person-master-key", "changed"),
        (View(replace(PIN, expires=NOW - timedelta(days=1)), SEEN, FACTS), "person-statement-current", "grace"),
        (View(replace(PIN, expires=NOW - timedelta(days=20)), SEEN, FACTS), "person-statement-current", "expired"),
        (
            View(PIN, replace(SEEN, devices={"PHONE": PHONE, "TABLET": TABLET}), FACTS),
            "person-devices-signed",
            "verified",
        ),
        (View(PIN, SEEN, replace(FACTS, join_rule="public")), "room-invite-only", "verified"),
        (View(PIN, SEEN, replace(FACTS, encrypted=False)), "room-encryption-kept", "verified"),
        (View(PIN, SEEN, replace(FACTS, history_visibility="shared")), "room-history-closed", "verified"),
        (
            View(PIN, SEEN, replace(FACTS, members={BOT: "join", ANA: "join", EVE: "invite"})),
            "room-members-known",
            "verified",
        ),
        (View(PIN, SEEN, replace(FACTS, power={BOT: 100, EVE: 100})), None, "verified"),
    ],
)
async def test_what_is_wrong_and_how_it_is_mended(view: View, check: str | None, standing: str, language: str) -> None:
    text = await said(view, language)
    organisation = view.person(ANA).organisation or "–"
    assert say(language, f"trust-person-{standing}", user=ANA, organisation=organisation).plain in text
    checks = [*view.person(ANA).checks, *view.room(ROOM).checks]
    wrong = [c for c in checks if not c.ok]
    assert text.count("✗") == len(wrong)
    for found in wrong:
        assert say(language, f"check-{found.name}", **found.values).plain in text
        assert say(language, f"check-{found.name}.mend", **found.values).plain in text
    if check is not None:
        assert check in [c.name for c in wrong]


async def test_a_device_that_is_not_trusted() -> None:
    text = await said(View(PIN, replace(SEEN, devices={"PHONE": PHONE, "TABLET": TABLET}), FACTS), device="TABLET")
    assert "This device (TABLET): not trusted" in text


async def test_others_are_named_by_matrix_id_only() -> None:
    text = await said(View(PIN, SEEN, replace(FACTS, members={BOT: "join", ANA: "join", EVE: "join"})))
    assert EVE in text
    assert "Ana Pérez" not in text


@pytest.mark.parametrize("language", catalogue().languages)
def test_every_check_has_its_texts(language: str) -> None:
    for check in CHECKS:
        assert f"check-{check}" in catalogue().messages[language]
        assert f"check-{check}.mend" in catalogue().messages[language]


@pytest.mark.parametrize("imitating", ["@\u0430na:cert.mx", "@ana:\u0441ert.mx"])
async def test_who_only_looks_like_somebody_known_is_named_to_those_who_are_verified(imitating: str) -> None:
    facts = replace(FACTS, members={**FACTS.members, imitating: "join"})
    warned = say("en", "trust-imitates", user=imitating, known=ANA).plain
    assert warned in await said(View(PIN, SEEN, facts))
    assert warned not in await said(View(None, SEEN, facts))
    assert say("en", "trust-imitates", user=EVE, known=ANA).plain not in await said(View(PIN, SEEN, FACTS))
