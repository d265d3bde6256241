"""Use cases of exchanges: whom a message goes to, opening, relaying, and what became of it."""

from bot.exchange.service.addressing import Addressed, Addressing
from bot.exchange.service.exchanges import (
    MAX_BODY,
    STATUS_MARK,
    ExchangeClosed,
    Exchanges,
    LabelForbids,
    TooLong,
    UnknownExchange,
)
from bot.exchange.service.texts import status_line
from bot.outbox.model import content_of

__all__ = [
    "MAX_BODY",
    "STATUS_MARK",
    "Addressed",
    "Addressing",
    "ExchangeClosed",
    "Exchanges",
    "LabelForbids",
    "TooLong",
    "UnknownExchange",
    "content_of",
    "status_line",
]
