"""The newest checkpoint outside the database: what tells a restored backup from the log that was lost."""

import os
from pathlib import Path

from bot.audit.service.errors import CheckpointFileFailed

MAX_SIZE = 1_000_000


class CheckpointFile:
    """A small file, replaced as a whole; best on another disk than the database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """The signed note, or None where there is no file yet; raises :class:`CheckpointFileFailed`."""
        try:
            with self.path.open("rb") as file:
                return file.read(MAX_SIZE).decode()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointFileFailed(path=self.path, reason=_reason(error)) from error

    def write(self, note: str) -> None:
        """Replace the file, mode 0600; after a power failure it holds the old or the new note, never half of one.

        Raises :class:`CheckpointFileFailed`."""
        beside = self.path.with_name(self.path.name + ".new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(note.encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise CheckpointFileFailed(path=self.path, reason=_reason(error)) from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
