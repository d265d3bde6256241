"""Every table of the product, so that migrations and new databases see one metadata."""

from bot.assist import tables as assist
from bot.audit import tables as audit
from bot.commands import tables as commands
from bot.db.base import metadata
from bot.directory.tables import checks, confirming, entries, keywatch, proposals, renewal, standing
from bot.duty import tables as duty
from bot.escalation import tables as escalation
from bot.exchange import tables as exchange
from bot.incident import tables as incident
from bot.matrix import tables as matrix
from bot.notify import tables as notify
from bot.outbox.tables import inbox, jobs, lacking, outbox

PARTS = (
    assist,
    audit,
    commands,
    checks,
    confirming,
    entries,
    keywatch,
    proposals,
    renewal,
    standing,
    duty,
    escalation,
    exchange,
    incident,
    matrix,
    notify,
    inbox,
    outbox,
    lacking,
    jobs,
)

__all__ = ["PARTS", "metadata"]
