"""Tables of the directory and their queries."""

from bot.directory.tables import entries, keywatch, proposals, renewal, standing

__all__ = ["entries", "keywatch", "proposals", "renewal", "standing"]
