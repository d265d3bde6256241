"""``!escalate`` as it is typed: what is clear is paged, what is not is asked, and then nobody is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.call import Access, Refusal, Reply
from bot.directory.rules.naming import fold
from bot.directory.rules.targets import SEVERITIES
from bot.errors import EnlaceError
from bot.escalation.model import Escalation, Severity
from bot.escalation.service.errors import CallsAGroup, NoOrganisation, NoSummary, OwnOrganisation
from bot.i18n.catalogue import catalogue, say
from bot.ids import Handle, UserId
from bot.tlp import Tlp, UnclearLabel
from handlers.escalate import COMMAND
from tests.harness.calling import ANA, BRUNO, DESK_MX, World, build, direct


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}")
    await world.rota(BRUNO)
    yield world
    await world.db.close()


async def type_it(world: World, line: str, body: str = "", **how: object) -> Reply | Refusal:
    async with world.db.unit() as unit:
        return await COMMAND.run(world.typed("escalate", line, body, **how), unit, world)  # type: ignore[arg-type]


async def opened(world: World) -> list[Escalation]:
    async with world.db.reading() as unit:
        return await world.escalation.open_of(unit, world.member(ANA).organisation)


@pytest.mark.parametrize(
    ("line", "body", "severity", "tlp", "summary", "details"),
    [
        ("CERT-BR critical DDoS", "200 Gbit/s", Severity.CRITICAL, Tlp.AMBER, "DDoS", "200 Gbit/s"),
        ("BR tlp:green high DDoS", "", Severity.HIGH, Tlp.GREEN, "DDoS", ""),
        ("BR high tlp:amber+strict DDoS", "", Severity.HIGH, Tlp.AMBER_STRICT, "DDoS", ""),
        ("BR crítica corte total", "", Severity.CRITICAL, Tlp.AMBER, "corte total", ""),
        ("BR MEDIA corte", "", Severity.MEDIUM, Tlp.AMBER, "corte", ""),
        ("Brasil baja corte", "", Severity.LOW, Tlp.AMBER, "corte", ""),
        ("BR alta", "corte\nmás", Severity.HIGH, Tlp.AMBER, "corte", "más"),
        ("BR high Low traffic on CL peering", "", Severity.HIGH, Tlp.AMBER, "Low traffic on CL peering", ""),
    ],
)
async def test_what_is_clear_is_paged(
    world: World, line: str, body: str, severity: Severity, tlp: Tlp, summary: str, details: str
) -> None:
    answer = await type_it(world, line, body)
    assert isinstance(answer, Reply)
    assert answer.silent, "the status message is the answer"
    [esc] = await opened(world)
    assert answer.ref == esc.ref
    assert (esc.target.organisation, esc.severity, esc.tlp) == ("CERT-BR", severity, tlp)
    assert (esc.said[0].summary, esc.said[0].details) == (summary, details)
    await world.later()
    assert esc.ref in world.status()


async def test_a_person_is_a_target(world: World) -> None:
    await type_it(world, "@carla:cert.br critical x")
    [esc] = await opened(world)
    assert (esc.target.organisation, esc.target.person) == ("CERT-BR", "@carla:cert.br")


async def test_several_targets(world: World) -> None:
    await type_it(world, "BR, CSIRT-CL/diplomatic critical x")
    assert {(e.target.organisation, e.target.role) for e in await opened(world)} == {
        ("CERT-BR", "technical"),
        ("CSIRT-CL", "diplomatic"),
    }


async def test_a_missing_severity_is_asked_and_the_answer_pages(world: World) -> None:
    answer = await type_it(world, "BR tlp:green DDoS contra el banco", "detalle", language="es")
    assert isinstance(answer, Refusal)
    assert answer.question is not None
    assert answer.text.plain.split("\n") == [
        "¿Qué tan grave es? Aún no se llamó a nadie; responda con un número.",
        "1. CRÍTICA",
        "2. ALTA",
        "3. MEDIA",
        "4. BAJA",
    ]
    assert await opened(world) == []
    await type_it(world, answer.question.options[1], answer.question.body or "", confirmed=True)
    [esc] = await opened(world)
    assert (esc.severity, esc.tlp) == (Severity.HIGH, Tlp.GREEN)
    assert (esc.said[0].summary, esc.said[0].details) == ("DDoS contra el banco", "detalle")


async def test_an_unknown_severity_is_named(world: World) -> None:
    answer = await type_it(world, "BR urgent ddos against the bank")
    assert isinstance(answer, Refusal)
    assert answer.text.plain.startswith("“urgent” is no severity. Nobody was paged yet")
    assert await opened(world) == []
    assert answer.question is not None
    await type_it(world, answer.question.options[0], answer.question.body or "", confirmed=True)
    [esc] = await opened(world)
    assert (esc.severity, esc.said[0].summary) == (Severity.CRITICAL, "urgent ddos against the bank")


async def test_a_left_over_word_is_shown_first(world: World) -> None:
    answer = await type_it(world, "BR please critical DDoS", "detail")
    assert isinstance(answer, Refusal)
    assert "Nobody was paged yet. To: BR · CRITICAL · Subject: please DDoS · reply ok to page" in answer.text.plain
    assert "I could not place: please" in answer.text.plain
    assert await opened(world) == []
    assert answer.question is not None
    await type_it(world, answer.question.options[0], answer.question.body or "", confirmed=True)
    [esc] = await opened(world)
    assert (esc.said[0].summary, esc.said[0].details) == ("please DDoS", "detail")


async def test_an_ambiguous_target_is_a_list_and_nobody_is_paged(world: World) -> None:
    entries = world.register.entries
    twin = entries.organisations[world.member(BRUNO).organisation]
    other = replace(twin, handle=Handle("GOV-BR"), names={"en": "Government CSIRT"})
    world.register._set_entries(replace(entries, organisations={**entries.organisations, other.handle: other}))
    answer = await type_it(world, "BR/technical, CL tlp:green critical DDoS", "detail")
    assert isinstance(answer, Refusal)
    assert answer.question is not None
    assert answer.text.plain.startswith("“BR/technical” could be more than one organisation. Nobody was paged")
    assert "1. CERT-BR CERT Brazil" in answer.text.plain
    assert await opened(world) == []
    await type_it(world, answer.question.options[1], answer.question.body or "", confirmed=True)
    assert {(e.target.organisation, e.target.role, e.tlp) for e in await opened(world)} == {
        ("GOV-BR", "technical", Tlp.GREEN),
        ("CSIRT-CL", "technical", Tlp.GREEN),
    }


async def test_a_former_name_pages_who_bears_another_now_and_two_are_a_list(world: World) -> None:
    entries = world.register.entries
    renamed = replace(entries.organisations[world.member(BRUNO).organisation], former_names=("CSIRT Old", "Twice"))
    other = replace(renamed, handle=Handle("GOV-BR"), names={"en": "Government CSIRT"}, former_names=("Twice",))
    listed = {**entries.organisations, renamed.handle: renamed, other.handle: other}
    world.register._set_entries(replace(entries, organisations=listed))
    several = await type_it(world, "Twice critical DDoS", "detail")
    assert isinstance(several, Refusal)
    assert (
        "1. CERT-BR CERT Brazil (formerly “Twice”)\n2. GOV-BR Government CSIRT (formerly “Twice”)" in several.text.plain
    )
    assert await opened(world) == []
    await type_it(world, "CSIRT Old critical DDoS", "detail")
    assert [escalation.target.organisation for escalation in await opened(world)] == ["CERT-BR"]


@pytest.mark.parametrize("line", ["", "XYZ-CERT critical DDoS", "ES critical DDoS"])
async def test_an_unknown_target_pages_nobody(world: World, line: str) -> None:
    answer = await type_it(world, line)
    assert isinstance(answer, Refusal)
    assert "Nobody was paged" in answer.text.plain
    assert await opened(world) == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("MX critical DDoS", None),
        ("CERT-MX critical DDoS", OwnOrganisation),
        ("BR critical", NoSummary),
        ("BR tlp:red critical DDoS", None),
        ("BRR tlp:red critical DDoS", None),
        ("BR tlp:purple critical DDoS", UnclearLabel),
        ("net:oas-cbm critical DDoS", CallsAGroup),
    ],
)
async def test_what_is_refused(world: World, line: str, error: type[EnlaceError] | None) -> None:
    if error is None:
        answer = await type_it(world, line)
        assert isinstance(answer, Refusal)
        assert answer.kept is not ("tlp:red" in line), "TLP:RED is not even stored"
    else:
        with pytest.raises(error):
            await type_it(world, line)
    await world.later()
    assert await opened(world) == []
    assert world.line.got == []


async def test_somebody_of_no_organisation(world: World) -> None:
    with pytest.raises(NoOrganisation):
        await type_it(world, "BR critical DDoS", by=UserId("@who:x"))


async def test_a_folded_call_is_answered(world: World) -> None:
    first = await type_it(world, "BR critical DDoS")
    again = await type_it(world, "BR critical DDoS, second wave", room=direct(ANA), language="es")
    assert isinstance(first, Reply)
    assert isinstance(again, Reply)
    assert not again.silent
    assert again.text.plain.startswith(f"Su llamada se unió a {first.ref} para CERT-BR")
    assert len(await opened(world)) == 1


async def test_a_target_that_is_not_on_enlace(world: World) -> None:
    await type_it(world, "CL critical DDoS", language="en")
    await world.later()
    status = world.status(DESK_MX)
    assert status.split("\n")[0].endswith("CSIRT-CL is not on enlace yet: please phone · CRITICAL")
    assert "CSIRT-CL is not on enlace yet: the ladder went on to the coordinators at once." in status
    assert "☎ CSIRT-CL: +56 2 2486 3850" in status


def test_only_from_a_verified_desk_or_direct_room() -> None:
    assert COMMAND.access is Access.DESK


def test_every_severity_word_of_the_catalogue_is_understood() -> None:
    for language in catalogue().languages:
        for severity in Severity:
            for word in say(language, f"severity-{severity.value}.words").plain.split():
                assert SEVERITIES.get(fold(word)) == severity.value, (language, word)
