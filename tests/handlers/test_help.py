"""``!help`` shows what this caller may do here, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.commands.access import may
from bot.commands.call import Access, Call, Caller, Place, Reply
from bot.commands.parse import UnknownCommand
from bot.commands.registry import Registry
from bot.db.unit import Unit
from bot.i18n.catalogue import catalogue, say
from bot.ids import DeviceId, EventId, Handle, RoomId, UserId
from bot.outbox.model import Audience
from bot.tlp import Tlp
from handlers.help import run
from keys.trust import PersonVerdict, Standing, TrustedDevice

ANA = UserId("@ana:cert.mx")
NO_UNIT = cast("Unit", None)
"""Help reads nothing from the database."""


@dataclass(frozen=True)
class Policy:
    coordinators_phones: tuple[tuple[str, str], ...] = (
        ("Carla Núñez", "+598 2 000 0000"),
        ("Diego Soto", "+56 2 0000"),
    )
    tlp_default: Tlp = Tlp.AMBER


@dataclass(frozen=True)
class Services:
    registry: Registry
    policy: Policy = Policy()


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def call(first_line: str = "", language: str = "en", *, verified: bool = True, room_verified: bool = True) -> Call:
    trusted = frozenset({TrustedDevice("PHONE", "e", "c")}) if verified else frozenset()
    standing = Standing.VERIFIED if verified else Standing.UNKNOWN
    verdict = PersonVerdict(ANA, standing, "CERT-MX", trusted, (), "verified" if verified else None)
    return Call(
        name="help",
        first_line=first_line,
        body="",
        caller=Caller(ANA, DeviceId("PHONE"), verdict, "Ana", Handle("CERT-MX")),
        place=Place(RoomId("!desk"), "desk" if room_verified else "unknown", verified=room_verified),
        event_id=EventId("$1"),
        now=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        language=language,
    )


async def said(registry: Registry, asked: Call, policy: Policy | None = None) -> Reply:
    answer = await run(asked, NO_UNIT, Services(registry, policy or Policy()))
    assert isinstance(answer, Reply)
    assert answer.audience is Audience.OPEN
    assert answer.tlp is Tlp.CLEAR
    return answer


@pytest.mark.parametrize("language", catalogue().languages)
@pytest.mark.parametrize(("verified", "room_verified"), [(True, True), (True, False), (False, True), (False, False)])
async def test_exactly_what_may_be_run_here(
    registry: Registry, language: str, verified: bool, room_verified: bool
) -> None:
    asked = call(language=language, verified=verified, room_verified=room_verified)
    text = (await said(registry, asked)).text.plain
    for command in registry.commands():
        example = say(language, f"command-{command.name}.example").plain.replace("\n", " ⏎ ")
        shown = text.count(f"{example} — ")
        assert shown == (1 if may(command.access, asked.caller, asked.place) is None else 0), command.name
    assert ("+598 2 000 0000" in text) == (not (verified and room_verified))


async def test_what_is_for_desks_is_not_shown_to_strangers(registry: Registry) -> None:
    text = (await said(registry, call(verified=False, room_verified=False))).text
    assert "!send" not in text.plain.replace("!help send", "")
    assert "!verify" in text.plain
    assert "You are not verified" in text.plain
    assert '<a href="tel:+59820000000">' in text.html
    assert "Carla Núñez" in text.plain
    assert "Diego Soto" in text.plain


async def test_the_phone_is_left_out_where_none_is_published(registry: Registry) -> None:
    text = (await said(registry, call(verified=False), Policy(coordinators_phones=()))).text.plain
    assert "phone" not in text
    assert "You are not verified" in text


async def test_a_room_that_is_not_verified_says_so_in_spanish(registry: Registry) -> None:
    text = (await said(registry, call(language="es", room_verified=False))).text.plain
    assert "Esta sala no está verificada" in text
    assert "!enviar" not in text.replace("!ayuda enviar", "")


@pytest.mark.parametrize("topic", ["send", "!send", "SEND", "enviar", "¡enviar and more"])
async def test_one_command(registry: Registry, topic: str) -> None:
    text = (await said(registry, call(topic))).text.plain
    assert say("en", "command-send").plain in text
    assert say("en", "command-send.usage").plain.splitlines()[0] in text
    assert "You may use it here." in text


async def test_one_command_that_may_not_be_used_here_says_why(registry: Registry) -> None:
    text = (await said(registry, call("send", room_verified=False))).text.plain
    assert "You may use it here." not in text
    assert "This room is not verified" in text


async def test_an_unknown_topic(registry: Registry) -> None:
    with pytest.raises(UnknownCommand):
        await said(registry, call("nothing"))


@pytest.mark.parametrize("language", catalogue().languages)
async def test_the_labels(registry: Registry, language: str) -> None:
    text = (await said(registry, call("TLP", language), Policy(tlp_default=Tlp.GREEN))).text
    for label in Tlp:
        assert f"{label} — " in text.plain
        assert f'data-mx-color="{label.colour}"' in text.html
    assert say(language, "help-tlp-default", label="TLP:GREEN").plain in text.plain
    assert say(language, "help-tlp-limits").plain in text.plain


def test_help_is_for_anyone(registry: Registry) -> None:
    for name in ("help", "trust", "verify", "whois"):
        assert registry.command(name).access is Access.ANYONE, name
