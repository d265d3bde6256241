"""Tables of the inbox, the outbox and the jobs, and their queries."""

from bot.outbox.tables import inbox, jobs, lacking, outbox

__all__ = ["inbox", "jobs", "lacking", "outbox"]
