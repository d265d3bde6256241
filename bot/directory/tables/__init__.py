"""Tables of the directory and their queries."""

from bot.directory.tables import entries, renewal, standing

__all__ = ["entries", "renewal", "standing"]
