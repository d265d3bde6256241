"""Use cases of the inbox, the outbox and the jobs, within the caller's unit."""

from bot.outbox.service.amending import Amending
from bot.outbox.service.inbox import BELL_IN
from bot.outbox.service.jobs import BELL_JOBS
from bot.outbox.service.keys import MissingKeys
from bot.outbox.service.outbox import BELL_OUT, PENDING, Outbox
from bot.outbox.service.outstanding import Undelivered, undelivered

__all__ = [
    "BELL_IN",
    "BELL_JOBS",
    "BELL_OUT",
    "PENDING",
    "Amending",
    "MissingKeys",
    "Outbox",
    "Undelivered",
    "undelivered",
]
