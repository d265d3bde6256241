"""Tables of the directory and their queries."""

from bot.directory.tables import entries, standing

__all__ = ["entries", "standing"]
