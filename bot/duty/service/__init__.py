"""Use cases of duty, within the caller's unit: who is on duty, who is next, whether the office is open."""

from bot.duty.service.duty import ROUND_THE_CLOCK, Duty
from bot.duty.service.errors import BadPeriod, BadRotation, CalendarStranger, NotOnStaff

__all__ = [
    "ROUND_THE_CLOCK",
    "BadPeriod",
    "BadRotation",
    "CalendarStranger",
    "Duty",
    "NotOnStaff",
]
