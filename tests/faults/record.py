"""What enlace says that it sent, beside what its homeserver has: every message once, in order, and on record."""

import contextlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.ids import RoomId
from bot.outbox.model import is_outside

MARK = "org.enlace.d"
FINAL = {"sent", "failed", "expired", "dropped"}


@dataclass(frozen=True)
class Stored:
    """One encrypted event of enlace's in the homeserver's database."""

    event: str
    room: str
    delivery: str
    withdrawn: bool


def query(database: Path, text: str, *values: str) -> Sequence[sqlite3.Row]:
    """Rows of a database that somebody else has open."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as opened:
        opened.row_factory = sqlite3.Row
        return opened.execute(text, values).fetchall()


def stored(homeserver: Path, bot: str) -> list[Stored]:
    """Everything that the homeserver has of the bot's, in its order."""
    rows = query(
        homeserver,
        "SELECT e.event_id, e.room_id, j.json, r.redacts IS NOT NULL AS gone FROM events e JOIN event_json j USING "
        "(event_id) LEFT JOIN redactions r ON r.redacts = e.event_id "
        "WHERE e.sender = ? AND e.type = 'm.room.encrypted' GROUP BY e.event_id ORDER BY e.stream_ordering",
        bot,
    )
    found = []
    for row in rows:
        content: dict[str, Any] = json.loads(row["json"])["content"]
        found.append(Stored(row["event_id"], row["room_id"], str(content[MARK]), bool(row["gone"])))
    return found


def agree(database: Path, homeserver: Path, bot: str, log: Sequence[dict[str, Any]]) -> int:
    """Nothing waits; what is sent is in its room once and under its own event; copies keep their order; the log has
    each once.  Returns how many messages that were."""
    rows = query(database, "SELECT * FROM outbox WHERE kind != 'withdrawal' ORDER BY seq")
    waiting = [(row["kind"], row["room"], row["state"], row["reason"]) for row in rows if row["state"] not in FINAL]
    assert not waiting, f"not done: {waiting}"
    there: defaultdict[str, list[Stored]] = defaultdict(list)
    position: dict[str, int] = {}
    for event in stored(homeserver, bot):
        position[event.event] = len(position)
        there[event.delivery].append(event)
    known = {row["delivery_id"] for row in rows}
    assert not there.keys() - known, "in a room, and of no row"
    done = [entry["details"] for entry in log]
    logged = Counter((one["details"].get("delivery"), one["action"].partition(".")[2]) for one in done)
    in_rooms = 0
    for row in rows:
        events = there[row["delivery_id"]]
        if row["kind"] in ("copy", "page", "letter"):
            for outcome in ("sent", "failed", "expired"):
                times = logged[row["delivery_id"], outcome]
                assert times == (row["state"] == outcome), (
                    f"{row['kind']} {row['state']}: {outcome} {times} times logged"
                )
        if is_outside(RoomId(row["room"])):
            continue
        if row["state"] != "sent":
            # An edit that a newer one overtook may have got there before a kill: the newer one stands after it.
            superseded = row["kind"] == "status" and row["state"] == "dropped"
            assert not events or superseded, (row["kind"], row["state"], row["reason"], "is in its room all the same")
            continue
        # A text that was sent again for a device that lacked the key takes the place of the first.
        shown = [event for event in events if not event.withdrawn] or events[-1:]
        assert len(shown) == 1, (row["kind"], row["room"], [event.event for event in events], "not once")
        assert (shown[0].event, shown[0].room) == (row["event_id"], row["room"]), "on record as another event"
        in_rooms += 1
    lanes: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        if row["kind"] == "copy" and there[row["delivery_id"]]:
            lanes[row["room"], row["ref"]].append(position[there[row["delivery_id"]][0].event])
    for lane, places in lanes.items():
        assert places == sorted(places), f"not in order: {lane}"
    return in_rooms
