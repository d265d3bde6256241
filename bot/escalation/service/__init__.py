"""Use cases of escalations."""

from bot.escalation.service.escalations import BELL, MOST_TARGETS, Escalations, Opened, Taken
from bot.escalation.service.which import Named, NoneOpen, Several, which

__all__ = ["BELL", "MOST_TARGETS", "Escalations", "Named", "NoneOpen", "Opened", "Several", "Taken", "which"]
