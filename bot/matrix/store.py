"""The crypto store: matrix-nio's SQLite store, made fast, private and safe against a hostile room key.

What nio commits once per Olm message is one transaction here (:meth:`Store.batch`); what it looks up per call is
remembered.  Devices and trust are not kept here at all: ``tables.py`` holds what the homeserver showed, and the
verdict is computed from that.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nio.crypto import DeviceStore, InboundGroupSession, OlmAccount, Session
from nio.store import SqliteStore
from peewee import SqliteDatabase

from bot.matrix.errors import StoreUnsafe


def store_file(device_id: str) -> str:
    """The name of this device's file in the store's folder."""
    return f"olm-{device_id.encode().hex()[:64]}.db"


class Store(SqliteStore):  # type: ignore[misc]  # nio is not typed
    """One SQLite file, 0600, in a directory that is 0700."""

    @classmethod
    def open(cls, directory: Path, user_id: str, device_id: str, pickle_key: str) -> "Store":
        """Open or make the store; raises :class:`StoreUnsafe` if others can reach the directory."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if stat.S_IMODE(directory.stat().st_mode) & 0o077:
            raise StoreUnsafe(path=str(directory))
        name = store_file(device_id)
        os.close(os.open(directory / name, os.O_CREAT | os.O_RDWR, 0o600))
        return cls(user_id, device_id, str(directory), pickle_key, name)

    def _create_database(self) -> SqliteDatabase:
        return SqliteDatabase(
            self.database_path,
            pragmas={"foreign_keys": 1, "secure_delete": 1, "journal_mode": "wal", "synchronous": "full"},
        )

    def __post_init__(self) -> None:
        self._account_row: int | None = None
        super().__post_init__()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything saved inside is one commit."""
        with self.database.atomic():
            yield

    def _row(self) -> int:
        if self._account_row is None:
            found = self.database.execute_sql(
                "SELECT id FROM accounts WHERE user_id = ? AND device_id = ?", (self.user_id, self.device_id)
            ).fetchone()
            if found is None:
                raise LookupError("the Olm account is saved before anything that belongs to it")
            self._account_row = int(found[0])
        return self._account_row

    def save_account(self, account: OlmAccount) -> None:
        """Keep the account as it is now."""
        self.database.execute_sql(
            "INSERT INTO accounts (user_id, device_id, shared, account) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (user_id, device_id) DO UPDATE SET shared = excluded.shared, account = excluded.account",
            (self.user_id, self.device_id, account.shared, account.pickle(self.pickle_key)),
        )

    def save_session(self, curve_key: str, session: Session) -> None:
        """Keep an Olm session as it is now."""
        stamp = "%Y-%m-%d %H:%M:%S.%f"
        self.database.execute_sql(
            "REPLACE INTO olmsessions (creation_time, last_usage_date, sender_key, account_id, session, session_id) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                session.creation_time.strftime(stamp),
                session.use_time.strftime(stamp),
                curve_key,
                self._row(),
                session.pickle(self.pickle_key),
                session.id,
            ),
        )

    def drop_sessions(self, session_ids: list[str]) -> None:
        """Forget Olm sessions."""
        for session_id in session_ids:
            self.database.execute_sql("DELETE FROM olmsessions WHERE session_id = ?", (session_id,))

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        """Keep a Megolm session under room, sender key and session id together.

        nio's own key is the session id alone, so that anybody could overwrite another sender's session.
        """
        self.database.execute_sql(
            "REPLACE INTO megolminboundsessions (sender_key, account_id, fp_key, room_id, session, session_id) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                session.sender_key,
                self._row(),
                session.ed25519,
                session.room_id,
                session.pickle(self.pickle_key),
                f"{session.room_id}\n{session.sender_key}\n{session.id}",
            ),
        )

    def drop_room(self, room: str) -> None:
        """Forget the Megolm sessions that were received for a room."""
        self.database.execute_sql("DELETE FROM megolminboundsessions WHERE room_id = ?", (room,))

    # --- not here ---------------------------------------------------------------------------------------

    def load_device_keys(self) -> DeviceStore:
        """Devices are filled in from what ``tables.py`` holds."""
        return DeviceStore()

    def save_device_keys(self, device_keys: Any) -> None:
        """Not kept here."""

    def verify_device(self, device: Any) -> bool:
        """Trust is never stored (``keys.trust`` computes it)."""
        raise NotImplementedError("trust is not stored")

    blacklist_device = ignore_device = ignore_devices = verify_device

    def is_device_verified(self, device: Any) -> bool:  # noqa: ARG002  (nio's signature)
        """Nothing in nio may rely on trust."""
        return False

    is_device_blacklisted = is_device_ignored = is_device_verified
