"""A file on its way through the bot: whole under another key, or refused; never clear, never half."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

import pytest
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bot.errors import NotDone
from bot.exchange.files import FileAway, FileChanged, FileNotEncrypted, FileTooLarge
from bot.matrix.client import Client
from bot.matrix.files import MatrixFiles
from bot.matrix.rekeying import Rekeying
from tests.harness.media import MediaStore, media_store

LARGEST = 1_000_000


@pytest.fixture
async def store() -> AsyncIterator[MediaStore]:
    async with media_store() as store:
        yield store


@pytest.fixture
async def files(store: MediaStore) -> AsyncIterator[MatrixFiles]:
    client = Client(store.url, "@enlace:media.test", "BOT")
    client.access_token = "token"
    yield MatrixFiles(client, LARGEST)
    await client.close()


def posted(store: MediaStore, data: bytes) -> dict[str, object]:
    sealed, keys = encrypt_attachment(data)
    return {**keys, "url": store.put(sealed)}


def opened(store: MediaStore, file: dict[str, object]) -> bytes:
    """As any client opens it."""
    plain: bytes = decrypt_attachment(
        store.bytes_of(str(file["url"])),
        file["key"]["k"],  # type: ignore[index]
        file["hashes"]["sha256"],  # type: ignore[index]
        file["iv"],
    )
    return plain


@pytest.mark.parametrize("size", [0, 1, 16, 65_536, 65_537, LARGEST])
async def test_a_file_comes_out_whole_under_a_fresh_key(store: MediaStore, files: MatrixFiles, size: int) -> None:
    data = os.urandom(size)
    before = posted(store, data)
    carried = await files.carry(before)
    after = dict(carried.file)
    assert opened(store, after) == data
    assert (carried.size, carried.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert carried.start == data[:16]
    for name in ("key", "iv", "url"):
        assert after[name] != before[name]
    assert store.fetched == ["file1"]
    if size > 100:
        assert all(data[:64] not in kept for kept in store.kept.values())
    assert (await files.carry(before)).file["key"] != after["key"], "no key is used twice"


async def test_what_is_too_large_is_not_read_to_its_end(store: MediaStore, files: MatrixFiles) -> None:
    with pytest.raises(FileTooLarge) as refused:
        await files.carry(posted(store, bytes(LARGEST + 1)))
    assert refused.value.values["limit"] == 1
    assert store.uploads == 1, "nothing was uploaded"


@pytest.mark.parametrize(
    ("lie", "error"),
    [("changes", FileChanged), ("cuts", FileAway), ("GET", FileAway), ("POST", FileAway), ("413", FileTooLarge)],
)
async def test_what_the_server_breaks_is_refused(
    store: MediaStore, files: MatrixFiles, lie: str, error: type[NotDone]
) -> None:
    file = posted(store, os.urandom(200_000))
    if lie in ("GET", "POST"):
        store.fails[lie] = 502
    elif lie == "413":
        store.fails["POST"] = 413
    else:
        setattr(store, lie, True)
    with pytest.raises(error):
        await files.carry(file)
    assert store.uploads == 1


async def test_a_homeserver_that_does_not_answer_is_waited_for_so_long(
    store: MediaStore, files: MatrixFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = posted(store, b"data")
    monkeypatch.setattr("bot.matrix.files.CARRY_WAIT", 1.0)
    store.hangs = True
    with pytest.raises(FileAway):
        await files.carry(file)
    store.hangs = False
    monkeypatch.undo()
    assert opened(store, dict((await files.carry(file)).file)) == b"data", "its turn was given back"


async def test_a_slow_homeserver_holds_up_no_files_but_its_own(store: MediaStore, files: MatrixFiles) -> None:
    file = posted(store, b"data")
    store.gate, store.slow = asyncio.Event(), "slow.test"
    waiting = [asyncio.create_task(files.carry({**file, "url": f"mxc://slow.test/{number}"})) for number in range(3)]
    async with asyncio.timeout(10):
        while not store.fetched:
            await asyncio.sleep(0.01)
        assert opened(store, dict((await files.carry(file)).file)) == b"data"
        with pytest.raises(FileAway):
            await files.carry({**file, "url": "mxc://elsewhere.test/1"})
        assert store.fetched == ["0", "file1", "1"]
        store.gate.set()
        assert all(isinstance(one, FileAway) for one in await asyncio.gather(*waiting, return_exceptions=True))
    assert store.fetched[3:] == ["1", "2"]


async def test_what_is_no_encrypted_file_is_refused(store: MediaStore, files: MatrixFiles) -> None:
    file = posted(store, b"data")
    nowhere = {**file, "url": "mxc://media.test/file9"}
    for broken, error in (
        ({**file, "hashes": {"sha256": "A" * 43}}, FileChanged),
        ({**file, "hashes": {}}, FileNotEncrypted),
        ({**file, "key": {"k": "AAAA"}}, FileNotEncrypted),
        ({**file, "key": {"k": "\u00e9" * 43}}, FileNotEncrypted),
        ({**file, "iv": 7}, FileNotEncrypted),
        ({"url": file["url"]}, FileNotEncrypted),
        ({**file, "url": "https://elsewhere.test/x"}, FileAway),
        ({**file, "url": "mxc://elsewhere/../../x"}, FileAway),
        (nowhere, FileAway),
    ):
        with pytest.raises(error):
            await files.carry(broken)
    assert store.uploads == 1


def test_a_counter_never_runs_over() -> None:
    """Clients differ in what they do then, so what comes out would be anybody's guess."""
    _, keys = encrypt_attachment(b"")
    over = Rekeying({**keys, "iv": "AAAAAAAAAAD//////////w"}, LARGEST)
    with pytest.raises(FileChanged):
        over.take(bytes(32))
