"""What to do when a machine or a disk is gone (docs/operations.md, Drills), each drill from end to end."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import yaml

from bot.cli.provision import SEEDS
from bot.cli.rotate import NEXT_SEED
from bot.config.kept import LOG_SEED
from bot.demo.synapse import Synapse
from bot.demo.world import Staff, Team, World
from keys.crosssigning import CrossSigningSeeds, SeenIdentity, read_identity, sign_device
from keys.vault import Vault
from tests.harness.house import House, ref_in

pytestmark = pytest.mark.homeserver

TEAMS = (
    Team(
        "CERT-MX",
        {"es": "CERT México", "en": "CERT Mexico"},
        "MX",
        "America/Mexico_City",
        ("es",),
        (Staff("ana", "Ana Pérez", lead=True),),
    ),
    Team("CERT-BR", {"en": "CERT Brazil"}, "BR", "America/Sao_Paulo", ("en",), (Staff("bruno", "Bruno Lima"),)),
    Team(
        "OAS-CICTE",
        {"en": "OAS/CICTE"},
        "US",
        "America/New_York",
        ("en",),
        (Staff("carla", "Carla Díaz", coordinator=True), Staff("diego", "Diego Mora", coordinator=True)),
    ),
)


@pytest.fixture
async def house(homeserver: Synapse) -> AsyncIterator[House]:
    """A deployment of its own for each drill, with Mexico and Brazil verified."""
    async with World(TEAMS, homeserver=homeserver) as world:
        world.also_tell(ENLACE_BACKUP_PASSPHRASE="the backup's own passphrase")
        await world.run()
        made = House(world)
        try:
            await made.enrol("ana", "bruno")
            yield made
        finally:
            await made.close()


async def enlace(house: House, *arguments: str, fails: bool = False) -> str:
    """What the command says; that it succeeds or fails is part of the test."""
    done: subprocess.CompletedProcess[str] = await asyncio.to_thread(house.world.enlace, *arguments, check=False)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


async def published(house: House, who: str) -> SeenIdentity:
    """The bot as somebody's client sees it."""
    person, bot = house.people[who], house.bot
    answer = await person.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {bot: []}})
    parts = (answer[name][bot] for name in ("master_keys", "self_signing_keys", "device_keys"))
    return read_identity(bot, *parts)


async def exchange(house: House, word: str) -> None:
    """Mexico writes to Brazil, and it comes through."""
    sent = await house.ask("ana", f"!enviar BR tlp:green\n{word}")
    assert ref_in(sent.body)
    await house.hear("bruno", word)


def backup_folder(house: House) -> Path:
    folder = house.world.folder / "backup"
    folder.mkdir(mode=0o700)
    return folder


async def test_a_new_machine_from_backup_and_recovery_file(house: House) -> None:
    world = house.world
    folder, state = backup_folder(house), world.folder / "state"
    file, copy = folder / "keys", folder / "config.yaml"
    await exchange(house, "before")
    before = await published(house, "ana")
    await world.stop()

    said = await enlace(house, "keys", "backup", str(file))
    assert str(file) in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert "already" in await enlace(house, "keys", "backup", str(file), fails=True)
    shutil.copy2(state / "enlace.db", folder)
    world.config_path.rename(copy)
    shutil.rmtree(state)

    # Wrong passphrase, wrong password, something in the way: said, and nothing is left behind.
    restore = ("keys", "restore", str(file), "--recovery", str(world.folder / "recovery"))
    world.also_tell(ENLACE_BACKUP_PASSPHRASE="not the backup's passphrase")
    assert "passphrase" in await enlace(house, *restore, fails=True)
    world.also_tell(ENLACE_BACKUP_PASSPHRASE="the backup's own passphrase")
    password = world.passwords["enlace"]
    world.also_tell(ENLACE_MATRIX_PASSWORD="not the password")
    assert "password" in await enlace(house, *restore, fails=True)
    world.also_tell(ENLACE_MATRIX_PASSWORD=password)
    assert not state.exists()
    assert not world.config_path.exists()
    (state / "matrix").mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    assert "matrix" in await enlace(house, *restore, fails=True)
    assert [path.name for path in state.iterdir()] == ["matrix"]
    assert not world.config_path.exists()
    shutil.rmtree(state)

    said = await enlace(house, *restore)
    assert (await published(house, "ana")).master_key == before.master_key
    settings, lost = (yaml.safe_load(path.read_text("utf-8")) for path in (world.config_path, copy))
    device, old = settings["matrix"].pop("device_id"), lost["matrix"].pop("device_id")
    assert settings == lost
    assert device != old
    assert device in said
    shutil.copy2(folder / "enlace.db", state)

    await world.run()
    house.begin()
    after = await published(house, "ana")
    assert after.master_key == before.master_key
    assert after.devices[device].cross_signed
    await world.until_verified(*house.rooms.values())
    await exchange(house, "after")
    await house.log_verifies("delivery.sent")

    # The lost device is still signed: it is named until somebody removes it.
    said = await enlace(house, "check", fails=True)
    assert f"{old} (signed)" in said
    assert f"{device} (" not in said


async def test_other_devices_of_the_bot_get_nothing_are_not_obeyed_and_are_named(house: House) -> None:
    world = house.world
    assert "no other devices" in await enlace(house, "check")
    recovery = Vault.open(world.folder / "recovery", world.environment()["ENLACE_RECOVERY_PASSPHRASE"])
    signed = await world.arrive("enlace", cross_signed=False)
    mine = await signed.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {house.bot: []}})
    device = mine["device_keys"][house.bot][signed.device_id]
    stolen = sign_device(CrossSigningSeeds.decode(recovery.get(SEEDS)), house.bot, device)
    body = {house.bot: {signed.device_id: stolen}}
    assert not (await signed.call("POST", "/_matrix/client/v3/keys/signatures/upload", body)).get("failures")
    unsigned = await world.arrive("enlace", cross_signed=False)
    try:
        seen = await published(house, "ana")
        assert [seen.devices[d.device_id].cross_signed for d in (signed, unsigned)] == [True, False]
        said = await enlace(house, "check", fails=True)
        assert f"{signed.device_id} (signed)" in said
        assert f"{unsigned.device_id} (not signed)" in said

        house.begin()
        room, marks = house.rooms["ana"], (signed.mark(), unsigned.mark())
        for other in (signed, unsigned):
            await other.say(room, "!enviar BR tlp:green\nnot from the bot")
        await house.people["ana"].say(room, "!enviar BR tlp:green\nfrom a person")
        await house.hear("bruno", "from a person")
        await house.barrier("ana", "bruno")
        assert "not from the bot" not in house.said_to("bruno")
        told = [heard for other, mark in zip((signed, unsigned), marks, strict=True) for heard in other.heard[mark:]]
        readable = [heard.body for heard in told if heard.readable and heard.sender == house.bot and heard.encrypted]
        assert [body for body in readable if "not from the bot" not in body] == []
    finally:
        await signed.leave_for_good()
        await unsigned.leave_for_good()


async def test_a_backup_is_made_only_while_the_bot_is_stopped(house: House) -> None:
    world = house.world
    folder = backup_folder(house)
    await world.stop()
    running = world.spawn()
    try:
        await house.until((world.folder / "state" / "lock").exists, "the lock")
        await house.until(lambda: b"enlace runs as" in (world.folder / "run.log").read_bytes(), "the start")
        said = await enlace(house, "keys", "backup", str(folder / "keys"), fails=True)
        assert "runs already" in said
        assert not (folder / "keys").exists()
    finally:
        running.terminate()
        running.wait(20)


async def let_in(house: House, rule: str) -> None:
    """Brazil's room is opened to everybody, or closed again."""
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    path = f"/_matrix/client/v3/rooms/{quote(room)}/state/m.room.join_rules"
    await bruno.call("PUT", path, {"join_rule": rule})
    await house.verified(room, rule == "invite")


def approve(house: House, line: str) -> list[str]:
    """Both coordinators clear-sign the line; gives the options that name the files."""
    options = []
    for who in ("carla", "diego"):
        path = house.world.folder / f"{who}.asc"
        signed = house.world.keyring.sign_clear(line + "\n", house.world.fingerprints[who])
        path.write_text(signed, encoding="utf-8")
        options.append(f"--approval={path}")
    return options


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_older_database_means_safe_mode_until_two_coordinators_resume(house: House) -> None:
    world = house.world
    database, kept = world.folder / "state" / "enlace.db", world.folder / "older.db"
    checkpoint = world.folder / "state" / "checkpoint"
    await exchange(house, "before")

    # In the copy, one delivery waits; afterwards it goes out, and more is said.
    await let_in(house, "public")
    waiting = ref_in((await house.ask("ana", "!enviar BR tlp:green\nonce only")).body)
    await house.hear("ana", "once only|no verificada|retenid", edits=True)
    await world.stop()
    shutil.copy2(database, kept)
    await world.run()
    await let_in(house, "invite")
    await house.hear("bruno", "once only")
    await exchange(house, "lost")
    await world.stop()
    shutil.copy2(kept, database)
    lost = checkpoint.read_text("utf-8")

    # Safe mode: the console says why and the way out; a monitor sees it; nothing is sent.
    house.begin()
    done = await asyncio.to_thread(world.enlace, "run", check=False)
    assert done.returncode == 3, done.stderr
    assert "Safe mode" in done.stderr
    assert "enlace audit resume --after-loss" in done.stderr
    written = yaml.safe_load(world.config_path.read_text("utf-8"))
    port = free_port()
    world.config_path.write_text(yaml.safe_dump({**written, "web": {"enabled": True, "port": port}}), "utf-8")
    running = world.spawn()
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(90):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                        assert (answer.status, "older than" in await answer.text()) == (503, True)
                        break
                await asyncio.sleep(0.1)
    finally:
        running.terminate()
    assert await asyncio.to_thread(running.wait, 60) == 3
    world.config_path.write_text(yaml.safe_dump(written), "utf-8")

    # What to sign is said; one approval, another text, another checkpoint are not enough; nothing changes.
    resume = ("audit", "resume", "--after-loss", str(checkpoint))
    said = await enlace(house, *resume, fails=True)
    origin, size, root = lost.splitlines()[:3]
    line = f"resume {origin} after {size} {root}"
    assert line in said
    approvals = approve(house, line + "1")
    assert line in await enlace(house, *resume, *approvals, fails=True)
    approvals = approve(house, line)
    assert "one coordinator" in await enlace(house, *resume, approvals[0], approvals[0], fails=True)
    assert checkpoint.read_text("utf-8") == lost
    assert "origin" not in world.config_path.read_text("utf-8")

    said = await enlace(house, *resume, *approvals)
    assert f"{origin}/2" in said
    assert "1 delivery is unknown" in said
    assert "Nothing was changed" in await enlace(house, *resume, *approvals, fails=True)

    # Cut off after the configuration was written, and before the database followed: safe mode still, and it goes on.
    shutil.copy2(kept, database)
    checkpoint.write_text(lost, "utf-8")
    assert (await asyncio.to_thread(world.enlace, "run", check=False)).returncode == 3
    assert f"{origin}/2" in await enlace(house, *resume, *approvals)
    await world.run()
    await house.hear("ana", f"{waiting} para CERT-BR: se desconoce")
    await house.hear("bruno", "lost part of its memory")
    await exchange(house, "after")
    await house.barrier("ana", "bruno")
    assert "once only" not in house.said_to("bruno")
    await house.log_verifies("log.resumed", "delivery.unknown", "delivery.sent")
    await world.stop()
    await house.log_verifies()
    assert checkpoint.read_text("utf-8").startswith(f"{origin}/2\n")


async def test_passphrase_device_and_log_key_are_changed_and_the_identity_stays(house: House) -> None:
    world = house.world
    state, path = world.folder / "state", world.config_path
    await exchange(house, "before")
    before = await published(house, "ana")
    await world.stop()
    vault_before, config_before = (state / "vault").read_bytes(), path.read_text("utf-8")
    old_device = yaml.safe_load(config_before)["matrix"]["device_id"]
    recovery = ("--recovery", str(world.folder / "recovery"))

    # A wrong password, a wrong recovery passphrase: said, and everything is as it was.
    passphrase, password = world.environment()["ENLACE_RECOVERY_PASSPHRASE"], world.passwords["enlace"]
    world.also_tell(ENLACE_MATRIX_PASSWORD="not the password")
    assert "password" in await enlace(house, "keys", "rotate", "device", *recovery, fails=True)
    world.also_tell(ENLACE_MATRIX_PASSWORD=password, ENLACE_RECOVERY_PASSPHRASE="not the passphrase of it")
    assert "passphrase" in await enlace(house, "keys", "rotate", "device", *recovery, fails=True)
    world.also_tell(ENLACE_RECOVERY_PASSPHRASE=passphrase)
    assert ((state / "vault").read_bytes(), path.read_text("utf-8")) == (vault_before, config_before)

    said = await enlace(house, "keys", "rotate", "device", *recovery)
    device = yaml.safe_load(path.read_text("utf-8"))["matrix"]["device_id"]
    assert device != old_device
    assert device in said
    assert len(list((state / "matrix").glob("olm-*.db"))) == 1
    after = await published(house, "ana")
    assert after.master_key == before.master_key
    assert {name: one.cross_signed for name, one in after.devices.items()} == {device: True}

    # The log's key, cut off at two places: nothing runs with half of it, and the same command goes on.
    vault_before, config_before = (state / "vault").read_bytes(), path.read_text("utf-8")
    assert "/2" in await enlace(house, "keys", "rotate", "log")
    opened = Vault.open(state / "vault", world.environment()["ENLACE_VAULT__PASSPHRASE"])
    (state / "vault").write_bytes(vault_before)
    halfway = Vault.open(state / "vault", world.environment()["ENLACE_VAULT__PASSPHRASE"])
    halfway.put(NEXT_SEED, opened.get(LOG_SEED))
    halfway.save()
    config_after = path.read_text("utf-8")
    for written in (config_before, config_after):  # before the configuration followed, and before the vault did
        path.write_text(written, "utf-8")
        halfway.save()
        done = await asyncio.to_thread(world.enlace, "run", check=False)
        assert done.returncode in (1, 3), done.stderr
        assert "/2" in await enlace(house, "keys", "rotate", "log")
        assert path.read_text("utf-8") == config_after
        now = Vault.open(state / "vault", world.environment()["ENLACE_VAULT__PASSPHRASE"])
        assert (now.get(LOG_SEED), NEXT_SEED in now.names) == (opened.get(LOG_SEED), False)

    world.also_tell(ENLACE_NEW_PASSPHRASE="another passphrase of the vault")
    await enlace(house, "keys", "rotate", "passphrase")
    world.also_tell(ENLACE_VAULT__PASSPHRASE="another passphrase of the vault")
    assert "no other devices" in await enlace(house, "check")

    await world.run()
    house.begin()
    await world.until_verified(*house.rooms.values())
    await exchange(house, "after")
    await house.log_verifies("log.resumed", "delivery.sent")
