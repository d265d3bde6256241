"""A change of the directory from the console to the desk: proposed, shown, approved by two in their own rooms, done."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver

TEAMS = (
    Team("CERT-MX", {"es": "CERT México"}, "MX", "America/Mexico_City", ("es",), (Staff("ana", "Ana Pérez"),)),
    Team("OAS-CICTE", {"en": "OAS/CICTE"}, "US", "America/New_York", ("en",),
         (Staff("carla", "Carla Díaz", coordinator=True),)),
    Team("CERTuy", {"es": "CERTuy"}, "UY", "America/Montevideo", ("es",),
         (Staff("dora", "Dora Mol", coordinator=True),)),
)  # fmt: skip
NEW = """\
organisations:
  - handle: PeCERT
    names: {en: PeCERT, es: PeCERT}
    country: PE
    timezone: America/Lima
"""


@pytest.fixture(scope="module")
async def house(homeserver: Synapse) -> AsyncIterator[House]:
    async with World(TEAMS, homeserver=homeserver) as world:
        await world.run()
        made = House(world)
        try:
            await made.enrol("ana", "carla", "dora")
            made.begin()
            yield made
        finally:
            await made.close()


async def test_from_the_console_to_the_desk(house: House, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(NEW, encoding="utf-8")
    done = await asyncio.to_thread(house.world.enlace, "directory", "import", str(file), "--yes", "--partial")
    ref = ref_in(done.stdout, "PRO")
    shown = await house.hear("carla", ref, patience=60.0)
    assert "+ PeCERT" in shown.body
    assert f"!approve {ref}" in shown.body
    assert "propone cambiar el directorio" in (await house.hear("dora", ref, patience=60.0)).body
    refused = await house.ask("ana", f"!aprobar {ref}")
    assert "coordin" in refused.body
    first = await house.ask("carla", f"!approve {ref}")
    assert "1 of 2" in first.body
    assert house.world.app is not None
    register = house.world.app.register
    assert register.organisation("PeCERT") is None
    second = await house.ask("dora", "!aprobar")
    assert "el directorio cambió" in second.body
    await house.until(lambda: register.organisation("PeCERT") is not None, "the change")
    assert "Perú" in (await house.ask("ana", "!quien PeCERT")).body
    assert "is approved" in (await house.hear("carla", f"{ref} is approved")).body
    await house.log_verifies("directory.proposed", "directory.approved", "directory.changed")
