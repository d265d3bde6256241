"""The comparison itself: it finds one message that is lost, doubled, out of order, of nobody, or not logged once."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.record import MARK, agree

BOT, ROOM = "@enlace:example.org", "!room:example.org"
LOG = [{"details": {"action": "delivery.sent", "details": {"delivery": f"d{n}"}}} for n in (1, 2)]


def put(homeserver: sqlite3.Connection, order: int, event: str, delivery: str) -> None:
    homeserver.execute("INSERT INTO events VALUES (?, ?, ?, 'm.room.encrypted', ?)", (event, ROOM, BOT, order))
    homeserver.execute("INSERT INTO event_json VALUES (?, ?)", (event, json.dumps({"content": {MARK: delivery}})))


def nothing(_homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, _log: list[Any]) -> None:
    """As it should be."""


def lost(homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, _log: list[Any]) -> None:
    homeserver.execute("DELETE FROM events WHERE event_id = '$2'")


def doubled(homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, _log: list[Any]) -> None:
    put(homeserver, 3, "$3", "d2")


def of_nobody(homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, _log: list[Any]) -> None:
    put(homeserver, 3, "$3", "d3")


def swapped(homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, _log: list[Any]) -> None:
    homeserver.execute("UPDATE events SET stream_ordering = 9 WHERE event_id = '$1'")


def sent_all_the_same(_homeserver: sqlite3.Connection, enlace: sqlite3.Connection, log: list[Any]) -> None:
    enlace.execute("UPDATE outbox SET state = 'failed' WHERE seq = 2")
    log[1] = {"details": {"action": "delivery.failed", "details": {"delivery": "d2"}}}


def still_waiting(_homeserver: sqlite3.Connection, enlace: sqlite3.Connection, _log: list[Any]) -> None:
    enlace.execute("UPDATE outbox SET state = 'queued' WHERE seq = 2")


def not_logged(_homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, log: list[Any]) -> None:
    log.pop()


def logged_twice(_homeserver: sqlite3.Connection, _enlace: sqlite3.Connection, log: list[Any]) -> None:
    log.append(log[0])


WRONG = (lost, doubled, of_nobody, swapped, sent_all_the_same, still_waiting, not_logged, logged_twice)


@pytest.mark.parametrize("change", [nothing, *WRONG], ids=lambda change: change.__name__)
def test_it_finds(tmp_path: Path, change: Callable[[sqlite3.Connection, sqlite3.Connection, list[Any]], None]) -> None:
    ours, theirs, log = tmp_path / "enlace.db", tmp_path / "homeserver.db", list(LOG)
    with closing(sqlite3.connect(ours)) as enlace, closing(sqlite3.connect(theirs)) as homeserver:
        enlace.execute("CREATE TABLE outbox (seq, kind, room, ref, state, reason, delivery_id, event_id)")
        homeserver.execute("CREATE TABLE events (event_id, room_id, sender, type, stream_ordering)")
        homeserver.execute("CREATE TABLE event_json (event_id, json)")
        homeserver.execute("CREATE TABLE redactions (redacts)")
        for n in (1, 2):
            row = (n, "copy", ROOM, "MSG-7F3KQ", "sent", None, f"d{n}", f"${n}")
            enlace.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            put(homeserver, n, f"${n}", f"d{n}")
        change(homeserver, enlace, log)
        enlace.commit()
        homeserver.commit()
    if change is nothing:
        assert agree(ours, theirs, BOT, log) == 2
    else:
        with pytest.raises(AssertionError):
            agree(ours, theirs, BOT, log)
