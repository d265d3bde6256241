"""The gates as a table: who, where, how it came, what is wanted; and what is said."""

import pytest

from bot.commands.access import Denied, admit, judge, may
from bot.commands.call import Access, Caller, Place
from bot.i18n.catalogue import catalogue
from bot.ids import DeviceId, Handle, RoomId, UserId
from bot.outbox.model import Proof
from keys.trust import PersonVerdict, Standing, TrustedDevice

HERE, THERE = RoomId("!here"), RoomId("!direct")


def caller(standing: str, *, lead: bool = False, coordinator: bool = False, device: str = "PHONE") -> Caller:
    level = {"verified": "verified", "grace": "verified", "vouched": "vouched"}.get(standing)
    good = level is not None
    verdict = PersonVerdict(
        "@ana:cert.mx",
        Standing(standing),
        "CERT-MX" if good else None,
        frozenset({TrustedDevice("PHONE", "e", "c")}) if good else frozenset(),
        (),
        level,  # type: ignore[arg-type]
    )
    user = UserId("@ana:cert.mx")
    return Caller(user, DeviceId(device), verdict, "Ana", Handle("CERT-MX"), lead=lead, coordinator=coordinator)


STRANGER, ANA, VOUCHED, GRACE = caller("unknown"), caller("verified"), caller("vouched"), caller("grace")
LEAD, COORDINATOR = caller("verified", lead=True), caller("verified", coordinator=True)
CHANGED = caller("changed", lead=True, coordinator=True)
VOUCHED_COORDINATOR = caller("vouched", coordinator=True)
DESK, DIRECT = Place(HERE, "desk", verified=True), Place(THERE, "direct", verified=True)
INCIDENT, SHARED = Place(HERE, "incident", verified=True), Place(HERE, "coordination", verified=True)
BROKEN, UNKNOWN = Place(HERE, "desk", verified=False), Place(HERE, "unknown", verified=False)
BROKEN_DIRECT = Place(THERE, "direct", verified=False)
ODD = Place(HERE, "unknown", verified=True)

TABLE = [
    # wanted, who, where, proof → what is said
    ("anyone", STRANGER, UNKNOWN, "signed", None),
    ("anyone", STRANGER, DESK, "signed", None),
    ("anyone", CHANGED, BROKEN, "signed", None),
    ("anyone", ANA, DESK, "plain", "sent-in-plain"),
    ("anyone", ANA, DESK, "unreadable", "no-room-key"),
    ("verified", ANA, DESK, "plain", "sent-in-plain"),
    ("coordinator", COORDINATOR, DIRECT, "plain", "sent-in-plain"),
    ("coordinator", COORDINATOR, DIRECT, "unreadable", "no-room-key"),
    ("verified", STRANGER, DESK, "signed", "not-verified"),
    ("verified", STRANGER, DESK, "pinned", "not-verified"),
    ("verified", CHANGED, DESK, "pinned", "not-verified"),
    ("verified", ANA, DESK, "signed", "device-not-trusted"),
    ("verified", ANA, DESK, "pinned", None),
    ("verified", GRACE, DESK, "pinned", None),
    ("verified", VOUCHED, INCIDENT, "pinned", None),
    ("verified", ANA, SHARED, "pinned", None),
    ("verified", ANA, BROKEN, "pinned", "room-not-verified-go-direct"),
    ("verified", ANA, UNKNOWN, "pinned", "room-not-verified-go-direct"),
    ("verified", ANA, ODD, "pinned", "room-not-verified-go-direct"),
    ("verified", ANA, BROKEN_DIRECT, "pinned", "room-not-verified"),
    ("desk", STRANGER, BROKEN, "signed", "not-verified"),
    ("desk", ANA, DESK, "pinned", None),
    ("desk", ANA, DIRECT, "pinned", None),
    ("desk", VOUCHED, DESK, "pinned", None),
    ("desk", ANA, BROKEN, "pinned", "room-not-verified-go-direct"),
    ("desk", ANA, INCIDENT, "pinned", "not-a-desk-go-direct"),
    ("desk", ANA, SHARED, "pinned", "not-a-desk-go-direct"),
    ("desk", ANA, DESK, "signed", "device-not-trusted"),
    ("lead", ANA, DESK, "pinned", "only-leads"),
    ("lead", LEAD, DESK, "pinned", None),
    ("lead", COORDINATOR, DIRECT, "pinned", None),
    ("lead", LEAD, BROKEN, "pinned", "room-not-verified-go-direct"),
    ("lead", CHANGED, DESK, "pinned", "not-verified"),
    ("coordinator", ANA, DIRECT, "pinned", "only-coordinators"),
    ("coordinator", LEAD, DIRECT, "pinned", "only-coordinators"),
    ("coordinator", COORDINATOR, DIRECT, "pinned", None),
    ("coordinator", COORDINATOR, BROKEN_DIRECT, "pinned", "room-not-verified"),
    ("coordinator", CHANGED, DIRECT, "pinned", "not-verified"),
    ("coordinator", VOUCHED_COORDINATOR, DIRECT, "pinned", "vouched-coordinator"),
]


@pytest.mark.parametrize(("wanted", "who", "where", "proof", "said"), TABLE)
def test_gates(wanted: str, who: Caller, where: Place, proof: str, said: str | None) -> None:
    denied = judge(Access(wanted), who, where, Proof(proof), THERE)
    assert (denied.code if denied else None) == said
    if denied is None:
        admit(Access(wanted), who, where, Proof(proof), THERE)
        return
    with pytest.raises(type(denied)):
        admit(Access(wanted), who, where, Proof(proof), THERE)
    for language in catalogue().languages:
        text = catalogue().error(language, denied)
        assert ("https://matrix.to/#/!direct" in text.html) == denied.code.endswith("go-direct")


@pytest.mark.parametrize("where", [BROKEN, INCIDENT])
def test_without_a_direct_room_there_is_nothing_to_point_to(where: Place) -> None:
    denied = judge(Access.DESK, ANA, where, Proof.PINNED, None)
    assert denied is not None
    assert denied.code in {"room-not-verified", "not-a-desk"}


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize("proof", [Proof.PLAIN, Proof.UNREADABLE])
@pytest.mark.parametrize("where", [DESK, DIRECT, BROKEN, UNKNOWN])
def test_nothing_that_the_server_could_have_written_passes(access: Access, proof: Proof, where: Place) -> None:
    assert judge(access, COORDINATOR, where, proof, THERE) is not None


def test_an_access_that_nobody_has_thought_of_is_refused() -> None:
    class Odd:
        value = "root"

    assert isinstance(judge(Odd(), COORDINATOR, DIRECT, Proof.PINNED, None), Denied)


def test_a_handler_judges_by_the_callers_device() -> None:
    assert may(Access.DESK, ANA, DESK) is None
    denied = may(Access.DESK, caller("verified", device="TABLET"), DESK)
    assert denied is not None
    assert denied.code == "device-not-trusted"
