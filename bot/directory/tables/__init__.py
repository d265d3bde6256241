"""Tables of the directory and their queries."""

from bot.directory.tables import entries, proposals, renewal, standing

__all__ = ["entries", "proposals", "renewal", "standing"]
