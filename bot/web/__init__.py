"""Health and metrics over HTTP on this machine, which only read; and the one write, the acknowledging POST."""

from bot.web.acknowledge import Acknowledge
from bot.web.feed import Feed
from bot.web.look import Look, Viewer
from bot.web.public import Public
from bot.web.server import Web, refuse

__all__ = ["Acknowledge", "Feed", "Look", "Public", "Viewer", "Web", "refuse"]
