"""Use cases of escalations."""

from bot.escalation.service.answers import Answers, Taken
from bot.escalation.service.escalations import MOST_TARGETS, Escalations, Opened
from bot.escalation.service.ladder import BELL
from bot.escalation.service.links import DeadLink
from bot.escalation.service.which import Named, NoneOpen, Several, which

__all__ = [
    "BELL",
    "MOST_TARGETS",
    "Answers",
    "DeadLink",
    "Escalations",
    "Named",
    "NoneOpen",
    "Opened",
    "Several",
    "Taken",
    "which",
]
