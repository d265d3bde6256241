"""The database and the log, as commands open them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bot.audit.service import AuditLog, CheckpointFile, NoteSigner, NoteVerifier
from bot.clock import Clock
from bot.config import Config
from bot.config.kept import LOG_SEED
from bot.db.unit import Database
from bot.errors import ServiceError
from bot.migrations import require_current
from keys.errors import EnlaceError
from keys.vault import Vault


class DatabaseDown(ServiceError):
    """The database cannot be used: {reason}."""

    code = "database-down"


def open_log(config: Config, vault: Vault | None) -> AuditLog:
    """The log; without a vault nothing can be signed."""
    signer = NoteSigner.from_seed(config.log_origin, vault.get(LOG_SEED)) if vault else None
    followed = [NoteVerifier.parse(key) for key in config.audit.followed]
    return AuditLog(
        config.log_origin,
        signer,
        file=CheckpointFile(config.audit.checkpoint_file),
        verifiers=followed,
        extensions=config.policy.said_on_checkpoints,
    )


@asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """The database in this version's shape; raises :class:`bot.migrations.DatabaseBehind`, :class:`DatabaseDown`."""
    database = Database.open(config.database_url, Clock())
    try:
        with reaching_database():
            await require_current(database)
        yield database
    finally:
        await database.close()


@contextmanager
def reaching_database() -> Iterator[None]:
    """What goes wrong on the way to the database becomes :class:`DatabaseDown`."""
    try:
        yield
    except EnlaceError:
        raise
    except Exception as error:  # each driver has errors of its own
        cause = getattr(error, "orig", None) or error
        raise DatabaseDown(reason=(str(cause).strip() or type(cause).__name__).splitlines()[0]) from error
