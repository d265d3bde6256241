"""Health and metrics over HTTP on this machine; reads, and never writes."""

from bot.web.look import Look, Viewer
from bot.web.server import Web, refuse

__all__ = ["Look", "Viewer", "Web", "refuse"]
