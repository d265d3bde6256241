"""Use cases of exchanges: whom a message goes to, opening, relaying, and what became of it."""

from bot.exchange.service.addressing import Addressed, Addressing
from bot.exchange.service.authors import AboveCeiling, keep_to_ceiling
from bot.exchange.service.changes import Changes, EditNotFollowed, NothingOfYours
from bot.exchange.service.enclosures import (
    ABOUT,
    KEPT_ABOUT,
    ONWARD,
    POSTED,
    Enclosures,
    NothingTakenAlong,
    enclosed,
    quoted,
    taken,
    wanted,
)
from bot.exchange.service.exchanges import (
    MAX_BODY,
    ExchangeClosed,
    Exchanges,
    LabelForbids,
    TooLong,
)
from bot.exchange.service.following import ROOT_MARK, STATUS_MARK
from bot.exchange.service.holding import Asked, Holding, NothingAsked
from bot.exchange.service.letters import Letters, key_now, sealed_to
from bot.exchange.service.onward import Onward
from bot.exchange.service.records import ONWARD_ASKED, ONWARD_MARK, UnknownExchange
from bot.exchange.service.relating import ROOT_HELD, Relating, RootHeld
from bot.exchange.service.texts import status_line
from bot.outbox.model import content_of

__all__ = [
    "ABOUT",
    "KEPT_ABOUT",
    "MAX_BODY",
    "ONWARD",
    "ONWARD_ASKED",
    "ONWARD_MARK",
    "POSTED",
    "ROOT_HELD",
    "ROOT_MARK",
    "STATUS_MARK",
    "AboveCeiling",
    "Addressed",
    "Addressing",
    "Asked",
    "Changes",
    "EditNotFollowed",
    "Enclosures",
    "ExchangeClosed",
    "Exchanges",
    "Holding",
    "LabelForbids",
    "Letters",
    "NothingAsked",
    "NothingOfYours",
    "NothingTakenAlong",
    "Onward",
    "Relating",
    "RootHeld",
    "TooLong",
    "UnknownExchange",
    "content_of",
    "enclosed",
    "keep_to_ceiling",
    "key_now",
    "quoted",
    "sealed_to",
    "status_line",
    "taken",
    "wanted",
]
