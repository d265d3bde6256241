"""A crypto store that cannot be written: what came to the device is not taken for kept, and is read when it comes again."""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee
import pytest
import vodozemac

from bot.matrix.olm import MEGOLM, HardenedOlm
from bot.matrix.store import Store, store_file

BOT, ANA, ROOM = "@enlace:example.org", "@ana:example.org", "!room:example.org"
PICKLE = "k" * 32


def opened(folder: Path) -> HardenedOlm:
    """The bot's machine as it is after a start."""
    return HardenedOlm(BOT, "BOT", Store.open(folder, BOT, "BOT", PICKLE))


class Sender:
    """Somebody's device, with an Olm session to the bot."""

    def __init__(self, bot: HardenedOlm) -> None:
        self._account = vodozemac.Account()
        self._bot = bot.account.identity_keys
        bot.account.generate_one_time_keys(1)
        bot.save_account()
        (key,) = bot.account.one_time_keys["curve25519"].values()
        to_key = vodozemac.Curve25519PublicKey.from_base64
        self._session = self._account.create_outbound_session(to_key(self._bot["curve25519"]), to_key(key))
        bot.uploaded()

    def room_key(self, group: vodozemac.GroupSession) -> dict[str, Any]:
        """The to-device event that gives the bot a room key."""
        payload = {
            "type": "m.room_key",
            "content": {
                "algorithm": MEGOLM,
                "room_id": ROOM,
                "session_id": group.session_id,
                "session_key": group.session_key.to_base64(),
            },
            "sender": ANA,
            "sender_device": "ANA",
            "keys": {"ed25519": self._account.ed25519_key.to_base64()},
            "recipient": BOT,
            "recipient_keys": {"ed25519": self._bot["ed25519"]},
        }
        kind, body = self._session.encrypt(json.dumps(payload).encode()).to_parts()
        own = self._account.curve25519_key.to_base64()
        sealed = {self._bot["curve25519"]: {"type": kind, "body": _base64(body)}}
        content = {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": own, "ciphertext": sealed}
        return {"type": "m.room.encrypted", "sender": ANA, "content": content}


def _base64(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def locked(olm: HardenedOlm, receive: Callable[[], object]) -> None:
    """Another process holds the write lock for longer than the store waits."""
    olm.store.database.execute_sql("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(olm.store.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(peewee.OperationalError):
            receive()
        other.execute("ROLLBACK")


def full(olm: HardenedOlm, receive: Callable[[], object]) -> None:
    """The file may not grow by a single page."""
    (pages,) = olm.store.database.execute_sql("PRAGMA page_count").fetchone()
    olm.store.database.execute_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(peewee.OperationalError):
        receive()
    olm.store.database.execute_sql("PRAGMA max_page_count = 100000")


def damaged(olm: HardenedOlm, receive: Callable[[], object]) -> None:
    """A disk gives back something else than was written, and later the right thing."""
    database = olm.store.database
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute_sql("PRAGMA cache_size = 1")
    path = Path(olm.store.database_path)
    right = path.read_bytes()
    path.write_bytes(right[:4096] + b"\xff" * (len(right) - 4096))
    with pytest.raises(peewee.DatabaseError, match="malformed"):
        receive()
    path.write_bytes(right)


@pytest.mark.parametrize("trouble", [locked, full, damaged])
def test_a_key_that_could_not_be_kept_is_kept_when_it_comes_again(
    tmp_path: Path, trouble: Callable[[HardenedOlm, Callable[[], object]], None]
) -> None:
    folder = tmp_path / "store"
    olm = opened(folder)
    ana = Sender(olm)
    known = vodozemac.GroupSession()
    assert olm.receive([ana.room_key(known)]).sessions == {(ROOM, known.session_id)}
    # Enough that a full file has no room for it.
    groups = [vodozemac.GroupSession() for _ in range(40)]
    events = [ana.room_key(group) for group in groups]
    trouble(olm, lambda: olm.receive(events))
    wanted = {(ROOM, group.session_id) for group in groups}
    assert not wanted & olm._by_id.keys()
    assert olm.receive(events).sessions == wanted
    olm.store.close()
    after = opened(folder)
    assert after._by_id.keys() >= wanted | {(ROOM, known.session_id)}
    after.store.close()
    assert (folder / store_file("BOT")).stat().st_mode & 0o077 == 0


def test_what_the_store_does_not_take_holds_up_nothing_else(tmp_path: Path) -> None:
    olm = opened(tmp_path / "store")
    ana = Sender(olm)
    odd, good = vodozemac.GroupSession(), vodozemac.GroupSession()
    olm.store.database.execute_sql(
        f"CREATE TRIGGER odd BEFORE INSERT ON megolminboundsessions WHEN NEW.session_id LIKE '%{odd.session_id}' "
        "BEGIN SELECT RAISE(ABORT, 'odd'); END"
    )
    received = olm.receive([ana.room_key(odd), ana.room_key(good)])
    assert received.bad == 1
    assert (ROOM, good.session_id) in received.sessions
    olm.store.close()
    after = opened(tmp_path / "store")
    assert after._by_id.keys() == {(ROOM, good.session_id)}
    after.store.close()
