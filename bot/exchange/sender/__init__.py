"""The one way out: every row of the outbox leaves through here, after the verdict as of now."""

from bot.exchange.sender.sender import WIDTH, Sender

__all__ = ["WIDTH", "Sender"]
