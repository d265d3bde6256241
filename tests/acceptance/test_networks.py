"""The networks of the mandate, each by its name: who is listed in which role with what expectation, a message to all
of it, a call by its own ladder; and the check of the one that has a rhythm."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.directory.service import BELL
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver

DIPLOMATS, POLICE = ("sofia", "dora"), ("pilar", "paulo", "marta")
CSIRTS = ("ana", "bruno", "arturo", "camila")


@pytest.fixture(scope="module", autouse=True)
async def enrolled(house: House) -> None:
    """Two foreign ministries, two prosecutors' offices and a police force join."""
    await house.enrol(*DIPLOMATS, *POLICE)


async def send(house: House, who: str, network: str, *to: str) -> None:
    """A message to the whole network reaches the rooms of these people's organisations and nobody else's."""
    subject = f"Aviso para {network}"
    answer = await house.ask(who, f"!enviar net:{network} tlp:green\n{subject}\nIOC 192.0.2.7")
    if "ok" in answer.body:  # some are not on enlace yet: they are named, and the others get it
        answer = await house.ask(who, "ok", reply_to=answer.event_id)
    assert ref_in(answer.body)
    for recipient in to:
        await house.hear(recipient, rf"{subject}.*TLP:GREEN", where=lambda heard: subject in heard.body)
    others = {*DIPLOMATS, *POLICE, *CSIRTS, "carla", "diego"} - {who, *to}
    await house.barrier(*others)
    assert {other for other in others if subject in house.said_to(other)} == set()


async def call(house: House, who: str, target: str, severity: str) -> str:
    """Somebody calls; returns the reference."""
    answer = await house.ask(who, f"!escalar {target} tlp:amber {severity} Llamada a {target}")
    return ref_in(answer.body, "ESC")


def rung(house: House, who: str, ref: str) -> int:
    """How often somebody was rung for it."""
    return sum(heard.rings and ref in heard.body for heard in house.since(who))


async def rings(house: House, who: str, ref: str, times: int = 1) -> None:
    """Wait until somebody was rung so often."""
    await house.until(lambda: rung(house, who, ref) >= times, f"{who} to be rung {times} times for {ref}")


async def climbs(house: House, callee: str, ref: str, coordinators: timedelta, *, times: int = 2) -> None:
    """The called one is rung so many times; the coordinators so long after the start and no earlier."""
    await rings(house, callee, ref)
    await house.later(coordinators - timedelta(minutes=1))
    await rings(house, callee, ref, times)
    await house.barrier("carla")
    assert rung(house, "carla", ref) == 0
    await house.later(timedelta(minutes=2))
    await rings(house, "carla", ref)


async def taken(house: House, caller: str, callee: str, ref: str) -> None:
    """The called one takes it and it is over."""
    await house.ask(callee, f"!atiendo {ref}", ref)
    await house.ask(caller, f"!resuelto {ref}", ref)


async def test_un_gpd_foreign_ministries_and_the_six_monthly_check(at_work: House) -> None:
    house = at_work
    made = (datetime.now(UTC) - timedelta(days=200)).date()
    done = house.world.enlace("networks", "checked", "un-gpd", "--on", made.isoformat(), "--by", "UNODA")
    assert "Communication check every 6 months" in done.stdout
    assert house.world.app is not None
    house.world.app.db.ring(BELL)
    await house.hear("carla", "un-gpd")
    card = await house.ask("sofia", "!quien UY/diplomático", "MRE-UY.*Dora Ferrer")
    for said in (
        "Directorio Mundial de Puntos de Contacto de las Naciones Unidas, Punto de contacto diplomático",
        "Se espera: Remitir las solicitudes a las autoridades competentes",
        "⚠ Verificación de comunicación cada 6 meses",
    ):
        assert said in card.body
    today = datetime.now(UTC).date().isoformat()
    house.world.enlace("networks", "checked", "un-gpd", "--on", today)
    listed = await house.ask("sofia", "!quien net:un-gpd", "Entradas: 3")
    assert "⚠" not in listed.body
    await send(house, "sofia", "un-gpd", "dora", "camila")
    ref = await call(house, "sofia", "UY/diplomatic", "crítica")
    # Nobody keeps a roster there, so the lead is rung at once; from her to the coordinators are 90 minutes.
    await climbs(house, "dora", ref, timedelta(minutes=90))
    await taken(house, "sofia", "dora", ref)
    await house.ask("dora", "!confirmar", "La entrada de MRE-UY queda confirmada")
    await house.ask("dora", "!actualizar web https://mre.example.uy", "¿Proponer esto para MRE-UY\\?.*website: https")
    update = ref_in((await house.ask("dora", "ok", "Propuesto como")).body, "PRO")
    await house.hear("carla", f"{update}: Dora Ferrer")
    await house.log_verifies("network.checked", "network.check-reminded", "directory.confirmed", "directory.proposed")


async def test_oas_cbm_the_operational_contact_and_then_the_ministry(at_work: House) -> None:
    house = at_work
    card = await house.ask("sofia", "!quien UY/operativo", "MRE-UY.*Punto de contacto operativo")
    assert "Se espera: Responder a los puntos de contacto de otros Estados" in card.body
    await send(house, "sofia", "oas-cbm", "dora")
    ref = await call(house, "sofia", "MRE-UY/operational", "crítica")
    await climbs(house, "dora", ref, timedelta(minutes=15))  # the lead at once, the ministry in between
    await taken(house, "sofia", "dora", ref)


async def test_csirtamericas_csirts_and_no_diplomat(at_work: House) -> None:
    house = at_work
    card = await house.ask("ana", "!quien CL/operativo", "CSIRT-CL.*Camila Rojas")
    assert "Se espera: Acusar recibo, gestionar o remitir" in card.body
    assert "Red CSIRTAmericas (OEA), Punto de contacto operativo" in card.body
    await send(house, "ana", "csirtamericas", "bruno", "arturo", "camila", "carla")
    ref = await call(house, "ana", "CL", "crítica")
    await climbs(house, "camila", ref, timedelta(minutes=15), times=1)  # no diplomat in between
    assert [who for who in (*DIPLOMATS, *POLICE) if rung(house, who, ref)] == []
    await taken(house, "ana", "camila", ref)


@pytest.mark.parametrize(
    ("network", "organisation", "who", "other", "hours", "expected"),
    [
        ("interpol-247", "PN-UY", "paulo", "marta", 8, "responder solicitudes policiales urgentes"),
        ("budapest-247", "FIS-UY", "marta", "paulo", 12, "tramitar la conservación de datos"),
    ],
)
async def test_police_at_any_hour_and_apart_from_csirts(
    at_work: House, network: str, organisation: str, who: str, other: str, hours: int, expected: str
) -> None:
    house = at_work
    card = await house.ask("pilar", f"!quien {organisation}/policial", expected)
    assert "24/7" in card.body
    assert "No hay nadie" in (await house.ask("ana", f"!quien net:{network}")).body
    refused = await house.ask("ana", f"!enviar net:{network} tlp:green\nNada\nNada")
    assert "MSG-" not in refused.body
    await send(house, "pilar", network, who)
    ref = await call(house, "pilar", f"{organisation}/law-enforcement", "media")
    await climbs(house, who, ref, timedelta(hours=hours))  # their office is closed: the built-in ladder would wait
    assert [each for each in (*CSIRTS, *DIPLOMATS, other) if rung(house, each, ref)] == []
    await taken(house, "pilar", who, ref)
